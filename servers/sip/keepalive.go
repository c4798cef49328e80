package sip

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// How often a flow is kept alive if its registrar does not say, and how long it has to answer: RFC 5626 sections 4.4 and 4.4.1.
const (
	keepAliveStream = 120 * time.Second
	keepAliveUDP    = 29 * time.Second
	keepAliveAnswer = 10 * time.Second
	minRenewal      = 5 * time.Second        // between two REGISTERs, whatever is granted
	stunAgain       = 500 * time.Millisecond // doubles: RFC 5389 section 7.2.1
)

// Why a flow has failed.
var (
	// ErrNoPong says that a keep-alive was not answered in time.
	ErrNoPong = errors.New("sip: keep-alive not answered")
	// ErrFlowClosed says that the connection has ended.
	ErrFlowClosed = errors.New("sip: flow closed")
	// ErrMoved says that our address, as the peer sees it, is another one: nobody reaches us at the old one any more.
	ErrMoved = errors.New("sip: address has changed")
)

func (f *keptFlow) key() flowKey { return flowKey{f.link.Transport, pool.Flow(f.link.Flow)} }

// open finds the way: over a stream it makes a connection by a first ping; over UDP nothing has to be made.
func (f *keptFlow) open(ctx context.Context) error {
	s := f.owner.client.stack
	links, err := s.targets(ctx, f.request)
	if err != nil {
		return err
	}
	for _, link := range links {
		if link.Reliable {
			link.Flow, err = s.connect(ctx, link)
		}
		if err != nil {
			continue
		}
		link.Name = onlyFlow
		f.link, f.contact = link, f.contactOn(link)
		if link.Reliable {
			f.watch = s.watch(link.Transport, pool.Flow(link.Flow))
		}
		return nil
	}
	return errors.Join(ErrUndelivered, err)
}

// connect sends a ping and returns the connection it has left by.
func (s *stack) connect(ctx context.Context, link transaction.Link) (uint64, error) {
	type result struct {
		flow pool.Flow
		err  error
	}
	c := make(chan result, 1)
	r := pool.Route{To: pool.Destination{Addr: link.Addr(), Host: s.names.of(link.Name)}}
	s.legs[link.Transport].carrier.Send(ctx, pool.Message{Data: []byte(ping), Kind: pool.KeepAlive}, r, func(f pool.Flow, err error) { c <- result{f, err} })
	select {
	case r := <-c:
		return uint64(r.flow), r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// keep keeps the flow alive until it is time to register again (nil), or it has failed.
func (f *keptFlow) keep(ctx context.Context) error {
	renew := time.NewTimer(max(minRenewal, between(50, 80, f.life)))
	defer renew.Stop()
	alive := time.NewTimer(between(80, 100, f.every))
	defer alive.Stop()
	var gone chan struct{}
	if f.watch != nil {
		gone = f.watch.gone
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-renew.C:
			return nil
		case <-gone:
			return ErrFlowClosed
		case <-alive.C:
			if err := f.ping(ctx); err != nil {
				return err
			}
			alive.Reset(between(80, 100, f.every))
		}
	}
}

// ping sends a keep-alive and waits for its answer.
func (f *keptFlow) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, keepAliveAnswer, ErrNoPong)
	defer cancel()
	if !f.link.Reliable {
		return f.pingSTUN(ctx)
	}
	select { // one that has come too late for the last ping
	case <-f.watch.pong:
	default:
	}
	k := f.key()
	r := pool.Route{Flow: k.flow, NoDial: true}
	f.owner.client.stack.legs[k.leg].carrier.Send(ctx, pool.Message{Data: []byte(ping), Kind: pool.KeepAlive}, r, func(pool.Flow, error) {})
	select {
	case <-f.watch.pong:
		return nil
	case <-f.watch.gone:
		return ErrFlowClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pingSTUN sends a Binding request until it is answered, and looks whether our address is still the same.
func (f *keptFlow) pingSTUN(ctx context.Context) error {
	s := f.owner.client.stack
	request, id := stunRequest()
	answers := make(chan netip.AddrPort, 1)
	s.flows.awaitBinding(id, answers)
	defer s.flows.forgetBinding(id)
	r := pool.Route{To: pool.Destination{Addr: f.link.Addr()}}
	for wait := stunAgain; ; wait *= 2 {
		s.legs[f.link.Transport].carrier.Send(ctx, pool.Message{Data: request, Kind: pool.KeepAlive}, r, nil)
		again := time.NewTimer(wait)
		select {
		case mapped := <-answers:
			again.Stop()
			before := f.mapped
			f.mapped = mapped.String()
			if before != "" && before != f.mapped {
				return ErrMoved
			}
			return nil
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		case <-again.C:
		}
	}
}
