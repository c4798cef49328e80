package loop

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultTick is the grain of a Wheel: the finest time of a protocol is some hundred milliseconds.
const DefaultTick = 10 * time.Millisecond

// The shape of a wheel: a slot of the first level is a tick, one of the next the whole level below.
const (
	wheelLevels = 5
	wheelBits   = 6 // 64 slots: one word says which are occupied
	wheelSlots  = 1 << wheelBits
	wheelSpan   = 1 << (wheelLevels * wheelBits) // ticks; timers beyond it are looked at again then
)

// longest is the longest time that a timer is armed for; what is longer, nobody will live to see.
const longest = math.MaxInt64 / 2

// A Wheel holds timers in great numbers: the retransmissions of all transactions, the expiry of all entries of a cache. Arming and disarming take
// the same time however many there are, and nothing happens between the ticks at which some are due. A timer fires late by a tick
// at most (and by what the scheduler adds), never early.
//
// All methods may be called from any goroutine. An empty wheel holds neither a goroutine nor a timer of Go's.
type Wheel struct {
	tick  time.Duration
	epoch time.Time

	mu       sync.Mutex
	slots    [wheelLevels][wheelSlots]*Timer // rings; nil is empty
	occupied [wheelLevels]uint64             // a bit for each slot that is not empty
	done     uint64                          // ticks that have been dealt with
	armed    int
	clock    *time.Timer
	next     uint64 // the tick the clock is set for; 0 when it is not
	due      []*Timer
	firing   bool
}

// A Timer is a timer of a Wheel, to be embedded in what it is about: the wheel allocates nothing. It must not be copied, and belongs to one
// wheel while it is armed.
type Timer struct {
	// Func is called when the timer fires, on a goroutine of the wheel's, which calls one after the other: it must not block or panic.
	// It may arm and disarm timers. It must be set before Arm.
	Func func()

	at         atomic.Int64 // nanoseconds since the wheel's epoch; 0 when the timer is not armed
	next, prev *Timer       // in the slot's ring
	level      uint8
	slot       uint8
}

// NewWheel makes a wheel; a tick of 0 means DefaultTick.
func NewWheel(tick time.Duration) *Wheel {
	if tick <= 0 {
		tick = DefaultTick
	}
	return &Wheel{tick: tick, epoch: time.Now()}
}

// Arm makes t fire d from now, or later by a tick; when t is armed already, it moves. Arming for later than before
// only notes the time.
func (w *Wheel) Arm(t *Timer, d time.Duration) {
	at := int64(time.Since(w.epoch) + min(max(d, 1), longest))
	if was := t.at.Load(); was == 0 || at < was || !t.at.CompareAndSwap(was, at) {
		w.move(t, at)
	} // else the wheel looks at the time when it comes to the slot
}

// move puts t where it belongs.
func (w *Wheel) move(t *Timer, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.next != nil {
		w.unlink(t)
	}
	if w.armed == 0 {
		w.done = w.ticks(time.Since(w.epoch)) // nothing is in the slots skipped
	}
	t.at.Store(at)
	w.link(t)
	w.setClock()
}

// Disarm makes t not fire. It reports false when t was not armed, or when it is too late: Func has been called, or is about to be.
func (w *Wheel) Disarm(t *Timer) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.next == nil {
		return false
	}
	w.unlink(t)
	t.at.Store(0)
	return true
}

// Len is the number of armed timers.
func (w *Wheel) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.armed
}

// ticks is the number of whole ticks in a time.
func (w *Wheel) ticks(d time.Duration) uint64 { return uint64(d / w.tick) }

// link puts t in the slot of the tick behind its time: the first that is not early.
func (w *Wheel) link(t *Timer) {
	tick := max(w.ticks(time.Duration(t.at.Load())-1)+1, w.done+1)
	tick = min(tick, w.done+wheelSpan-1)
	// The level is that of the highest digit in which the tick differs from the present.
	level := (bits.Len64(tick^w.done) - 1) / wheelBits
	level = min(level, wheelLevels-1)
	slot := tick >> (level * wheelBits) % wheelSlots
	t.level, t.slot = uint8(level), uint8(slot)
	head := &w.slots[level][slot]
	if *head == nil {
		t.next, t.prev = t, t
		*head = t
		w.occupied[level] |= 1 << slot
	} else {
		t.next, t.prev = *head, (*head).prev
		t.prev.next, t.next.prev = t, t
	}
	w.armed++
}

func (w *Wheel) unlink(t *Timer) {
	head := &w.slots[t.level][t.slot]
	switch {
	case t.next == t:
		*head = nil
		w.occupied[t.level] &^= 1 << t.slot
	case *head == t:
		*head = t.next
	}
	t.prev.next, t.next.prev = t.next, t.prev
	t.next, t.prev = nil, nil
	w.armed--
}

// upcoming is the next tick at which a slot must be looked at; 0 when the wheel is empty.
func (w *Wheel) upcoming() uint64 {
	var first uint64
	for level := range wheelLevels {
		if w.occupied[level] == 0 {
			continue
		}
		shift := level * wheelBits
		present := w.done >> shift
		// The slots after the present one, in their order; the last of them is the present one, a whole turn later.
		ahead := bits.RotateLeft64(w.occupied[level], -int(present%wheelSlots)-1)
		tick := (present + 1 + uint64(bits.TrailingZeros64(ahead))) << shift
		if first == 0 || tick < first {
			first = tick
		}
	}
	return first
}

// setClock sets the clock for the upcoming tick, unless it is set for it or one before, or its function is at work.
func (w *Wheel) setClock() {
	next := w.upcoming()
	if next == 0 || w.firing || w.next != 0 && w.next <= next {
		return
	}
	w.next = next
	d := time.Duration(next)*w.tick - time.Since(w.epoch)
	if w.clock == nil {
		w.clock = time.AfterFunc(d, w.fire)
		return
	}
	w.clock.Reset(d)
}

// fire is the function of the clock: it calls what is due.
func (w *Wheel) fire() {
	w.mu.Lock()
	if w.firing {
		w.mu.Unlock()
		return
	}
	w.firing, w.next = true, 0
	for w.advance(); len(w.due) > 0; w.advance() {
		w.mu.Unlock()
		for _, t := range w.due {
			t.Func()
		}
		w.mu.Lock()
		clear(w.due)
		w.due = w.due[:0]
		if cap(w.due) > keepDue {
			w.due = nil
		}
	}
	w.firing = false
	w.setClock()
	w.mu.Unlock()
}

// keepDue is the number of timers due at once for which room is kept.
const keepDue = 4096

// advance moves the wheel to the present and collects what is due.
func (w *Wheel) advance() {
	now := time.Since(w.epoch)
	present := w.ticks(now)
	for {
		tick := w.upcoming()
		if tick == 0 || tick > present {
			w.done = max(w.done, present)
			return
		}
		w.done = tick
		for level := wheelLevels - 1; level >= 0; level-- {
			shift := level * wheelBits
			if tick&(1<<shift-1) == 0 {
				w.open(level, int(tick>>shift%wheelSlots), now)
			}
		}
	}
}

// open empties a slot: what is due is collected, the rest goes to finer slots, or to later ones if it was re-armed.
func (w *Wheel) open(level, slot int, now time.Duration) {
	head := w.slots[level][slot]
	if head == nil {
		return
	}
	w.slots[level][slot] = nil
	w.occupied[level] &^= 1 << slot
	head.prev.next = nil // cut the ring
	for t := head; t != nil; {
		next := t.next
		t.next, t.prev = nil, nil
		w.armed--
		at := t.at.Load()
		for at <= int64(now) && !t.at.CompareAndSwap(at, 0) {
			at = t.at.Load()
		}
		if at <= int64(now) {
			w.due = append(w.due, t)
		} else {
			w.link(t)
		}
		t = next
	}
}
