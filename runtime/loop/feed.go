package loop

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// A Feed drives one session by octets alone: no socket, no goroutine. It serves tests, fuzzing, and programs with an event loop of
// their own. Events run on the goroutine that calls Input or End; a timer's, and what other goroutines post, on another one, serialized as
// everywhere. Output is never queued, so that neither the marks nor the ceiling nor WriteStall apply.
type Feed struct {
	conn *Conn

	mu     sync.Mutex
	out    []byte
	closed bool
}

// NewFeed makes a feed and opens the session.
func NewFeed(s Session, config Config) *Feed {
	f := &Feed{}
	f.conn = newConn(s, newEnv(config), (*feedCarrier)(f))
	f.conn.run()
	return f
}

// Conn is the session's connection. It has no addresses.
func (f *Feed) Conn() *Conn { return f.conn }

// Input brings octets from the peer; it copies them. While the session has paused reading they are kept for it.
func (f *Feed) Input(b []byte) {
	if len(b) > 0 {
		f.conn.do(event{kind: eventOffer, m: append([]byte(nil), b...)})
	}
}

// End says that the peer will send nothing more.
func (f *Feed) End() { f.conn.do(event{kind: eventEnd}) }

// Output takes the octets for the peer that have been written since the last call.
func (f *Feed) Output() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.out
	f.out = nil
	return out
}

// Closed reports whether the session has got its last event.
func (f *Feed) Closed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// feedCarrier hides the carrier's methods from the users of Feed.
type feedCarrier Feed

func (f *feedCarrier) push(b []byte, counted int) error {
	f.conn.env.counters.queued.Add(int64(-counted))
	f.mu.Lock()
	f.out = append(f.out, b...)
	f.mu.Unlock()
	return nil
}

func (f *feedCarrier) queued() int { return 0 }

func (f *feedCarrier) shut() {}

func (f *feedCarrier) release(bool) {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
}

func (f *feedCarrier) nudge() bool { return false }

func (f *feedCarrier) clock(f2 func()) clock { return time.AfterFunc(time.Hour, f2) }

func (f *feedCarrier) addresses() (local, remote net.Addr) { return nil, nil }

func (f *feedCarrier) tlsState() *tls.ConnectionState { return nil }
