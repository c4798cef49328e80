package xsd

import (
	"fmt"
	"slices"

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

// restricts says why particle r is no valid restriction of b (Particle Valid (Restriction), 3.9.6); nil: it is.
func (c *compiler) restricts(r, b *Particle) *refusal {
	r, b = simplify(r), simplify(b)
	if r == nil {
		if b.emptiable() {
			return nil
		}
		return refuse(nil, "it is empty, and the base is not")
	}
	if b == nil {
		return refuse(r, "the base is empty")
	}
	return c.restrictsParticle(r, b)
}

func (c *compiler) restrictsParticle(r, b *Particle) *refusal {
	if b.Kind == ElementParticle && !b.expanded {
		if b = c.expand(b); b.Kind == ChoiceParticle && r.Kind == ElementParticle && r.Element == b.Children[0].Element {
			// the head itself: its own occurrence range counts
			if !rangeWithin(r.Min, r.Max, b.Min, b.Max) {
				return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
			}
			return nil
		}
	}
	if r.Kind == ElementParticle && !r.expanded && b.Kind != ElementParticle && b.Kind != WildcardParticle {
		r = c.expand(r)
	}
	switch r.Kind {
	case ElementParticle:
		switch b.Kind {
		case ElementParticle:
			return c.restrictsElement(r, b)
		case WildcardParticle:
			return restrictsNamespace(r, b)
		}
		group := &Particle{Kind: b.Kind, Min: 1, Max: 1, Children: []*Particle{r}, Pos: r.Pos, node: r.node}
		return c.restrictsParticle(group, b) // RecurseAsIfGroup
	case WildcardParticle:
		if b.Kind != WildcardParticle {
			return refuse(r, "the wildcard restricts no wildcard of the base")
		}
		return restrictsWildcard(r, b)
	}
	return c.restrictsGroup(r, b)
}

func (c *compiler) restrictsGroup(r, b *Particle) *refusal {
	switch {
	case b.Kind == WildcardParticle:
		return c.restrictsCardinality(r, b)
	case b.Kind == ElementParticle:
		return refuse(r, "%s restricts %s", r, b)
	case r.Kind == b.Kind && r.Kind == ChoiceParticle:
		return c.recurseLax(r, b)
	case r.Kind == b.Kind:
		return c.recurse(r, b)
	case r.Kind == SequenceParticle && b.Kind == AllParticle:
		return c.recurseUnordered(r, b)
	case r.Kind == SequenceParticle && b.Kind == ChoiceParticle:
		return c.mapAndSum(r, b)
	}
	return refuse(r, "%s does not restrict %s", r, b)
}

// expand is an element particle as a choice among the members of its substitution group, if it has any.
func (c *compiler) expand(p *Particle) *Particle {
	members := c.set.members(p)
	if len(members) == 0 {
		return p
	}
	choice := &Particle{Kind: ChoiceParticle, Min: p.Min, Max: p.Max, Pos: p.Pos, node: p.node}
	for _, e := range slices.Concat([]*Element{p.Element}, members) {
		choice.Children = append(choice.Children, &Particle{
			Kind: ElementParticle, Min: 1, Max: 1, Element: e, Pos: p.Pos, node: p.node, expanded: true,
		})
	}
	return choice
}

// restrictsElement is NameAndTypeOK.
func (c *compiler) restrictsElement(r, b *Particle) *refusal {
	re, be := r.Element, b.Element
	switch {
	case re.Name != be.Name:
		return refuse(r, "element %s stands where the base has %s", re.Name.Local, be.Name.Local)
	case !rangeWithin(r.Min, r.Max, b.Min, b.Max):
		return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
	case re == be:
		return nil
	case re.Nillable && !be.Nillable:
		return refuse(r, "%s is nillable, in the base it is not", r)
	case be.Fixed != nil && (re.Fixed == nil || !c.sameValue(be, *be.Fixed, *re.Fixed)):
		return refuse(r, "%s has the fixed value %q in the base", r, *be.Fixed)
	case re.Block&be.Block != be.Block:
		return refuse(r, "%s blocks less than in the base", r)
	}
	for _, id := range re.Identity {
		if !slices.Contains(be.Identity, id) {
			return refuse(r, "%s has the identity constraint %s, in the base it has not", r, id.Name.Local)
		}
	}
	if why := derivable(re.Type, be.Type, xsdrun.Extension|xsdrun.List|xsdrun.Union); why != "" {
		return refuse(r, "%s: %s", r, why)
	}
	return nil
}

// sameValue compares two fixed values of an element.
func (c *compiler) sameValue(e *Element, a, b string) bool {
	switch t := e.Type.(type) {
	case *SimpleType:
		return c.equal(t, a, b)
	case *ComplexType:
		if t.Simple != nil {
			return c.equal(t.Simple, a, b)
		}
	}
	return a == b
}

// restrictsNamespace is NSCompat.
func restrictsNamespace(r, b *Particle) *refusal {
	if !b.Wildcard.Allows(r.Element.Name.Space) {
		return refuse(r, "%s is not allowed by the wildcard of the base", r)
	}
	if !rangeWithin(r.Min, r.Max, b.Min, b.Max) {
		return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
	}
	return nil
}

// restrictsWildcard is NSSubset.
func restrictsWildcard(r, b *Particle) *refusal {
	switch {
	case !rangeWithin(r.Min, r.Max, b.Min, b.Max):
		return refuse(r, "the wildcard occurs %s, in the base %s", r.occurs(), b.occurs())
	case !r.Wildcard.subset(b.Wildcard):
		return refuse(r, "the wildcard allows namespaces that the base's does not")
	case r.Wildcard.Process > b.Wildcard.Process:
		return refuse(r, "the wildcard is judged less strictly than that of the base")
	}
	return nil
}

// restrictsCardinality is NSRecurseCheckCardinality.
func (c *compiler) restrictsCardinality(r, b *Particle) *refusal {
	least, most := r.total()
	if !rangeWithin(least, most, b.Min, b.Max) {
		return refuse(r, "%s stands for %s elements, the wildcard of the base for %s", r, occurs(least, most), b.occurs())
	}
	any := *b
	any.Min, any.Max = 0, Unbounded
	for _, k := range r.Children {
		if why := c.restrictsParticle(k, &any); why != nil {
			return why
		}
	}
	return nil
}

// recurse maps the members of a group in order; those of the base that are left out must be emptiable.
func (c *compiler) recurse(r, b *Particle) *refusal {
	if !rangeWithin(r.Min, r.Max, b.Min, b.Max) {
		return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
	}
	next := 0
	for _, k := range r.Children {
		why := refuse(k, "%s has no counterpart in the base", k)
		for next < len(b.Children) {
			other := b.Children[next]
			next++
			if why = c.restrictsParticle(k, other); why == nil || !other.emptiable() {
				break
			}
		}
		if why != nil {
			return why
		}
	}
	for _, other := range b.Children[next:] {
		if !other.emptiable() {
			return refuse(r, "%s of the base is missing", other)
		}
	}
	return nil
}

// recurseLax maps the members of a choice in order.
func (c *compiler) recurseLax(r, b *Particle) *refusal {
	if !rangeWithin(r.Min, r.Max, b.Min, b.Max) {
		return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
	}
	next := 0
	for _, k := range r.Children {
		why := refuse(k, "%s has no counterpart in the base", k)
		for next < len(b.Children) && why != nil {
			if got := c.restrictsParticle(k, b.Children[next]); got == nil {
				why = nil
			}
			next++
		}
		if why != nil {
			return why
		}
	}
	return nil
}

// recurseUnordered maps every member of a sequence to another one of an all group.
func (c *compiler) recurseUnordered(r, b *Particle) *refusal {
	if !rangeWithin(r.Min, r.Max, b.Min, b.Max) {
		return refuse(r, "%s occurs %s, in the base %s", r, r.occurs(), b.occurs())
	}
	taken := make([]bool, len(b.Children))
	for _, k := range r.Children {
		found := slices.IndexFunc(b.Children, func(other *Particle) bool { return c.restrictsParticle(k, other) == nil })
		if found < 0 || taken[found] {
			return refuse(k, "%s has no counterpart in the base", k)
		}
		taken[found] = true
	}
	for i, other := range b.Children {
		if !taken[i] && !other.emptiable() {
			return refuse(r, "%s of the base is missing", other)
		}
	}
	return nil
}

// mapAndSum maps every member of a sequence to one of a choice.
func (c *compiler) mapAndSum(r, b *Particle) *refusal {
	n := len(r.Children)
	if !rangeWithin(timesCount(r.Min, n), timesCount(r.Max, n), b.Min, b.Max) {
		return refuse(r, "%s stands for %s choices, the base allows %s", r, occurs(timesCount(r.Min, n), timesCount(r.Max, n)), b.occurs())
	}
	for _, k := range r.Children {
		if !slices.ContainsFunc(b.Children, func(other *Particle) bool { return c.restrictsParticle(k, other) == nil }) {
			return refuse(k, "%s has no counterpart in the base", k)
		}
	}
	return nil
}

// simplify removes pointless groups (3.9.6): empty ones, a group of one member, and a group in one of its own kind that
// occurs once. Particles keep their identity unless something under them goes.
func simplify(p *Particle) *Particle {
	if p == nil || p.Kind == ElementParticle || p.Kind == WildcardParticle {
		return p
	}
	s := *p
	s.Children = nil
	for _, k := range p.Children {
		k = simplify(k)
		switch {
		case k == nil:
		case k.Kind == p.Kind && k.Kind != AllParticle && k.Min == 1 && k.Max == 1:
			s.Children = append(s.Children, k.Children...)
		default:
			s.Children = append(s.Children, k)
		}
	}
	switch {
	case len(s.Children) == 0 && (p.Kind != ChoiceParticle || p.Min == 0):
		return nil
	case len(s.Children) == 1 && p.Min == 1 && p.Max == 1:
		return s.Children[0]
	}
	return &s
}

// String names a particle in messages.
func (p *Particle) String() string {
	switch p.Kind {
	case ElementParticle:
		return "element " + p.Element.Name.Local
	case WildcardParticle:
		return "wildcard"
	case SequenceParticle:
		return "sequence"
	case ChoiceParticle:
		return "choice"
	}
	return "all group"
}

// occurs is the occurrence range in words.
func (p *Particle) occurs() string { return occurs(p.Min, p.Max) }

func occurs(least, most int) string {
	switch {
	case most == Unbounded:
		return fmt.Sprintf("%d or more times", least)
	case least == most && least == 1:
		return "once"
	case least == most:
		return fmt.Sprintf("%d times", least)
	}
	return fmt.Sprintf("%d to %d times", least, most)
}
