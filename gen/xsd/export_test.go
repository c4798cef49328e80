package xsd

import "github.com/protogen-go/protogen/runtime/xsdrun"

// CountedModel returns the content model of t with the repetitions of its groups counted, however small it is; nil if it
// is too large.
func (s *Set) CountedModel(t *ComplexType) *Model {
	s.Schema()
	content := newContent(t.Particle)
	compiled := newCounting(content).compile()
	if compiled == nil {
		return nil
	}
	m := &Model{Model: &xsdrun.Model{}}
	s.build.fill(m, content, compiled)
	return m
}
