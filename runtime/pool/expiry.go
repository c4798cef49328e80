package pool

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// A clock that is this late was stopped with the whole process: what peers have sent meanwhile is read before it counts against them.
const (
	lateness     = time.Second
	lateReprieve = 100 * time.Millisecond
)

// An idleEntry is a connection's place among those that may expire.
type idleEntry struct {
	index  int           // in the heap; -1 outside
	key    time.Duration // stamp plus jitter, as they were when last looked at: never later than they are
	jitter time.Duration // the connection's own
}

// An idleHeap orders connections by the time they were last of use. Stamps move forward without telling it, which costs nothing: it looks again
// when a connection comes to the top.
type idleHeap []*conn

func (h idleHeap) Len() int           { return len(h) }
func (h idleHeap) Less(i, j int) bool { return h[i].idle.key < h[j].idle.key }
func (h idleHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].idle.index, h[j].idle.index = i, j
}

// Push implements heap.Interface.
func (h *idleHeap) Push(x any) {
	s := x.(*conn)
	s.idle.index = len(*h)
	*h = append(*h, s)
}

// Pop implements heap.Interface.
func (h *idleHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.idle.index = -1
	return s
}

func (h *idleHeap) add(s *conn, jitter time.Duration) {
	s.idle.jitter = 0
	if jitter > 0 {
		s.idle.jitter = rand.N(jitter)
	}
	s.idle.key = s.idleSince()
	heap.Push(h, s)
}

func (h *idleHeap) remove(s *conn) {
	if s.idle.index >= 0 {
		heap.Remove(h, s.idle.index)
	}
}

func (s *conn) idleSince() time.Duration { return time.Duration(s.stamp.Load()) + s.idle.jitter }

// Expiry is how long a connection may be idle now: MinExpire + (MaxExpire - MinExpire) / (n - 1), where n counts all
// sockets, those in the making and the master included.
func (p *Pool) Expiry() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.expiryLocked()
}

func (p *Pool) expiryLocked() time.Duration {
	l := &p.limits
	return l.MinExpire + (l.MaxExpire-l.MinExpire)/time.Duration(max(p.socketsLocked(), 1))
}

// armLocked sets the clock for the first connection that may expire. A clock that is set for earlier will look again by itself.
func (p *Pool) armLocked() {
	if len(p.idle) == 0 || p.attached.Load() == nil {
		return
	}
	at := p.idle[0].idle.key + p.expiryLocked() + 1 // "for longer than"
	if p.timerAt != 0 && p.timerAt <= at {
		return
	}
	p.timerAt = at
	p.timer.Reset(at - p.now())
}

func (p *Pool) disarmLocked() {
	p.timer.Stop()
	p.timerAt, p.reprieve = 0, false
}

// expire closes what has been idle for too long. What is still queued is written first, and TLS says goodbye.
func (p *Pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.attached.Load() == nil || p.timerAt == 0 || now < p.timerAt {
		return
	}
	late := now-p.timerAt > lateness && !p.reprieve
	p.disarmLocked()
	if late {
		p.reprieve = true
		p.timerAt = now + lateReprieve
		p.timer.Reset(lateReprieve)
		return
	}
	limit := p.expiryLocked()
	for len(p.idle) > 0 {
		s := p.idle[0]
		if since := s.idleSince(); since != s.idle.key {
			s.idle.key = since
			heap.Fix(&p.idle, 0)
			continue
		}
		if now-s.idle.key <= limit {
			break
		}
		p.expireLocked(s)
	}
	p.armLocked()
}

func (p *Pool) expireLocked(s *conn) {
	p.idle.remove(s)
	p.unlistLocked(s)
	s.closing, s.why = true, ErrExpired
	s.lc.CloseAfterFlush()
	p.counters.expired.Add(1)
}
