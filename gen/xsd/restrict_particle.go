package xsd

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

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
	members := p.members()
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
		for same := false; next < len(b.Children); {
			other := b.Children[next]
			next++
			got := c.restrictsParticle(k, other)
			if got == nil {
				why = nil
				break
			}
			if !same { // of several refusals, that by the element of the same name says most
				why, same = got, k.sameName(other)
			}
			if !other.emptiable() {
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

// sameName reports whether both are elements of one name.
func (p *Particle) sameName(other *Particle) bool {
	return p.Kind == ElementParticle && other.Kind == ElementParticle && p.Element.Name == other.Element.Name
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
