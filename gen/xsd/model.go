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

// compile makes the automaton deterministic by unique particle attribution; false if it needs too many states.
func (c *content) compile(limit int) (*machine, bool) {
	a := &automaton{limit: limit, counts: true}
	a.build(c.root)
	if !a.countable() {
		a = &automaton{limit: limit}
		a.build(c.root)
	}
	if a.over {
		return nil, false
	}
	return a.determine(limit)
}

// countable reports whether no counted leaf may be followed by itself: one more match would then either go on counting or
// begin anew.
func (a *automaton) countable() bool {
	for p, t := range a.counted {
		if t == nil {
			continue
		}
		if slices.ContainsFunc(a.follow[p+1], func(q int) bool { return a.leaf[q] == a.leaf[p] }) {
			return false
		}
	}
	return true
}

// determine joins the positions of one leaf that the same element may match: a state is a set of them. Which leaf an
// element matches is always determined; which of its repetitions need not be.
func (a *automaton) determine(limit int) (*machine, bool) {
	m := &machine{next: make([][]int, 1), final: []bool{a.final[0]}}
	states := map[string]int{}
	members := [][]int{nil} // positions of the state
	var key []byte
	for state := 0; state < len(members); state++ {
		var reach []int
		if state == 0 {
			reach = slices.Clone(a.follow[0])
		}
		for _, p := range members[state] {
			reach = append(reach, a.follow[p+1]...)
		}
		slices.SortFunc(reach, func(p, q int) int {
			if a.leaf[p] != a.leaf[q] {
				return a.leaf[p] - a.leaf[q]
			}
			return p - q
		})
		reach = slices.Compact(reach)
		for len(reach) > 0 {
			end := 1
			for end < len(reach) && a.leaf[reach[end]] == a.leaf[reach[0]] {
				end++
			}
			set := reach[:end:end]
			reach = reach[end:]
			key = key[:0]
			for _, p := range set {
				key = binary.AppendUvarint(key, uint64(p))
			}
			target, ok := states[string(key)]
			if !ok {
				if target = len(m.leaf); target >= limit {
					return nil, false
				}
				states[string(key)] = target
				members = append(members, set)
				m.leaf = append(m.leaf, a.leaf[set[0]])
				m.counted = append(m.counted, a.counted[set[0]])
				m.next = append(m.next, nil)
				m.final = append(m.final, slices.ContainsFunc(set, func(p int) bool { return a.final[p+1] }))
			}
			m.next[state] = append(m.next[state], target)
		}
	}
	return m, true
}

// Model returns the content model of a type with element or mixed content, or nil for any other. It is compiled once.
func (s *Set) Model(t *ComplexType) *Model {
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
	compiled, ok := content.compile(b.set.opts.MaxStates)
	if !ok { // Compile refuses such a type
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
