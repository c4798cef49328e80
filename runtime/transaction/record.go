package transaction

// ID names a transaction of an engine: no other one has the same name until four thousand million others have used its place. Zero is none.
type ID uint64

// The parts of an ID: the shard in the highest octet, 24 bits of the record's index, the rest counts the uses of the record.
const (
	idShardBits = 8
	idIndexBits = 24
	idUseBits   = 64 - idShardBits - idIndexBits
)

func makeID(shard int, index, use uint32) ID {
	return ID(shard)<<(64-idShardBits) | ID(index)<<idUseBits | ID(use)
}

func (id ID) shard() int    { return int(id >> (64 - idShardBits)) }
func (id ID) index() uint32 { return uint32(id>>idUseBits) & (1<<idIndexBits - 1) }
func (id ID) use() uint32   { return uint32(id) }

// A record is a transaction at rest. It has no pointers.
type record struct {
	hash  uint64
	due   [MaxTimers]tick
	tag   uint64
	link  Link
	vars  Vars
	kept  [MaxKept]piece
	key   piece
	use   uint32 // odd while it is in use
	chain uint32 // the next record of the same list, of the index or of the free ones
	place place  // in the wheel
	peer  uint16 // the number of its counter in the crowd
	kind  uint8  // the machine's number
}

// recordsPerChunk is how many records are allocated at a time.
const recordsPerChunk = 512

type chunk [recordsPerChunk]record

// records are the records of a shard. Index 0 is not used: it says none. They are taken and given back under the shard's mutex, so that any
// goroutine may name a transaction before the strand comes to it; what is in them belongs to the strand.
type records struct {
	chunks []*chunk // of a fixed length
	free   uint32   // a list through chain
	fresh  uint32   // the first index that was never in use
	used   int
	limit  int
}

func (r *records) init(limit int) {
	r.limit, r.fresh = limit, 1
	r.chunks = make([]*chunk, (limit+1+recordsPerChunk-1)/recordsPerChunk)
}

func (r *records) at(i uint32) *record { return &r.chunks[i/recordsPerChunk][i%recordsPerChunk] }

// take gives a record and the number of its use; 0 means that there is no room. The strand has it begin.
func (r *records) take() (i, use uint32) {
	if r.used >= r.limit {
		return 0, 0
	}
	i = r.free
	if i != 0 {
		r.free = r.at(i).chain
	} else {
		i = r.fresh
		r.fresh++
		if c := &r.chunks[i/recordsPerChunk]; *c == nil {
			*c = new(chunk)
		}
	}
	r.used++
	return i, r.at(i).use + 1
}

// give takes a record back.
func (r *records) give(i uint32) {
	rec := r.at(i)
	rec.use++
	rec.chain, r.free = r.free, i
	r.used--
}
