package loop

import "sync"

const (
	readSize  = 64 << 10  // what one read may bring: a connection's turn before others get theirs
	minRead   = 4 << 10   // room a read gets at least behind what was left over
	writeSize = 4 << 10   // first capacity of an output buffer
	keepWrite = 128 << 10 // an output buffer that has grown larger is not pooled
)

// readBuffers are lent to reading goroutines from the moment octets are there until the Data event returns.
var readBuffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// A buffer collects output. It is lent to a connection for the length of an event.
type buffer struct {
	b       []byte
	counted int // octets of b that Stats.Queued has in it already
}

var writeBuffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, writeSize)} }}

func getBuffer() *buffer { return writeBuffers.Get().(*buffer) }

// put gives the buffer back; a nil one is none.
func (o *buffer) put() {
	if o == nil || cap(o.b) > keepWrite {
		return
	}
	poison(o.b)
	o.b = o.b[:0]
	writeBuffers.Put(o)
}
