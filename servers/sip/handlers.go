package sip

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
)

// handlersShare is as in the transactions' engine: the last eighth of the room is for peers that have no more than an eighth of the handlers.
const handlersShare = 8

// handlers counts those at work, of all peers and by address. Addresses share counters, so that it needs no memory for those who come.
type handlers struct {
	all atomic.Int64
	by  [1 << 10]atomic.Int64
}

// begin counts a handler for a peer, unless there is no room for it.
func (h *handlers) begin(seed maphash.Seed, peer netip.Addr, limit int64) (end func(), ok bool) {
	of := &h.by[maphash.Comparable(seed, peer)%uint64(len(h.by))]
	end = func() {
		h.all.Add(-1)
		of.Add(-1)
	}
	all, own := h.all.Add(1), of.Add(1)
	if all > limit || all > limit-limit/handlersShare && own > limit/handlersShare {
		end()
		return nil, false
	}
	return end, true
}
