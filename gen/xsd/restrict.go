package xsd

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// refusal says why something is no restriction, and of which particle it is told.
type refusal struct {
	text string
	at   *Particle
}

func refuse(at *Particle, format string, args ...any) *refusal {
	return &refusal{fmt.Sprintf(format, args...), at}
}

// checkRestriction judges a complex type derived by restriction (derivation-ok-restriction, 3.4.6).
func (c *compiler) checkRestriction(t, base *ComplexType) {
	n := t.node
	const rule = "derivation-ok-restriction"
	if base.Final&xsdrun.Restriction != 0 {
		c.errorf(n, rule, "%s is final: it may not be restricted", n.label(base.Name))
	}
	if isAnyType(base) {
		return
	}
	own := attributeSet{uses: t.Attributes, any: t.AnyAttribute, prohibited: t.prohibited}
	c.restrictAttributes(n, rule, own, attributeSet{uses: base.Attributes, any: base.AnyAttribute})
	switch t.Content {
	case xsdrun.ContentSimple: // judged when it was built
	case xsdrun.ContentEmpty:
		if base.Content == xsdrun.ContentSimple || !base.Particle.emptiable() {
			c.errorf(n, rule, "%s must hold something; a restriction of it may not be empty", n.label(base.Name))
		}
	default:
		c.restrictContent(t, base)
	}
}

// restrictContent judges the content model of a restriction.
func (c *compiler) restrictContent(t, base *ComplexType) {
	n := t.node
	const rule = "derivation-ok-restriction"
	switch {
	case t.Content == xsdrun.ContentMixed && base.Content != xsdrun.ContentMixed:
		c.errorf(n, rule, "%s is not mixed; a restriction of it may not be mixed", n.label(base.Name))
	case base.Content == xsdrun.ContentSimple || base.Content == xsdrun.ContentEmpty:
		c.errorf(n, rule, "%s has no element content", n.label(base.Name))
	default:
		if why := c.restricts(t.Particle, base.Particle); why != nil {
			at := n
			if why.at != nil && why.at.node != nil && why.at.node.doc == n.doc && n.offset <= why.at.node.offset && why.at.node.offset < n.end {
				at = why.at.node
			}
			c.errorf(at, rule, "the content is no restriction of that of %s: %s", n.label(base.Name), why.text)
		}
	}
}

// restrictAttributes judges the attributes of a restriction (derivation-ok-restriction 2 to 4).
func (c *compiler) restrictAttributes(n *node, rule string, own, base attributeSet) {
	for _, u := range own.uses {
		name := n.label(u.Attribute.Name)
		b := base.use(u.Attribute.Name)
		switch {
		case b == u:
		case b == nil && (base.any == nil || !base.any.Allows(u.Attribute.Name.Space)):
			c.errorf(n, rule, "the base has no attribute %s", name)
		case b == nil:
		case b.Required && !u.Required:
			c.errorf(u.orElse(n), rule, "attribute %s is required in the base", name)
		case derivable(u.Attribute.Type, b.Attribute.Type, 0) != "":
			c.errorf(u.orElse(n), rule, "attribute %s: %s", name, derivable(u.Attribute.Type, b.Attribute.Type, 0))
		case b.Fixed != nil && (u.Fixed == nil || !c.equal(b.Attribute.Type, *b.Fixed, *u.Fixed)):
			c.errorf(u.orElse(n), rule, "attribute %s has the fixed value %q in the base", name, *b.Fixed)
		}
	}
	for _, b := range base.uses {
		if b.Required && own.use(b.Attribute.Name) == nil {
			c.errorf(n, rule, "attribute %s is required in the base", n.label(b.Attribute.Name))
		}
	}
	switch {
	case own.any == nil:
	case base.any == nil:
		c.errorf(n, rule, "the base has no attribute wildcard")
	case !own.any.subset(base.any):
		c.errorf(n, rule, "the attribute wildcard allows namespaces that the base's does not")
	case own.any.Process > base.any.Process:
		c.errorf(n, rule, "the attribute wildcard is judged less strictly than that of the base")
	}
}

// orElse is the node of the use if it stands inside of n, else n.
func (u *AttributeUse) orElse(n *node) *node {
	if u.node != nil && u.node.doc == n.doc && n.offset <= u.node.offset && u.node.offset < n.end {
		return u.node
	}
	return n
}
