package session

import "github.com/protogen-go/protogen/runtime/loop"

// strand is a session as the loop sees it.
type strand struct{ *Session }

var _ loop.Drainer = strand{}

// Open implements [loop.Session].
func (s strand) Open(c *loop.Conn) { s.open(c) }

// Data implements [loop.Session].
func (s strand) Data(_ *loop.Conn, b []byte) (int, error) { return s.data(b), nil }

// End implements [loop.Session].
func (s strand) End(_ *loop.Conn, rest []byte) { s.end(rest) }

// Writable implements [loop.Session]. The loop reads on by itself; what was posted and not sent goes on here.
func (s strand) Writable(*loop.Conn) { s.pump() }

// Timer implements [loop.Session].
func (s strand) Timer(_ *loop.Conn, id int) { s.expired(id) }

// Message implements [loop.Session].
func (s strand) Message(_ *loop.Conn, m any) { s.posted(m) }

// Drain implements [loop.Drainer].
func (s strand) Drain(*loop.Conn) { s.drain() }

// Closed implements [loop.Session].
func (s strand) Closed(_ *loop.Conn, why error) { s.closed(why) }
