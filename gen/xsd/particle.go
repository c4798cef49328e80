package xsd

import (
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// emptiable reports whether the particle allows no element at all (Particle Emptiable, XML Schema part 1, 3.9.6). A nil
// particle does.
func (p *Particle) emptiable() bool {
	least, _ := p.total()
	return least == 0
}

// Total is how many elements the particle stands for, at least and at most; the latter may be [Unbounded].
func (p *Particle) Total() (least, most int) { return p.total() }

// total is the effective total range of the particle (3.8.6): how many elements it stands for, at least and at most.
func (p *Particle) total() (least, most int) {
	if p == nil {
		return 0, 0
	}
	switch p.Kind {
	case ElementParticle, WildcardParticle:
		return p.Min, p.Max
	case ChoiceParticle:
		for i, k := range p.Children {
			l, m := k.total()
			if i == 0 || l < least {
				least = l
			}
			if m == Unbounded || most == Unbounded {
				most = Unbounded
			} else {
				most = max(most, m)
			}
		}
	default:
		for _, k := range p.Children {
			l, m := k.total()
			least = addCount(least, l)
			most = addCount(most, m)
		}
	}
	return timesCount(p.Min, least), timesCount(p.Max, most)
}

func addCount(a, b int) int {
	if a == Unbounded || b == Unbounded {
		return Unbounded
	}
	return min(a+b, maxCount)
}

func timesCount(a, b int) int {
	switch {
	case a == 0 || b == 0:
		return 0
	case a == Unbounded || b == Unbounded:
		return Unbounded
	case a > maxCount/b:
		return maxCount
	}
	return a * b
}

// rangeWithin reports whether a particle range is inside another (Occurrence Range OK, 3.9.6).
func rangeWithin(least, most, outerLeast, outerMost int) bool {
	return least >= outerLeast && (outerMost == Unbounded || most != Unbounded && most <= outerMost)
}

// modelGroup builds the particle of the content model in n: nil if there is none, or none that may occur.
func (c *compiler) modelGroup(n *node) *Particle {
	k := n.child("group", "all", "choice", "sequence")
	if k == nil {
		return nil
	}
	return c.particle(k, true)
}

// particle builds one particle. Only the outermost one of a type or named group may be an all group (cos-all-limited).
func (c *compiler) particle(n *node, top bool) *Particle {
	p := &Particle{Pos: n.pos(), Doc: n.documentation(), Min: 1, Max: 1, node: n}
	if n.has("minOccurs") {
		p.Min, _ = parseCount(n.get("minOccurs"))
	}
	if v := n.get("maxOccurs"); v == "unbounded" {
		p.Max = Unbounded
	} else if v != "" {
		p.Max, _ = parseCount(v)
	}
	if p.Max != Unbounded && p.Min > p.Max {
		at := n.at("maxOccurs")
		if !n.has("maxOccurs") {
			at = n.at("minOccurs")
		}
		c.findings.Errorf(at, "p-props-correct", "minOccurs is %d, more than maxOccurs, which is %d", p.Min, p.Max)
		p.Max = p.Min
	}
	ok := true
	switch n.name.Local {
	case "element":
		ok = c.elementParticle(n, p)
	case "any":
		p.Kind, p.Wildcard = WildcardParticle, c.wildcard(n)
	case "group":
		ok = c.groupReference(n, p, top)
	case "all":
		p.Kind = AllParticle
		c.children(n, p)
	case "choice":
		p.Kind = ChoiceParticle
		c.children(n, p)
	case "sequence":
		p.Kind = SequenceParticle
		c.children(n, p)
	}
	if !ok {
		c.gaps[n] = true
	}
	if !ok || p.Max == 0 {
		return nil
	}
	if p.Max >= unreachable {
		c.findings.Warnf(n.at("maxOccurs"), "max-occurs", "maxOccurs %s is taken for unbounded: no document is that long", n.get("maxOccurs"))
	}
	return c.limited(p)
}

// limited is the particle, or nothing and a finding if it is too large: groups that refer to groups may make a small
// document a huge content model.
func (c *compiler) limited(p *Particle) *Particle {
	p.size, p.blank = 1, p.Kind == SequenceParticle || p.Kind == AllParticle
	for _, k := range p.Children {
		p.size = min(p.size+k.size, maxCount)
		if p.Kind == ChoiceParticle {
			p.blank = p.blank || k.blank
		} else {
			p.blank = p.blank && k.blank
		}
	}
	p.blank = p.blank || p.Min == 0
	if p.size > c.opts.MaxStates {
		c.errorf(p.node, "max-states", "this content model has more than %d particles, the limit MaxStates", c.opts.MaxStates)
		return nil
	}
	return p
}

func (c *compiler) children(n *node, p *Particle) {
	for _, k := range n.kids {
		if k.is("annotation") {
			continue
		}
		if child := c.particle(k, false); child != nil {
			p.Children = append(p.Children, child)
		}
	}
}

func (c *compiler) elementParticle(n *node, p *Particle) bool {
	p.Kind = ElementParticle
	switch {
	case n.has("ref") == n.has("name"):
		c.errorf(n, "src-element", "an element in a content model has either a name or a ref")
		return false
	case n.has("ref"):
		p.Element = c.elementReference(n)
	default:
		p.Element = c.localElement(n)
	}
	return p.Element != nil
}

// groupReference makes p the model group of a named group.
func (c *compiler) groupReference(n *node, p *Particle, top bool) bool {
	g, name, ok := find(c, c.groups, n, "ref", "group")
	if !ok {
		return false
	}
	if g.original != nil {
		g = replaced(g, n.definition())
	}
	switch g.state {
	case building:
		c.errorf(n, "mg-props-correct", "the group %s holds itself", n.label(name))
		return false
	case unbuilt:
		c.buildGroup(g)
	}
	if g.Particle == nil {
		return false
	}
	p.Kind, p.Children, p.Group = g.Particle.Kind, g.Particle.Children, g
	if p.Kind == AllParticle && p.Max != 0 {
		switch {
		case !top:
			c.errorf(n, "cos-all-limited", "%s is an all group, which may only be the whole content of a type", n.label(name))
		case p.Max != 1:
			c.errorf(n, "cos-all-limited", "%s is an all group, which may not repeat", n.label(name))
		}
	}
	return true
}

// buildGroup completes a named model group definition.
func (c *compiler) buildGroup(g *Group) {
	if g.state != unbuilt {
		return
	}
	g.state = building
	g.Doc = g.node.documentation()
	g.Particle = c.modelGroup(g.node)
	g.state = built
	if g.original != nil {
		c.redefined = append(c.redefined, g)
	}
}

// redefineGroup judges a group that redefines another: it refers to it once, occurring once, or it restricts it
// (src-redefine).
func (c *compiler) redefineGroup(g *Group) {
	refs := g.node.references(g.Name)
	switch {
	case len(refs) > 1:
		c.errorf(refs[1], "src-redefine", "a redefined group refers to itself once at most")
	case len(refs) == 1:
		if (refs[0].has("minOccurs") && refs[0].get("minOccurs") != "1") || (refs[0].has("maxOccurs") && refs[0].get("maxOccurs") != "1") {
			c.errorf(refs[0], "src-redefine", "a redefined group refers to itself without minOccurs and maxOccurs")
		}
	default:
		c.buildGroup(g.original)
		if why := c.restricts(g.Particle, g.original.Particle); why != nil {
			c.errorf(g.node, "src-redefine", "this is no restriction of the group that it redefines: %s", why.text)
		}
	}
}

// references are the xs:group elements below n that refer to name.
func (n *node) references(name Name) []*node {
	var refs []*node
	for _, k := range n.kids {
		if k.is("group") {
			if got, ok := k.expand(k.get("ref")); ok && got == name {
				refs = append(refs, k)
			}
		}
		refs = append(refs, k.references(name)...)
	}
	return refs
}

// leaves appends the element and wildcard particles below p, in order.
func (p *Particle) leaves(list []*Particle) []*Particle {
	if p == nil {
		return list
	}
	if p.Kind == ElementParticle || p.Kind == WildcardParticle {
		return append(list, p)
	}
	for _, k := range p.Children {
		list = k.leaves(list)
	}
	return list
}

// checkConsistent judges that elements of one name have one type (cos-element-consistent).
func (c *compiler) checkConsistent(t *ComplexType) {
	part := t.Particle
	base, _ := t.Base.(*ComplexType)
	if t.Method != xsdrun.Extension || base.Particle == nil {
		base = nil
	} else if part = t.Own; base.Particle == t.Particle {
		part = nil
	}
	t.declared = map[Name]*Element{}
	if base != nil && base.declared == nil {
		c.checkConsistent(base)
	}
	t.open = base != nil && base.open
	t.fresh = true
	var own []*Element
	for _, leaf := range part.leaves(nil) {
		if leaf.Kind != ElementParticle {
			t.open = true
			continue
		}
		e := leaf.Element
		t.open = t.open || len(leaf.members()) > 0
		switch other := t.declaration(base, e.Name); {
		case other == nil:
			t.declared[e.Name] = e
			own = append(own, e)
		case other.Type != e.Type:
			c.inconsistent(t, other, e)
			return
		default:
			t.fresh = t.fresh && t.declared[e.Name] != nil
		}
	}
	t.fresh = t.fresh && !t.open
	t.locals = slices.DeleteFunc(slices.Clone(own), func(e *Element) bool { return e.Global })
	c.checkMembers(t, base, own)
}

// declaration is the declaration by that name in the type's own content so far, or in that of the types that it extends.
func (t *ComplexType) declaration(base *ComplexType, name Name) *Element {
	e := t.declared[name]
	for at := base; e == nil && at != nil; at, _ = at.Base.(*ComplexType) {
		if e = at.declared[name]; at.Method != xsdrun.Extension {
			break
		}
	}
	return e
}

// checkMembers judges local elements by the members of substitution groups that may stand beside them under the same name: where
// either is the type's own.
func (c *compiler) checkMembers(t, base *ComplexType, own []*Element) {
	heads := slices.DeleteFunc(slices.Clone(own), func(e *Element) bool { return !e.Global || len(e.substitutes()) == 0 })
	for _, e := range own {
		if m := c.namesake(e); m != nil {
			for h := range c.heads(m) {
				if t.declaration(base, h.Name) == h && slices.Contains(h.substitutes(), m) {
					c.inconsistent(t, e, m)
					return
				}
			}
		}
	}
	for at := base; at != nil && len(heads) > 0; at, _ = at.Base.(*ComplexType) {
		for _, e := range at.locals {
			m := c.namesake(e)
			if m != nil && slices.ContainsFunc(heads, func(h *Element) bool { return slices.Contains(h.substitutes(), m) }) {
				c.inconsistent(t, e, m)
				return
			}
		}
		if at.Method != xsdrun.Extension {
			break
		}
	}
}

// namesake is the global element of another type that has a local element's name, or nil.
func (c *compiler) namesake(e *Element) *Element {
	if m := c.set.elements[e.Name]; m != nil && !e.Global && m.Type != e.Type {
		return m
	}
	return nil
}

func (c *compiler) inconsistent(t *ComplexType, one, other *Element) {
	c.findings.Errorf(later(one.Pos, other.Pos, t.Pos), "cos-element-consistent", "%s is declared with two types in one content model: %s (line %d) and %s (line %d)",
		t.node.label(one.Name), t.node.typeLabel(one.Type), one.Pos.Line, t.node.typeLabel(other.Type), other.Pos.Line)
}

// members are the elements of the substitution group that may stand for an element particle's own.
func (p *Particle) members() []*Element {
	if p.Kind != ElementParticle || !p.Element.Global {
		return nil
	}
	return p.Element.substitutes()
}

// typeLabel names a type for a message.
func (n *node) typeLabel(t Type) string {
	if t == nil {
		return "no type"
	}
	return n.label(t.TypeName())
}
