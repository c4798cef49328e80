package xsd

import (
	"slices"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// builtinRun is the runtime's form of a built-in simple type.
func builtinRun(local string) *xsdrun.SimpleType {
	b, ok := xsdrun.BuiltinNamed(local)
	if !ok {
		panic("xsd: no built-in type " + local)
	}
	return b.Type()
}

// resolver says what prefixes in a value written in n stand for.
func (n *node) resolver() xsdrun.Resolver {
	if n == nil {
		return nil
	}
	return n.scope.space
}

// check says why a value written in n is none of t, or "".
func (c *compiler) check(t *SimpleType, value string, n *node) string {
	if v := t.run.Check(value, n.resolver()); v != nil {
		return v.Text
	}
	return ""
}

// valueIn is check for types whose values hold no qualified names.
func (c *compiler) valueIn(t *SimpleType, value string) string { return c.check(t, value, nil) }

// compare orders two values of t that are known to be some; 0 also when the order does not say.
func (c *compiler) compare(t *SimpleType, a, b string) int {
	order, _ := t.comparable().Compare(a, b, nil)
	return order
}

// comparable is the type whose value space t's values are compared in: that of its primitive type, since a bound may lie
// outside of t.
func (t *SimpleType) comparable() *xsdrun.SimpleType {
	if t.Primitive != nil {
		return t.Primitive.run
	}
	return t.run
}

// equal reports whether two values of t are the same.
func (c *compiler) equal(t *SimpleType, a, b string) bool {
	return t.run.Equal(a, b, nil) || t.run.Normalize(a) == t.run.Normalize(b)
}

// checkPatterns judges the regular expressions of t and drops those that are none.
func (c *compiler) checkPatterns(t *SimpleType) {
	t.Facets = slices.DeleteFunc(t.Facets, func(f *Facet) bool {
		if f.Kind != "pattern" {
			return false
		}
		probe := &xsdrun.SimpleType{Builtin: xsdrun.BuiltinString, Patterns: [][]string{{f.Value}}}
		if err := probe.Prepare(); err != nil {
			c.errorf(f.node, "pattern", "%s", strings.TrimPrefix(err.Error(), "pattern: "))
			return true
		}
		return false
	})
}

// compileSimple makes the runtime's form of a complete simple type: every facet in force in one place.
func (c *compiler) compileSimple(t *SimpleType) *xsdrun.SimpleType {
	r := &xsdrun.SimpleType{Name: t.Name, Final: t.Final}
	if t.Name.Local != "" {
		r.Label = t.node.label(t.Name)
	}
	if base, ok := t.Base.(*SimpleType); ok {
		r.Base = base.run
	}
	switch t.Variety {
	case List:
		r.Variety, r.Item = xsdrun.VarietyList, t.Item.run
	case Union:
		r.Variety = xsdrun.VarietyUnion
		for _, m := range t.Members {
			r.Members = append(r.Members, m.run)
		}
	default:
		r.Builtin = t.BuiltinBase().run.Builtin
	}
	t.facets(r)
	return r
}

var whiteSpaces = map[string]xsdrun.WhiteSpace{
	"preserve": xsdrun.WhiteSpacePreserve, "replace": xsdrun.WhiteSpaceReplace, "collapse": xsdrun.WhiteSpaceCollapse,
}

// facets fills in the facets in force that a document gave.
func (t *SimpleType) facets(r *xsdrun.SimpleType) {
	given := func(f *Facet) *Facet {
		if f == nil || f.node == nil && t.Variety != List {
			return nil
		}
		return f
	}
	count := func(kind string, otherwise int) (int, bool) {
		f := given(t.Effective(kind))
		if f == nil {
			return otherwise, false
		}
		n, _ := parseCount(f.Value)
		return n, true
	}
	if f := t.Effective("whiteSpace"); f != nil && f.node != nil {
		r.WhiteSpace = whiteSpaces[f.Value]
	}
	least, hasLeast := count("minLength", 0)
	most, hasMost := count("maxLength", xsdrun.Unbounded)
	if n, ok := count("length", 0); ok {
		least, most, hasLeast = n, n, true
	}
	if hasLeast || hasMost {
		r.Length = xsdrun.LengthRange(least, most)
	}
	for kind, field := range map[string]*string{
		"minInclusive": &r.MinInclusive, "minExclusive": &r.MinExclusive,
		"maxInclusive": &r.MaxInclusive, "maxExclusive": &r.MaxExclusive,
	} {
		if f := given(t.bound(kind)); f != nil {
			*field = f.Value
		}
	}
	r.TotalDigits, _ = count("totalDigits", 0)
	if n, ok := count("fractionDigits", 0); ok {
		r.FractionDigits = &n
	}
	r.Patterns = t.patterns()
	for _, f := range t.Enumeration() {
		r.Enumeration = append(r.Enumeration, t.enumerated(f))
	}
}

// patterns are those of every step of the chain of bases, the first step first.
func (t *SimpleType) patterns() [][]string {
	var steps [][]string
	if base, ok := t.Base.(*SimpleType); ok && base.run != nil {
		steps = base.run.Patterns
	}
	var step []string
	for _, f := range t.Facets {
		if f.Kind == "pattern" {
			step = append(step, f.Value)
		}
	}
	if step != nil {
		steps = append(steps[:len(steps):len(steps)], step)
	}
	return steps
}

// enumerated is a value of an enumeration as the runtime has it: white space processed, qualified names expanded.
func (t *SimpleType) enumerated(f *Facet) string {
	base, ok := t.Base.(*SimpleType)
	if !ok {
		return f.Value
	}
	return base.expandNames(base.run.Normalize(f.Value), f.node)
}

// expandNames turns the qualified names in a value of t written in n into expanded ones.
func (t *SimpleType) expandNames(value string, n *node) string {
	switch t.Variety {
	case Atomic:
		if t.Primitive != builtin("QName") && t.Primitive != builtin("NOTATION") {
			return value
		}
		if name, ok := n.expand(value); ok {
			return name.String()
		}
	case List:
		items := words(value)
		for i, item := range items {
			items[i] = t.Item.expandNames(item, n)
		}
		return strings.Join(items, " ")
	case Union:
		for _, m := range t.Members {
			if m.run.Check(value, n.resolver()) == nil {
				return m.expandNames(value, n)
			}
		}
	}
	return value
}

func validURI(s string) bool    { return xsdrun.BuiltinAnyURI.Type().Check(s, nil) == nil }
func validNCName(s string) bool { return xmlstream.IsNCName(s) }

func validLanguage(s string) bool {
	return xsdrun.BuiltinLanguage.Type().Check(s, nil) == nil
}
