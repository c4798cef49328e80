package sip

import (
	"context"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// Dialogs gives the requests of dialogs to those who own them: a Handler for Config.Handler or within one. The zero Dialogs has none.
type Dialogs struct {
	// Outside gets the requests that belong to no dialog because their To has no tag; nil refuses them with 481.
	Outside Handler

	mu   sync.Mutex
	list map[dialogKey]member
}

// A dialogKey names a dialog: RFC 3261 section 12.
type dialogKey struct{ callID, local, remote string }

type member struct {
	dialog  *Dialog
	handler Handler
}

func (d *Dialog) key() dialogKey { return dialogKey{d.callID, d.LocalTag(), d.RemoteTag()} }

// Add has the requests of a dialog given to h, ACKs among them. Those that come out of order never get there, nor does an INVITE that crosses one of ours.
func (d *Dialogs) Add(dialog *Dialog, h Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list == nil {
		d.list = map[dialogKey]member{}
	}
	d.list[dialog.key()] = member{dialog, h}
}

// Remove ends that: what still comes gets 481.
func (d *Dialogs) Remove(dialog *Dialog) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.list, dialog.key())
}

// ServeSIP implements Handler.
func (d *Dialogs) ServeSIP(w *Responder, r *Request) {
	tag := r.To.Tag()
	if tag == "" && d.Outside != nil {
		d.Outside.ServeSIP(w, r)
		return
	}
	d.mu.Lock()
	m, known := d.list[dialogKey{r.CallID, tag, r.From.Tag()}]
	d.mu.Unlock()
	switch {
	case known:
		m.serve(w, r)
	case r.Method != wire.MethodACK:
		_ = w.Reply(wire.CodeCallDoesNotExist)
	}
}

// serve lets a request through to the dialog's handler, or refuses it: RFC 3261 sections 12.2.2 and 14.2.
func (m member) serve(w *Responder, r *Request) {
	if r.Method != wire.MethodINVITE {
		if m.dialog.Receive(r) {
			m.handler.ServeSIP(w, r)
		} else {
			_ = w.Reply(wire.CodeServerInternalError)
		}
		return
	}
	switch m.dialog.invite(r) {
	case 0:
		m.handler.ServeSIP(w, r)
		context.AfterFunc(w.Context(), m.dialog.answered)
	case wire.CodeRequestPending:
		_ = w.Reply(wire.CodeRequestPending)
	default:
		res := NewResponse(r, wire.CodeServerInternalError)
		res.RetryAfter = header.Some(wire.RetryAfter{Seconds: uint32(between(0, 100, maxReinvite) / time.Second)})
		_ = w.Respond(res)
	}
}

// maxReinvite is how long a peer is told to wait that invites again before it has been answered: RFC 3261 section 14.2.
const maxReinvite = 10 * time.Second

// invite takes an INVITE of the peer's. Zero lets it through.
func (d *Dialog) invite(r *Request) Code {
	d.mu.Lock()
	crosses, busy := d.asks, d.asked
	d.mu.Unlock()
	switch {
	case crosses:
		return wire.CodeRequestPending
	case busy, !d.Receive(r):
		return wire.CodeServerInternalError
	}
	d.mu.Lock()
	d.asked = true
	d.mu.Unlock()
	return 0
}

// answered says that the peer's INVITE has been.
func (d *Dialog) answered() {
	d.mu.Lock()
	d.asked = false
	d.mu.Unlock()
}

// Within sends a request that Dialog.NewRequest has made, and waits for the final response: the target moves to where the peer says it is now, a 2xx to an
// INVITE is acknowledged, and an INVITE that has crossed one of the peer's (491) is sent again after the time that RFC 3261 section 14.1 wants. One INVITE of a
// dialog may be on its way at a time.
func (c *Client) Within(ctx context.Context, d *Dialog, req *Request, account *Account) (*Response, error) {
	if req.Method != wire.MethodINVITE {
		call, res, err := c.do(ctx, req, account, nil, c.try)
		if err == nil {
			call.Close()
			d.moved(call.request, res)
		}
		return res, err
	}
	for {
		res, err := c.reinvite(ctx, d, req, account)
		if err != nil || res.Status != wire.CodeRequestPending {
			return res, err
		}
		wait := between(0, 100, 2*time.Second)
		if d.caller {
			wait = 2100*time.Millisecond + between(0, 100, 1900*time.Millisecond) // so that they do not meet again
		}
		if !sleep(ctx, wait) {
			return nil, ctx.Err()
		}
		again := d.NewRequest(req.Method)
		head := req.MessageHead
		head.CSeq, head.Via = again.CSeq, nil
		req = &Request{Method: req.Method, URI: again.URI, MessageHead: head}
	}
}

// reinvite sends an INVITE of a dialog once.
func (c *Client) reinvite(ctx context.Context, d *Dialog, req *Request, account *Account) (*Response, error) {
	if !d.begin() {
		return nil, ErrInviting
	}
	call, res, err := c.do(ctx, req, account, nil, c.try)
	d.mu.Lock()
	d.asks = false
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	d.moved(call.request, res)
	if res.Status >= 300 {
		call.Close()
		return res, nil
	}
	if err := c.Send(ctx, d.NewRequest(wire.MethodACK)); err != nil {
		call.Close()
		return nil, err
	}
	go c.acknowledgeAgain(d, call)
	return res, nil
}

// begin notes that an INVITE of ours goes out; false if there is one already.
func (d *Dialog) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asks {
		return false
	}
	d.asks = true
	return true
}

// moved takes from a final response where the peer is now, and from the request as it was sent, challenges answered, how far we have counted.
func (d *Dialog) moved(req *Request, res *Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.number = max(d.number, req.CSeq.Number)
	if req.Method == wire.MethodINVITE {
		d.invited = req.CSeq.Number
	}
	if res.Status < 300 {
		d.refresh(req.Method, &res.MessageHead)
	}
}

// acknowledgeAgain acknowledges a 2xx that comes again, as long as it may.
func (c *Client) acknowledgeAgain(d *Dialog, call *Call) {
	defer call.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 64*c.stack.config.Timers.T1)
	defer cancel()
	for {
		res, err := call.Next(ctx)
		if err != nil {
			return
		}
		if res.Status >= 200 && res.Status < 300 && res.To.Tag() == d.RemoteTag() {
			ack := d.NewRequest(wire.MethodACK)
			ack.CSeq.Number = res.CSeq.Number
			_ = c.Send(ctx, ack)
		}
	}
}
