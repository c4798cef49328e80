package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// ErrNoDialog says that a request and its response make no dialog.
var ErrNoDialog = errors.New("sip: no dialog")

// A Dialog is what two user agents know of each other after an INVITE (RFC 3261 section 12). Who uses none does without. Its methods may
// be called from any goroutine.
type Dialog struct {
	callID        string
	local, remote NameAddr // with their tags
	routes        []Route
	secure        bool
	caller        bool // the Call-ID is ours

	mu      sync.Mutex
	target  uri.URI
	number  uint32 // of our last request
	theirs  uint32 // of the peer's last request; 0 when there was none
	invited uint32 // the number of the INVITE that an ACK is about
	asks    bool   // an INVITE of ours is on its way
	asked   bool   // one of the peer's is being answered
}

// NewClientDialog makes the dialog of a request that we have sent (section 12.1.2).
func NewClientDialog(req *Request, res *Response) (*Dialog, error) {
	if res.Status <= 100 || res.Status >= 300 || len(res.Contact) == 0 || res.To.Tag() == "" {
		return nil, ErrNoDialog
	}
	d := &Dialog{
		callID: req.CallID, local: req.From, remote: res.To, routes: slices.Clone(res.RecordRoute), secure: req.URI.Secure(), caller: true,
		target: res.Contact[0].URI, number: req.CSeq.Number, invited: req.CSeq.Number,
	}
	slices.Reverse(d.routes)
	return d, nil
}

// NewServerDialog makes the dialog of a request that we have answered (section 12.1.1); res is the response as Respond has left it.
func NewServerDialog(req *Request, res *Response) (*Dialog, error) {
	if len(req.Contact) == 0 || res.To.Tag() == "" {
		return nil, ErrNoDialog
	}
	return &Dialog{
		callID: req.CallID, local: res.To, remote: req.From, routes: slices.Clone(req.RecordRoute), secure: req.URI.Secure(),
		target: req.Contact[0].URI, theirs: req.CSeq.Number,
	}, nil
}

// Dialog makes the dialog of a response that is about to be sent, whose tag it sets: requests of the dialog may come before Respond has returned.
func (w *Responder) Dialog(res *Response) (*Dialog, error) {
	w.mu.Lock()
	req := w.request
	w.mu.Unlock()
	if req == nil {
		return nil, ErrAnswered
	}
	if res.To.Tag() == "" {
		w.tag(res)
	}
	return NewServerDialog(req, res)
}

// CallID, LocalTag and RemoteTag name the dialog.
func (d *Dialog) CallID() string    { return d.callID }
func (d *Dialog) LocalTag() string  { return d.local.Tag() }
func (d *Dialog) RemoteTag() string { return d.remote.Tag() }

// Owns reports whether a request that has come belongs to the dialog.
func (d *Dialog) Owns(req *Request) bool {
	return req.CallID == d.callID && req.To.Tag() == d.LocalTag() && req.From.Tag() == d.RemoteTag()
}

// Receive notes a request of the peer's: false means that it is older than one before, and deserves a 500 (section 12.2.2). That
// of an INVITE or UPDATE moves the peer's target.
func (d *Dialog) Receive(req *Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if req.Method != "ACK" && req.Method != "CANCEL" {
		if d.theirs != 0 && req.CSeq.Number <= d.theirs {
			return false
		}
		d.theirs = req.CSeq.Number
	}
	d.refresh(req.Method, &req.MessageHead)
	return true
}

// refresh moves the peer's target to what the request or response of a method says (section 12.2). The mutex is held.
func (d *Dialog) refresh(method string, head *MessageHead) {
	if (method == wire.MethodINVITE || method == wire.MethodUPDATE) && len(head.Contact) > 0 {
		d.target = head.Contact[0].URI
	}
}

// NewRequest makes a request within the dialog: section 12.2.1.1.
func (d *Dialog) NewRequest(method string) *Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch method {
	case "ACK":
		return d.request(method, d.invited)
	case "INVITE":
		d.invited = d.number + 1
	}
	d.number++
	return d.request(method, d.number)
}

func (d *Dialog) request(method string, number uint32) *Request {
	req := &Request{Method: method, URI: d.target}
	req.From, req.To, req.CallID = d.local, d.remote, d.callID
	req.CSeq = CSeq{Number: number, Method: method}
	req.MaxForwards = header.Some[uint8](70)
	req.Route = slices.Clone(d.routes)
	if len(d.routes) > 0 && !d.routes[0].URI.Params.Has("lr") { // a strict router
		req.URI = d.routes[0].URI
		req.Route = append(slices.Clone(d.routes[1:]), Route{URI: d.target})
	}
	return req
}

// An Invitation is an INVITE of ours that was accepted. It acknowledges the 2xx, and again when that comes again, until it is closed.
type Invitation struct {
	*Dialog
	Response *Response // the 2xx
	client   *Client
	call     *Call
	stop     context.CancelFunc
}

// Invite sends an INVITE, answers the challenge if there are credentials, waits for the final response and acknowledges a 2xx. Any other
// final response is a *StatusError. progress, unless it is nil, is told of provisional responses; those that ask for it are acknowledged (RFC 3262).
func (c *Client) Invite(ctx context.Context, req *Request, credentials *Account, progress func(*Response)) (*Invitation, error) {
	e := &early{client: c, request: req}
	if c.stack.reliable && !has(req.Supported, reliableTag) {
		req.Supported = append(slices.Clone(req.Supported), reliableTag)
	}
	call, res, err := c.do(ctx, req, credentials, func(res *Response) {
		if e.provisional(ctx, res) && progress != nil {
			progress(res)
		}
	}, c.try)
	if err != nil {
		return nil, err
	}
	if res.Status >= 300 {
		call.Close()
		return nil, &StatusError{res}
	}
	d, err := e.dialog(res)
	if err != nil {
		call.Close()
		return nil, err
	}
	watch, stop := context.WithCancel(context.Background())
	i := &Invitation{Dialog: d, Response: res, client: c, call: call, stop: stop}
	if err := i.acknowledge(ctx); err != nil {
		i.Close()
		return nil, err
	}
	go i.again(watch)
	return i, nil
}

// acknowledge sends the ACK to the 2xx: a request without a transaction.
func (i *Invitation) acknowledge(ctx context.Context) error {
	return i.client.Send(ctx, i.NewRequest("ACK"))
}

// again acknowledges what comes again.
func (i *Invitation) again(ctx context.Context) {
	for {
		res, err := i.call.Next(ctx)
		if err != nil {
			return
		}
		if res.Status >= 200 && res.Status < 300 && res.To.Tag() == i.RemoteTag() {
			_ = i.acknowledge(ctx)
		}
	}
}

// Bye ends the session, and with it the invitation.
func (i *Invitation) Bye(ctx context.Context) error {
	defer i.Close()
	res, err := i.client.Do(ctx, i.NewRequest("BYE"))
	if err == nil && res.Status >= 300 {
		return &StatusError{res}
	}
	return err
}

// Close forgets the invitation. It sends nothing.
func (i *Invitation) Close() {
	i.stop()
	i.call.Close()
}

// newTag is a tag of ours.
func newTag() string { return rand.Text()[:10] }
