package pool

import "sync/atomic"

// Stats counts what a pool has done since it was made, and what it holds now.
type Stats struct {
	Sockets    int // all there are, those in the making and the master included: the n of the expiry rule
	Connecting int // connections in the making
	Waiting    int // messages that wait for them
	Requests   int // transactions remembered
	Failures   int // destinations that have failed lately

	Received      uint64 // messages delivered
	Sent          uint64 // messages the system has taken
	SendErrors    uint64 // messages that failed
	KeepAlives    uint64 // keep-alives received
	FrameErrors   uint64 // connections closed, and datagrams dropped, because of what they brought
	ReceiveErrors uint64 // what the system has said on a connected UDP socket of messages sent before

	Accepted       uint64 // connections that peers have made
	Dialed         uint64 // connections we have made
	DialErrors     uint64 // connections we could not make
	DialTimeouts   uint64 // those of them that took too long
	RecentFailures uint64 // attempts not made because of one that had just failed
	Expired        uint64 // connections closed because they were idle
	Strangers      uint64 // connections and datagrams of others than the peer the pool is restricted to
	OverLimit      uint64 // connections refused, or not begun, because of MaxConns or MaxConnsPerPeer
	Forgotten      uint64 // transactions given up because of MaxTIDList, or not remembered because of MaxTransaction
	Panics         uint64 // callbacks that panicked, those of connections excepted, which the loop counts
}

// counters are the live form of Stats.
type counters struct {
	received, sent, sendErrors, keepAlives, frameErrors, receiveErrors,
	accepted, attached, dialed, dialErrors, dialTimeouts, recentFailures,
	expired, strangers, overLimit, forgotten, panics atomic.Uint64
}

// Stats reports the pool's counters.
func (p *Pool) Stats() Stats {
	c := &p.counters
	s := Stats{
		Received: c.received.Load(), Sent: c.sent.Load(), SendErrors: c.sendErrors.Load(), KeepAlives: c.keepAlives.Load(),
		FrameErrors: c.frameErrors.Load(), ReceiveErrors: c.receiveErrors.Load(), Accepted: c.accepted.Load(), Dialed: c.dialed.Load(),
		DialErrors: c.dialErrors.Load(), DialTimeouts: c.dialTimeouts.Load(), RecentFailures: c.recentFailures.Load(),
		Expired: c.expired.Load(), Strangers: c.strangers.Load(), OverLimit: c.overLimit.Load(), Forgotten: c.forgotten.Load(),
		Panics: c.panics.Load(),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Sockets = p.socketsLocked()
	if !p.closed && (p.packet != nil && !p.packetLost || p.listener != nil || p.stream != nil || p.master != nil) {
		s.Sockets++
	}
	s.Connecting, s.Requests, s.Failures = len(p.attempts), len(p.requests), len(p.failures)
	for _, a := range p.attempts {
		s.Waiting += len(a.waiters)
	}
	return s
}
