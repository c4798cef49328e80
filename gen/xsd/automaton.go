package xsd

import "slices"

// largeCount is the number of repetitions of a single element or wildcard from which on they are counted while a
// document is read instead of being written out as states.
const largeCount = 8

// smallModel is up to how many states a content model is written out: going from state to state is faster than counting.
const smallModel = 64

// term is a particle on its way to an automaton. Leaves are numbered: the copies that repetition makes of a leaf
// keep its number, two references to one named group have leaves of their own.
type term struct {
	kind     ParticleKind
	least    int
	most     int  // or Unbounded
	blank    bool // it may be empty, whatever its range
	leaf     int
	children []*term
}

// content is a content model as terms, and its leaves.
type content struct {
	root   *term
	leaves []*Particle
}

func newContent(p *Particle) *content {
	c := &content{}
	c.root = c.term(p)
	return c
}

func (c *content) term(p *Particle) *term {
	t := &term{kind: p.Kind, least: min(p.Min, unreachable), most: p.Max}
	if t.most >= unreachable {
		t.most = Unbounded
	}
	if p.Kind == ElementParticle || p.Kind == WildcardParticle {
		t.leaf = len(c.leaves)
		c.leaves = append(c.leaves, p)
		return t
	}
	for _, k := range p.Children {
		kid := c.term(k)
		if kid.joins(t.kind) {
			t.children = append(t.children, kid.children...)
		} else {
			t.children = append(t.children, kid)
		}
	}
	t.blank = t.kind != ChoiceParticle
	for _, k := range t.children {
		if optional := k.blank || k.least == 0; optional != t.blank {
			t.blank = optional
			break
		}
	}
	if len(t.children) == 1 {
		return t.fold()
	}
	return t
}

// joins reports whether the term may be replaced by its own children in a group of that kind.
func (t *term) joins(kind ParticleKind) bool {
	switch {
	case t.kind != kind || t.most != 1:
		return false
	case kind == SequenceParticle:
		return t.least == 1 || t.blank
	}
	return kind == ChoiceParticle && t.least == 1
}

// fold is a group of one term: that term, if the two ranges together are one range.
func (t *term) fold() *term {
	k := t.children[0]
	switch {
	case t.least == t.most, k.least <= 1:
	case t.least > 0 && (k.most == Unbounded || timesCount(k.most-k.least, t.least) >= k.least-1):
	default: // one repetition more begins beyond where the range ended
		return t
	}
	least, most := timesCount(k.least, t.least), timesCount(k.most, t.most)
	if most >= unreachable {
		most = Unbounded
	}
	k.least, k.most = min(least, unreachable), most
	return k
}

// automaton is a position automaton: every state but the start is a position, a copy of a leaf matched last.
type automaton struct {
	leaf    []int // by position
	counted []*term
	follow  [][][]int // by position+1, 0 being the start: lists of positions, shared among states
	final   []bool    // by position+1
	over    bool      // there are more than smallModel
}

// part is a piece of an automaton: the positions it may begin and end with, and whether it may be empty.
type part struct {
	first, last []int
	empty       bool
}

func (a *automaton) build(root *term) {
	a.follow, a.final = make([][][]int, 1), make([]bool, 1)
	p := a.repeat(root)
	if len(p.first) > 0 {
		a.follow[0] = [][]int{p.first}
	}
	a.final[0] = p.empty
	for _, q := range p.last {
		a.final[q+1] = true
	}
}

// repeat is a term with its occurrence range.
func (a *automaton) repeat(t *term) part {
	least, most := t.least, t.most
	leaf := t.kind <= WildcardParticle
	if leaf && max(least, most) > largeCount {
		p := a.position(t)
		a.counted[p.first[0]] = t
		p.empty = least == 0
		return p
	}
	p := a.once(t)
	if p.empty {
		least = 0
	}
	copies := most
	if most == Unbounded {
		copies = max(least, 1)
	}
	whole := part{first: p.first, last: p.last, empty: least == 0}
	for i := 2; i <= copies && !a.over; i++ {
		next := a.once(t)
		a.link(p.last, next.first)
		if i <= least {
			whole.last = nil
		}
		whole.last = slices.Concat(whole.last, next.last)
		p = next
	}
	if most == Unbounded {
		a.link(p.last, p.first)
	}
	return whole
}

// once is a term without its occurrence range.
func (a *automaton) once(t *term) part {
	switch t.kind {
	case ElementParticle, WildcardParticle:
		return a.position(t)
	case ChoiceParticle:
		var whole part
		for _, k := range t.children {
			if a.over {
				break
			}
			p := a.repeat(k)
			whole.first = append(whole.first, p.first...)
			whole.last = append(whole.last, p.last...)
			whole.empty = whole.empty || p.empty
		}
		return whole
	}
	whole := part{empty: true}
	for _, k := range t.children {
		if a.over {
			break
		}
		p := a.repeat(k)
		a.link(whole.last, p.first)
		if whole.empty {
			whole.first = append(whole.first, p.first...)
		}
		if p.empty {
			p.last = slices.Concat(whole.last, p.last)
		}
		whole.last, whole.empty = p.last, whole.empty && p.empty
	}
	return whole
}

func (a *automaton) position(t *term) part {
	n := len(a.leaf)
	if n >= smallModel {
		a.over = true
	}
	a.leaf = append(a.leaf, t.leaf)
	a.counted = append(a.counted, nil)
	a.follow = append(a.follow, nil)
	a.final = append(a.final, false)
	return part{first: []int{n}, last: []int{n}}
}

// link lets every position of to follow every one of from; to is kept.
func (a *automaton) link(from, to []int) {
	if len(to) == 0 || a.over {
		return
	}
	for _, q := range from {
		a.follow[q+1] = append(a.follow[q+1], to)
	}
}
