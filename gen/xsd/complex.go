package xsd

import (
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// buildComplex completes a complex type definition, its base first.
func (c *compiler) buildComplex(t *ComplexType) {
	if t.state != unbuilt {
		return
	}
	t.state = building
	n := t.node
	t.Doc = n.documentation()
	t.Base, t.Method, t.Content = c.anyType, xsdrun.Restriction, xsdrun.ContentEmpty
	t.Abstract = n.flag("abstract", false)
	t.Final, t.Block = n.doc.final, n.doc.block
	const both = xsdrun.Extension | xsdrun.Restriction
	if n.has("final") {
		t.Final = derivations(n.get("final"), both)
	}
	if n.has("block") {
		t.Block = derivations(n.get("block"), both)
	}
	t.Final &= both
	t.Block &= both
	mixed := n.flag("mixed", false)
	switch content := n.child("simpleContent", "complexContent"); {
	case content == nil:
		c.complexContent(t, n, mixed)
	case content.is("complexContent"):
		c.complexContent(t, content.child("restriction", "extension"), content.flag("mixed", mixed))
	default:
		c.simpleContent(t, content.child("restriction", "extension"))
	}
	t.state = built
	if !t.broken {
		t.Attributes = c.checkUses(n, "ct-props-correct", t.Attributes, 0, t.inherited)
	}
}

// base resolves and completes the base type of a derivation; nil after a finding.
func (c *compiler) base(t *ComplexType, n *node) Type {
	base := c.typeReference(n, "base")
	complex, ok := base.(*ComplexType)
	if ok && complex.original != nil {
		complex = replaced(complex, t.node)
		base = complex
	}
	if !ok {
		t.broken = t.broken || base == nil
		return base
	}
	if complex.state == building {
		c.findings.Errorf(n.at("base"), "ct-props-correct", "type %s is derived from itself", n.label(complex.Name))
		t.broken = true
		return nil
	}
	c.buildComplex(complex)
	t.broken = t.broken || complex.broken
	return base
}

// complexContent builds the content that n describes: an xs:restriction, an xs:extension, or the xs:complexType itself,
// which is short for a restriction of xs:anyType.
func (c *compiler) complexContent(t *ComplexType, n *node, mixed bool) {
	var base Type = c.anyType
	if n != t.node {
		if n.is("extension") {
			t.Method = xsdrun.Extension
		}
		base = c.base(t, n)
	}
	own := c.modelGroup(n)
	t.Own = own.content()
	t.Particle = t.Own
	switch {
	case mixed:
		t.Content = xsdrun.ContentMixed
	case t.Particle != nil:
		t.Content = xsdrun.ContentElements
	}
	attributes := c.attributeUses(n)
	t.Attributes, t.AnyAttribute = attributes.uses, attributes.any
	if t.broken || base == nil {
		return
	}
	t.Base = base
	complex, ok := base.(*ComplexType)
	if !ok {
		c.findings.Errorf(n.at("base"), "src-ct", "%s is a simple type; complex content derives from a complex type", n.label(base.TypeName()))
		t.broken = true
		return
	}
	if t.Method == xsdrun.Extension {
		c.extend(t, complex, n, mixed)
		return
	}
	t.Own = nil
	c.inheritAttributes(t, complex, attributes)
}

// content is the particle unless it is nothing: an all or sequence without members, a choice without members that need
// not occur (XML Schema part 1, 3.4.2, "explicit content").
func (p *Particle) content() *Particle {
	switch {
	case p == nil:
		return nil
	case p.Kind == ChoiceParticle && len(p.Children) == 0 && p.Min > 0:
		return p
	case p.Kind > WildcardParticle && len(p.Children) == 0:
		return nil
	}
	return p
}

// inheritAttributes adds to a restriction the uses of its base that it neither redeclares nor prohibits.
func (c *compiler) inheritAttributes(t, base *ComplexType, own attributeSet) {
	var all []*AttributeUse
	taken := map[*AttributeUse]bool{}
	prohibited := attributeSet{uses: own.prohibited}
	for _, u := range base.Attributes {
		name := u.Attribute.Name
		if mine := own.use(name); mine != nil {
			all = append(all, mine)
			taken[mine] = true
		} else if prohibited.use(name) == nil {
			all = append(all, u)
		}
	}
	for _, u := range own.uses {
		if !taken[u] {
			all = append(all, u)
		}
		taken[u] = false // a second one of the same name shows up in checkUses
	}
	t.Attributes = all
	t.prohibited = own.prohibited
}

// extend completes an extension: content and attributes of the base come first (cos-ct-extends).
func (c *compiler) extend(t, base *ComplexType, n *node, mixed bool) {
	switch {
	case base.Content == xsdrun.ContentSimple && (t.Own != nil || mixed):
		c.findings.Errorf(n.at("base"), "cos-ct-extends", "%s has simple content, to which no elements may be added", n.label(base.Name))
		t.broken = true
		return
	case t.Own == nil && !mixed:
		t.Content, t.Simple, t.Particle = base.Content, base.Simple, base.Particle
	case base.Content == xsdrun.ContentEmpty:
	case (base.Content == xsdrun.ContentMixed) != mixed:
		word := map[bool]string{true: "mixed", false: "element-only"}
		c.findings.Errorf(n.at("base"), "cos-ct-extends", "%s has %s content, which %s content may not extend", n.label(base.Name), word[!mixed], word[mixed])
		t.broken = true
	case base.Particle == nil:
	case t.Own == nil:
		t.Particle = base.Particle
	default:
		t.Particle = c.append(t, base, n)
	}
	if base.Final&xsdrun.Extension != 0 {
		c.findings.Errorf(n.at("base"), "cos-ct-extends", "%s is final: it may not be extended", n.label(base.Name))
	}
	c.extendAttributes(t, base, n)
}

// append is the content of a base followed by that of its extension.
func (c *compiler) append(t, base *ComplexType, n *node) *Particle {
	for _, p := range []*Particle{base.Particle, t.Own} {
		if p.Kind == AllParticle {
			c.errorf(n, "cos-all-limited", "an all group must be the whole content of a type; here it would be extended, or extend")
			t.broken = true
			break
		}
	}
	return c.limited(&Particle{
		Kind: SequenceParticle, Pos: n.pos(), Min: 1, Max: 1, Children: []*Particle{base.Particle, t.Own}, node: n,
	})
}

// extendAttributes adds the uses of the base in front, and unites the wildcards.
func (c *compiler) extendAttributes(t, base *ComplexType, n *node) {
	t.Attributes = append(base.Attributes[:len(base.Attributes):len(base.Attributes)], t.Attributes...)
	t.inherited = len(base.Attributes)
	switch {
	case t.AnyAttribute == nil:
		t.AnyAttribute = base.AnyAttribute
	case base.AnyAttribute != nil:
		either, ok := t.AnyAttribute.unite(base.AnyAttribute)
		if !ok {
			c.errorf(n, "src-ct", "the wildcards of this type and of its base together cannot be expressed")
		}
		t.AnyAttribute = either
	}
}

// simpleContent builds the content of an xs:restriction or xs:extension in xs:simpleContent.
func (c *compiler) simpleContent(t *ComplexType, n *node) {
	t.Content, t.Simple = xsdrun.ContentSimple, builtin("anySimpleType")
	if n.is("extension") {
		t.Method = xsdrun.Extension
	}
	base := c.base(t, n)
	attributes := c.attributeUses(n)
	t.Attributes, t.AnyAttribute = attributes.uses, attributes.any
	if base == nil {
		t.broken = true
		return
	}
	t.Base = base
	if t.broken {
		return
	}
	switch base := base.(type) {
	case *SimpleType:
		c.extendSimple(t, base, n)
	case *ComplexType:
		c.deriveSimpleContent(t, base, n, attributes)
	}
}

// extendSimple is a complex type that adds attributes to a simple one.
func (c *compiler) extendSimple(t *ComplexType, base *SimpleType, n *node) {
	t.Simple = base
	if n.is("restriction") {
		c.findings.Errorf(n.at("base"), "src-ct", "%s is a simple type; simple content restricts a complex type with simple content", n.label(base.Name))
		t.broken = true
	}
	if base.Final&xsdrun.Extension != 0 {
		c.findings.Errorf(n.at("base"), "cos-ct-extends", "%s is final: it may not be extended", n.label(base.Name))
	}
}

// deriveSimpleContent is simple content derived from a complex type.
func (c *compiler) deriveSimpleContent(t, base *ComplexType, n *node, attributes attributeSet) {
	inline := n.child("simpleType")
	mixed := base.Content == xsdrun.ContentMixed && base.Particle.emptiable() && n.is("restriction")
	if base.Content != xsdrun.ContentSimple && !(mixed && inline != nil) {
		text := "%s has no simple content"
		if mixed {
			text = "%s has mixed content; a restriction of it to simple content needs an xs:simpleType"
		}
		c.findings.Errorf(n.at("base"), "src-ct", text, n.label(base.Name))
		t.broken = true
		return
	}
	if n.is("extension") {
		t.Simple = base.Simple
		if base.Final&xsdrun.Extension != 0 {
			c.findings.Errorf(n.at("base"), "cos-ct-extends", "%s is final: it may not be extended", n.label(base.Name))
		}
		c.extendAttributes(t, base, n)
		return
	}
	from := base.Simple
	if inline != nil {
		from = c.anonymousSimple(inline)
		if base.Content == xsdrun.ContentSimple {
			if why := derivable(from, base.Simple, 0); why != "" {
				c.errorf(inline, "derivation-ok-restriction", "this is no restriction of the content of %s: %s", n.label(base.Name), why)
			}
		}
	}
	t.Simple = c.restrictedContent(n, from)
	c.inheritAttributes(t, base, attributes)
}

// checkComplex judges a complete complex type: its derivation and its content model.
func (c *compiler) checkComplex(t *ComplexType) {
	if t.broken {
		return
	}
	if base, ok := t.Base.(*ComplexType); ok && t.Method == xsdrun.Restriction {
		c.checkRestriction(t, base)
	}
	if t.Particle != nil {
		c.checkConsistent(t)
		c.checkModel(t)
	}
}
