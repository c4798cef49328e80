package loop

// A Session is one end of a conversation. An engine calls its methods one at a time, on varying goroutines; each call
// is an event. What an event wrote is sent, in one piece where possible, when the event returns. An event should not
// block: work that waits belongs on a goroutine of its own, which posts its result ([Conn.Post]).
//
// A panic in an event is logged, counted, and ends the connection; Closed still follows.
type Session interface {
	// Open is the first event. The TLS handshake, if there is one, has succeeded.
	Open(c *Conn)

	// Data brings the octets that have arrived and were not consumed before, and returns how many of them the
	// session consumed. It should consume all it can: the rest is offered again only with more octets, or after
	// ResumeRead. b is valid during the call only and must not be written to.
	//
	// An error ends the connection: what is queued for the peer is sent first, and Closed gets the error.
	Data(c *Conn, b []byte) (n int, err error)

	// End says that the peer will send nothing more; rest is what arrived and was never consumed (a truncated
	// frame, as a rule), valid during the call only. The peer may still read, so the session answers what it owes and then
	// calls CloseAfterFlush, now or within Config.HalfOpen. No Data follows.
	End(c *Conn, rest []byte)

	// Writable says that the output queue, having been above the high-water mark, has fallen to the low one.
	Writable(c *Conn)

	// Timer says that the timer id, armed with Conn.After, has fired.
	Timer(c *Conn, id int)

	// Message brings what was given to Conn.Post.
	Message(c *Conn, m any)

	// Closed is the last event and comes exactly once, whatever happened. why is nil after CloseAfterFlush when
	// the system has taken all output; else it is what ended the connection: the error Data returned, the argument of Abort, an
	// error of the network, ErrStalled, ErrOverflow, ErrInput, ErrClosed, or a *PanicError.
	Closed(c *Conn, why error)
}

// A Drainer is a Session that can take its leave. When the engine is drained, Drain is called once as an event, and the session
// finishes what it has begun and calls CloseAfterFlush. For a session that is no Drainer the engine calls it.
type Drainer interface {
	Session
	Drain(c *Conn)
}

// A Flusher is a Session that wants to know when its output has left. Flushed is an event that comes after something was written, when the system
// has taken everything written so far and Pending is 0; output in between that leaves together is told of once. What Flushed
// writes makes it come again, other events first. It does not come after CloseAfterFlush: Closed says what became of the output. When something else
// ends the connection while it is owed, all output having left, it comes before Closed: that the peer was faster with its answer, or somebody with
// Abort, does not make output that has left look lost.
type Flusher interface {
	Session
	Flushed(c *Conn)
}
