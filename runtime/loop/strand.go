package loop

import (
	"fmt"
	"runtime/debug"
)

// An event is something that waits for the strand.
type event struct {
	kind eventKind
	m    any // of eventMessage; the octets of a Feed's eventOffer
}

type eventKind uint8

const (
	eventOpen     eventKind = iota
	eventOffer              // rest, again
	eventEnd                // of the peer's octets
	eventTimers             // some timers may be due
	eventMessage            // posted
	eventDrain              // the engine is drained
	eventSettle             // nothing happened to the session, but its output or its phase changed
	eventReady              // the carrier, a reader, may read
	eventStall              // look whether the peer takes output
	eventHalfOpen           // the time after End is over
	eventFlushed            // the output has left
)

// queueLocked adds an event.
func (c *Conn) queueLocked(e event) {
	c.queue = append(c.queue, e)
	if e.kind == eventMessage {
		c.posts++
	}
}

// claimLocked makes the caller the runner, unless there is one. A runner must call run.
func (c *Conn) claimLocked() bool {
	if c.running || c.state() == phaseOver {
		return false
	}
	c.running = true
	return true
}

// spawnLocked queues an event and, when the strand is free, starts a goroutine that runs it: never the caller's, who may hold locks.
func (c *Conn) spawnLocked(e event) {
	c.queueLocked(e)
	if c.claimLocked() {
		go c.run()
	}
}

// do queues an event and runs it here when the strand is free.
func (c *Conn) do(e event) {
	c.mu.Lock()
	c.queueLocked(e)
	run := c.claimLocked()
	c.mu.Unlock()
	if run {
		c.run()
	}
}

// run is the strand: it handles events until none is left. The caller has claimed it.
func (c *Conn) run() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.state() == phaseOver {
			c.queue, c.posts, c.running = reuse(c.queue), 0, false
			c.mu.Unlock()
			return
		}
		batch := c.queue
		c.queue, c.spare, c.posts = c.spare, nil, 0
		c.mu.Unlock()
		for _, e := range batch {
			c.handle(e)
		}
		c.mu.Lock()
		c.spare = reuse(batch)
		c.mu.Unlock()
	}
}

// keepQueue is the capacity of an event queue that an idle connection keeps.
const keepQueue = 8

// reuse empties a queue for later; one that has grown large is given up.
func reuse(queue []event) []event {
	if cap(queue) > keepQueue {
		return nil
	}
	clear(queue)
	return queue[:0]
}

// handle runs one event and what follows from it.
func (c *Conn) handle(e event) {
	switch e.kind {
	case eventTimers:
		c.timers.fire(c)
		return
	case eventReady:
		c.carrier.(reader).ready()
		return
	case eventStall:
		c.carrier.(staller).stalled()
	case eventHalfOpen:
		c.close(phaseClosing, ErrHalfOpen)
	default:
		c.call(e)
	}
	c.settle()
	if r, ok := c.carrier.(reader); ok && e.kind == eventOffer {
		r.resumed()
	}
}

// call tells the session of an event.
func (c *Conn) call(e event) {
	phase := c.state()
	if phase >= phaseDoomed && e.kind != eventOpen {
		return
	}
	defer c.confine()
	switch e.kind {
	case eventOpen:
		c.session.Open(c)
	case eventOffer:
		more, _ := e.m.([]byte)
		c.offerRest(more)
	case eventEnd:
		if phase == phaseOpen {
			rest := c.rest
			c.keep(nil, 0, false)
			c.session.End(c, rest)
			c.boundHalfOpen()
		}
	case eventMessage:
		c.session.Message(c, e.m)
	case eventFlushed:
		if phase == phaseOpen {
			c.callFlushed()
		}
	case eventDrain:
		if d, ok := c.session.(Drainer); ok {
			d.Drain(c)
		} else {
			c.CloseAfterFlush()
		}
	}
}

// callTimer tells the session of a timer.
func (c *Conn) callTimer(id int) {
	defer c.confine()
	c.session.Timer(c, id)
}

// confine turns a panic of the session into the end of its connection.
func (c *Conn) confine() {
	v := recover()
	if v == nil {
		return
	}
	err := &PanicError{Value: v, Stack: debug.Stack()}
	c.env.counters.panics.Add(1)
	c.env.config.Logger.Error("session panicked", "conn", c.id, "peer", c.RemoteAddr(), "panic", fmt.Sprint(v), "stack", string(err.Stack))
	c.Abort(err)
}

// settle follows every event: it sends what was written, and ends the connection when that is due.
func (c *Conn) settle() {
	phase := c.state()
	if phase < phaseDoomed {
		if err := c.flush(); err != nil {
			c.flushing = flushShut
			c.Abort(err)
			phase = phaseDoomed
		}
	}
	switch phase {
	case phaseOpen:
		c.mark()
	case phaseClosing:
		if c.flushing != flushShut {
			c.flushing = flushShut
			c.carrier.shut()
		}
		if c.carrier.queued() == 0 {
			c.finish()
		}
	case phaseDoomed:
		c.finish()
	}
}

// flush gives the carrier what was written in this event.
func (c *Conn) flush() error {
	if c.out == nil {
		return nil
	}
	var err error
	if len(c.out.b) > 0 {
		err = c.carrier.push(c.out.b, c.out.counted)
		c.out.counted = 0
		if c.flushing == flushTold {
			c.flushing = flushOwed
		}
	}
	c.out.put()
	c.out = nil
	return err
}

// mark compares the output queue with its marks: above the high one reading stops, at the low one it goes on, and an empty one has been flushed.
func (c *Conn) mark() {
	n := c.carrier.queued()
	if n == 0 && c.flushing == flushOwed {
		c.flushing = flushDue
		c.mu.Lock()
		c.queueLocked(event{kind: eventFlushed}) // the caller is the runner
		c.mu.Unlock()
	}
	if n <= c.env.config.LowWater {
		if c.unchoke() {
			c.callWritable()
			c.settle()
		}
		return
	}
	if n > c.highWater() || c.full { // the queue may have shrunk since
		c.mu.Lock()
		c.choked = true
		c.mu.Unlock()
	}
}

// unchoke lets input come again, and reports whether it had been stopped.
func (c *Conn) unchoke() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.choked && !c.full {
		return false
	}
	c.choked, c.full = false, false
	c.goOnLocked()
	return true
}

func (c *Conn) callWritable() {
	defer c.confine()
	c.session.Writable(c)
}

// finish is the end of the connection. No event follows those it calls: Closed, and Flushed if that is still owed.
func (c *Conn) finish() {
	if c.flushing == flushDue && (c.out == nil || len(c.out.b) == 0) {
		c.tellFlushed()
	}
	c.mu.Lock()
	var end ending
	if c.end != nil {
		end = *c.end
	}
	gently := c.state() == phaseClosing
	c.phase.Store(uint32(phaseOver))
	c.mu.Unlock()
	if end.cancel != nil {
		end.cancel(cause(end.why))
	}
	c.timers.stop()
	c.dropOutput()
	c.callClosed(end.why)
	c.carrier.release(gently)
	c.mu.Lock()
	c.released = true
	c.carrier.nudge()
	c.mu.Unlock()
}

// flushing is how far the output is, and how much of it the session knows.
type flushing uint8

const (
	flushUnasked flushing = iota // the session is no Flusher
	flushTold                    // it has been told of all that was written
	flushOwed                    // something has been written since
	flushDue                     // that has left, and the event is queued
	flushShut                    // no output follows, or some was lost; the session is told no more
)

// tellFlushed is callFlushed before the end.
func (c *Conn) tellFlushed() {
	defer c.confine()
	c.callFlushed()
}

// callFlushed tells the session that its output has left, unless there is new output that has not.
func (c *Conn) callFlushed() {
	if c.carrier.queued() > 0 {
		c.flushing = flushOwed
		return
	}
	c.flushing = flushTold
	c.session.(Flusher).Flushed(c)
}

func (c *Conn) callClosed(why error) {
	defer c.confine()
	c.session.Closed(c, why)
}

// boundHalfOpen follows End: a peer that has ended its output must not keep the connection for ever.
func (c *Conn) boundHalfOpen() {
	if c.state() == phaseOpen {
		c.timers.armKind(c, eventHalfOpen, 0, c.env.config.HalfOpen)
	}
}
