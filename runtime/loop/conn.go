package loop

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Conn is what a session holds of its connection. Methods marked "events only" may be called from the session's events and
// nowhere else; the others from any goroutine. After Closed every method is harmless and does nothing.
type Conn struct {
	session Session
	carrier carrier
	env     *env
	id      uint64

	// Owned by the strand: touched by events, one at a time.
	out    *buffer // written in this event, not yet given to the carrier
	timers timers

	// rest is input that was offered and not consumed. It belongs to the strand, or to a reading goroutine, which waits while an offer or
	// an end is an event.
	rest []byte

	mu    sync.Mutex // guards what follows; never held while an event runs
	queue []event
	spare []event // the queue's other array
	end   *ending // nil as long as nobody wants to know of it

	phase    atomic.Uint32 // a phase; changed under mu, read by state
	posts    int32         // messages in queue
	running  bool          // somebody runs events
	paused   bool          // by PauseRead
	choked   bool          // by the high-water mark
	again    bool          // rest is to be offered again
	offered  bool          // an offer is in queue
	released bool          // the carrier has been released
	full     bool          // Full has said so, and Writable is owed; of the strand
	flushing flushing      // of the strand
}

// An ending is the end of a connection.
type ending struct {
	why    error           // what Closed will get, once phase is beyond open
	ctx    context.Context // see Context; nil until then
	cancel context.CancelCauseFunc
}

// endingLocked makes the ending.
func (c *Conn) endingLocked() *ending {
	if c.end == nil {
		c.end = &ending{}
	}
	return c.end
}

// An env is what the connections of an engine share.
type env struct {
	config   Config
	counters counters
	epoch    time.Time // the zero of every instant
	ids      atomic.Uint64
}

func newEnv(config Config) *env { return &env{config: config.withDefaults(), epoch: time.Now()} }

// now is the instant it is.
func (e *env) now() time.Duration { return time.Since(e.epoch) }

// counters are the live form of Stats.
type counters struct {
	accepted, attached, handshakeErrors, acceptErrors, handshakeQueues, peerRefused, memoryRefused, panics, stalls, overflows, refused, handovers, drops, overruns atomic.Uint64
	queued, kept, open                                                                                                                                             atomic.Int64
}

// A phase is a step in the life of a connection.
type phase uint32

const (
	phaseOpen    phase = iota
	phaseClosing       // output is flushed, input is thrown away
	phaseDoomed        // to be cut as soon as the current event returns
	phaseOver          // Closed has been called
)

// A carrier moves a connection's octets: the engine's side of it. The strand calls its methods, but for nudge.
type carrier interface {
	// push takes all of b and never blocks. counted octets of it are in the counter of queued ones already; when push returns, those that have not
	// left are.
	push(b []byte, counted int) error
	// queued is the number of pushed octets that have not left.
	queued() int
	// shut says that no push follows: what ends the stream in the protocol below (close_notify) is queued.
	shut()
	// release ends the connection, gently or by a reset. It is the last call.
	release(gently bool)
	// nudge is called under the connection's mu: input may be wanted again, or the connection is ending, or has been released. It reports
	// whether a reading goroutine has been told; if not, the strand must see to it.
	nudge() bool
	// clock makes the clock of the connection's timers.
	clock(f func()) clock
	// addresses are those of the two ends; nil when there are none. Any goroutine.
	addresses() (local, remote net.Addr)
	// tlsState is nil without TLS. Any goroutine.
	tlsState() *tls.ConnectionState
}

// A reader is a carrier without a reading goroutine: its input is read on the strand.
type reader interface {
	carrier
	// ready reads what there is, after an eventReady.
	ready()
	// resumed follows an offer: what stopped reading may be over.
	resumed()
}

// A staller is a carrier that has armed a timer of the kind eventStall.
type staller interface{ stalled() }

// newConn makes a connection whose strand the caller has claimed: Open is queued, and run delivers it.
func newConn(s Session, e *env, k carrier) *Conn {
	c := &Conn{}
	c.init(s, e, k)
	return c
}

func (c *Conn) init(s Session, e *env, k carrier) {
	c.id, c.session, c.env, c.carrier = e.ids.Add(1), s, e, k
	c.running, c.queue = true, append(c.queue, event{kind: eventOpen})
	if _, ok := s.(Flusher); ok {
		c.flushing = flushTold
	}
}

// ID is a number no other connection of the engine has had. It serves logs.
func (c *Conn) ID() uint64 { return c.id }

// Write queues a copy of p for the peer; it leaves when the event returns. Write never blocks. An error means that p is lost, and the
// connection ends or has ended: ErrClosed after CloseAfterFlush or the end, ErrOverflow above Config.Ceiling. Events only.
func (c *Conn) Write(p []byte) (int, error) {
	if c.state() != phaseOpen {
		return 0, ErrClosed
	}
	pending := c.Pending() + len(p)
	if pending > c.env.config.Ceiling {
		c.env.counters.overflows.Add(1)
		c.Abort(ErrOverflow)
		return 0, ErrOverflow
	}
	if c.out == nil {
		c.out = getBuffer()
	}
	c.out.b = append(c.out.b, p...)
	if pending > c.env.config.LowWater {
		c.count(len(c.out.b))
	}
	return len(p), nil
}

// count makes n octets of what was written in this event count as queued. What is above the low-water mark counts at once, and not only when the
// event is over: else the events that run at the same time could together write more than Config.OutputBudget has left.
func (c *Conn) count(n int) {
	c.env.counters.queued.Add(int64(n - c.out.counted))
	c.out.counted = n
}

// dropOutput gives up what was written in this event.
func (c *Conn) dropOutput() {
	if c.out != nil {
		c.count(0)
		c.out.put()
		c.out = nil
	}
}

// AvailableBuffer returns an empty slice with room, to append to and give to Write at once, which then copies nothing. It is
// valid until the next call of Write. Events only.
func (c *Conn) AvailableBuffer() []byte {
	if c.out == nil {
		c.out = getBuffer()
	}
	return c.out.b[len(c.out.b):]
}

// Pending is the number of output octets the system has not taken. Events only.
func (c *Conn) Pending() int {
	n := c.carrier.queued()
	if c.out != nil {
		n += len(c.out.b)
	}
	return n
}

// Full says that Pending is above the high-water mark, or above the low one while the engine is above Config.OutputBudget. A session that
// answers many requests in one Data stops there, leaves the rest unconsumed, and gets it again after Writable. Events only.
func (c *Conn) Full() bool {
	if c.Pending() <= c.highWater() {
		return false
	}
	c.full = true
	return true
}

// highWater is the mark above which input is not read.
func (c *Conn) highWater() int {
	if c.env.counters.queued.Load() > int64(c.env.config.OutputBudget) {
		return c.env.config.LowWater
	}
	return c.env.config.HighWater
}

// PauseRead stops Data until ResumeRead. What has arrived stays with the system, and the peer is slowed down.
// While reading is paused, End does not come. That the peer has reset the connection is noticed on sockets of the system: at once by the
// epoll engine, within some seconds by the other.
func (c *Conn) PauseRead() {
	c.mu.Lock()
	c.paused = true
	c.mu.Unlock()
}

// ResumeRead undoes PauseRead. Octets that were left unconsumed are offered again, as an event of its own, before new ones are read.
func (c *Conn) ResumeRead() {
	c.mu.Lock()
	if c.paused {
		c.paused = false
		c.goOnLocked()
	}
	c.mu.Unlock()
}

// goOnLocked lets input come again, what is left over first.
func (c *Conn) goOnLocked() {
	c.again = true
	if !c.carrier.nudge() {
		c.spawnLocked(event{kind: eventOffer})
	}
}

// CloseAfterFlush ends the connection once its output has left: Data is not called again, further writes are refused, Closed gets
// nil. Timers and messages still come until then. Call it after the last Write of the same event.
func (c *Conn) CloseAfterFlush() { c.close(phaseClosing, nil) }

// Abort ends the connection at once and throws queued output away; the peer sees a reset where the network has one.
// Closed gets err, or ErrAborted if it is nil, after the current event. Only the first reason counts.
func (c *Conn) Abort(err error) {
	if err == nil {
		err = ErrAborted
	}
	c.close(phaseDoomed, err)
}

func (c *Conn) close(p phase, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state() >= p {
		return
	}
	c.phase.Store(uint32(p))
	c.blameLocked(why)
	c.carrier.nudge()
	c.spawnLocked(event{kind: eventSettle})
}

// blameLocked notes why the connection ends, unless that is known.
func (c *Conn) blameLocked(why error) {
	if why != nil && c.endingLocked().why == nil {
		c.end.why = why
	}
}

// After arms the timer id, or re-arms it if it is armed: Timer(c, id) is called once, d from now or later. Re-arming costs
// some ten nanoseconds. Events only.
func (c *Conn) After(id int, d time.Duration) { c.timers.arm(c, id, d) }

// Cancel disarms the timer id, if it is armed: Timer is not called, not even when its time has come already. Events only.
func (c *Conn) Cancel(id int) { c.timers.disarm(eventOpen, id) }

// Post queues m for Message. The event runs on another goroutine than the caller's, after the events already queued. The error is
// ErrClosed after the end and ErrBusy above Config.MaxPosts. Messages that are still queued when the connection
// ends are dropped: Closed is where a session settles its accounts.
func (c *Conn) Post(m any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.admitLocked(); err != nil {
		return err
	}
	c.spawnLocked(event{kind: eventMessage, m: m})
	return nil
}

// Deliver is Post for a goroutine that has nothing else to do, such as a worker with its result: when the session is idle, the
// event runs on the caller's goroutine, which saves a switch. The caller must hold no lock an event may want, and must not be
// an event of any session.
func (c *Conn) Deliver(m any) error {
	c.mu.Lock()
	if err := c.admitLocked(); err != nil {
		c.mu.Unlock()
		return err
	}
	c.queueLocked(event{kind: eventMessage, m: m})
	run := c.claimLocked()
	c.mu.Unlock()
	if run {
		c.run()
	}
	return nil
}

// drain queues the event.
func (c *Conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state() == phaseOpen {
		c.spawnLocked(event{kind: eventDrain})
	}
}

// admitLocked says whether a message may be queued.
func (c *Conn) admitLocked() error {
	switch {
	case c.state() >= phaseDoomed:
		return ErrClosed
	case int(c.posts) >= c.env.config.MaxPosts:
		return ErrBusy
	}
	return nil
}

// Context is cancelled when the connection ends, just before Closed; its cause is what Closed gets, or ErrClosed for nil.
func (c *Conn) Context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.endingLocked()
	if e.ctx == nil {
		e.ctx, e.cancel = context.WithCancelCause(context.Background())
		if c.state() == phaseOver {
			e.cancel(cause(e.why))
		}
	}
	return e.ctx
}

func cause(why error) error {
	if why == nil {
		return ErrClosed
	}
	return why
}

// LocalAddr is the address of this end; nil for a Feed.
func (c *Conn) LocalAddr() net.Addr {
	local, _ := c.carrier.addresses()
	return local
}

// RemoteAddr is the address of the peer; nil for a Feed.
func (c *Conn) RemoteAddr() net.Addr {
	_, remote := c.carrier.addresses()
	return remote
}

// TLS is the state of the handshake; nil without TLS.
func (c *Conn) TLS() *tls.ConnectionState { return c.carrier.tlsState() }

// state is how far the life of the connection has come.
func (c *Conn) state() phase { return phase(c.phase.Load()) }
