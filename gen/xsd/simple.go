package xsd

import (
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// buildSimple completes a simple type definition, those it is made of first.
func (c *compiler) buildSimple(t *SimpleType) {
	if t.state != unbuilt {
		return
	}
	t.state = building
	n := t.node
	t.Doc = n.documentation()
	const all = xsdrun.List | xsdrun.Union | xsdrun.Restriction // what else finalDefault says is not for simple types
	t.Final = n.doc.final & all
	if n.has("final") {
		t.Final = derivations(n.get("final"), all)
	}
	t.Base = builtin("anySimpleType")
	switch k := n.child("restriction", "list", "union"); k.name.Local {
	case "restriction":
		c.restriction(t, k)
	case "list":
		c.list(t, k)
	case "union":
		c.union(t, k)
	}
	t.state = built
	t.run = c.compileSimple(t)
}

// anonymousSimple builds the simple type of an xs:simpleType inside something else.
func (c *compiler) anonymousSimple(n *node) *SimpleType {
	t := c.newType(n, Name{}).(*SimpleType)
	c.buildSimple(t)
	return t
}

// simpleReference resolves the name of a simple type and completes it; nil after a finding.
func (c *compiler) simpleReference(n *node, attribute, qname string) *SimpleType {
	t, name, ok := findNamed(c, c.set.types, n, attribute, qname, "simple type")
	if !ok {
		return nil
	}
	s, ok := t.(*SimpleType)
	if !ok {
		c.findings.Errorf(n.at(attribute), "src-resolve", "%s is a complex type; a simple one is needed here", n.label(name))
		return nil
	}
	if s.original != nil {
		s = replaced(s, n.definition())
	}
	if s.state == building {
		c.findings.Errorf(n.at(attribute), "st-props-correct", "type %s is made of itself", n.label(name))
		return nil
	}
	c.buildSimple(s)
	return s
}

// restriction is a simple type that restricts another.
func (c *compiler) restriction(t *SimpleType, n *node) {
	t.Variety, t.Primitive = Atomic, builtin("string") // what a broken definition falls back on
	inline := n.child("simpleType")
	var base *SimpleType
	switch {
	case n.has("base") == (inline != nil):
		c.errorf(n, "src-simple-type", "a restriction has either a base attribute or an xs:simpleType in it")
		return
	case inline != nil:
		base = c.anonymousSimple(inline)
	default:
		if base = c.simpleReference(n, "base", n.get("base")); base == nil {
			return
		}
	}
	if base.Variety == Any {
		c.findings.Errorf(n.at("base"), "cos-st-restricts", "xs:anySimpleType may not be restricted; start from one of the primitive types")
		return
	}
	if base.Final&xsdrun.Restriction != 0 {
		c.findings.Errorf(n.at("base"), "st-props-correct", "%s is final: it may not be restricted", n.label(base.Name))
	}
	c.restrict(t, base, n)
}

// restrict makes t a restriction of base by the facets in n.
func (c *compiler) restrict(t, base *SimpleType, n *node) {
	t.Base, t.Variety, t.Primitive = base, base.Variety, base.Primitive
	t.Item, t.Members, t.members, t.listed = base.Item, base.Members, base.members, base.listed
	for _, k := range n.kids {
		switch k.name.Local {
		case "annotation", "simpleType", "attribute", "attributeGroup", "anyAttribute":
			continue
		}
		value, _ := k.lookup("value")
		if k.name.Local != "pattern" && k.name.Local != "enumeration" {
			value = collapse(value)
		}
		t.Facets = append(t.Facets, &Facet{
			Kind: k.name.Local, Value: value, Fixed: k.flag("fixed", false), Pos: k.pos(), Doc: k.documentation(), node: k,
		})
	}
	t.inForce = t.settle(base)
	c.checkFacets(t)
}

// facetsInForce are the facets of a type that replace those of its base, by kind.
type facetsInForce struct{ effective, bounds map[string]*Facet }

// replacing are the kinds of such facets, the bounds first.
var replacing = []string{
	"minInclusive", "minExclusive", "maxInclusive", "maxExclusive", "length", "minLength", "maxLength", "totalDigits", "fractionDigits", "whiteSpace",
}

// settle works out which facets are in force in a restriction, so that nobody goes through a long chain of bases for each.
func (t *SimpleType) settle(base *SimpleType) *facetsInForce {
	own := slices.ContainsFunc(t.Facets, func(f *Facet) bool { return f.Kind != "pattern" && f.Kind != "enumeration" })
	if !own && base.inForce != nil {
		return base.inForce
	}
	in := &facetsInForce{effective: map[string]*Facet{}, bounds: map[string]*Facet{}}
	for i, kind := range replacing {
		if f := t.Effective(kind); f != nil {
			in.effective[kind] = f
		}
		if f := t.bound(kind); f != nil && i < 4 {
			in.bounds[kind] = f
		}
	}
	return in
}

// restrictedContent is the simple type of simple content that restricts from: from itself if there are no facets.
func (c *compiler) restrictedContent(n *node, from *SimpleType) *SimpleType {
	facets := slices.ContainsFunc(n.kids, func(k *node) bool { return k.form != nil && k.has("value") })
	if !facets {
		return from
	}
	t := &SimpleType{Pos: n.pos(), node: n, state: building}
	c.restrict(t, from, n)
	t.state = built
	t.run = c.compileSimple(t)
	return t
}

// list is a simple type whose values are lists.
func (c *compiler) list(t *SimpleType, n *node) {
	t.Variety, t.Item, t.listed = List, builtin("string"), true
	t.Facets = []*Facet{{Kind: "whiteSpace", Value: "collapse", Fixed: true}}
	inline := n.child("simpleType")
	var item *SimpleType
	switch {
	case n.has("itemType") == (inline != nil):
		c.errorf(n, "src-simple-type", "a list has either an itemType attribute or an xs:simpleType in it")
		return
	case inline != nil:
		item = c.anonymousSimple(inline)
	default:
		if item = c.simpleReference(n, "itemType", n.get("itemType")); item == nil {
			return
		}
	}
	t.Item = item
	if item.listed {
		c.findings.Errorf(n.at("itemType"), "cos-st-restricts", "the items of a list may not be lists")
	}
	if item.Final&xsdrun.List != 0 {
		c.findings.Errorf(n.at("itemType"), "st-props-correct", "%s is final: there may be no list of it", n.label(item.Name))
	}
}

// maxMembers limits the members of a union, theirs included.
const maxMembers = 1 << 12

// union is a simple type whose values are those of several others.
func (c *compiler) union(t *SimpleType, n *node) {
	t.Variety = Union
	for _, qname := range words(n.get("memberTypes")) {
		if m := c.simpleReference(n, "memberTypes", qname); m != nil && !slices.Contains(t.Members, m) {
			t.Members = append(t.Members, m)
		}
	}
	for _, k := range n.kids {
		if k.is("simpleType") {
			t.Members = append(t.Members, c.anonymousSimple(k))
		}
	}
	if n.get("memberTypes") == "" && n.child("simpleType") == nil {
		c.errorf(n, "src-simple-type", "a union has member types")
	}
	for _, m := range t.Members {
		t.members += 1 + m.members
		t.listed = t.listed || m.listed
		if t.members > maxMembers {
			c.errorf(n, "max-members", "this union has more than %d members, those of its members included", maxMembers)
			t.Members, t.members = nil, 0
			return
		}
		if m.Final&xsdrun.Union != 0 {
			c.findings.Errorf(n.at("memberTypes"), "st-props-correct", "%s is final: it may not be part of a union", n.label(m.Name))
		}
	}
}

// Effective returns the facet of that kind in force: the nearest one in the chain of bases, or nil.
func (t *SimpleType) Effective(kind string) *Facet {
	for at, ok := t, true; ok && at != nil; at, ok = at.Base.(*SimpleType) {
		if at.inForce != nil && kind != "pattern" && kind != "enumeration" {
			return at.inForce.effective[kind]
		}
		for _, f := range at.Facets {
			if f.Kind == kind {
				return f
			}
		}
	}
	return nil
}

// Enumeration returns the enumeration in force: that of the nearest step of the chain of bases that has one.
func (t *SimpleType) Enumeration() []*Facet {
	for at, ok := t, true; ok && at != nil; at, ok = at.Base.(*SimpleType) {
		var values []*Facet
		for _, f := range at.Facets {
			if f.Kind == "enumeration" {
				values = append(values, f)
			}
		}
		if values != nil {
			return values
		}
	}
	return nil
}

// BuiltinBase returns the nearest built-in type that t is, or is derived from.
func (t *SimpleType) BuiltinBase() *SimpleType {
	at := t
	for !at.Builtin {
		at = at.Base.(*SimpleType)
	}
	return at
}

// WhiteSpace returns what is done to white space before a value is judged: "preserve", "replace" or "collapse".
func (t *SimpleType) WhiteSpace() string {
	if f := t.Effective("whiteSpace"); f != nil {
		return f.Value
	}
	return "preserve"
}
