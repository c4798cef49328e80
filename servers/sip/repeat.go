package sip

import (
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A repeated is a 2xx to an INVITE, which its user agent repeats until the ACK comes (RFC 3261 section 13.3.1.4).
type repeated struct {
	timer  loop.Timer
	stack  *stack
	key    uint64
	link   transaction.Link
	octets []byte
	after  time.Duration // between this time and the next
	left   time.Duration // until it is given up
}

// repeats are those that wait for their ACK.
type repeats struct {
	mu   sync.Mutex
	list map[uint64]*repeated // by ackKey
	free sync.Pool
}

func (r *repeats) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list)
}

// ackKey is a number for what a 2xx and its ACK have in common: the dialog and the number of the INVITE. As with inviteKey, nobody can find two of
// them.
func (s *stack) ackKey(h *MessageHead) uint64 {
	var buf [192]byte
	b := append(append(buf[:0], h.CallID...), ' ')
	b = append(append(b, h.From.Tag()...), ' ')
	b = append(append(b, h.To.Tag()...), ' ')
	return maphash.Bytes(s.seed, strconv.AppendUint(b, uint64(h.CSeq.Number), 10))
}

// repeat begins to repeat a 2xx.
func (s *stack) repeat(res *Response, link transaction.Link) {
	r, _ := s.repeats.free.Get().(*repeated)
	if r == nil {
		r = &repeated{}
		r.timer.Func = r.again
	}
	octets, err := res.AppendMessage(r.octets[:0])
	if err != nil {
		return
	}
	r.stack, r.link, r.octets, r.key = s, link, octets, s.ackKey(&res.MessageHead)
	r.after, r.left = s.config.Timers.T1, 64*s.config.Timers.T1
	s.repeats.mu.Lock()
	if s.repeats.list == nil {
		s.repeats.list = map[uint64]*repeated{}
	}
	_, twice := s.repeats.list[r.key]
	if !twice {
		s.repeats.list[r.key] = r
		s.transactions.Hold(len(r.octets))
	}
	s.repeats.mu.Unlock()
	if !twice {
		s.wheel.Arm(&r.timer, r.after)
	}
}

// drop forgets a 2xx. The mutex of repeats is held.
func (s *stack) drop(r *repeated) {
	delete(s.repeats.list, r.key)
	s.transactions.Hold(-len(r.octets))
}

// again is called by the wheel.
func (r *repeated) again() {
	s := r.stack
	r.left -= r.after
	if r.left <= 0 {
		s.repeats.mu.Lock()
		if s.repeats.list[r.key] == r {
			s.drop(r)
			s.counters.unacknowledged.Add(1)
		}
		s.repeats.mu.Unlock()
		return
	}
	s.repeats.mu.Lock()
	waits := s.repeats.list[r.key] == r
	s.repeats.mu.Unlock()
	if !waits {
		return
	}
	s.Send(r.octets, r.link, 0)
	r.after = min(2*r.after, s.config.Timers.T2, r.left)
	s.wheel.Arm(&r.timer, r.after)
}

// acked ends the repeating of a 2xx, given its head or that of the ACK that acknowledges it.
func (s *stack) acked(head *MessageHead) {
	key := s.ackKey(head)
	s.repeats.mu.Lock()
	r := s.repeats.list[key]
	if r != nil {
		s.drop(r)
	}
	s.repeats.mu.Unlock()
	if r != nil && s.wheel.Disarm(&r.timer) { // else the wheel has it in hand
		s.repeats.free.Put(r)
	}
}
