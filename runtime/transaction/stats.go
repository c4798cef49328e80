package transaction

import "sync/atomic"

// Stats counts what an engine has done since it was made, and what it holds now.
type Stats struct {
	Open    int64  // transactions
	Kept    int64  // octets kept for them, keys and those of Hold included
	Begun   uint64 // transactions
	Sent    uint64 // messages given to the transport
	Full    uint64 // transactions not begun because of a limit
	Dropped uint64 // messages of peers dropped because of MaxQueue
	Faults  uint64 // panics, inputs without a move, messages that could not be written
}

// counters are the live form of Stats.
type counters struct {
	open, kept                         atomic.Int64
	begun, sent, full, dropped, faults atomic.Uint64
}

// Stats reports the engine's counters.
func (e *Engine) Stats() Stats {
	c := &e.counters
	return Stats{
		Open: c.open.Load(), Kept: c.kept.Load(), Begun: c.begun.Load(), Sent: c.sent.Load(), Full: c.full.Load(),
		Dropped: c.dropped.Load(), Faults: c.faults.Load(),
	}
}
