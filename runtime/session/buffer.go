package session

import "sync"

// maxPooled is the largest buffer kept for reuse: one huge message must not pin its memory.
const maxPooled = 64 << 10

// buffer holds a frame on its way out. Sessions take one for the length of a send and hold none while idle.
type buffer struct {
	b       []byte
	payload []byte // what b is made of, while it is made
}

var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, 2<<10)} }}

// newBuffer is an empty buffer to be freed after use.
func newBuffer() *buffer {
	b := buffers.Get().(*buffer)
	b.b = b.b[:0]
	return b
}

// len is the length of what the buffer holds; that of the nil buffer is 0.
func (b *buffer) len() int {
	if b == nil {
		return 0
	}
	return len(b.b)
}

// free gives the buffer back; nothing of it may be used afterwards. The nil buffer needs no freeing.
func (b *buffer) free() {
	if b != nil && cap(b.b) <= maxPooled && cap(b.payload) <= maxPooled {
		buffers.Put(b)
	}
}
