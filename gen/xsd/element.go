package xsd

import (
	"iter"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// buildElement completes a global element declaration.
func (c *compiler) buildElement(e *Element) {
	n := e.node
	if e.Type != nil {
		return
	}
	e.Type = c.anyType // what a circle of substitution groups falls back on
	e.Final = n.doc.final & (xsdrun.Extension | xsdrun.Restriction)
	if n.has("final") {
		e.Final = derivations(n.get("final"), xsdrun.Extension|xsdrun.Restriction)
	}
	e.Abstract = n.flag("abstract", false)
	if n.has("substitutionGroup") {
		head, _, ok := find(c, c.set.elements, n, "substitutionGroup", "element")
		if ok {
			c.buildElement(head)
			e.Head = head
			head.Members = append(head.Members, e)
		}
	}
	c.declareElement(e)
}

// declareElement fills in what global and local declarations have in common.
func (c *compiler) declareElement(e *Element) {
	n := e.node
	c.elements = append(c.elements, e)
	e.Doc = n.documentation()
	e.Nillable = n.flag("nillable", false)
	e.Default, e.Fixed = n.optional("default"), n.optional("fixed")
	if e.Default != nil && e.Fixed != nil {
		c.errorf(n, "src-element", "an element has either a default or a fixed value, not both")
	}
	e.Block = n.doc.block
	if n.has("block") {
		e.Block = derivations(n.get("block"), xsdrun.Extension|xsdrun.Restriction|xsdrun.Substitution)
	}
	e.Type = c.elementType(e)
	for _, k := range n.kids {
		switch k.name.Local {
		case "unique", "key", "keyref":
			c.identity(e, k)
		}
	}
}

// elementType is the type of an element declaration: its own, or that of the head of its substitution group.
func (c *compiler) elementType(e *Element) Type {
	n := e.node
	inline := n.child("simpleType", "complexType")
	switch {
	case n.has("type") && inline != nil:
		c.errorf(inline, "src-element", "an element has either a type attribute or a type in it, not both")
	case n.has("type"):
		if t := c.typeReference(n, "type"); t != nil {
			return t
		}
	case inline != nil && inline.is("simpleType"):
		return c.anonymousSimple(inline)
	case inline != nil:
		t := c.newType(inline, Name{})
		c.pending = append(c.pending, t)
		return t
	case e.Head != nil:
		return e.Head.Type
	}
	return c.anyType
}

// typeReference resolves the name of a type; nil after a finding.
func (c *compiler) typeReference(n *node, attribute string) Type {
	t, _, ok := find(c, c.set.types, n, attribute, "type")
	if !ok {
		return nil
	}
	if s, ok := t.(*SimpleType); ok {
		c.buildSimple(s)
	}
	return t
}

// localElement is an xs:element with name inside a content model.
func (c *compiler) localElement(n *node) *Element {
	e := &Element{Name: Name{Local: n.get("name")}, Pos: n.pos(), node: n}
	qualified := n.doc.elementsQualified
	if n.has("form") {
		qualified = n.get("form") == "qualified"
	}
	if qualified {
		e.Name.Space = n.doc.Namespace
	}
	c.declareElement(e)
	return e
}

// elementReference is an xs:element with ref.
func (c *compiler) elementReference(n *node) *Element {
	for _, name := range []string{"type", "nillable", "default", "fixed", "form", "block"} {
		if n.has(name) {
			c.findings.Errorf(n.at(name), "src-element", "an element with ref has no %s of its own", name)
		}
	}
	if k := n.child("simpleType", "complexType", "unique", "key", "keyref"); k != nil {
		c.errorf(k, "src-element", "an element with ref has no %s of its own", k.tag())
	}
	e, _, _ := find(c, c.set.elements, n, "ref", "element")
	return e
}

// checkElement judges a complete element declaration (e-props-correct).
func (c *compiler) checkElement(e *Element) {
	c.checkElementValue(e)
	switch t := e.Type.(type) {
	case *SimpleType:
		c.checkNotation(e.node, t)
	case *ComplexType:
		if t.Content == xsdrun.ContentSimple {
			c.checkNotation(e.node, t.Simple)
		}
	}
	if e.Head == nil {
		return
	}
	for h := range c.heads(e) {
		if h == e {
			c.findings.Errorf(e.node.at("substitutionGroup"), "e-props-correct", "%s is in its own substitution group", e.node.label(e.Name))
			return
		}
	}
	if why := derivable(e.Type, e.Head.Type, e.Head.Final); why != "" {
		c.findings.Errorf(e.node.at("substitutionGroup"), "e-props-correct", "%s may not stand for %s: %s", e.node.label(e.Name), e.node.label(e.Head.Name), why)
	}
}

// heads are the heads of the substitution groups that e is in, its own first. They may form a circle, which is gone round once at
// least.
func (c *compiler) heads(e *Element) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for left := len(c.elements); e.Head != nil && left > 0 && yield(e.Head); left-- {
			e = e.Head
		}
	}
}

// checkElementValue judges the default or fixed value of an element (cos-valid-default).
func (c *compiler) checkElementValue(e *Element) {
	attribute, value := "default", e.Default
	if e.Fixed != nil {
		attribute, value = "fixed", e.Fixed
	}
	if value == nil {
		return
	}
	at := e.node.at(attribute)
	simple, ok := e.Type.(*SimpleType)
	if t, complex := e.Type.(*ComplexType); complex {
		switch {
		case t.Content == xsdrun.ContentSimple:
			simple, ok = t.Simple, true
		case t.Content != xsdrun.ContentMixed:
			c.findings.Errorf(at, "cos-valid-default", "an element without text content has no %s value", attribute)
			return
		case !t.Particle.emptiable():
			c.findings.Errorf(at, "cos-valid-default", "mixed content that must hold elements has no %s value", attribute)
			return
		}
	}
	if !ok {
		return
	}
	if simple.DerivesFrom(builtin("ID")) {
		c.findings.Errorf(at, "e-props-correct", "an element of type xs:ID has no %s value", attribute)
	}
	if fault := c.check(simple, *value, e.node); fault != "" {
		c.findings.Errorf(at, "e-props-correct", "%s value: %s", attribute, fault)
	}
}

// checkAttribute judges the value of a complete attribute declaration (a-props-correct).
func (c *compiler) checkAttribute(a *Attribute) {
	c.checkNotation(a.node, a.Type)
	attribute, value := "default", a.Default
	if a.Fixed != nil {
		attribute, value = "fixed", a.Fixed
	}
	if value == nil {
		return
	}
	at := a.node.at(attribute)
	if a.Type.DerivesFrom(builtin("ID")) {
		c.findings.Errorf(at, "a-props-correct", "an attribute of type xs:ID has no %s value", attribute)
	}
	if fault := c.check(a.Type, *value, a.node); fault != "" {
		c.findings.Errorf(at, "a-props-correct", "%s value: %s", attribute, fault)
	}
}

// checkNotation judges that a declaration whose type is xs:NOTATION says by an enumeration which notations it means (part 2, 3.2.19).
func (c *compiler) checkNotation(n *node, t *SimpleType) {
	if !t.DerivesFrom(builtin("NOTATION")) {
		return
	}
	for at := t; at != nil; at, _ = at.Base.(*SimpleType) {
		if slices.ContainsFunc(at.Facets, func(f *Facet) bool { return f.Kind == "enumeration" }) {
			return
		}
	}
	c.errorf(n, "enumeration-required-notation", "xs:NOTATION may be used only restricted by an enumeration of notations")
}

// checkUse judges the value that a reference to an attribute gives it (au-props-correct).
func (c *compiler) checkUse(u *AttributeUse) {
	if !u.ownFixed && !u.ownDefault {
		return
	}
	a, value, word := u.Attribute, u.Default, "default"
	if u.ownFixed {
		value, word = u.Fixed, "fixed"
	}
	n := u.node
	at := n.at(word)
	if fault := c.check(a.Type, *value, n); fault != "" {
		c.findings.Errorf(at, "au-props-correct", "%s value: %s", word, fault)
		return
	}
	if a.Type.DerivesFrom(builtin("ID")) {
		c.findings.Errorf(at, "au-props-correct", "an attribute of type xs:ID has no %s value", word)
	}
	if a.Fixed != nil && (!u.ownFixed || !c.equal(a.Type, *value, *a.Fixed)) {
		c.findings.Errorf(at, "au-props-correct", "%s is declared with the fixed value %q", n.label(a.Name), *a.Fixed)
	}
}
