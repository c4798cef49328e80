package loop

import (
	"syscall"
	"time"
)

// push implements carrier: what the socket does not take at once waits until it is ready.
func (p *polled) push(b []byte, counted int) error {
	if p.parked != nil {
		return p.pushTLS(b, counted)
	}
	return p.pushRaw(b, counted)
}

// A backlog is what a socket has not taken: most never have one.
type backlog struct {
	octets []byte
	last   time.Duration // when the socket has taken something
}

func (p *polled) pushRaw(b []byte, counted int) (err error) {
	if p.backlog == nil {
		b, err = p.writeNow(b)
	}
	if n := len(b) - counted; n != 0 {
		p.env.counters.queued.Add(int64(n))
	}
	if len(b) > 0 {
		p.keepUnsent(b)
		p.rearm()
	}
	return err
}

// writeNow writes what the socket takes, and returns what it has not taken.
func (p *polled) writeNow(b []byte) (rest []byte, err error) {
	n, err := writeFD(uintptr(p.fd), b)
	if err != nil && !wouldBlock(err) {
		return nil, p.opError("write", err)
	}
	return b[n:], nil
}

// keepUnsent adds to the backlog. The first of it has WriteStall to leave.
func (p *polled) keepUnsent(b []byte) {
	if p.backlog == nil {
		p.backlog = &backlog{last: p.env.now()}
		p.timers.armKind(&p.Conn, eventStall, 0, p.env.config.WriteStall)
	}
	p.backlog.octets = append(p.backlog.octets, b...)
}

// drainQueue writes what waits, when the socket is ready for it.
func (p *polled) drainQueue() {
	octets := p.backlog.octets
	n, err := writeFD(uintptr(p.fd), octets[:min(len(octets), writeTurn)])
	if err != nil {
		if !wouldBlock(err) {
			p.Abort(p.opError("write", err))
		}
		return
	}
	p.backlog.last = p.env.now()
	p.took(n)
}

// writeTurn is how much of its queue a connection may write before others get their turn.
const writeTurn = 256 << 10

// took removes the first n octets of the backlog.
func (p *polled) took(n int) {
	p.env.counters.queued.Add(int64(-n))
	p.backlog.octets = p.backlog.octets[n:]
	if len(p.backlog.octets) == 0 {
		p.backlog = nil
	}
}

func (p *polled) queued() int {
	if p.backlog == nil {
		return 0
	}
	return len(p.backlog.octets)
}

// stalled implements staller: it cuts the connection if the peer has taken nothing for Config.WriteStall.
func (p *polled) stalled() {
	if p.backlog == nil {
		return
	}
	left := p.backlog.last + p.env.config.WriteStall - p.env.now()
	if left > 0 {
		p.timers.armKind(&p.Conn, eventStall, 0, left)
		return
	}
	p.env.counters.stalls.Add(1)
	p.Abort(ErrStalled)
}

// shut implements carrier. The peer may have to be read before it reads, so input that was not wanted is thrown away from now on.
func (p *polled) shut() {
	if p.parked != nil {
		p.shutTLS()
	}
	p.rearm()
}

// release implements carrier.
func (p *polled) release(gently bool) {
	if n := p.queued(); n > 0 {
		p.took(n)
	}
	p.keep(nil, 0, false)
	p.mu.Lock()
	p.letGo = true
	if gently && !p.severed && p.lingerLocked() {
		p.mu.Unlock()
		return
	}
	if !gently {
		_ = syscall.SetsockoptLinger(int(p.fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	}
	p.mu.Unlock()
	p.sever()
}

// lingerLocked ends our output and has the peer's thrown away for some time: closing a socket with unread input would reset the connection, and
// could destroy our last octets before the peer has read them. It reports false if there is nothing to wait for.
func (p *polled) lingerLocked() bool {
	if p.ended || syscall.Shutdown(int(p.fd), syscall.SHUT_WR) != nil {
		return false
	}
	if (!p.registered || p.mask != pollIn) && p.watchLocked(pollIn) != nil {
		return false
	}
	p.clock(p.sever).Reset(p.env.config.Linger)
	return true
}

// discard throws away the input of a connection that is over.
func (p *polled) discard() {
	var l loan
	l.take()
	defer l.done()
	p.mu.Lock()
	if p.fd < 0 {
		p.mu.Unlock()
		return
	}
	n, err := readFD(uintptr(p.fd), l.buf[:])
	p.mu.Unlock()
	if n == 0 && !wouldBlock(err) {
		p.sever()
	}
}

// sever implements member: it closes the descriptor, which is the end. While Closed is going on it leaves that to release.
func (p *polled) sever() {
	p.mu.Lock()
	if !p.letGo {
		p.severed = true
		p.mu.Unlock()
		return
	}
	fd := p.fd
	p.fd = -1
	p.mu.Unlock()
	if fd < 0 {
		return
	}
	p.loop.remove(p.slot)
	_ = syscall.Close(int(fd))
	p.loop.engine.forget(p)
}
