package transaction

import (
	"math/bits"
	"time"
)

// A tick is an instant in ticks of the engine's clock, or none when it is 0. The number runs over, so that two of them are compared by their
// difference: no timer runs for half of it, which is months.
type tick uint32

func (t tick) before(u tick) bool { return int32(t-u) < 0 }

// instant is the tick of a number, which is not 0 for once.
func instant(n int64) tick { return max(tick(n), 1) }

// present is the last tick that has come.
func (e *Engine) present() int64 { return int64(time.Since(e.epoch) / e.config.Tick) }

// after is the first tick that is not before d from now; the present one if d is 0.
func (e *Engine) after(d time.Duration) tick {
	if d <= 0 {
		return instant(e.present())
	}
	return instant(int64((time.Since(e.epoch) + d + e.config.Tick - 1) / e.config.Tick))
}

// The shape of a wheel: a slot of the first level is a tick, one of the next the whole level below.
const (
	wheelLevels = 4
	wheelBits   = 6 // 64 slots: one word says which are occupied
	wheelSlots  = 1 << wheelBits
	wheelSpan   = 1 << (wheelLevels * wheelBits) // ticks; what is later is looked at again then
)

// A wheel holds the records that have timers, each at its earliest one: as [loop.Wheel] does, but by indices in place of pointers. It
// belongs to the strand.
type wheel struct {
	records  *records
	heads    [wheelLevels][wheelSlots]uint32
	occupied [wheelLevels]uint64
	done     int64 // ticks that have been dealt with
	armed    int
}

// A place is where a record stands in a wheel.
type place struct {
	next, prev uint32
	at         tick // none when it stands nowhere
	level      uint8
	slot       uint8
}

// arm puts a record where its earliest timer is due. One that stands at an earlier tick is left there: it is looked at then.
func (w *wheel) arm(i uint32, present int64) {
	rec := w.records.at(i)
	var first tick
	for _, due := range rec.due {
		if due != 0 && (first == 0 || due.before(first)) {
			first = due
		}
	}
	switch {
	case first == 0 || rec.place.at != 0 && !first.before(rec.place.at):
		return
	case rec.place.at != 0:
		w.remove(i)
	}
	if w.armed == 0 {
		w.done = present // nothing is in the slots skipped
	}
	w.link(i, first)
}

func (w *wheel) link(i uint32, due tick) {
	ahead := min(max(int64(int32(due-tick(w.done))), 1), wheelSpan-1)
	at := w.done + ahead
	// The level is that of the highest digit in which the tick differs from the present.
	level := min((bits.Len64(uint64(at^w.done))-1)/wheelBits, wheelLevels-1)
	slot := at >> (level * wheelBits) % wheelSlots
	rec := w.records.at(i)
	head := &w.heads[level][slot]
	rec.place = place{next: *head, at: instant(at), level: uint8(level), slot: uint8(slot)}
	if *head != 0 {
		w.records.at(*head).place.prev = i
	}
	*head = i
	w.occupied[level] |= 1 << slot
	w.armed++
}

// remove takes a record out, if it is in.
func (w *wheel) remove(i uint32) {
	rec := w.records.at(i)
	p := rec.place
	if p.at == 0 {
		return
	}
	if p.next != 0 {
		w.records.at(p.next).place.prev = p.prev
	}
	if p.prev != 0 {
		w.records.at(p.prev).place.next = p.next
	} else if w.heads[p.level][p.slot] = p.next; p.next == 0 {
		w.occupied[p.level] &^= 1 << p.slot
	}
	rec.place = place{}
	w.armed--
}

// upcoming is the next tick at which a slot must be looked at; 0 when the wheel is empty.
func (w *wheel) upcoming() int64 {
	var first int64
	for level := range wheelLevels {
		if w.occupied[level] == 0 {
			continue
		}
		shift := level * wheelBits
		present := w.done >> shift
		// The slots after the present one, in their order; the last of them is the present one, a whole turn later.
		ahead := bits.RotateLeft64(w.occupied[level], -int(present%wheelSlots)-1)
		next := (present + 1 + int64(bits.TrailingZeros64(ahead))) << shift
		if first == 0 || next < first {
			first = next
		}
	}
	return first
}

// advance moves the wheel to the present and appends what stands at a tick that has come.
func (w *wheel) advance(present int64, due []uint32) []uint32 {
	for {
		next := w.upcoming()
		if next == 0 || next > present {
			w.done = max(w.done, present)
			return due
		}
		w.done = next
		for level := wheelLevels - 1; level >= 0; level-- {
			shift := level * wheelBits
			if next&(1<<shift-1) == 0 {
				due = w.open(level, int(next>>shift%wheelSlots), due)
			}
		}
	}
}

// open empties a slot: what is due is collected, the rest goes to finer slots.
func (w *wheel) open(level, slot int, due []uint32) []uint32 {
	i := w.heads[level][slot]
	w.heads[level][slot] = 0
	w.occupied[level] &^= 1 << slot
	for i != 0 {
		rec := w.records.at(i)
		p := rec.place
		rec.place = place{}
		w.armed--
		if !instant(w.done).before(p.at) {
			due = append(due, i)
		} else {
			w.link(i, p.at)
		}
		i = p.next
	}
	return due
}
