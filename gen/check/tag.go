package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/pattern"
	"github.com/protogen-go/protogen/gen/xsd"
)

const ruleAmbiguous = "tag-ambiguous"

// tags is V12: a receiver can tell any two messages apart. One message may be a special case of another (a command with a
// payload of its own, against any command): then the special one is meant. What two messages must not share is their whole
// tag, or a document or line of which neither is the special case.
func tags(c *checker) {
	for j, second := range c.p.Messages {
		var like []string
		var shown []string // what the first of them shares with it
		for _, first := range c.p.Messages[:j] {
			if first.Encoding != second.Encoding || !meet(first, second) {
				continue
			}
			if witness := c.confuse(first, second); witness != nil {
				like = append(like, first.Name)
				if shown == nil {
					shown = witness
				}
			}
		}
		if like != nil {
			c.report("messages."+second.Name, diag.Diagnostic{
				Pos: second.Pos, Rule: ruleAmbiguous, Message: fmt.Sprintf("message %q can look like %s, and neither is a special case of the other", second.Name, quoted(like)),
				Witness: shown, Fix: "let something at a fixed place tell them apart, or make them one message", Ref: second.Standard,
			})
		}
	}
}

// meet reports whether some role may receive both.
func meet(a, b *model.Message) bool {
	return slices.ContainsFunc(a.From, func(r *model.Role) bool { return slices.Contains(b.From, r) }) || len(a.From) > 1 || len(b.From) > 1
}

// confuse returns what both messages accept, nil when they can be told apart.
func (c *checker) confuse(a, b *model.Message) []string {
	switch a.Encoding {
	case "xml":
		return c.confuseXML(a, b)
	case "text":
		return c.confuseLines(a, a.Line, b, b.Line)
	case "headers":
		return c.confuseLines(a, a.Start, b, b.Start)
	}
	return c.confuseConstants(a, b)
}

// confuseXML compares elements, paths and bound payloads. A wildcard that is bound holds that payload alone.
func (c *checker) confuseXML(a, b *model.Message) []string {
	if a.Element != b.Element || c.diverge(a, b) {
		return nil
	}
	x, y := places(a), places(b)
	for at, element := range x {
		if other, ok := y[at]; ok && other != element {
			return nil
		}
	}
	return clash(x, y, func(at string, e model.XMLName) string {
		if e == (model.XMLName{}) {
			return "<" + a.Element.Local + "> has " + at
		}
		return at + " holds " + e.Local + " of " + e.Namespace
	})
}

// places are what a document must have to be the message: the elements on its path, and the payloads bound below.
func places(m *model.Message) map[string]model.XMLName {
	p := map[string]model.XMLName{}
	steps := strings.Split(m.At, "/")
	for i := range steps {
		if at := strings.Join(steps[:i+1], "/"); at != "" {
			p[at] = model.XMLName{}
		}
	}
	for _, b := range m.Bind {
		p[strings.Trim(m.At+"/"+b.Path, "/")+"/*"] = b.Element
	}
	return p
}

// clash returns lines for what both tags together ask, nil when one of them asks strictly more than the other.
func clash[V comparable](x, y map[string]V, line func(string, V) string) []string {
	within := func(small, large map[string]V) bool {
		for k := range small {
			if _, ok := large[k]; !ok {
				return false
			}
		}
		return true
	}
	if within(x, y) != within(y, x) {
		return nil
	}
	union := maps.Clone(x)
	maps.Copy(union, y)
	lines := []string{}
	for _, k := range slices.Sorted(maps.Keys(union)) {
		lines = append(lines, line(k, union[k]))
	}
	if len(lines) == 0 {
		lines = append(lines, "any message of this encoding")
	}
	return lines
}

// diverge reports whether some place of a and some place of b part at elements of which a document has only one.
func (c *checker) diverge(a, b *model.Message) bool {
	for p := range places(a) {
		for q := range places(b) {
			x, y := strings.Split(p, "/"), strings.Split(q, "/")
			for i := 0; i < min(len(x), len(y)); i++ {
				if x[i] == y[i] {
					continue
				}
				if c.exclusive(a.Element, x[:i], x[i], y[i]) {
					return true
				}
				break
			}
		}
	}
	return false
}

// exclusive reports whether the element at a path has only one of two children. Without schemas it is taken to.
func (c *checker) exclusive(root model.XMLName, path []string, first, second string) bool {
	if c.set == nil {
		return true
	}
	e := c.set.Element(xsd.Name{Space: root.Namespace, Local: root.Local})
	for _, step := range path {
		if e = childElement(e, step); e == nil {
			return true
		}
	}
	content := contentOf(e)
	return content == nil || choose(content, first, second)
}

func contentOf(e *xsd.Element) *xsd.Particle {
	if e != nil {
		if t, ok := e.Type.(*xsd.ComplexType); ok {
			return t.Particle
		}
	}
	return nil
}

func childElement(e *xsd.Element, local string) *xsd.Element {
	var found *xsd.Element
	var search func(p *xsd.Particle)
	search = func(p *xsd.Particle) {
		if p == nil || found != nil {
			return
		}
		if p.Kind == xsd.ElementParticle && p.Element.Name.Local == local {
			found = p.Element
		}
		for _, child := range p.Children {
			search(child)
		}
	}
	search(contentOf(e))
	return found
}

// choose reports whether p admits one of the two elements, never both: they part at a choice that is made once.
func choose(p *xsd.Particle, first, second string) bool {
	if p.Max == xsd.Unbounded || p.Max > 1 {
		return false
	}
	for _, child := range p.Children {
		if holds(child, first) && holds(child, second) {
			return choose(child, first, second)
		}
	}
	return p.Kind == xsd.ChoiceParticle
}

func holds(p *xsd.Particle, local string) bool {
	return p.Kind == xsd.ElementParticle && p.Element.Name.Local == local ||
		slices.ContainsFunc(p.Children, func(child *xsd.Particle) bool { return holds(child, local) })
}

// confuseLines compares the texts that two patterns of literals and fields match.
func (c *checker) confuseLines(a *model.Message, lineA string, b *model.Message, lineB string) []string {
	x, errX := pattern.NewLanguage(pattern.Regexp(c.p, a, lineA))
	y, errY := pattern.NewLanguage(pattern.Regexp(c.p, b, lineB))
	if errX != nil || errY != nil {
		return nil // a token's pattern is wrong, which load reports
	}
	r, ok := pattern.Compare(x, y)
	switch {
	case r.Both == nil, ok && (r.First == nil) != (r.Second == nil):
		return nil
	}
	return []string{fmt.Sprintf("both accept %q", *r.Both)}
}

// confuseConstants compares the fields that are constants: what tells messages of maps and of octets apart.
func (c *checker) confuseConstants(a, b *model.Message) []string {
	x, y := c.constants(a), c.constants(b)
	for k, v := range x {
		if w, ok := y[k]; ok && v != w {
			return nil
		}
	}
	return clash(x, y, func(k, v string) string {
		if v == "" {
			return k + " is there"
		}
		return k + " is " + v
	})
}

// constants are the fields of m, by their key, that are always the same, as text; of a map also the keys that it must have, as
// nothing.
func (c *checker) constants(m *model.Message) map[string]string {
	list := map[string]string{}
	fields := m.Fields
	if m.Head != nil {
		fields = slices.Concat(m.Head.Fields, fields)
	}
	for _, f := range fields {
		key := cmp.Or(f.Key, f.Name)
		if m.Encoding == "tree" && !f.Optional {
			list[key] = ""
		}
		if f.Is == nil {
			continue
		}
		x, _ := formula.Parse(f.Is, formula.ForMessage(c.p, m, c.fields), nil)
		if lit, ok := x.(*formula.Lit); ok {
			list[key] = lit.String()
		}
	}
	return list
}
