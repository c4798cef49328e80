package loop

import "time"

// Timers that fire much too late mean that the process was stopped: input that came meanwhile is read before they count.
const (
	lateness     = time.Second            // beyond what a busy scheduler explains
	lateReprieve = 100 * time.Millisecond // to read what the system has for us
)

// timers are the timers of one connection, on a single timer of Go's. Arming one for later than the clock is set for, which
// is what a deadline does that every request pushes forward, costs no more than reading the clock: it is looked at when the clock fires.
type timers struct {
	conn  *Conn
	base  time.Time // instants are counted from here
	armed []timer   // few, in no order
	clock *time.Timer
	next  time.Duration // the instant the clock is set for; 0 when it is not
	late  bool          // the last firing was put off
	over  bool          // the connection is
}

type timer struct {
	id int
	at time.Duration
}

func (t *timers) init(c *Conn) {
	t.conn = c
	t.base = time.Now()
}

func (t *timers) now() time.Duration { return time.Since(t.base) }

func (t *timers) arm(id int, d time.Duration) {
	if t.over {
		return
	}
	// Never "now": a timer that arms itself from its own event must leave room for other events.
	at := t.now() + max(d, 1)
	if i := t.index(id); i >= 0 {
		t.armed[i].at = at
	} else {
		t.armed = append(t.armed, timer{id, at})
	}
	t.set(at)
}

func (t *timers) disarm(id int) {
	if i := t.index(id); i >= 0 {
		t.remove(i)
	}
}

func (t *timers) index(id int) int {
	for i := range t.armed {
		if t.armed[i].id == id {
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
func (t *timers) set(at time.Duration) {
	if t.next != 0 && t.next <= at {
		return
	}
	t.next = at
	if t.clock == nil {
		t.clock = time.AfterFunc(at-t.now(), func() { t.conn.do(event{kind: eventTimers}) })
		return
	}
	t.clock.Reset(at - t.now())
}

// fire calls the timers that are due, the earliest first, and sets the clock for the others.
func (t *timers) fire() {
	now := t.now()
	if t.next == 0 || now < t.next {
		return // the clock was set anew after it had fired
	}
	late := now-t.next > lateness
	t.next = 0
	if late && !t.late {
		t.late = true
		t.set(now + lateReprieve)
		return
	}
	t.late = false
	for t.conn.state() < phaseDoomed {
		i := t.earliest()
		if i < 0 {
			return
		}
		if at := t.armed[i].at; at > now {
			t.set(at)
			return
		}
		id := t.armed[i].id
		t.remove(i)
		t.conn.callTimer(id)
		t.conn.settle()
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
