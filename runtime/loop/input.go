package loop

import "fmt"

// input tells the session of b: what was left of earlier input and what has just been read. It runs on the reading goroutine. Unless b
// is owned by the connection it goes back when input returns, so what is to be kept is copied.
func (c *Conn) input(b []byte, owned bool) {
	c.mu.Lock()
	if c.state() == phaseOpen && (c.paused || c.choked) {
		c.again = true
		c.mu.Unlock()
		c.keep(b, 0, owned)
		return
	}
	free := c.claimLocked()
	c.mu.Unlock()
	if !free {
		c.keep(b, 0, owned)
		c.offer()
		return
	}
	n := c.consume(b)
	c.keep(b, n, owned)
	poison(b[:n])
	c.settle()
	c.run()
}

// offer queues another look at rest, and runs it here when the strand is free.
func (c *Conn) offer() {
	c.mu.Lock()
	c.offered = true
	c.mu.Unlock()
	c.do(event{kind: eventOffer})
}

// offerRest is the event of offer. more is what a Feed brings.
func (c *Conn) offerRest(more []byte) {
	if len(more) > 0 {
		c.keep(extend(c.rest, more), 0, true)
	}
	c.mu.Lock()
	held := c.state() == phaseOpen && (c.paused || c.choked)
	c.again = held
	c.mu.Unlock()
	if !held {
		n := c.consume(c.rest)
		c.keep(c.rest, n, true)
	}
	c.mu.Lock()
	c.offered = false
	c.carrier.nudge()
	c.mu.Unlock()
}

// keep makes rest what is behind the first used octets of b; owned says that b is in a buffer we may keep.
func (c *Conn) keep(b []byte, used int, owned bool) {
	old := cap(c.rest)
	switch rest := b[used:]; {
	case len(rest) == 0:
		c.rest = nil
	case owned && used <= len(rest)/8 && snug(b, len(rest)):
		c.rest = rest
	case !owned && len(rest) <= old && snug(c.rest, len(rest)): // else b may be in the same array
		c.rest = append(c.rest[:0], rest...)
	default:
		c.rest = append(make([]byte, 0, len(rest)+len(rest)/4), rest...)
	}
	if n := cap(c.rest) - old; n != 0 {
		c.env.counters.kept.Add(int64(n))
	}
}

// snug says that the buffer b is not much larger than n octets need.
func snug(b []byte, n int) bool { return cap(b) <= n+n/2+minRead }

// overBudget says whether a connection may not keep n octets, more than before: the engine would be above Config.InputBudget, and the connection
// above an even part of it. So those that keep little are served whatever the others do.
func (c *Conn) overBudget(n int) bool {
	old := cap(c.rest)
	e := c.env
	budget := int64(e.config.InputBudget)
	return n > old && e.counters.kept.Load()+int64(n-old) > budget && int64(n) > budget/max(e.counters.open.Load(), 1)
}

// consume runs a Data event. It returns how much of b is done with: everything when the connection is ending.
func (c *Conn) consume(b []byte) (n int) {
	if len(b) == 0 || c.state() != phaseOpen {
		return len(b)
	}
	n = len(b)
	defer c.confine()
	used, err := c.session.Data(c, b)
	switch {
	case err != nil:
		c.close(phaseClosing, err)
		return
	case used < 0 || used > len(b):
		panic(fmt.Sprintf("loop: Data consumed %d of %d octets", used, len(b)))
	case len(b)-used > c.env.config.InputLimit:
		c.close(phaseClosing, ErrInput)
		return
	case c.overBudget(len(b) - used):
		c.env.counters.refused.Add(1)
		c.close(phaseClosing, ErrInputBudget)
		return
	}
	return used
}
