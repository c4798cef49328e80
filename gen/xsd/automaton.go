package xsd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
)

// largeCount is the number of repetitions of a single element or wildcard from which on they are counted while a
// document is read instead of being written out as states.
const largeCount = 8

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
	if t.most == maxCount {
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

// automaton is a position automaton: every state but the start is a position, a copy of a leaf matched last.
type automaton struct {
	leaf    []int // by position
	counted []*term
	follow  [][]int // by position+1; 0 is the start
	final   []bool  // by position+1
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
	a.follow, a.final = make([][]int, 1), make([]bool, 1)
	p := a.repeat(root)
	a.follow[0] = p.first
	a.final[0] = p.empty
	for _, q := range p.last {
		a.final[q+1] = true
	}
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
			whole.first = slices.Concat(whole.first, p.first)
			whole.last = slices.Concat(whole.last, p.last)
			whole.empty = whole.empty || p.empty
		}
		return whole
	}
	whole := part{empty: true}
	for _, k := range t.children {
		p := a.repeat(k)
		a.link(whole.last, p.first)
		if whole.empty {
			whole.first = slices.Concat(whole.first, p.first)
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

func (a *automaton) link(from, to []int) {
	for _, q := range from {
		a.follow[q+1] = append(a.follow[q+1], to...)
	}
}

// checkModel judges unique particle attribution (cos-nonambig, 3.8.6) and the limit on states.
func (c *compiler) checkModel(t *ComplexType) {
	content := newContent(t.Particle)
	if content.root.kind == AllParticle {
		content.root.kind = ChoiceParticle // any of them may come first, and any after it
		content.root.most = Unbounded
	}
	a := &automaton{limit: c.opts.MaxStates, reduced: true}
	a.build(content.root)
	if !a.over {
		if x := c.conflict(a, content); x != nil {
			c.reportConflict(t, content, x)
			return
		}
	}
	if _, ok := content.compile(c.opts.MaxStates); a.over || !ok {
		c.findings.Add(diag.Diagnostic{
			Pos: t.Pos, Rule: "max-states",
			Message: fmt.Sprintf("the content model of %s needs more than %d states, which is the limit MaxStates", t.node.typeLabel(t), c.opts.MaxStates),
			Fix:     `use a smaller maxOccurs on groups, or "unbounded"`,
		})
	}
}

// conflict is where two particles compete for one element.
type conflict struct {
	one, other int   // leaves
	name       Name  // an element that both take; Local "*" for any of the namespace
	path       []int // leaves that lead there
}

// conflict finds the first place at which two leaves compete, by the fewest elements before it.
func (c *compiler) conflict(a *automaton, content *content) *conflict {
	cameFrom := make([]int, len(a.follow))
	seen := make([]bool, len(a.follow))
	queue := []int{0}
	seen[0] = true
	taken := newClaims(c.set, content.leaves)
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		if x := taken.compete(a.follow[state], a.leaf); x != nil {
			for at := state; at != 0; at = cameFrom[at] {
				x.path = append(x.path, a.leaf[at-1])
			}
			slices.Reverse(x.path)
			return x
		}
		for _, p := range a.follow[state] {
			if !seen[p+1] {
				seen[p+1] = true
				cameFrom[p+1] = state
				queue = append(queue, p+1)
			}
		}
	}
	return nil
}

// claims finds leaves that take the same element.
type claims struct {
	set    *Set
	leaves []*Particle
	names  map[Name]int // leaf that takes the name, in the round below
	round  map[Name]int
	now    int
}

func newClaims(set *Set, leaves []*Particle) *claims {
	return &claims{set: set, leaves: leaves, names: map[Name]int{}, round: map[Name]int{}}
}

// compete returns a conflict among the positions, or nil.
func (k *claims) compete(positions, leafOf []int) *conflict {
	if len(positions) < 2 {
		return nil
	}
	k.now++
	var wildcards []int
	for _, p := range positions {
		leaf := leafOf[p]
		particle := k.leaves[leaf]
		if particle.Kind == WildcardParticle {
			wildcards = append(wildcards, leaf)
			continue
		}
		if x := k.claim(leaf, particle.Element.Name); x != nil {
			return x
		}
		for _, m := range k.set.members(particle) {
			if x := k.claim(leaf, m.Name); x != nil {
				return x
			}
		}
	}
	for i, leaf := range wildcards {
		if x := k.competeWildcard(leaf, wildcards[:i], positions, leafOf); x != nil {
			return x
		}
	}
	return nil
}

func (k *claims) claim(leaf int, name Name) *conflict {
	if other, ok := k.names[name]; ok && k.round[name] == k.now && other != leaf {
		return &conflict{one: min(other, leaf), other: max(other, leaf), name: name}
	}
	k.names[name], k.round[name] = leaf, k.now
	return nil
}

// competeWildcard looks for an element, or another wildcard, that competes with a wildcard.
func (k *claims) competeWildcard(leaf int, before, positions, leafOf []int) *conflict {
	w := k.leaves[leaf].Wildcard
	for _, other := range before {
		if other == leaf {
			continue
		}
		if both, _ := w.intersect(k.leaves[other].Wildcard); both.Not || len(both.Spaces) > 0 {
			name := Name{Local: "*"}
			if !both.Not {
				name.Space = both.Spaces[0]
			}
			return &conflict{one: min(other, leaf), other: max(other, leaf), name: name}
		}
	}
	for _, p := range positions {
		particle := k.leaves[leafOf[p]]
		if particle.Kind != ElementParticle {
			continue
		}
		for _, e := range slices.Concat([]*Element{particle.Element}, k.set.members(particle)) {
			if w.Allows(e.Name.Space) {
				return &conflict{one: min(leafOf[p], leaf), other: max(leafOf[p], leaf), name: e.Name}
			}
		}
	}
	return nil
}

func (c *compiler) reportConflict(t *ComplexType, content *content, x *conflict) {
	one, other := content.leaves[x.one], content.leaves[x.other]
	word := "<" + t.node.label(x.name) + ">"
	if x.name.Local == "*" {
		word = "an element that both allow"
	}
	var lead strings.Builder
	for _, leaf := range x.path {
		lead.WriteString(t.node.leafLabel(content.leaves[leaf]) + " ")
	}
	at := t.Pos
	if later := later(one.Pos, other.Pos, t.Pos); later.File == t.Pos.File {
		at = later
	}
	c.findings.Add(diag.Diagnostic{
		Pos:     at,
		Rule:    "cos-nonambig",
		Message: fmt.Sprintf("%s could be either of two particles of %s", word, t.node.typeLabel(t)),
		Witness: []string{
			"content: " + lead.String() + strings.TrimPrefix(word, "an element that both allow"),
			fmt.Sprintf("particle 1: %s at %s", t.node.leafLabel(one), one.Pos),
			fmt.Sprintf("particle 2: %s at %s", t.node.leafLabel(other), other.Pos),
		},
		Fix: "make the choice between them before they may begin alike",
		Ref: "XML Schema part 1, 3.8.6",
	})
}

func (n *node) leafLabel(p *Particle) string {
	if p.Kind == WildcardParticle {
		return "<any>"
	}
	return "<" + n.label(p.Element.Name) + ">"
}
