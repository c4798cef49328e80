package transaction

// An index finds records by the hashes of their keys. It is a table of lists that grows by one list for every record beyond as many, so that no
// record waits while all others are moved (linear hashing). It has no pointers, and belongs to the strand.
type index struct {
	heads []uint32 // the first records of the lists; a power of two and those split since
	whole uint64   // that power of two
	used  int
}

// minLists is how many lists an index has at least. It is a power of two.
const minLists = 64

// list is the number of the list that a hash belongs to.
func (x *index) list(hash uint64) uint64 {
	i := hash & (2*x.whole - 1)
	if i >= uint64(len(x.heads)) {
		i &= x.whole - 1
	}
	return i
}

// first is the first record of the list of a hash; others follow by their chain. They may have other hashes.
func (x *index) first(hash uint64) uint32 {
	if x.used == 0 {
		return 0
	}
	return x.heads[x.list(hash)]
}

// add puts a record, whose hash is set, into its list.
func (x *index) add(r *records, i uint32) {
	if x.heads == nil {
		x.heads, x.whole = make([]uint32, minLists), minLists
	}
	x.push(r, i)
	if x.used++; x.used > len(x.heads) {
		x.split(r)
	}
}

func (x *index) push(r *records, i uint32) {
	rec := r.at(i)
	head := &x.heads[x.list(rec.hash)]
	rec.chain, *head = *head, i
}

// split makes one more list, of records of an older one.
func (x *index) split(r *records) {
	i := uint64(len(x.heads)) - x.whole
	x.heads = append(x.heads, 0)
	rest := x.heads[i]
	x.heads[i] = 0
	for rest != 0 {
		next := r.at(rest).chain
		x.push(r, rest)
		rest = next
	}
	if uint64(len(x.heads)) == 2*x.whole {
		x.whole *= 2
	}
}

// remove takes a record out of its list. When that was the last one, the memory of many is given up.
func (x *index) remove(r *records, i uint32) {
	rec := r.at(i)
	at := &x.heads[x.list(rec.hash)]
	for *at != i {
		at = &r.at(*at).chain
	}
	*at = rec.chain
	if x.used--; x.used == 0 && len(x.heads) > minLists {
		*x = index{}
	}
}
