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

	// Of a machine that counts the repetitions of groups, see [xsdrun.Model]:
	counters []xsdrun.Counter
	nests    [][]int
	ways     [][][]xsdrun.Way
}

// compile makes a machine of the content; nil if there is none within the limits. A small content model is written out,
// since going from state to state is faster than counting.
func (c *content) compile() *machine {
	if m := c.unrolled(); m != nil {
		return m
	}
	return newCounting(c).compile()
}

// unrolled is the machine with every repetition of a group written out; nil if that takes more than smallModel states, or
// if a large range of a leaf cannot be counted by itself.
func (c *content) unrolled() *machine {
	a := &automaton{}
	if a.build(c.root); a.over || !a.countable() {
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
		a: a, m: &machine{final: []bool{a.final[0]}},
		members: [][]int{nil}, states: map[string]int{},
	}
	for state := 0; state < len(d.members); state++ {
		next, ok := d.successors(d.reach(state))
		if !ok {
			return nil
		}
		d.m.next = append(d.m.next, next)
	}
	return d.m
}

// determiner is the subset construction under way.
type determiner struct {
	a       *automaton
	m       *machine
	members [][]int        // by state: its positions; none for the start
	states  map[string]int // by positions, encoded
	key     []byte
}

// reach returns the positions that may follow a state.
func (d *determiner) reach(state int) []int {
	if state == 0 {
		return slices.Concat(d.a.follow[0]...)
	}
	var reach []int
	for _, p := range d.members[state] {
		reach = append(reach, slices.Concat(d.a.follow[p+1]...)...)
	}
	return reach
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
		if target >= smallModel {
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
	compiled := content.compile()
	if compiled == nil { // Compile refuses such a type
		compiled = &machine{next: [][]int{nil}, final: []bool{false}}
	}
	b.fill(m, content, compiled)
}

// fill makes a model of a machine.
func (b *builder) fill(m *Model, content *content, compiled *machine) {
	m.Next, m.Final = compiled.next, compiled.final
	if len(compiled.counters) > 0 {
		m.Counters, m.Nests, m.Ways = compiled.counters, compiled.nests, compiled.ways
	}
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
	if e.Global {
		p.Members = b.group(e)
	}
	return p
}

// group are the members of a substitution group as the particles of its head have them.
func (b *builder) group(head *Element) []xsdrun.Member {
	members, ok := b.members[head]
	if !ok {
		for _, m := range b.set.Substitutes(head) {
			members = append(members, xsdrun.Member{Space: b.set.spaces.Index(m.Name.Space), Local: m.Name.Local, Element: b.element(m)})
		}
		b.members[head] = members
	}
	return members
}
