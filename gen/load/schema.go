package load

import (
	"path"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

// schemas reads what the specification says of its schemas.
func (l *loader) schemas(p *model.Protocol, n node) {
	for _, e := range n.entries("schemas") {
		p.Schemas = append(p.Schemas, &model.Schema{
			Node:      e.describe(e.name),
			Namespace: e.text("namespace"),
			File:      e.text("file"),
			Bare:      e.flag("bare"),
			Default:   e.flag("default"),
		})
	}
}

// compile reads the schema documents and compiles them into one set; nil if there are none. ok is false if they have errors.
func (l *loader) compile(p *model.Protocol) (set *xsd.Set, ok bool) {
	var sources []xsd.Source
	missing := false
	for _, s := range p.Schemas {
		name := path.Join(l.source.slashed(), s.File)
		data, err := l.source.open(name)
		if err != nil {
			l.findings.Errorf(s.Pos, "missing-file", "schema %q: no file %s", s.Name, name)
			missing = true
			continue
		}
		sources = append(sources, xsd.Source{Name: name, Data: data})
	}
	if len(sources) == 0 || missing {
		return nil, !missing // what is missing would only be reported again, by everything that refers to it
	}
	set, findings := xsd.Compile(sources, xsd.Options{Open: l.source.open})
	l.findings = append(l.findings, findings...)
	if set == nil {
		return nil, false
	}
	for i, s := range p.Schemas {
		if got := set.Documents[i].Namespace; got != s.Namespace {
			l.findings.Errorf(s.Pos, "wrong-namespace", "schema %q: %s is of namespace %q, not %q", s.Name, s.File, got, s.Namespace)
		}
	}
	return set, true
}
