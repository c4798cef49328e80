package loop

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Members come and go in any order; each is found where it stands, and memory goes back.
func TestRoster(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var roster roster
	var there []*stream
	most := 0
	for grow := range 2 {
		for range 3000 {
			if r.IntN(4) == grow*2+r.IntN(2) && len(there) > 0 || grow == 1 && r.IntN(3) > 0 && len(there) > 0 {
				i := r.IntN(len(there))
				gone := there[i]
				there = slices.Delete(there, i, i+1)
				roster.remove(gone)
				roster.remove(gone) // once more is nothing
				continue
			}
			st := &stream{}
			roster.add(st)
			if r.IntN(2) == 0 {
				next := &stream{}
				roster.replace(st, next)
				st = next
			}
			there = append(there, st)
			most = max(most, len(there))
		}
	}
	if roster.len() != len(there) || len(there) == 0 {
		t.Fatalf("%d members, want %d", roster.len(), len(there))
	}
	for _, st := range there {
		if roster.list[st.index] != member(st) {
			t.Errorf("position %d is another's", st.index)
		}
	}
	for _, st := range there {
		roster.remove(st)
	}
	if roster.len() != 0 || cap(roster.list) > keepRoster {
		t.Errorf("%d members, room for %d after %d", roster.len(), cap(roster.list), most)
	}
}
