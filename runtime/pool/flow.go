package pool

import "slices"

// A KeepAliveHandler is a Handler that wants to know when a peer has shown by a keep-alive, and not by a message, that it is there.
type KeepAliveHandler interface {
	Handler
	// KeptAlive comes with the messages of the connection, in order; it must not block.
	KeptAlive(f Flow)
}

// Alive reports whether a connection is there and takes requests.
func (p *Pool) Alive(f Flow) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.conns[f]
	return s != nil && !s.closing && !s.leaving
}

// Hangup ends a connection once what is queued has been written; one that is not there any more needs nothing. FlowClosed gets why.
func (p *Pool) Hangup(f Flow, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.conns[f]
	if s == nil || s.closing {
		return
	}
	if !s.isMaster {
		p.idle.remove(s)
	}
	p.unlistLocked(s)
	s.closing, s.why = true, why
	s.lc.CloseAfterFlush()
}

// Alias lets requests to another destination go over a connection, as those to the peer's own address do (RFC 5923): whoever calls has made sure
// that the peer is who the destination names. It is false when the connection is not there, or has maxAliases already.
func (p *Pool) Alias(f Flow, to Destination) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, k := p.conns[f], p.keyOf(to.canonical())
	switch {
	case s == nil || s.closing || s.leaving || s.isMaster:
		return false
	case k == s.key || slices.Contains(s.aliases, k):
		return true
	case len(s.aliases) >= maxAliases:
		return false
	}
	s.aliases = append(s.aliases, k)
	p.peers[k] = append(p.peers[k], s)
	return true
}

// maxAliases is how many destinations a connection may have beside its own.
const maxAliases = 4
