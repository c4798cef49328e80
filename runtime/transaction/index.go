package transaction

// An index finds records by the hashes of their keys: the newest record of each hash, from which those of the same hash follow by their chain.
// It has no pointers, and belongs to the strand. The zero index is empty.
type index struct {
	heads map[uint64]uint32
	peak  int // how many heads there have been
}

// manyHeads is how many heads there have been in an index that gives up its memory when it is empty again.
const manyHeads = 1 << 10

// first is the first record of a hash; 0 for none.
func (x *index) first(hash uint64) uint32 { return x.heads[hash] }

// add makes a record, whose hash is set, found.
func (x *index) add(r *records, i uint32) {
	if x.heads == nil {
		x.heads = map[uint64]uint32{}
	}
	rec := r.at(i)
	rec.chain = x.heads[rec.hash]
	x.heads[rec.hash] = i
	x.peak = max(x.peak, len(x.heads))
}

// remove makes a record not found any more.
func (x *index) remove(r *records, i uint32) {
	rec := r.at(i)
	switch head := x.heads[rec.hash]; {
	case head != i:
		for r.at(head).chain != i {
			head = r.at(head).chain
		}
		r.at(head).chain = rec.chain
	case rec.chain != 0:
		x.heads[rec.hash] = rec.chain
	default:
		delete(x.heads, rec.hash)
	}
	if len(x.heads) == 0 && x.peak > manyHeads {
		*x = index{}
	}
}
