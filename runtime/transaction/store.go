package transaction

// A piece is a place in a store: octets kept for a transaction. The zero piece is none.
type piece struct {
	length uint32 // octets in use
	index  uint32 // of the block in its class
	class  uint8  // number of the class, plus one
}

// A store holds octets in blocks of a few sizes. Its memory has no pointers, and of a size of which nothing is in use one chunk is left.
type store struct {
	classes [classes]blocks
	size    int64 // octets of the blocks in use
}

// The sizes of blocks: steps of 64 octets up to 1 KiB, of 256 up to 4, of 1 KiB up to 16, of 8 KiB up to 64. What a block wastes is little of
// what it holds.
const (
	classes  = 16 + 12 + 12 + 6
	maxPiece = 64 << 10
)

// classOf is the class of the smallest blocks that hold n octets, which are at most maxPiece, and their size.
func classOf(n int) (class, size int) {
	switch {
	case n <= 1<<10:
		class = max(n-1, 0) / 64
		return class, (class + 1) * 64
	case n <= 4<<10:
		step := (n - 1<<10 - 1) / 256
		return 16 + step, 1<<10 + (step+1)*256
	case n <= 16<<10:
		step := (n - 4<<10 - 1) / (1 << 10)
		return 28 + step, 4<<10 + (step+1)<<10
	}
	step := (n - 16<<10 - 1) / (8 << 10)
	return 40 + step, 16<<10 + (step+1)*(8<<10)
}

// blocks are those of one size, in chunks.
type blocks struct {
	chunks   [][]byte
	size     int
	perChunk uint32
	fresh    uint32   // blocks that have never been in use begin here
	free     []uint32 // blocks that have been
	used     uint32
}

// chunkSize is about what is allocated at a time.
const chunkSize = 32 << 10

// put keeps a copy of b, which has at most maxPiece octets.
func (s *store) put(b []byte) piece {
	class, size := classOf(len(b))
	c := &s.classes[class]
	if c.size == 0 {
		c.size, c.perChunk = size, uint32(max(chunkSize/size, 1))
	}
	p := piece{length: uint32(len(b)), index: c.take(), class: uint8(class + 1)}
	s.size += int64(size)
	copy(c.block(p.index), b)
	return p
}

// get is what is kept, valid until something is put or dropped.
func (s *store) get(p piece) []byte {
	if p.class == 0 {
		return nil
	}
	return s.classes[p.class-1].block(p.index)[:p.length]
}

// drop gives a piece up.
func (s *store) drop(p *piece) {
	if p.class == 0 {
		return
	}
	c := &s.classes[p.class-1]
	s.size -= int64(c.size)
	c.used--
	if c.used == 0 {
		clear(c.chunks[1:])
		c.chunks, c.fresh, c.free = c.chunks[:1], 0, nil
	} else {
		c.free = append(c.free, p.index)
	}
	*p = piece{}
}

func (c *blocks) take() uint32 {
	c.used++
	if n := len(c.free); n > 0 {
		i := c.free[n-1]
		c.free = c.free[:n-1]
		return i
	}
	i := c.fresh
	c.fresh++
	if i/c.perChunk == uint32(len(c.chunks)) {
		c.chunks = append(c.chunks, make([]byte, int(c.perChunk)*c.size))
	}
	return i
}

func (c *blocks) block(i uint32) []byte {
	at := int(i%c.perChunk) * c.size
	return c.chunks[i/c.perChunk][at : at+c.size]
}
