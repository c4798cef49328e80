package loop

import "fmt"

// input tells the session of b: what was left of earlier input and what has just been read. It runs on the reading goroutine. Unless b
// is owned by the connection it goes back when input returns, so what is to be kept is copied.
func (c *Conn) input(b []byte, owned bool) {
	c.mu.Lock()
	if c.state() == phaseOpen && (c.paused || c.choked) {
		c.again = true
		c.mu.Unlock()
		c.rest = keep(c.rest, b, owned)
		return
	}
	free := c.claimLocked()
	c.mu.Unlock()
	if !free {
		c.rest = keep(c.rest, b, owned)
		c.offer()
		return
	}
	n := c.consume(b)
	c.rest = keep(c.rest, b[n:], owned)
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
	c.rest = append(c.rest, more...)
	c.mu.Lock()
	held := c.state() == phaseOpen && (c.paused || c.choked)
	c.again = held
	c.mu.Unlock()
	if !held {
		n := c.consume(c.rest)
		c.rest = keep(c.rest, c.rest[n:], true)
	}
	c.mu.Lock()
	c.offered = false
	c.carrier.nudge()
	c.mu.Unlock()
}

// keep returns a buffer that holds b and not much else. old is the buffer used before; owned says that b is in a buffer we may keep.
func keep(old, b []byte, owned bool) []byte {
	switch {
	case len(b) == 0:
		return nil
	case owned && snug(b, len(b)):
		return b
	case len(b) <= cap(old) && snug(old, len(b)):
		return append(old[:0], b...)
	}
	return append(make([]byte, 0, len(b)+len(b)/4), b...)
}

// snug says that the buffer b is not much larger than n octets need.
func snug(b []byte, n int) bool { return cap(b) <= 2*n+minRead }

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
	}
	return used
}
