package transaction

import "hash/maphash"

// crowdShare is the part of an engine's room, one in so many, that is left to peers with few transactions when one peer takes all it can get; and
// the part of all transactions beyond which a peer has many.
const crowdShare = 8

// A crowd counts the transactions that peers have begun, by their addresses. Addresses share counters, so that it needs no memory for those who
// come: two peers that share one are taken for one.
type crowd [1 << 10]uint32

// counter is the number of a peer's counter, from 1.
func (c *crowd) counter(seed maphash.Seed, from *Link) uint16 {
	return uint16(maphash.Bytes(seed, from.IP[:])%uint64(len(c))) + 1
}

// count adds n to a counter; number 0 is of transactions that no peer has begun.
func (c *crowd) count(number uint16, n int) {
	if number > 0 {
		c[number-1] += uint32(n)
	}
}

// crowded reports whether there is so little room left that the peer of a counter, which has many of all transactions, must leave it to others.
func (s *shard) crowded(number uint16) bool {
	limit, kept := s.records.limit, s.engine.config.MaxKept
	scarce := s.records.used >= limit-limit/crowdShare || s.engine.counters.kept.Load() >= kept-kept/crowdShare
	return scarce && int(s.crowd[number-1]) > s.records.used/crowdShare
}
