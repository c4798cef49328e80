package storable

import "math/bits"

// A tagTable is a hash table from identities to tags that forgets all in no time. Its zero value is empty.
type tagTable struct {
	cells []tagCell
	count int
	epoch uint32 // of the cells that count; 0 before the first use
}

type tagCell struct {
	identity uintptr
	tag      uint32
	epoch    uint32
}

// tag returns the tag of an identity; if it has none it gets the one that is given.
func (t *tagTable) tag(identity uintptr, tag uint32) (uint32, bool) {
	if 2*t.count >= len(t.cells) {
		t.grow()
	}
	cell := t.find(identity)
	if cell.epoch == t.epoch {
		return cell.tag, true
	}
	*cell = tagCell{identity, tag, t.epoch}
	t.count++
	return tag, false
}

// find returns the cell of an identity, or the free one where it belongs.
func (t *tagTable) find(identity uintptr) *tagCell {
	const golden = 0x9E3779B97F4A7C15 // spreads addresses, which have many zeros at the end
	mask := len(t.cells) - 1
	at := int(uint64(identity)*golden>>(64-uint(bits.Len(uint(mask))))) & mask
	for {
		cell := &t.cells[at]
		if cell.epoch != t.epoch || cell.identity == identity {
			return cell
		}
		at = (at + 1) & mask
	}
}

func (t *tagTable) grow() {
	old := t.cells
	t.cells = make([]tagCell, max(32, 2*len(old)))
	if t.epoch == 0 {
		t.epoch = 1
	}
	for _, cell := range old {
		if cell.epoch == t.epoch {
			*t.find(cell.identity) = cell
		}
	}
}

// reset forgets all.
func (t *tagTable) reset() {
	t.count = 0
	if t.epoch++; t.epoch == 0 {
		clear(t.cells)
		t.epoch = 1
	}
}
