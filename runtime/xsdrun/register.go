package xsdrun

import (
	"sort"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// plan is what [Model] prepares at its first use, so that a large model is as quick to follow as a small one.
type plan struct {
	turns    [][]xmlstream.Expected // by state: the elements expected, up to the first particle that is not a plain name
	next     []*register            // by state: what may follow; nil where that is few names
	required []int                  // of an all group: the particles that must occur
}

// maxTurn is how many names are expected, or looked at one after the other, at most: with more it takes longer to find one among
// them than to read a tag.
const maxTurn = 32

// register finds the particles of a list that admit an element, by its name.
type register struct {
	names map[registerName][]registered // by place
	wild  []int                         // places of wildcards
	size  int                           // of the list
}

type registerName struct {
	space int
	local string
}

// registered is a place in the list, and the member of the particle there that has the name; -1 for its own.
type registered struct{ place, member int }

// newRegister makes the register of a list of particles.
func newRegister(particles []Particle, list []int) *register {
	g := &register{names: make(map[registerName][]registered, len(list)), size: len(list)}
	add := func(space int, local string, r registered) {
		name := registerName{space, local}
		if known := g.names[name]; len(known) == 0 || known[len(known)-1].place != r.place {
			g.names[name] = append(known, r)
		}
	}
	for place, i := range list {
		p := &particles[i]
		if p.Any != nil {
			g.wild = append(g.wild, place)
			continue
		}
		if !p.Abstract {
			add(p.Space, p.Local, registered{place, -1})
		}
		for m := range p.Members {
			add(p.Members[m].Space, p.Members[m].Local, registered{place, m})
		}
	}
	return g
}

// from returns the places of a name that are not before one.
func (g *register) from(place, space int, local string) []registered {
	list := g.names[registerName{space, local}]
	if len(list) == 0 || list[0].place >= place {
		return list
	}
	return list[sort.Search(len(list), func(i int) bool { return list[i].place >= place }):]
}

// wildFrom returns the places of wildcards that are not before one.
func (g *register) wildFrom(place int) []int { return g.wild[sort.SearchInts(g.wild, place):] }

// names is how many elements a list of particles admits by name.
func (m *Model) names(list []int) int {
	n := 0
	for _, i := range list {
		n += 1 + len(m.Particles[i].Members)
	}
	return n
}

// everything returns the register of all particles.
func (m *Model) everything() *register {
	if g := m.register.Load(); g != nil {
		return g
	}
	list := make([]int, len(m.Particles))
	for i := range list {
		list[i] = i
	}
	g := newRegister(m.Particles, list)
	m.register.Store(g)
	return g
}

// prepare makes the plan. Where groups are counted nothing is expected.
func (m *Model) prepare() *plan {
	p := &plan{turns: make([][]xmlstream.Expected, max(len(m.Next), 1)), next: make([]*register, len(m.Next))}
	for i := range m.Particles {
		if m.All && !m.Particles[i].Optional {
			p.required = append(p.required, i)
		}
	}
	longest := map[*int][]int{} // lists of which states have more or less, by their ends
	for _, next := range m.Next {
		if n := len(next); n > 0 && n > len(longest[&next[n-1]]) {
			longest[&next[n-1]] = next
		}
	}
	rows := map[*int]*planRow{}
	for state, next := range m.Next {
		if len(next) == 0 {
			continue
		}
		end := &next[len(next)-1]
		row := rows[end]
		if row == nil {
			row = m.planRow(longest[end])
			rows[end] = row
		}
		from := row.size - len(next)
		p.next[state] = row.register
		if m.Counters == nil {
			p.turns[state] = row.turns[from:max(from, min(from+maxTurn, row.plain[from]))]
		}
	}
	m.plan.Store(p)
	return p
}

// planRow is what states share whose lists of what may follow end alike.
type planRow struct {
	size     int
	turns    []xmlstream.Expected
	plain    []int // by place: where the plain names from there on end
	register *register
}

// planRow works out the row of a list. Twice the particle is the answer to what is expected, and one more if its repetitions are
// counted.
func (m *Model) planRow(list []int) *planRow {
	row := &planRow{size: len(list), turns: make([]xmlstream.Expected, len(list)), plain: make([]int, len(list))}
	if m.names(list) > maxTurn {
		row.register = newRegister(m.Particles, list)
	}
	end := len(list)
	for place := len(list) - 1; place >= 0; place-- {
		i := list[place]
		p := &m.Particles[i]
		answer := 2 * i
		if p.Max != 0 {
			answer++
		}
		row.turns[place] = xmlstream.Expect(p.Space, p.Local, answer)
		if p.Any != nil || p.Abstract {
			end = place
		}
		row.plain[place] = end
	}
	return row
}
