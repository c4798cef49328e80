package xsd

import (
	"encoding/binary"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// Model is the content model of a complex type as an automaton. Leaves[i] is the particle of the type's tree that
// Particles[i] was made from; when repetition makes several states of one leaf, several i have it.
type Model struct {
	*xsdrun.Model
	Leaves []*Particle
}

// machine is a deterministic automaton over the leaves of a content model.
type machine struct {
	leaf    []int // by state-1; state 0 is the start
	counted []*term
	next    [][]int // by state; values are states-1
	final   []bool
}

// compile makes the automaton deterministic by unique particle attribution; nil if it needs too many states.
func (c *content) compile(limit int) *machine {
	a := &automaton{limit: limit, counts: true}
	a.build(c.root)
	if !a.countable() {
		a = &automaton{limit: limit}
		a.build(c.root)
	}
	if a.over {
		return nil
	}
	return a.determine()
}

// countable reports whether no counted leaf may be followed by itself: one more match would then either go on counting or
// begin anew.
func (a *automaton) countable() bool {
	for p, t := range a.counted {
		if t == nil {
			continue
		}
		for _, list := range a.follow[p+1] {
			if slices.ContainsFunc(list, func(q int) bool { return a.leaf[q] == a.leaf[p] }) {
				return false
			}
		}
	}
	return true
}

// determine joins the positions of one leaf that the same element may match: a state is a set of them. Which leaf an
// element matches is always determined; which of its repetitions need not be.
func (a *automaton) determine() *machine {
	d := &determiner{
		a: a, m: &machine{next: make([][]int, 1), final: []bool{a.final[0]}},
		members: [][]int{nil}, states: map[string]int{}, rows: map[row][]int{},
	}
	for state := 0; state < len(d.members); state++ {
		if !d.expand(state) {
			return nil
		}
	}
	return d.m
}

// determiner is the subset construction under way.
type determiner struct {
	a       *automaton
	m       *machine
	members [][]int        // by state: its positions; none for the start
	states  map[string]int // by positions, encoded
	rows    map[row][]int  // successors by what may follow
	edges   int
	key     []byte
}

// expand finds the successors of a state; false if there are too many.
func (d *determiner) expand(state int) bool {
	var reach []int
	var shared row
	short := false
	switch members := d.members[state]; len(members) {
	case 0:
		reach = slices.Concat(d.a.follow[0]...)
	case 1:
		if shared, short = d.a.row(members[0] + 1); short {
			if next, ok := d.rows[shared]; ok {
				d.m.next[state] = next
				return true
			}
		}
		reach = slices.Concat(d.a.follow[members[0]+1]...)
	default:
		for _, p := range members {
			reach = append(reach, slices.Concat(d.a.follow[p+1]...)...)
		}
	}
	if d.edges += len(reach); d.edges > maxEdges {
		return false
	}
	next, ok := d.successors(reach)
	d.m.next[state] = next
	if short {
		d.rows[shared] = next
	}
	return ok
}

// successors makes a state of the positions of each leaf, in the order of the leaves.
func (d *determiner) successors(reach []int) ([]int, bool) {
	leaf := d.a.leaf
	slices.SortFunc(reach, func(p, q int) int {
		if leaf[p] != leaf[q] {
			return leaf[p] - leaf[q]
		}
		return p - q
	})
	reach = slices.Compact(reach)
	var next []int
	for len(reach) > 0 {
		end := 1
		for end < len(reach) && leaf[reach[end]] == leaf[reach[0]] {
			end++
		}
		target := d.state(reach[:end:end])
		if target >= d.a.limit {
			return nil, false
		}
		next = append(next, target)
		reach = reach[end:]
	}
	return next, true
}

// state is the state of a set of positions of one leaf.
func (d *determiner) state(set []int) int {
	d.key = d.key[:0]
	for _, p := range set {
		d.key = binary.AppendUvarint(d.key, uint64(p))
	}
	if n, ok := d.states[string(d.key)]; ok {
		return n
	}
	n := len(d.m.leaf)
	d.states[string(d.key)] = n
	d.members = append(d.members, set)
	d.m.leaf = append(d.m.leaf, d.a.leaf[set[0]])
	d.m.counted = append(d.m.counted, d.a.counted[set[0]])
	d.m.next = append(d.m.next, nil)
	d.m.final = append(d.m.final, slices.ContainsFunc(set, func(p int) bool { return d.a.final[p+1] }))
	return n
}

// Model returns the content model of a type with element or mixed content, or nil for any other. It is compiled once.
func (s *Set) Model(t *ComplexType) *Model {
	s.Schema() // completes what the model's particles refer to
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.build.model(t)
}

// model compiles the content model of t.
func (b *builder) model(t *ComplexType) *Model {
	if m, ok := b.models[t]; ok {
		return m
	}
	if t.Content != xsdrun.ContentElements && t.Content != xsdrun.ContentMixed {
		b.models[t] = nil
		return nil
	}
	m := &Model{Model: &xsdrun.Model{}}
	b.models[t] = m
	switch {
	case t.Particle == nil:
		m.Next, m.Final = [][]int{nil}, []bool{true}
	case t.Particle.Kind == AllParticle:
		m.All, m.Optional = true, t.Particle.Min == 0
		for _, leaf := range t.Particle.Children {
			p := b.particle(leaf)
			p.Optional = leaf.Min == 0
			m.Particles = append(m.Particles, p)
			m.Leaves = append(m.Leaves, leaf)
		}
	default:
		b.automaton(m, t.Particle)
	}
	return m
}

func (b *builder) automaton(m *Model, root *Particle) {
	content := newContent(root)
	compiled := content.compile(b.set.opts.MaxStates)
	if compiled == nil { // Compile refuses such a type
		compiled = &machine{next: [][]int{nil}, final: []bool{false}}
	}
	m.Next, m.Final = compiled.next, compiled.final
	for i, leaf := range compiled.leaf {
		p := b.particle(content.leaves[leaf])
		if t := compiled.counted[i]; t != nil {
			p.Min, p.Max = max(t.least, 1), t.most
		}
		m.Particles = append(m.Particles, p)
		m.Leaves = append(m.Leaves, content.leaves[leaf])
	}
}

// particle is a leaf as the runtime has it.
func (b *builder) particle(leaf *Particle) xsdrun.Particle {
	if leaf.Kind == WildcardParticle {
		return xsdrun.Particle{Any: b.wildcard(leaf.Wildcard)}
	}
	e := leaf.Element
	p := xsdrun.Particle{Space: b.set.spaces.Index(e.Name.Space), Local: e.Name.Local, Element: b.element(e)}
	for _, m := range b.set.Substitutes(e) {
		if !e.Global {
			break
		}
		p.Members = append(p.Members, xsdrun.Member{Space: b.set.spaces.Index(m.Name.Space), Local: m.Name.Local, Element: b.element(m)})
	}
	return p
}
