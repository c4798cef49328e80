package xsd

import (
	"slices"
)

// attributeSet is what a list of xs:attribute, xs:attributeGroup and xs:anyAttribute says.
type attributeSet struct {
	uses       []*AttributeUse
	prohibited []*AttributeUse
	any        *Wildcard
	// The longest list that an attribute group contributes, which has been judged by itself: uses[from:to].
	from, to int
}

// buildAttribute completes a global attribute declaration.
func (c *compiler) buildAttribute(a *Attribute) {
	if a.Type != nil {
		return
	}
	n := a.node
	a.Doc = n.documentation()
	c.attributes = append(c.attributes, a)
	if n.doc.Namespace == xsiSpace {
		c.errorf(n, "no-xsi", "no attribute may be declared in the namespace %s", xsiSpace)
	}
	c.declareAttribute(a)
}

// declareAttribute fills in what global and local declarations have in common.
func (c *compiler) declareAttribute(a *Attribute) {
	n := a.node
	if a.Name.Local == "xmlns" {
		c.findings.Errorf(n.at("name"), "no-xmlns", "no attribute may be called xmlns")
	}
	a.Type = c.attributeType(n)
	a.Default, a.Fixed = n.optional("default"), n.optional("fixed")
	if a.Default != nil && a.Fixed != nil {
		c.errorf(n, "src-attribute", "an attribute has either a default or a fixed value, not both")
	}
}

// attributeType is the type of an attribute declaration.
func (c *compiler) attributeType(n *node) *SimpleType {
	inline := n.child("simpleType")
	switch {
	case n.has("type") && inline != nil:
		c.errorf(inline, "src-attribute", "an attribute has either a type attribute or an xs:simpleType in it, not both")
	case n.has("type"):
		if t := c.simpleReference(n, "type", n.get("type")); t != nil {
			return t
		}
	case inline != nil:
		return c.anonymousSimple(inline)
	}
	return builtin("anySimpleType")
}

// attributeUses reads the attribute declarations in n.
func (c *compiler) attributeUses(n *node) attributeSet {
	var set attributeSet
	var groups []*AttributeGroup
	for _, k := range n.kids {
		switch k.name.Local {
		case "attribute":
			u := c.attributeUse(k)
			if u == nil {
				continue
			}
			if u.prohibited {
				set.prohibited = append(set.prohibited, u)
			} else {
				set.uses = append(set.uses, u)
			}
		case "attributeGroup":
			if g := c.attributeGroupReference(k); g != nil {
				if n := len(set.uses); len(g.Attributes) > set.to-set.from {
					set.from, set.to = n, n+len(g.Attributes)
				}
				set.uses = append(set.uses, g.Attributes...)
				groups = append(groups, g)
			}
		case "anyAttribute":
			set.any = c.wildcard(k)
		}
	}
	for _, g := range groups {
		switch {
		case g.AnyAttribute == nil:
		case set.any == nil:
			set.any = g.AnyAttribute
		default:
			both, ok := set.any.intersect(g.AnyAttribute)
			if !ok {
				c.errorf(n, "src-attribute_group", "what the wildcards of this attribute list have in common cannot be expressed")
			}
			set.any = both
		}
	}
	return set
}

// attributeUse reads one local xs:attribute.
func (c *compiler) attributeUse(n *node) *AttributeUse {
	u := &AttributeUse{Pos: n.pos(), Doc: n.documentation(), node: n}
	u.Required = n.get("use") == "required"
	u.prohibited = n.get("use") == "prohibited"
	if n.has("default") && n.has("use") && n.get("use") != "optional" {
		c.findings.Errorf(n.at("default"), "src-attribute", `an attribute with a default must have use="optional"`)
	}
	switch {
	case n.has("ref") == n.has("name"):
		c.errorf(n, "src-attribute", "an attribute in a type has either a name or a ref")
		return nil
	case n.has("ref"):
		if !c.attributeReference(n, u) {
			return nil
		}
	default:
		c.localAttribute(n, u)
	}
	c.uses = append(c.uses, u)
	return u
}

// attributeReference is an xs:attribute with ref.
func (c *compiler) attributeReference(n *node, u *AttributeUse) bool {
	for _, name := range []string{"type", "form"} {
		if n.has(name) {
			c.findings.Errorf(n.at(name), "src-attribute", "an attribute with ref has no %s of its own", name)
		}
	}
	if k := n.child("simpleType"); k != nil {
		c.errorf(k, "src-attribute", "an attribute with ref has no type of its own")
	}
	if n.has("default") && n.has("fixed") {
		c.errorf(n, "src-attribute", "an attribute has either a default or a fixed value, not both")
	}
	a, _, ok := find(c, c.knownAttributes(n), n, "ref", "attribute")
	if !ok {
		return false
	}
	c.buildAttribute(a)
	u.Attribute = a
	u.Default, u.Fixed = n.optional("default"), n.optional("fixed")
	u.ownFixed = u.Fixed != nil
	u.ownDefault = u.Default != nil
	if u.Default == nil && u.Fixed == nil {
		u.Default, u.Fixed = a.Default, a.Fixed
	}
	return true
}

// knownAttributes are the global attribute declarations; those of the namespaces xml and xsi are known without a document.
func (c *compiler) knownAttributes(n *node) map[Name]*Attribute {
	name, ok := n.expand(n.get("ref"))
	if !ok || c.set.attributes[name] != nil {
		return c.set.attributes
	}
	var t *SimpleType
	switch name {
	case Name{Space: xmlSpace, Local: "lang"}:
		t = builtin("language")
	case Name{Space: xmlSpace, Local: "space"}:
		t = builtin("NCName")
	case Name{Space: xmlSpace, Local: "base"}:
		t = builtin("anyURI")
	case Name{Space: xmlSpace, Local: "id"}:
		t = builtin("ID")
	default:
		return c.set.attributes
	}
	c.set.attributes[name] = &Attribute{Name: name, Global: true, Type: t}
	return c.set.attributes
}

// localAttribute is an xs:attribute with name.
func (c *compiler) localAttribute(n *node, u *AttributeUse) {
	a := &Attribute{Name: Name{Local: n.get("name")}, Pos: u.Pos, Doc: u.Doc, node: n}
	qualified := n.doc.attributesQualified
	if n.has("form") {
		qualified = n.get("form") == "qualified"
	}
	if qualified {
		a.Name.Space = n.doc.Namespace
		if a.Name.Space == xsiSpace {
			c.errorf(n, "no-xsi", "no attribute may be declared in the namespace %s", xsiSpace)
		}
	}
	c.declareAttribute(a)
	c.attributes = append(c.attributes, a)
	u.Attribute, u.Default, u.Fixed = a, a.Default, a.Fixed
}

// attributeGroupReference is an xs:attributeGroup with ref.
func (c *compiler) attributeGroupReference(n *node) *AttributeGroup {
	g, name, ok := find(c, c.attributeGroups, n, "ref", "attribute group")
	if !ok {
		return nil
	}
	if g.original != nil {
		g = replaced(g, n.definition())
	}
	switch g.state {
	case building:
		c.errorf(n, "src-attribute_group", "the attribute group %s holds itself", n.label(name))
		return nil
	case unbuilt:
		c.buildAttributeGroup(g)
	}
	return g
}

// definition is the global definition that n stands in.
func (n *node) definition() *node {
	for _, top := range n.doc.definitions() {
		if top.offset <= n.offset && n.offset < top.end {
			return top
		}
	}
	return nil
}

// definitions are the children of xs:schema and of xs:redefine.
func (d *document) definitions() []*node {
	var tops []*node
	for _, k := range d.root.kids {
		if k.is("redefine") {
			tops = append(tops, k.kids...)
		} else {
			tops = append(tops, k)
		}
	}
	return tops
}

// buildAttributeGroup completes an attribute group definition.
func (c *compiler) buildAttributeGroup(g *AttributeGroup) {
	if g.state != unbuilt {
		return
	}
	g.state = building
	g.Doc = g.node.documentation()
	set := c.attributeUses(g.node)
	g.Attributes, g.AnyAttribute = set.uses, set.any
	g.state = built
	g.Attributes = c.checkUses(g.node, "ag-props-correct", g.Attributes, set.from, set.to)
	if g.original != nil {
		c.redefineAttributeGroup(g)
	}
}

// redefineAttributeGroup judges an attribute group that redefines another without referring to it: it must restrict it.
func (c *compiler) redefineAttributeGroup(g *AttributeGroup) {
	refs := 0
	for _, k := range g.node.kids {
		if name, ok := k.expand(k.get("ref")); k.is("attributeGroup") && ok && name == g.Name {
			refs++
		}
	}
	switch {
	case refs > 1:
		c.errorf(g.node, "src-redefine", "a redefined attribute group refers to itself once at most")
	case refs == 0:
		c.buildAttributeGroup(g.original)
		base := attributeSet{uses: g.original.Attributes, any: g.original.AnyAttribute}
		c.restrictAttributes(g.node, "src-redefine", attributeSet{uses: g.Attributes, any: g.AnyAttribute}, base)
	}
}

// checkUses judges a complete list of attribute uses: no name twice, one ID at most (ct-props-correct, ag-props-correct).
// It returns the list without what is wrong. The part uses[from:to] has been judged by itself.
func (c *compiler) checkUses(n *node, rule string, uses []*AttributeUse, from, to int) []*AttributeUse {
	if to > from && distinct(uses[from:to], slices.Concat(uses[:from], uses[to:])) {
		return uses
	}
	kept := uses[:0:0]
	seen := map[Name]*AttributeUse{}
	var id *AttributeUse
	for _, u := range uses {
		name := u.Attribute.Name
		if other := seen[name]; other != nil && other != u {
			c.findings.Errorf(later(u.Pos, other.Pos, n.pos()), rule, "attribute %s is declared twice", n.label(name))
			continue
		} else if other == u {
			c.errorf(n, rule, "attribute %s is declared twice, by one attribute group used twice", n.label(name))
			continue
		}
		seen[name] = u
		kept = append(kept, u)
		if u.isID() {
			if id != nil {
				c.errorf(n, rule, "attributes %s and %s are both of type xs:ID; only one may be", n.label(id.Attribute.Name), n.label(name))
			}
			id = u
		}
	}
	return kept
}

// distinct reports whether a few uses are no fault together with many that are none.
func distinct(many, few []*AttributeUse) bool {
	seen := map[Name]bool{}
	ids := 0
	for _, u := range few {
		if seen[u.Attribute.Name] {
			return false
		}
		seen[u.Attribute.Name] = true
		if u.isID() {
			ids++
		}
	}
	if len(seen) == 0 {
		return true
	}
	for _, u := range many {
		if seen[u.Attribute.Name] || ids > 0 && u.isID() {
			return false
		}
	}
	return ids < 2
}

func (u *AttributeUse) isID() bool { return u.Attribute.Type.DerivesFrom(builtin("ID")) }

// later is the second of two places in one file, or the place of reference if they are in different files.
func later(a, b, reference Pos) Pos {
	switch {
	case a.File != reference.File || b.File != reference.File:
		return reference
	case a.Compare(b) > 0:
		return a
	}
	return b
}

// use returns the use of that name, or nil.
func (s *attributeSet) use(name Name) *AttributeUse {
	i := slices.IndexFunc(s.uses, func(u *AttributeUse) bool { return u.Attribute.Name == name })
	if i < 0 {
		return nil
	}
	return s.uses[i]
}
