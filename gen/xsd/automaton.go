package xsd

import "slices"

// largeCount is the number of repetitions of a single element or wildcard from which on they are counted while a
// document is read instead of being written out as states.
const largeCount = 8

// unreachable is a maxOccurs that is taken for unbounded: a document with so many elements is larger than
// xmlstream.DefaultMaxDocument allows.
const unreachable = 1 << 24

// term is a particle on its way to an automaton. Leaves are numbered: the copies that repetition makes of a leaf
// keep its number, two references to one named group have leaves of their own.
type term struct {
	kind     ParticleKind
	least    int
	most     int // or Unbounded
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
	t := &term{kind: p.Kind, least: p.Min, most: p.Max}
	if t.most >= unreachable {
		t.most = Unbounded
	}
	if p.Kind == ElementParticle || p.Kind == WildcardParticle {
		t.leaf = len(c.leaves)
		c.leaves = append(c.leaves, p)
		return t
	}
	for _, k := range p.Children {
		t.children = append(t.children, c.term(k))
	}
	if len(t.children) != 1 {
		return t
	}
	// A group of one leaf is the leaf, if the two ranges together are one range.
	k := t.children[0]
	if len(k.children) == 0 && k.kind <= WildcardParticle && (k.least <= 1 || t.least == t.most) {
		k.least, k.most = timesCount(k.least, t.least), timesCount(k.most, t.most)
		return k
	}
	return t
}

// maxEdges limits the transitions of one content model.
const maxEdges = 1 << 22

// automaton is a position automaton: every state but the start is a position, a copy of a leaf matched last.
type automaton struct {
	leaf    []int // by position
	counted []*term
	follow  [][][]int // by position+1, 0 being the start: lists of positions, shared among states
	final   []bool    // by position+1
	edges   int
	limit   int
	counts  bool // large ranges of leaves become counters
	reduced bool // ranges are cut down to what decides unique particle attribution
	over    bool // the limit was exceeded
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

// row identifies what may follow a state, if that is few enough lists: states with equal rows have the same successors.
type row struct {
	lists    int
	one, two *int
}

// row returns the row of a state; false if it has too many lists to tell.
func (a *automaton) row(state int) (row, bool) {
	lists := a.follow[state]
	r := row{lists: len(lists)}
	switch len(lists) {
	case 0:
	case 1:
		r.one = &lists[0][0]
	case 2:
		r.one, r.two = &lists[0][0], &lists[1][0]
	default:
		return r, false
	}
	return r, true
}

// repeat is a term with its occurrence range.
func (a *automaton) repeat(t *term) part {
	least, most := t.least, t.most
	if a.reduced {
		least, most = reduce(least, most)
	}
	if most == 0 {
		return part{empty: true}
	}
	leaf := t.kind <= WildcardParticle
	if a.counts && leaf && max(least, most) > largeCount {
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

// reduce is the smallest range with the same competition among particles: whether what is repeated may be followed by
// itself, by what comes after it, or by either.
func reduce(least, most int) (int, int) {
	switch {
	case most != Unbounded && most <= 1:
		return least, most
	case least == most:
		return 2, 2
	}
	return min(least, 1), Unbounded
}

// once is a term without its occurrence range.
func (a *automaton) once(t *term) part {
	switch t.kind {
	case ElementParticle, WildcardParticle:
		return a.position(t)
	case ChoiceParticle:
		var whole part
		for _, k := range t.children {
			p := a.repeat(k)
			whole.first = append(whole.first, p.first...)
			whole.last = append(whole.last, p.last...)
			whole.empty = whole.empty || p.empty
		}
		return whole
	}
	whole := part{empty: true}
	for _, k := range t.children {
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
	if n >= a.limit {
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
	if a.edges += len(from); a.edges > maxEdges {
		a.over = true
	}
	if len(to) == 0 || a.over {
		return
	}
	for _, q := range from {
		a.follow[q+1] = append(a.follow[q+1], to)
	}
}
