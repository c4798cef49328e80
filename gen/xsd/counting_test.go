package xsd_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// counter walks a counted model with every combination of counts held apart: what xsdrun says in ranges.
type counter struct {
	m      *xsd.Model
	state  int
	counts map[string][]int
}

func newCounter(m *xsd.Model) counter {
	return counter{m: m, counts: map[string][]int{"": nil}}
}

func (c counter) key() string {
	return fmt.Sprint(c.state, slices.Sorted(maps.Keys(c.counts)))
}

func (c counter) nest(state int) []int {
	if state == 0 {
		return nil
	}
	return c.m.Nests[state-1]
}

// step returns where an element leads, which is nowhere if nothing takes it.
func (c counter) step(name byte) (to counter, ok bool) {
	for at, i := range c.m.Next[c.state] {
		if c.m.Particles[i].Local != string(name) {
			continue
		}
		next := counter{m: c.m, state: i + 1, counts: map[string][]int{}}
		for _, counts := range c.counts {
			taken := false
			for _, w := range c.m.Ways[c.state][at] {
				if got, ok := c.way(counts, w, len(c.nest(i+1))); ok && !(w.Else && taken) {
					next.counts[fmt.Sprint(got)] = got
					taken = true
				}
			}
		}
		if len(next.counts) > 0 {
			return next, true
		}
	}
	return c, false
}

// way is what counts become.
func (c counter) way(counts []int, w xsdrun.Way, width int) ([]int, bool) {
	nest := c.nest(c.state)
	for i := w.Keep; i < len(nest); i++ {
		if counts[i] < c.m.Counters[nest[i]].Min {
			return nil, false
		}
	}
	counts = slices.Clone(counts[:w.Keep])
	if w.Again {
		r, n := c.m.Counters[nest[w.Keep-1]], &counts[w.Keep-1]
		if *n++; r.Max >= 0 && *n > r.Max {
			return nil, false
		} else if r.Max < 0 {
			*n = min(*n, r.Min)
		}
	}
	for len(counts) < width {
		counts = append(counts, 1)
	}
	return counts, true
}

func (c counter) final() bool {
	if !c.m.Final[c.state] {
		return false
	}
	for _, counts := range c.counts {
		if _, ok := c.way(counts, xsdrun.Way{}, 0); ok {
			return true
		}
	}
	return false
}

// compareCounted walks the network and the counted model of the same tree.
func compareCounted(n *network, end int, m *xsd.Model) string {
	type pair struct {
		states map[int]bool
		c      counter
		word   string
	}
	start := pair{states: map[int]bool{0: true}, c: newCounter(m)}
	n.close(start.states)
	seen := map[string]bool{}
	queue := []pair{start}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		key := fmt.Sprint(slices.Sorted(maps.Keys(at.states)), at.c.key())
		if seen[key] {
			continue
		}
		seen[key] = true
		if at.states[end] != at.c.final() {
			return fmt.Sprintf("after %q the end is allowed: %v, the model says %v", at.word, at.states[end], at.c.final())
		}
		for _, name := range []byte("abcd") {
			next, _ := n.step(at.states, name)
			to := pair{states: next, word: at.word + string(name)}
			var ok bool
			if to.c, ok = at.c.step(name); ok != (len(next) > 0) {
				return fmt.Sprintf("after %q %c is allowed: %v, the model says %v", at.word, name, len(next) > 0, ok)
			}
			if ok {
				queue = append(queue, to)
			}
		}
	}
	return ""
}

// randomWord walks the network, and goes astray now and then.
func randomWord(r *rand.Rand, n *network) string {
	states := map[int]bool{0: true}
	n.close(states)
	var word []byte
	for range r.IntN(16) {
		name := "abcd"[r.IntN(4)]
		next, _ := n.step(states, name)
		if len(next) == 0 && r.IntN(12) > 0 {
			continue
		}
		word, states = append(word, name), next
	}
	return string(word)
}

// accepts reports whether the network ends after the word.
func (n *network) accepts(word string, end int) bool {
	states := map[int]bool{0: true}
	n.close(states)
	for _, name := range []byte(word) {
		states, _ = n.step(states, name)
	}
	return states[end]
}

// TestCountedModels compares the counted models of random content with the textbook's automata, for words of any length, and
// what the interpreter makes of them for random words.
func TestCountedModels(t *testing.T) {
	counted, wide, open := 0, 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		root := randomTree(r, 3)
		if root.kind >= 'a' && root.kind <= 'd' {
			continue
		}
		var b strings.Builder
		b.WriteString(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r" type="t"/><xs:complexType name="t">`)
		root.xml(&b)
		b.WriteString(`</xs:complexType></xs:schema>`)
		set, _ := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(b.String())}}, xsd.Options{})
		if set == nil {
			continue // ambiguous: see TestModels
		}
		m := set.CountedModel(set.Types[0].(*xsd.ComplexType))
		if m == nil {
			wide++
			continue
		}
		if len(m.Counters) == 0 {
			continue
		}
		counted++
		for _, steps := range m.Ways {
			if slices.ContainsFunc(steps, func(ways []xsdrun.Way) bool { return len(ways) > 1 }) {
				open++
				break
			}
		}
		n := &network{empty: map[int][]int{}, steps: map[int]map[*tree]int{}}
		end := n.add(root, 0)
		if fault := compareCounted(n, end, m); fault != "" {
			t.Fatalf("seed %d: %s\n%s", seed, b.String(), fault)
		}
		set.Schema().Types[xmlstream.Name{Local: "t"}].(*xsdrun.ComplexType).Complete = func(t *xsdrun.ComplexType) {
			t.Model, t.Attributes = m.Model, &xsdrun.Attributes{}
		}
		for range 30 {
			word := randomWord(r, n)
			if got, want := valid(set, word), n.accepts(word, end); got != want {
				t.Fatalf("seed %d: %s\n%q is valid: %v, want %v", seed, b.String(), word, got, want)
			}
		}
	}
	t.Logf("%d counted, %d of them with several ways, %d too wide", counted, open, wide)
	if counted < 500 || open < 50 {
		t.Error("too few to judge by")
	}
}

// valid asks the interpreter about a document whose root has children of these names.
func valid(set *xsd.Set, word string) bool {
	var b strings.Builder
	b.WriteString("<r>")
	for _, name := range word {
		fmt.Fprintf(&b, "<%c>1</%c>", name, name)
	}
	b.WriteString("</r>")
	return set.Schema().Validate([]byte(b.String()), xsdrun.Options{}) == nil
}
