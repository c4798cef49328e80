package xsd

import (
	"math"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// maxEdges limits the transitions of one content model, as far as its states do not share them.
const maxEdges = 1 << 20

// arrow leads from a leaf, or from the start, to each of to.
type arrow struct {
	to  []int // ascending; shared among arrows, often as pieces of one list
	way xsdrun.Way
}

// covers reports whether an arrow makes another one superfluous: it leads the same way to the same leaves, and more of them.
func (a arrow) covers(b arrow) bool {
	last := len(b.to) - 1
	i, ok := slices.BinarySearch(a.to, b.to[0])
	return ok && a.way == b.way && i+last < len(a.to) && a.to[i+last] == b.to[last] && slices.Equal(a.to[i:i+last+1], b.to)
}

// counting is the position automaton of a content model with a state for each leaf, however often groups repeat: their
// repetitions are counted. It decides unique particle attribution, and it is what large content models are compiled to.
//
// What may follow each of a row of optional particles is the rest of the row: such states share one list.
type counting struct {
	counters []xsdrun.Counter
	nest     [][]int   // by leaf: the counters around it, outermost first; leaves under one counter share the slice
	follow   [][]arrow // by leaf+1, 0 being the start
	final    []bool    // by leaf+1, if the counts allow it
	steps    []steps   // by leaf+1
	vary     []bool    // by counter: elements leave open how often it has counted
	over     bool      // there are more than maxEdges
}

func newCounting(c *content) *counting {
	k := &counting{
		nest: make([][]int, len(c.leaves)), follow: make([][]arrow, len(c.leaves)+1), final: make([]bool, len(c.leaves)+1),
	}
	p := k.repeat(c.root, nil)
	if len(p.first) > 0 {
		k.follow[0] = []arrow{{to: p.first}}
	}
	k.final[0] = p.empty
	for _, leaf := range p.last {
		k.final[leaf+1] = true
	}
	k.expand()
	k.vary = k.varying(func(s int, ways []xsdrun.Way) []xsdrun.Way { return ways })
	return k
}

// repeat is a term with its occurrence range; around holds the counters around it.
func (k *counting) repeat(t *term, around []int) part {
	least := t.least
	if t.blank {
		least = 0 // what may be empty may be repeated in no time
	}
	inside := around
	counts := t.most != Unbounded && t.most > 1 || t.most == Unbounded && least > 1
	if counts {
		inside = append(slices.Clone(around), len(k.counters))
		k.counters = append(k.counters, xsdrun.Counter{Min: least, Max: t.most})
	}
	p := k.once(t, inside)
	if t.most == Unbounded || t.most > 1 {
		k.link(p.last, p.first, xsdrun.Way{Keep: len(inside), Again: counts})
	}
	p.empty = least == 0
	return p
}

// once is a term without its occurrence range.
func (k *counting) once(t *term, around []int) part {
	switch t.kind {
	case ElementParticle, WildcardParticle:
		k.nest[t.leaf] = around
		return part{first: []int{t.leaf}, last: []int{t.leaf}}
	case ChoiceParticle:
		var whole part
		for _, kid := range t.children {
			p := k.repeat(kid, around)
			whole.first = append(whole.first, p.first...)
			whole.last = append(whole.last, p.last...)
		}
		return whole
	}
	return k.sequence(t.children, around)
}

// sequence is terms one after the other. The leaves with which they begin stand in one list, and what may follow a term is a
// piece of it: from the next term to the first that must be there.
func (k *counting) sequence(terms []*term, around []int) part {
	parts := make([]part, len(terms))
	begin := make([]int, len(terms)+1) // in the list
	var list []int
	for i, t := range terms {
		parts[i] = k.repeat(t, around)
		list = append(list, parts[i].first...)
		begin[i+1] = len(list)
	}
	whole := part{empty: true}
	end := len(list)
	for i, p := range slices.Backward(parts) {
		k.link(p.last, list[begin[i+1]:end], xsdrun.Way{Keep: len(around)})
		if whole.empty {
			whole.last = append(whole.last, p.last...)
		}
		if !p.empty {
			whole.empty, end = false, begin[i+1]
		}
	}
	whole.first = list[:end]
	return whole
}

// link lets every leaf of to follow every one of from.
func (k *counting) link(from, to []int, way xsdrun.Way) {
	if len(to) == 0 {
		return
	}
	a := arrow{to: to, way: way}
	for _, leaf := range from {
		arrows := slices.DeleteFunc(k.follow[leaf+1], a.covers)
		if !slices.ContainsFunc(arrows, func(b arrow) bool { return b.covers(a) }) {
			arrows = append(arrows, a)
		}
		k.follow[leaf+1] = arrows
	}
}

// turn identifies what may follow a state, and how, if that is few enough arrows: states with equal turns have the same
// successors.
type turn struct {
	one, two   *int
	few, more  int // leaves they lead to
	way, other xsdrun.Way
	nest       *int // of the state's leaf
	depth      int
}

// turn returns the turn of a state; false if it has too many arrows to tell.
func (k *counting) turn(state int) (turn, bool) {
	arrows := k.follow[state]
	if len(arrows) != 2 {
		return turn{}, false
	}
	one, two := arrows[0], arrows[1]
	t := turn{one: &one.to[0], few: len(one.to), way: one.way, two: &two.to[0], more: len(two.to), other: two.way}
	if nest := k.around(state); len(nest) > 0 {
		t.nest, t.depth = &nest[0], len(nest)
	}
	return t, true
}

// around returns the counters around the leaf of a state.
func (k *counting) around(state int) []int {
	if state == 0 {
		return nil
	}
	return k.nest[state-1]
}

// exclude reports whether no counts allow both of two ways out of a state: one goes on to the next repetition of what the
// other leaves, and the number of repetitions is fixed, as is which of them this is. Any other two ways are open together
// for some counts, since every combination of counts can be reached.
func (k *counting) exclude(state int, one, other xsdrun.Way, vary []bool) bool {
	if one.Keep > other.Keep {
		one, other = other, one
	}
	if !other.Again || other.Keep == one.Keep {
		return false
	}
	n := k.around(state)[other.Keep-1]
	c := k.counters[n]
	return c.Min == c.Max && !vary[n]
}

// steps are what may follow a state: leaves, ascending, and the ways to each. The ways are absent if there is but one to all of
// them, which is that of the state's only arrow.
type steps struct {
	leaves []int
	ways   [][]xsdrun.Way
	row    *waysRow // of which the ways are a piece; nil for none
	begin  int      // in the row
}

// waysRow is what states share that lead to one list, and to the end of it in a second way: optional particles in a group that is
// counted. Each of a row's first half has one way, each of its second half two.
type waysRow struct{ ways, ranked [][]xsdrun.Way }

// rowKey identifies a row: its list and the two ways.
type rowKey struct {
	list        *int
	length      int
	whole, rest xsdrun.Way
}

// end identifies the list of which the leaves are the last ones; nil for none.
func (s steps) end() *int {
	if len(s.leaves) == 0 {
		return nil
	}
	return &s.leaves[len(s.leaves)-1]
}

// expand works out the steps of every state.
func (k *counting) expand() {
	shared := map[turn]steps{}
	rows := map[rowKey]*waysRow{}
	place := make([]int, len(k.nest)) // of a leaf among the steps of a state, from 1
	edges := 0
	k.steps = make([]steps, len(k.follow))
	for state, arrows := range k.follow {
		if len(arrows) < 2 {
			if len(arrows) == 1 {
				k.steps[state].leaves = arrows[0].to
			}
			continue
		}
		if s, ok := k.inRow(state, rows); ok {
			k.steps[state] = s
			continue
		}
		turn, short := k.turn(state)
		s, ok := shared[turn]
		if !short || !ok {
			s = k.successors(state, place)
			if edges += len(s.leaves); edges > maxEdges {
				k.over = true
				return
			}
		}
		if short {
			shared[turn] = s
		}
		k.steps[state] = s
	}
}

// inRow returns the steps of a state with two arrows, one of which leads to the end of the other's list; false for any other state.
// How often a counter has counted must not matter for whether both are open.
func (k *counting) inRow(state int, rows map[rowKey]*waysRow) (steps, bool) {
	arrows := k.follow[state]
	if len(arrows) != 2 {
		return steps{}, false
	}
	whole, rest := arrows[0], arrows[1]
	if len(whole.to) < len(rest.to) {
		whole, rest = rest, whole
	}
	if &whole.to[len(whole.to)-1] != &rest.to[len(rest.to)-1] {
		return steps{}, false
	}
	for _, a := range arrows {
		if c := k.around(state); a.way.Again && k.counters[c[a.way.Keep-1]].Min == k.counters[c[a.way.Keep-1]].Max {
			return steps{}, false
		}
	}
	key := rowKey{&whole.to[0], len(whole.to), whole.way, rest.way}
	row := rows[key]
	if row == nil {
		n := len(whole.to)
		row = &waysRow{ways: slices.Concat(slices.Repeat([][]xsdrun.Way{{whole.way}}, n), slices.Repeat([][]xsdrun.Way{{whole.way, rest.way}}, n))}
		row.ranked = slices.Concat(slices.Repeat([][]xsdrun.Way{k.ranked(state, row.ways[0])}, n), slices.Repeat([][]xsdrun.Way{k.ranked(state, row.ways[n])}, n))
		rows[key] = row
	}
	s := steps{leaves: whole.to, row: row, begin: len(rest.to)}
	s.ways = row.ways[s.begin : s.begin+len(s.leaves)]
	return s, true
}

// successors joins the arrows of a state. It leaves place as it found it, zero.
func (k *counting) successors(state int, place []int) steps {
	var s steps
	for _, a := range k.follow[state] {
		for _, leaf := range a.to {
			if place[leaf] == 0 {
				s.leaves = append(s.leaves, leaf)
				place[leaf] = 1
			}
		}
	}
	slices.Sort(s.leaves)
	for i, leaf := range s.leaves {
		place[leaf] = i + 1
	}
	s.ways = make([][]xsdrun.Way, len(s.leaves))
	for _, a := range k.follow[state] {
		one := []xsdrun.Way{a.way}
		for _, leaf := range a.to {
			switch ways := &s.ways[place[leaf]-1]; {
			case *ways == nil:
				*ways = one
			case !slices.Contains(*ways, a.way):
				*ways = append((*ways)[:len(*ways):len(*ways)], a.way)
			}
		}
	}
	for _, leaf := range s.leaves {
		place[leaf] = 0
	}
	return s
}

// ranked returns the ways to one leaf without those that never lead further than another, and in an order that lets those
// that do so only where another is closed be the last resort.
func (k *counting) ranked(state int, ways []xsdrun.Way) []xsdrun.Way {
	if len(ways) == 1 {
		return ways
	}
	ways = slices.Clone(ways)
	slices.SortFunc(ways, func(a, b xsdrun.Way) int {
		switch {
		case a.Keep != b.Keep:
			return b.Keep - a.Keep
		case a.Again:
			return 1
		default:
			return -1
		}
	})
	var kept []xsdrun.Way
	for i, w := range ways {
		if slices.ContainsFunc(ways[i+1:], func(low xsdrun.Way) bool { return !low.Again && k.resets(state, low, w) }) {
			continue // to begin anew costs nothing, and is always open
		}
		w.Else = len(kept) > 0 && w.Again && k.counters[k.around(state)[w.Keep-1]].Min <= 1 &&
			!slices.ContainsFunc(kept, func(high xsdrun.Way) bool { return !k.resets(state, w, high) })
		kept = append(kept, w)
	}
	return kept
}

// resets reports whether the counters that the way low begins anew, and the way high goes on with, may all end at any count.
// High then leads at least as far as low if low adds a repetition to what is around them, and low as far as high if not.
func (k *counting) resets(state int, low, high xsdrun.Way) bool {
	return !slices.ContainsFunc(k.around(state)[low.Keep:high.Keep], func(c int) bool { return k.counters[c].Min > 1 })
}

// varying returns the counters on whose counts ways to one leaf disagree, if the ways are those that choose returns. One such
// counter may be the reason for another.
func (k *counting) varying(choose func(state int, ways []xsdrun.Way) []xsdrun.Way) []bool {
	vary := make([]bool, len(k.counters))
	for again := len(vary) > 0; again; {
		again = false
		judged := map[*int]bool{}
		for state, s := range k.steps {
			list := s.ways
			if s.row != nil {
				list = list[len(list)-1:] // as all that have two ways
			} else if list == nil || judged[s.end()] {
				continue
			} else {
				judged[s.end()] = true
			}
			for _, ways := range list {
				if len(ways) > 1 && k.disagree(state, choose(state, ways), vary) {
					again = true
				}
			}
		}
	}
	return vary
}

// disagree marks the counters on which ways to one leaf disagree, and reports whether it marked any.
func (k *counting) disagree(state int, ways []xsdrun.Way, vary []bool) (marked bool) {
	for i, one := range ways {
		for _, other := range ways[:i] {
			if one.Else || k.exclude(state, one, other, vary) {
				continue
			}
			low, high := one, other
			if low.Keep > high.Keep {
				low, high = high, low
			}
			from := low.Keep
			if low.Again || low.Keep == high.Keep {
				from--
			}
			for _, c := range k.around(state)[from:high.Keep] {
				marked = marked || !vary[c]
				vary[c] = true
			}
		}
	}
	return marked
}

// compile makes a machine of the automaton; nil if it is too large.
func (k *counting) compile() *machine {
	if k.over {
		return nil
	}
	m := &machine{counters: k.counters, final: k.final, nests: k.nest, counted: make([]*term, len(k.nest))}
	for leaf := range k.nest {
		m.leaf = append(m.leaf, leaf)
	}
	longest := 0
	for _, s := range k.steps {
		longest = max(longest, len(s.leaves))
	}
	only := map[xsdrun.Way][][]xsdrun.Way{} // by a state's only way: as often as it takes
	ranked := map[*int][][]xsdrun.Way{}
	for state, s := range k.steps {
		ways := ranked[s.end()]
		switch {
		case len(s.leaves) == 0:
			ways = nil
		case s.ways == nil:
			way := k.follow[state][0].way
			if only[way] == nil {
				only[way] = slices.Repeat([][]xsdrun.Way{{way}}, longest)
			}
			ways = only[way][:len(s.leaves)]
		case s.row != nil:
			ways = s.row.ranked[s.begin : s.begin+len(s.leaves)]
		case ways == nil:
			for _, list := range s.ways {
				ways = append(ways, k.ranked(state, list))
			}
			ranked[s.end()] = ways
		}
		m.next, m.ways = append(m.next, s.leaves), append(m.ways, ways)
	}
	return m
}

// unreachable is a maxOccurs that is taken for unbounded: no document has as many elements.
const unreachable = math.MaxInt32
