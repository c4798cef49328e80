package pool

import (
	"context"
	"errors"
	"net"

	"github.com/protogen-go/protogen/runtime/loop"
)

// An attachment is the time a pool spends with one loop and one handler.
type attachment struct {
	engine  loop.Engine
	handler Handler
	gate    *gate // nil without a listener
}

// Attach makes the pool work: from now on e carries its connections, and h gets the messages. It replaces an earlier attachment: connections
// that are there, or in the making, stay with the loop they were made on, and from now on report to h; so does a UDP socket, which belongs to
// the first loop, and is lost with it: then the error is ErrNoMaster.
func (p *Pool) Attach(e loop.Engine, h Handler) error {
	switch {
	case h == nil:
		return errors.New("pool: no handler")
	case e == nil:
		return errors.New("pool: no loop")
	}
	a := &attachment{engine: e, handler: h}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return ErrClosed
	case p.packetLost:
		return ErrNoMaster
	}
	p.detachLocked()
	p.attached.Store(a)
	now := p.now()
	for _, s := range p.conns {
		s.stamp.Store(int64(now)) // while it was detached nothing could be heard of it
		s.lc.ResumeRead()
	}
	if p.listener != nil {
		a.gate = &gate{pool: p, closed: make(chan struct{})}
		p.live.Add(1)
		go p.serve(a)
	}
	if p.packet != nil {
		if err := p.attachPacketsLocked(e); err != nil {
			p.detachLocked()
			return err
		}
	}
	p.changed.Broadcast()
	p.armLocked()
	if stream := p.stream; stream != nil {
		p.stream = nil
		p.live.Add(1)
		p.master = &conn{pool: p, isMaster: true}
		go p.attachMaster(e, stream, p.master)
	}
	return nil
}

// attachPacketsLocked gives the loop the UDP socket, or lets the one that has it go on.
func (p *Pool) attachPacketsLocked(e loop.Engine) error {
	if p.lc != nil {
		_ = p.lc.Post(reattached{})
		p.lc.ResumeRead()
		return nil
	}
	c, err := e.AttachPackets(p.packet, p.receiver)
	if err != nil {
		p.packetLost = true
		return err
	}
	p.lc = c
	p.live.Add(1)
	return nil
}

// attachMaster gives the loop the connection the pool was made with.
func (p *Pool) attachMaster(e loop.Engine, stream net.Conn, s *conn) {
	if _, err := e.Attach(context.Background(), stream, nil, s); err != nil {
		p.log.Error("master socket lost", "error", err)
		s.Closed(nil, err)
	}
}

// serve accepts connections on the loop, for the time of an attachment.
func (p *Pool) serve(a *attachment) {
	defer p.live.Done()
	err := a.engine.Serve(a.gate, loop.Service{New: func() loop.Session { return &conn{pool: p} }, TLS: p.tls.server})
	if !errors.Is(err, net.ErrClosed) {
		p.log.Error("accepting ends", "listen", p.listener.Addr(), "error", err)
	}
}

// Detach takes the pool off its loop: nothing is delivered, accepted or expired until it is attached again. Sockets stay open, what arrives
// waits in the system, and messages still leave by connections that are there.
func (p *Pool) Detach() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.detachLocked()
}

func (p *Pool) detachLocked() {
	if p.lc != nil {
		p.lc.PauseRead()
	}
	a := p.attached.Swap(nil)
	if a == nil {
		return
	}
	if a.gate != nil {
		_ = a.gate.Close()
	}
	for _, s := range p.conns {
		s.lc.PauseRead()
	}
	p.disarmLocked()
}

// awaitAttached waits while the pool is detached; nil means that it is closed.
func (p *Pool) awaitAttached() *attachment {
	if a := p.attached.Load(); a != nil {
		return a
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		if a := p.attached.Load(); a != nil {
			return a
		}
		p.changed.Wait()
	}
	return nil
}
