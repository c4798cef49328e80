package sip

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// Provisional responses that are acknowledged: RFC 3262. A stack has them when Config.Ability.Extensions has reliableTag.

const reliableTag = "100rel"

// ErrUnreliable says that a peer acknowledges no provisional responses.
var ErrUnreliable = errors.New("sip: the peer does not support 100rel")

func has(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// pracks are the provisional responses that wait for their PRACK.
type pracks struct {
	mu   sync.Mutex
	list map[prackKey]chan *Request
}

// A prackKey is what a response and its PRACK have in common.
type prackKey struct {
	callID, tag string // of ours
	response    uint32
	request     uint32
}

// RespondReliably sends a provisional response over and over until the peer has acknowledged it, and returns the PRACK, which has been answered. It
// waits, so that Config.Inline does not go with it; the next response is to be sent when it has returned. The error is ErrUnreliable, ErrTimeout,
// after which the request should be refused (RFC 3262 section 3), or ErrAnswered.
func (w *Responder) RespondReliably(ctx context.Context, res *Response) (*Request, error) {
	w.mu.Lock()
	req := w.request
	if w.rseq == 0 {
		w.rseq = firstRSeq()
	}
	w.rseq++
	number := w.rseq
	w.mu.Unlock()
	switch {
	case req == nil:
		return nil, ErrAnswered
	case w.method != wire.MethodINVITE || res.Status <= 100 || res.Status >= 200 || !has(req.Supported, reliableTag) && !has(req.Require, reliableTag):
		return nil, ErrUnreliable
	}
	s := w.stack
	res.RSeq = header.Some(number)
	if !has(res.Require, reliableTag) {
		res.Require = append(slices.Clone(res.Require), reliableTag)
	}
	if res.To.Tag() == "" {
		w.tag(res)
	}
	k := prackKey{res.CallID, res.To.Tag(), number, res.CSeq.Number}
	acknowledged := s.pracks.await(k)
	defer s.pracks.forget(k)
	left := 64 * s.config.Timers.T1
	for wait := s.config.Timers.T1; ; wait = min(2*wait, left) {
		if err := w.Respond(res); err != nil {
			return nil, err
		}
		again := time.NewTimer(wait)
		select {
		case prack := <-acknowledged:
			again.Stop()
			return prack, nil
		case <-w.Context().Done():
			again.Stop()
			return nil, ErrAnswered
		case <-ctx.Done():
			again.Stop()
			return nil, ctx.Err()
		case <-again.C:
		}
		if left -= wait; left <= 0 {
			return nil, ErrTimeout
		}
	}
}

// firstRSeq is by chance, so that nobody can acknowledge what he has not seen: RFC 3262 section 3.
func firstRSeq() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:]) >> 1
}

func (p *pracks) await(k prackKey) <-chan *Request {
	c := make(chan *Request, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list == nil {
		p.list = map[prackKey]chan *Request{}
	}
	p.list[k] = c
	return c
}

func (p *pracks) forget(k prackKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.list, k)
}

// take gives a PRACK to the response that waits for it, and reports whether there is one.
func (p *pracks) take(r *Request) bool {
	k := prackKey{r.CallID, r.To.Tag(), r.RAck.Response, r.RAck.Number}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.list[k]
	if c == nil || r.RAck.Method != wire.MethodINVITE {
		return false
	}
	delete(p.list, k)
	c <- r
	return true
}

// acknowledge answers a PRACK: 200 to one that is waited for, 481 to others.
func (s *stack) acknowledge(w *Responder, r *Request, octets []byte) {
	own, err := clone(r, octets)
	if err != nil || !s.pracks.take(own) {
		_ = w.Reply(wire.CodeCallDoesNotExist)
		return
	}
	_ = w.Reply(wire.CodeOK)
}

// An early is what a caller knows of the dialogs that its INVITE may make, before one is.
type early struct {
	client  *Client
	request *Request
	dialogs map[string]*Dialog // by the callee's tag
	seen    map[string]uint32  // the last RSeq of each
}

// provisional acknowledges a provisional response that asks for it. It is false for one that has come before, or too early.
func (e *early) provisional(ctx context.Context, res *Response) bool {
	if !has(res.Require, reliableTag) || !res.RSeq.Present {
		return true
	}
	tag := res.To.Tag()
	last, known := e.seen[tag]
	if known && res.RSeq.Value != last+1 {
		return false
	}
	d := e.dialogs[tag]
	if d == nil {
		var err error
		if d, err = e.dialog(res); err != nil {
			return true
		}
		if e.seen == nil {
			e.dialogs, e.seen = map[string]*Dialog{}, map[string]uint32{}
		}
		e.dialogs[tag] = d
	}
	e.seen[tag] = res.RSeq.Value
	prack := d.NewRequest(wire.MethodPRACK)
	prack.RAck = wire.RAck{Response: res.RSeq.Value, Number: res.CSeq.Number, Method: res.CSeq.Method}
	go func() { _, _ = e.client.Do(ctx, prack) }()
	return true
}

// dialog is the one of a response: that of earlier ones, moved to where the peer is now (RFC 3261 section 13.2.2.4), or a new one.
func (e *early) dialog(res *Response) (*Dialog, error) {
	made := &Request{URI: e.request.URI}
	made.From, made.CallID, made.CSeq = res.From, res.CallID, res.CSeq
	d, err := NewClientDialog(made, res)
	if before := e.dialogs[res.To.Tag()]; err == nil && before != nil {
		d.number = before.number // nobody else has it
	}
	return d, err
}
