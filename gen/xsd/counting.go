package xsd

import (
	"math"
	"slices"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// maxEdges limits the transitions of one content model.
const maxEdges = 1 << 20

// maxRows limits how many combinations of counts a content model may leave open at once, where it does not determine
// which repetition an element belongs to: see [xsdrun.Model] Counters.
const maxRows = 256

// arrow leads from a leaf, or from the start, to each of to.
type arrow struct {
	to  []int // shared among arrows
	way xsdrun.Way
}

// counting is the position automaton of a content model with a state for each leaf, however often groups repeat: their
// repetitions are counted. It decides unique particle attribution, and it is what large ranges are compiled to.
type counting struct {
	counters []xsdrun.Counter
	nest     [][]int   // by leaf: the counters around it, outermost first; leaves under one counter share the slice
	follow   [][]arrow // by leaf+1, 0 being the start
	final    []bool    // by leaf+1, if the counts allow it
	steps    [][]step  // by leaf+1; states with the same successors share them
	vary     []bool    // by counter: elements leave open how often it has counted
	edges    int
	over     bool // there are more than maxEdges
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
	if run := t.optionalRun(); run*run/2 > maxEdges {
		k.over = true // each is followed by every later one: no need to try
	}
	whole := part{empty: true}
	for _, kid := range t.children {
		if k.over {
			break
		}
		p := k.repeat(kid, around)
		k.link(whole.last, p.first, xsdrun.Way{Keep: len(around)})
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

// optionalRun is how many terms in a row may be absent.
func (t *term) optionalRun() int {
	run, longest := 0, 0
	for _, kid := range t.children {
		if run++; kid.least > 0 && !kid.blank {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// link lets every leaf of to follow every one of from.
func (k *counting) link(from, to []int, way xsdrun.Way) {
	if k.edges += len(from); k.edges > maxEdges {
		k.over = true
	}
	if len(to) == 0 || k.over {
		return
	}
	for _, leaf := range from {
		k.follow[leaf+1] = append(k.follow[leaf+1], arrow{to: to, way: way})
	}
}

// turn identifies what may follow a state, and how, if that is few enough arrows: states with equal turns have the same
// successors.
type turn struct {
	arrows     int
	one, two   *int
	way, other xsdrun.Way
	nest       *int // of the state's leaf
	depth      int
}

// turn returns the turn of a state; false if it has too many arrows to tell.
func (k *counting) turn(state int) (turn, bool) {
	arrows := k.follow[state]
	t := turn{arrows: len(arrows)}
	if nest := k.around(state); len(nest) > 0 {
		t.nest, t.depth = &nest[0], len(nest)
	}
	switch len(arrows) {
	case 0:
	case 1:
		t.one, t.way = &arrows[0].to[0], arrows[0].way
	case 2:
		t.one, t.way = &arrows[0].to[0], arrows[0].way
		t.two, t.other = &arrows[1].to[0], arrows[1].way
	default:
		return t, false
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

// step is a leaf that may come next, and the ways to it.
type step struct {
	leaf int
	ways []xsdrun.Way
}

// expand works out the steps of every state.
func (k *counting) expand() {
	shared := map[turn][]step{}
	place := make([]int, len(k.nest)) // of a leaf among the steps of a state, from 1
	edges := 0
	for state := range k.follow {
		if k.over {
			return
		}
		turn, short := k.turn(state)
		steps, ok := shared[turn]
		if !short || !ok {
			steps = k.successors(state, place)
			edges += len(steps)
			k.over = edges > maxEdges
		}
		if short {
			shared[turn] = steps
		}
		k.steps = append(k.steps, steps)
	}
}

// successors returns what may follow a state, in the order of the leaves. It leaves place as it found it, zero.
func (k *counting) successors(state int, place []int) []step {
	var list []step
	for _, a := range k.follow[state] {
		ways := []xsdrun.Way{a.way}
		list = slices.Grow(list, len(a.to))
		for _, leaf := range a.to {
			if place[leaf] == 0 {
				list = append(list, step{leaf: leaf, ways: ways})
				place[leaf] = len(list)
			} else if s := &list[place[leaf]-1]; !slices.Contains(s.ways, a.way) {
				s.ways = append(s.ways[:len(s.ways):len(s.ways)], a.way)
			}
		}
	}
	for _, s := range list {
		place[s.leaf] = 0
	}
	slices.SortFunc(list, func(a, b step) int { return a.leaf - b.leaf })
	return list
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
		judged := map[*step]bool{}
		for state, steps := range k.steps {
			if len(steps) == 0 || judged[&steps[0]] {
				continue
			}
			judged[&steps[0]] = true
			for _, s := range steps {
				if len(s.ways) > 1 && k.disagree(state, choose(state, s.ways), vary) {
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

// compile makes a machine of the automaton; nil if it is too large, or leaves too many counts open.
func (k *counting) compile() *machine {
	if k.over {
		return nil
	}
	m := &machine{counters: k.counters, final: k.final}
	vary := k.varying(k.ranked)
	shared := map[*step]int{} // a state by its first step
	for state, steps := range k.steps {
		if len(steps) > 0 {
			if same, ok := shared[&steps[0]]; ok {
				m.next, m.ways = append(m.next, m.next[same]), append(m.ways, m.ways[same])
				continue
			}
			shared[&steps[0]] = state
		}
		next, ways := make([]int, len(steps)), make([][]xsdrun.Way, len(steps))
		for i, s := range steps {
			next[i], ways[i] = s.leaf, k.ranked(state, s.ways)
		}
		m.next, m.ways = append(m.next, next), append(m.ways, ways)
	}
	for leaf, nest := range k.nest {
		if k.rows(nest, vary) > maxRows {
			return nil
		}
		m.leaf, m.nests, m.counted = append(m.leaf, leaf), append(m.nests, nest), append(m.counted, nil)
	}
	return m
}

// rows bounds the ranges of counts that may be open at a leaf under the counters nest: one range of the widest for each
// combination of the others.
func (k *counting) rows(nest []int, vary []bool) int {
	rows, widest := 1, 1
	for _, c := range nest {
		if !vary[c] {
			continue
		}
		width := k.counters[c].Max
		if width == Unbounded {
			width = k.counters[c].Min
		}
		widest = max(widest, width)
		rows = timesCount(rows, width)
	}
	return rows / widest
}

// unreachable is a maxOccurs that is taken for unbounded: no document has as many elements.
const unreachable = math.MaxInt32
