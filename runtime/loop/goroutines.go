package loop

import "crypto/tls"

// Goroutines is the default engine: a goroutine per connection. While a connection is idle it costs that goroutine and
// no buffer (some 4 KB on Linux); a pooled buffer of 64 KiB is lent to it when octets are there, and goes back before anything waits.
// Connections that are sockets of the system (*net.TCPConn, *net.UnixConn), plain or under Service.TLS, have this for all of their life;
// any other net.Conn keeps 4 KiB.
//
// Use NewGoroutines. A connection's events run on its own goroutine, on that of a timer, on that of a worker which delivers a
// result, or on a short-lived one.
type Goroutines struct{ *core }

var _ Engine = (*Goroutines)(nil)

// NewGoroutines makes an engine. It starts nothing: an engine that serves nothing needs no Close.
func NewGoroutines(config Config) *Goroutines {
	e := &Goroutines{newCore(config)}
	e.core.adopt = adoptStream
	return e
}

// adoptStream is the adopter of a goroutine per connection.
func adoptStream(st *stream, s Session, tc *tls.Conn) (member, func()) {
	st.adopt(s, tc)
	return st, st.serve
}
