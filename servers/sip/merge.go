package sip

import (
	"hash/maphash"
	"strconv"
	"sync"
	"time"
)

// merges finds requests that have come by different ways because a proxy has forked them: one is worked on, the others are refused with 482
// (RFC 3261 section 8.2.2.2). It holds no pointers, and not more than maxMerges of each of two generations.
type merges struct {
	seed maphash.Seed
	life time.Duration // of a generation: as long as a transaction is remembered

	mu          sync.Mutex
	now, before map[uint64]uint64 // request -> branch, as hashes
	turned      time.Time         // when now began
}

// maxMerges is how many requests are remembered before the older ones are forgotten early. The copies of a request come soon one after the other.
const maxMerges = 1 << 16

func newMerges(life time.Duration) merges { return merges{seed: maphash.MakeSeed(), life: life} }

// merged reports whether a request that begins a transaction has come before, with another branch. Requests within dialogs, and those of RFC 2543 whose From has no tag,
// are not looked at.
func (m *merges) merged(r *Request) bool {
	from := r.From.Tag()
	if from == "" || r.To.Tag() != "" {
		return false
	}
	var buf [256]byte
	b := append(append(buf[:0], r.CallID...), 0)
	b = append(append(b, from...), 0)
	b = append(append(b, r.Method...), 0)
	key := maphash.Bytes(m.seed, strconv.AppendUint(b, uint64(r.CSeq.Number), 10))
	branch := maphash.String(m.seed, r.Via[0].Branch())
	at := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.Sub(m.turned) > m.life || len(m.now) >= maxMerges {
		m.now, m.before = map[uint64]uint64{}, m.now
		if at.Sub(m.turned) > 2*m.life {
			m.before = nil
		}
		m.turned = at
	}
	first, known := m.now[key]
	if !known {
		if first, known = m.before[key]; !known {
			m.now[key] = branch
		}
	}
	return known && first != branch
}
