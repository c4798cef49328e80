package tree

import "hash/maphash"

// smallMap is the number of entries up to which looking at each is faster than hashing.
const smallMap = 8

// seed keeps a peer from choosing keys that collide.
var seed = maphash.MakeSeed()

// An index is an open hash table of the names of a map's entries. A cell holds a position plus one, or zero; at most half of them are taken,
// their number is a power of two.
type index struct{ cells []int32 }

// newIndex returns an empty index for n entries.
func newIndex(n int) *index {
	size := 4 * smallMap
	for size < 2*n {
		size *= 2
	}
	return &index{make([]int32, size)}
}

// find returns the position of the first entry of that name that suits, -1 if there is none.
func (x *index) find(entries []Entry, name string, suits func(Key) bool) int {
	mask := uint64(len(x.cells) - 1)
	for at := maphash.String(seed, name) & mask; x.cells[at] != 0; at = (at + 1) & mask {
		i := int(x.cells[at] - 1)
		if entries[i].Key.Name == name && suits(entries[i].Key) {
			return i
		}
	}
	return -1
}

// place writes the position of an entry of that name into the first free cell of its row.
func (x *index) place(name string, i int) {
	mask := uint64(len(x.cells) - 1)
	at := maphash.String(seed, name) & mask
	for x.cells[at] != 0 {
		at = (at + 1) & mask
	}
	x.cells[at] = int32(i + 1)
}

// enter puts entry i, the last, into the index, which it builds or lets grow where needed.
func (m *Map) enter(i int) {
	switch {
	case m.index == nil && len(m.entries) <= smallMap:
		return
	case m.index == nil || 2*len(m.entries) > len(m.index.cells):
		m.index = newIndex(2 * len(m.entries))
		for j := range i {
			m.index.place(m.entries[j].Key.Name, j)
		}
	}
	m.index.place(m.entries[i].Key.Name, i)
}
