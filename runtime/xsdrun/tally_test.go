package xsdrun

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTallyMerge joins ranges of counts that meet, and nothing else: rows stand for all combinations of their ranges.
func TestTallyMerge(t *testing.T) {
	for _, test := range []struct {
		name       string
		rows, want []int
	}{
		{"the same", []int{1, 2, 3, 3, 1, 2, 3, 3}, []int{1, 2, 3, 3}},
		{"next to each other", []int{1, 2, 3, 3, 3, 5, 3, 3}, []int{1, 5, 3, 3}},
		{"in the other counter", []int{1, 2, 3, 3, 1, 2, 4, 4}, []int{1, 2, 3, 4}},
		{"a gap", []int{1, 2, 3, 3, 4, 5, 3, 3}, []int{1, 2, 3, 3, 4, 5, 3, 3}},
		{"two counters differ", []int{1, 1, 1, 1, 2, 2, 2, 2}, []int{1, 1, 1, 1, 2, 2, 2, 2}},
		{"one that closes a gap", []int{1, 1, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3}, []int{1, 3, 3, 3}},
		{"a joined row joins another", []int{1, 1, 2, 2, 1, 1, 4, 4, 1, 1, 3, 3}, []int{1, 1, 2, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := tallyRows{width: 4}
			for row := range slices.Chunk(test.rows, 4) {
				n.rows = append(n.rows, row...)
				n.many++
				n.merge()
			}
			var got [][]int
			for row := range slices.Chunk(n.rows, 4) {
				got = append(got, row)
			}
			slices.SortFunc(got, slices.Compare)
			if diff := cmp.Diff(test.want, slices.Concat(got...)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// openPairs is (a{2,3} b?){2,5000}, which leaves open whether an a begins a group or goes on with one.
func openPairs() *Model {
	return &Model{
		Particles: []Particle{{Local: "a"}, {Local: "b"}},
		Next:      [][]int{{0}, {0, 1}, {0}},
		Final:     []bool{false, true, true},
		Counters:  []Counter{{Min: 2, Max: 5000}, {Min: 2, Max: 3}},
		Nests:     [][]int{{0, 1}, {0}},
		Ways:      [][][]Way{{{{}}}, {{{Keep: 2, Again: true}, {Keep: 1, Again: true}}, {{Keep: 1}}}, {{{Keep: 1, Again: true}}}},
	}
}

// TestTallyOpen counts elements that may be divided into groups in many ways, in a few rows and without allocating anew.
func TestTallyOpen(t *testing.T) {
	m := openPairs()
	tally := &tally{many: 1}
	most := 0
	walk := func() {
		tally.width, tally.many, tally.rows = 0, 1, tally.rows[:0]
		for i := range 1000 {
			if state := min(i, 1); !tally.step(m, state, 0) {
				t.Fatalf("a number %d is refused", i+1)
			}
			tally.commit()
			most = max(most, tally.many)
			if got, want := tally.final(m, 1), i+1 >= 4; got != want {
				t.Fatalf("after %d the end is allowed: %v", i+1, got)
			}
		}
	}
	if allocs := testing.AllocsPerRun(3, walk); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if most > 3 {
		t.Errorf("%d rows", most)
	}
}
