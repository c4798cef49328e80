package sip

import (
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
	key    string
	link   transaction.Link
	octets []byte
	after  time.Duration // between this time and the next
	left   time.Duration // until it is given up
}

// repeats are those that wait for their ACK.
type repeats struct {
	mu   sync.Mutex
	list map[string]*repeated
	free sync.Pool
}

func (r *repeats) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list)
}

// appendAckKey appends what a 2xx and its ACK have in common: the dialog and the number of the INVITE.
func appendAckKey(b []byte, h *MessageHead) []byte {
	b = append(append(b, h.CallID...), ' ')
	b = append(append(b, h.From.Tag()...), ' ')
	b = append(append(b, h.To.Tag()...), ' ')
	return strconv.AppendUint(b, uint64(h.CSeq.Number), 10)
}

// repeat begins to repeat a 2xx.
func (s *stack) repeat(res *Response, link transaction.Link) {
	var buf [128]byte
	key := appendAckKey(buf[:0], &res.MessageHead)
	r, _ := s.repeats.free.Get().(*repeated)
	if r == nil {
		r = &repeated{}
		r.timer.Func = r.again
	}
	octets, err := res.AppendMessage(r.octets[:0])
	if err != nil {
		return
	}
	r.stack, r.link, r.octets, r.key = s, link, octets, string(key)
	r.after, r.left = s.config.Timers.T1, 64*s.config.Timers.T1
	s.repeats.mu.Lock()
	if s.repeats.list == nil {
		s.repeats.list = map[string]*repeated{}
	}
	_, twice := s.repeats.list[r.key]
	if !twice {
		s.repeats.list[r.key] = r
	}
	s.repeats.mu.Unlock()
	if !twice {
		s.wheel.Arm(&r.timer, r.after)
	}
}

// again is called by the wheel.
func (r *repeated) again() {
	s := r.stack
	r.left -= r.after
	if r.left <= 0 {
		s.repeats.mu.Lock()
		if s.repeats.list[r.key] == r {
			delete(s.repeats.list, r.key)
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
	var buf [128]byte
	key := appendAckKey(buf[:0], head)
	s.repeats.mu.Lock()
	r := s.repeats.list[string(key)]
	if r != nil {
		delete(s.repeats.list, r.key)
	}
	s.repeats.mu.Unlock()
	if r != nil && s.wheel.Disarm(&r.timer) { // else the wheel has it in hand
		s.repeats.free.Put(r)
	}
}
