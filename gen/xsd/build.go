package xsd

import "slices"

// buildAll completes every global component in the order collected, and the anonymous types in them.
func (c *compiler) buildAll() {
	for _, component := range c.order {
		switch v := component.(type) {
		case *Element:
			c.buildElement(v)
			c.set.Elements = append(c.set.Elements, v)
		case *Attribute:
			c.buildAttribute(v)
			c.set.Attributes = append(c.set.Attributes, v)
		case *SimpleType:
			c.buildSimple(v)
			c.set.Types = append(c.set.Types, v)
		case *ComplexType:
			c.buildComplex(v)
			c.set.Types = append(c.set.Types, v)
		case *Group:
			c.buildGroup(v)
			c.set.Groups = append(c.set.Groups, v)
		case *AttributeGroup:
			c.buildAttributeGroup(v)
			c.set.AttributeGroups = append(c.set.AttributeGroups, v)
		case *Notation:
			c.set.Notations = append(c.set.Notations, v)
		}
		c.drain()
	}
	for _, t := range c.complex { // originals of redefinitions that nothing refers to
		c.buildComplex(t)
	}
	for _, t := range c.simple {
		c.buildSimple(t)
	}
	c.drain()
}

// drain completes the anonymous types found on the way.
func (c *compiler) drain() {
	for len(c.pending) > 0 {
		t := c.pending[0]
		c.pending = c.pending[1:]
		switch t := t.(type) {
		case *SimpleType:
			c.buildSimple(t)
		case *ComplexType:
			c.buildComplex(t)
		}
	}
}

// checkAll judges what can only be judged when everything is complete.
func (c *compiler) checkAll() {
	for _, e := range c.elements {
		for _, id := range e.Identity {
			c.refer(id)
		}
	}
	broken := c.findings.HasErrors()
	if broken { // most of what follows would only repeat it
		c.checkIntact()
		return
	}
	for _, e := range c.elements {
		c.checkElement(e)
	}
	for _, a := range c.attributes {
		c.checkAttribute(a)
	}
	for _, u := range c.uses {
		c.checkUse(u)
	}
	for i := 0; i < len(c.redefined); i++ { // judging one may build, and so add, its original
		c.redefineGroup(c.redefined[i])
	}
	for _, t := range c.complex {
		c.checkComplex(t)
	}
	c.number()
	c.set.build = newBuilder(c.set)
}

// checkIntact judges the content models that faults elsewhere do not touch.
func (c *compiler) checkIntact() {
	for _, t := range c.complex {
		if !t.broken && t.Particle != nil && c.intact(t.node, map[*node]bool{}) {
			c.checkModel(t)
		}
	}
}

// intact reports whether everything that n, and the groups and types it refers to, refer to as a particle is there.
func (c *compiler) intact(n *node, seen map[*node]bool) bool {
	if n == nil || seen[n] {
		return true
	}
	seen[n] = true
	if c.gaps[n] {
		return false
	}
	if name, ok := n.expand(n.get("ref")); ok && n.is("group") && c.groups[name] != nil && !c.intact(c.groups[name].node, seen) {
		return false
	}
	if name, ok := n.expand(n.get("base")); ok && n.has("base") && !c.intact(typeNode(c.set.types[name]), seen) {
		return false
	}
	return !slices.ContainsFunc(n.kids, func(k *node) bool { return !c.intact(k, seen) })
}
