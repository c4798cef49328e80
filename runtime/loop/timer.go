package loop

import "time"

// Timers that fire much too late mean that the process was stopped: input that came meanwhile is read before they count.
const (
	lateness     = time.Second            // beyond what a busy scheduler explains
	lateReprieve = 100 * time.Millisecond // to read what the system has for us
)

// timers are the timers of one connection, on a single clock. Arming one for later than the clock is set for, which
// is what a deadline does that every request pushes forward, costs no more than reading the time: it is looked at when the clock fires.
type timers struct {
	armed []timer       // few, in no order
	clock clock         // made when the first timer is armed
	next  time.Duration // the instant the clock is set for; 0 when it is not
	late  bool          // the last firing was put off
	over  bool          // the connection is
}

// A clock calls a function once, some time after it was set for the last time. A *time.Timer of AfterFunc is one.
type clock interface {
	Reset(d time.Duration) bool
	Stop() bool
}

// A timer is armed by the session (kind is eventOpen, which no timer of ours is), or by us for an event of that kind.
type timer struct {
	id   int
	kind eventKind
	at   time.Duration
}

func (t *timers) arm(c *Conn, id int, d time.Duration) { t.armKind(c, eventOpen, id, d) }

func (t *timers) armKind(c *Conn, kind eventKind, id int, d time.Duration) {
	if t.over {
		return
	}
	// Never "now": a timer that arms itself from its own event must leave room for other events.
	at := c.env.now() + max(d, 1)
	if i := t.index(kind, id); i >= 0 {
		t.armed[i].at = at
	} else {
		t.armed = append(t.armed, timer{id, kind, at})
	}
	t.set(c, at)
}

func (t *timers) disarm(kind eventKind, id int) {
	if i := t.index(kind, id); i >= 0 {
		t.remove(i)
	}
}

func (t *timers) index(kind eventKind, id int) int {
	for i := range t.armed {
		if t.armed[i].id == id && t.armed[i].kind == kind {
			return i
		}
	}
	return -1
}

func (t *timers) remove(i int) {
	last := len(t.armed) - 1
	t.armed[i] = t.armed[last]
	t.armed = t.armed[:last]
}

// set sets the clock for the instant at, unless it fires before that.
func (t *timers) set(c *Conn, at time.Duration) {
	if t.next != 0 && t.next <= at {
		return
	}
	t.next = at
	if t.clock == nil {
		t.clock = c.carrier.clock(func() { c.do(event{kind: eventTimers}) })
	}
	t.clock.Reset(at - c.env.now())
}

// fire calls the timers that are due, the earliest first, and sets the clock for the others.
func (t *timers) fire(c *Conn) {
	now := c.env.now()
	if t.next == 0 || now < t.next {
		return // the clock was set anew after it had fired
	}
	late := now-t.next > lateness
	t.next = 0
	if late && !t.late {
		t.late = true
		t.set(c, now+lateReprieve)
		return
	}
	t.late = false
	for c.state() < phaseDoomed {
		i := t.earliest()
		if i < 0 {
			return
		}
		due := t.armed[i]
		if due.at > now {
			t.set(c, due.at)
			return
		}
		t.remove(i)
		if due.kind != eventOpen {
			c.handle(event{kind: due.kind})
			continue
		}
		c.callTimer(due.id)
		c.settle()
	}
}

func (t *timers) earliest() int {
	first := -1
	for i := range t.armed {
		if first < 0 || t.armed[i].at < t.armed[first].at {
			first = i
		}
	}
	return first
}

func (t *timers) stop() {
	t.armed, t.over = nil, true
	if t.clock != nil {
		t.clock.Stop()
	}
}
