package xsd_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
)

// tree is a random content model.
type tree struct {
	kind     byte // 'a' to 'd' for an element, ',' for a sequence, '|' for a choice
	min, max int  // max -1 is unbounded
	children []*tree
}

func randomTree(r *rand.Rand, depth int) *tree {
	t := &tree{min: r.IntN(3), max: -1}
	if r.IntN(3) > 0 {
		t.max = max(t.min+r.IntN(3), 1)
	}
	if r.IntN(2) == 0 {
		t.min, t.max = 1, 1
	}
	if depth == 0 || r.IntN(3) == 0 {
		t.kind = "abcd"[r.IntN(4)]
		if r.IntN(8) == 0 {
			t.min, t.max = r.IntN(3), 9+r.IntN(3) // large enough to be counted
		}
		return t
	}
	t.kind = ",|"[r.IntN(2)]
	for range 1 + r.IntN(3) {
		t.children = append(t.children, randomTree(r, depth-1))
	}
	return t
}

// xml writes the tree as a schema document does.
func (t *tree) xml(b *strings.Builder) {
	most := fmt.Sprint(t.max)
	if t.max < 0 {
		most = "unbounded"
	}
	occurs := fmt.Sprintf(`minOccurs="%d" maxOccurs="%s"`, t.min, most)
	tag := map[byte]string{',': "sequence", '|': "choice"}[t.kind]
	if tag == "" {
		fmt.Fprintf(b, `<xs:element name="%c" type="xs:int" %s/>`, t.kind, occurs)
		return
	}
	fmt.Fprintf(b, "<xs:%s %s>", tag, occurs)
	for _, k := range t.children {
		k.xml(b)
	}
	fmt.Fprintf(b, "</xs:%s>", tag)
}

// network is the tree as a nondeterministic automaton with empty moves, every repetition written out: the textbook's
// construction, which shares nothing with the one under test.
type network struct {
	empty map[int][]int
	steps map[int]map[*tree]int
	last  int
}

func (n *network) state() int { n.last++; return n.last }

func (n *network) move(from, to int) { n.empty[from] = append(n.empty[from], to) }

// add builds t from a state and returns the state after it.
func (n *network) add(t *tree, from int) int {
	end := n.state()
	for range t.min {
		from = n.once(t, from)
	}
	n.move(from, end)
	for range t.max - t.min {
		from = n.once(t, from)
		n.move(from, end)
	}
	if t.max < 0 {
		loop := n.state()
		n.move(from, loop)
		n.move(n.once(t, loop), loop)
		n.move(loop, end)
	}
	return end
}

func (n *network) once(t *tree, from int) int {
	end := n.state()
	switch t.kind {
	case ',':
		for _, k := range t.children {
			from = n.add(k, from)
		}
		n.move(from, end)
	case '|':
		for _, k := range t.children {
			n.move(n.add(k, from), end)
		}
	default:
		begin := n.state() // so that copies do not share moves
		n.move(from, begin)
		n.steps[begin] = map[*tree]int{t: end}
	}
	return end
}

// close adds to states what empty moves lead to.
func (n *network) close(states map[int]bool) {
	queue := slices.Collect(maps.Keys(states))
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, to := range n.empty[s] {
			if !states[to] {
				states[to] = true
				queue = append(queue, to)
			}
		}
	}
}

// step is where the states lead by an element, and the leaves that take it.
func (n *network) step(states map[int]bool, name byte) (next map[int]bool, leaves map[*tree]bool) {
	next, leaves = map[int]bool{}, map[*tree]bool{}
	for s := range states {
		for leaf, to := range n.steps[s] {
			if leaf.kind == name {
				next[to], leaves[leaf] = true, true
			}
		}
	}
	n.close(next)
	return next, leaves
}

// walker is a state of the compiled model: the particle matched last and how often in a row.
type walker struct{ state, count int }

func (w walker) step(m *xsd.Model, name byte) (walker, bool) {
	if w.state > 0 {
		if p := m.Particles[w.state-1]; p.Max != 0 {
			if p.Local == string(name) && (p.Max < 0 || w.count < p.Max) {
				return walker{w.state, min(w.count+1, 1000)}, true
			}
			if w.count < p.Min {
				return w, false
			}
		}
	}
	for _, next := range m.Next[w.state] {
		if m.Particles[next].Local == string(name) {
			return walker{next + 1, 1}, true
		}
	}
	return w, false
}

func (w walker) final(m *xsd.Model) bool {
	if w.state > 0 {
		if p := m.Particles[w.state-1]; p.Max != 0 && w.count < p.Min {
			return false
		}
	}
	return m.Final[w.state]
}

// TestModels compares random content models with the textbook's automata: the compiler reports exactly those in which
// two leaves compete, and the others accept exactly the same words. Both are checked for words of any length, by walking
// the two automata side by side.
func TestModels(t *testing.T) {
	ambiguous, equal := 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 0))
		root := randomTree(r, 3)
		if root.kind >= 'a' && root.kind <= 'd' {
			continue
		}
		var b strings.Builder
		b.WriteString(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:complexType name="t">`)
		root.xml(&b)
		b.WriteString(`</xs:complexType></xs:schema>`)
		set, findings := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(b.String())}}, xsd.Options{})
		n := &network{empty: map[int][]int{}, steps: map[int]map[*tree]int{}}
		end := n.add(root, 0)
		if set == nil {
			if findings[0].Rule != "cos-nonambig" {
				t.Fatalf("seed %d: %s\n%v", seed, b.String(), findings)
			}
			ambiguous++
		} else {
			equal++
		}
		if fault := compareSet(n, end, set); fault != "" {
			t.Fatalf("seed %d: %s\n%s", seed, b.String(), fault)
		}
	}
	t.Logf("%d ambiguous, %d equal", ambiguous, equal)
}

// compareSet compares the network with the model of the only type of set, nil if the compiler refused it.
func compareSet(n *network, end int, set *xsd.Set) string {
	if set == nil {
		return compareModels(n, end, nil)
	}
	m := set.Model(set.Types[0].(*xsd.ComplexType))
	if m.Counters != nil {
		return compareCounted(n, end, m)
	}
	return compareModels(n, end, m)
}

// compareModels walks the network and a model that counts no groups.
func compareModels(n *network, end int, m *xsd.Model) string {
	type pair struct {
		states map[int]bool
		w      walker
		word   string
	}
	start := pair{states: map[int]bool{0: true}}
	n.close(start.states)
	seen := map[string]bool{}
	queue := []pair{start}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		key := fmt.Sprint(slices.Sorted(maps.Keys(at.states)), at.w)
		if seen[key] {
			continue
		}
		seen[key] = true
		if m != nil && at.states[end] != at.w.final(m) {
			return fmt.Sprintf("after %q the end is allowed: %v, the model says %v", at.word, at.states[end], at.w.final(m))
		}
		for _, name := range []byte("abcd") {
			next, leaves := n.step(at.states, name)
			if len(leaves) > 1 {
				if m != nil {
					return fmt.Sprintf("after %q two leaves take %c, and the compiler did not say so", at.word, name)
				}
				return ""
			}
			to := pair{states: next, word: at.word + string(name)}
			if m != nil {
				var ok bool
				if to.w, ok = at.w.step(m, name); ok != (len(next) > 0) {
					return fmt.Sprintf("after %q %c is allowed: %v, the model says %v", at.word, name, len(next) > 0, ok)
				}
			}
			if len(next) > 0 {
				queue = append(queue, to)
			}
		}
	}
	if m == nil {
		return "the compiler says that two leaves compete, but none do"
	}
	return ""
}
