package sip

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A Client sends requests. Make one with NewClient, or take a server's.
type Client struct{ stack *stack }

// NewClient makes a client with legs of its own: those of Config.Listen and Config.Pools, or else UDP at any port and TCP.
func NewClient(ctx context.Context, c Config) (*Client, error) {
	if len(c.Listen) == 0 && len(c.Pools) == 0 {
		c.Listen = []string{"udp://:0", "tcp://:0"}
	}
	s, err := newStack(ctx, c)
	if err == nil {
		err = s.attach()
	}
	if err != nil {
		return nil, err
	}
	return &Client{s}, nil
}

// Close ends a client that was made by NewClient.
func (c *Client) Close() error { return c.stack.close() }

// Stats reports what the client's stack has done and holds.
func (c *Client) Stats() Stats { return c.stack.Stats() }

// NewRequest makes a request to a URI, and from and to it: the caller sets From, which needs no tag. What else a request must have, Do adds.
func NewRequest(method, target string) (*Request, error) {
	u, err := uri.Parse(target)
	if err != nil {
		return nil, err
	}
	req := &Request{Method: method, URI: u}
	req.From, req.To = NameAddr{URI: u}, NameAddr{URI: u}
	return req, nil
}

// complete adds to a request what it must have and has not: RFC 3261 section 8.1.1.
func (c *Client) complete(req *Request) {
	if req.CallID == "" {
		req.CallID = rand.Text()
	}
	if req.From.Tag() == "" {
		req.From.SetTag(newTag())
	}
	if req.CSeq.Method == "" {
		req.CSeq = CSeq{Number: max(req.CSeq.Number, 1), Method: req.Method}
	}
	if !req.MaxForwards.Present {
		req.MaxForwards = header.Some[uint8](70)
	}
	if req.UserAgent == "" {
		req.UserAgent = c.stack.config.Name
	}
}

// A Call is a request on its way.
type Call struct {
	client    *Client
	request   *Request // as it was sent
	link      transaction.Link
	tag       uint64
	responses chan *Response
	failed    chan error

	proceeding atomic.Bool // a provisional response has come

	// Guarded by the mutex of calls.
	id      transaction.ID // 0 until it has begun
	settled bool           // the final response has come, or an error
	left    bool           // nobody waits any more
}

// Responses a call holds that nobody has read; later ones are dropped then.
const maxResponses = 64

// Do sends a request and waits for the final response. When ctx ends first, an INVITE is cancelled; a 2xx that comes all the same is
// returned. Provisional responses are dropped: see Start.
func (c *Client) Do(ctx context.Context, req *Request) (*Response, error) {
	return c.DoAs(ctx, req, nil)
}

// Start sends a request to the first of its targets (RFC 3263), without Via: that is added. The request belongs to the call then. Do, DoAs and
// Invite try the others when the first cannot be reached, or says 503.
func (c *Client) Start(ctx context.Context, req *Request) (*Call, error) {
	links, err := c.stack.targets(ctx, req)
	if err != nil {
		return nil, err
	}
	c.complete(req)
	return c.StartAt(req, links[0])
}

// StartAt sends a request to one address, over one transport. A request that makes a dialog, and that nobody has sent before, gets a
// Contact if it has none (RFC 3261 section 8.1.1.8).
func (c *Client) StartAt(req *Request, link transaction.Link) (*Call, error) {
	return c.ForwardAt(req, link, "")
}

// ForwardAt is StartAt with something at the end of the branch, by which a proxy knows the request if it comes back.
func (c *Client) ForwardAt(req *Request, link transaction.Link, mark string) (*Call, error) {
	s := c.stack
	link = s.fit(req, link)
	via, err := s.via(link, mark)
	if err != nil {
		return nil, err
	}
	if len(req.Via) == 0 && len(req.Contact) == 0 && slices.Contains(dialogMethods, req.Method) {
		req.Contact = []Contact{s.contact(link)}
	}
	req.Via = append([]Via{via}, req.Via...)
	call := &Call{
		client: c, request: req, link: link,
		responses: make(chan *Response, maxResponses), failed: make(chan error, 1),
	}
	s.calls.add(call)
	begin := s.transactions.Request
	if req.Method == "INVITE" {
		begin = s.transactions.Invite
	}
	id, err := begin(req, link, call.tag)
	if err != nil {
		s.calls.remove(call)
		return nil, err
	}
	s.calls.begun(call, id)
	if link.Reliable && link.Name == onlyFlow && !s.legs[link.Transport].carrier.Alive(pool.Flow(link.Flow)) { // it may have ended before that
		s.transactions.Failed(id, pool.ErrNoConnection)
	}
	return call, nil
}

// dialogMethods are the methods of requests that make dialogs.
var dialogMethods = []string{"INVITE", "SUBSCRIBE", "REFER"}

// Targets are where a request may go, the best first: its first Route, or its URI, resolved by RFC 3263.
func (c *Client) Targets(ctx context.Context, req *Request) ([]transaction.Link, error) {
	return c.stack.targets(ctx, req)
}

// Send sends a request without a transaction, with a Via added: the ACK to a 2xx, for which nobody waits.
func (c *Client) Send(ctx context.Context, req *Request) error {
	links, err := c.stack.targets(ctx, req)
	if err != nil {
		return err
	}
	return c.SendAt(req, links[0])
}

// SendAt is Send to one address, over one transport.
func (c *Client) SendAt(req *Request, link transaction.Link) error {
	s := c.stack
	link = s.fit(req, link)
	via, err := s.via(link, "")
	if err != nil {
		return err
	}
	out := *req
	out.Via = append([]Via{via}, req.Via...)
	b, err := out.AppendMessage(nil)
	if err != nil {
		return err
	}
	s.Send(b, link, 0)
	return nil
}

// via is the topmost Via of a request that leaves along a link.
func (s *stack) via(link transaction.Link, mark string) (Via, error) {
	if int(link.Transport) >= len(s.legs) {
		return Via{}, ErrNoTransport
	}
	l := s.legs[link.Transport]
	v := Via{Protocol: "SIP", ProtocolVersion: "2.0", Transport: l.transport(), Host: s.hostFor(l, link.Addr().Addr()), Port: l.local.Port()}
	v.Params = header.Params(";branch=" + newBranch() + mark + ";rport")
	if s.offersAlias(l) {
		v.Params += ";" + aliasParam
	}
	return v, nil
}

// hostFor is what a leg calls itself before a peer.
func (s *stack) hostFor(l *leg, peer netip.Addr) string {
	host := l.local.Addr()
	if !host.IsValid() || host.IsUnspecified() {
		if s.config.Host != "" {
			return s.config.Host
		}
		host = outward(peer)
	}
	if host.Is6() && !host.Is4In6() {
		return "[" + host.WithZone("").String() + "]"
	}
	return host.Unmap().String()
}

// outward is the local address from which the system reaches a peer; nothing is sent to find out.
func outward(peer netip.Addr) netip.Addr {
	if !peer.IsValid() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	nc, err := net.Dial("udp", netip.AddrPortFrom(peer, 9).String())
	if err != nil {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	defer nc.Close()
	return nc.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// Request is the request as it was sent, Via included. It must not be changed.
func (c *Call) Request() *Request { return c.request }

// Link is the way it went.
func (c *Call) Link() transaction.Link { return c.link }

// Next waits for the next response. After the final one, an INVITE may still bring others of class 2, of other forks or again.
func (c *Call) Next(ctx context.Context) (*Response, error) {
	select {
	case res := <-c.responses:
		return c.noted(res), nil
	default:
	}
	select {
	case res := <-c.responses:
		return c.noted(res), nil
	case err := <-c.failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// noted notes that an INVITE may be cancelled.
func (c *Call) noted(res *Response) *Response {
	if res.Status < 200 {
		c.proceeding.Store(true)
	}
	return res
}

// Close forgets the call: what still comes is dropped, but for the ACK that a refusal gets. It sends nothing.
func (c *Call) Close() { c.client.stack.calls.leave(c) }

// Cancel sends the CANCEL of an INVITE, which must have had a provisional response (RFC 3261 section 9.1). The final response, mostly
// 487, still comes by Next.
func (c *Call) Cancel(ctx context.Context) error {
	req := &Request{Method: "CANCEL", URI: c.request.URI}
	req.Via = c.request.Via[:1:1]
	req.Route, req.From, req.To, req.CallID = c.request.Route, c.request.From, c.request.To, c.request.CallID
	req.CSeq = CSeq{Number: c.request.CSeq.Number, Method: "CANCEL"}
	req.MaxForwards = header.Some[uint8](70)
	cancel := &Call{client: c.client, request: req, link: c.link, responses: make(chan *Response, 2), failed: make(chan error, 1)}
	s := c.client.stack
	s.calls.add(cancel)
	defer cancel.Close()
	if _, err := s.transactions.Request(req, c.link, cancel.tag); err != nil {
		return err
	}
	_, err := cancel.Next(ctx)
	return err
}

// abandon cancels an INVITE whose caller waits no more, and waits for its end.
func (c *Call) abandon(ctx context.Context) (*Response, error) {
	patience := 64 * c.client.stack.config.Timers.T1
	wait, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	cancelled := false
	for {
		if !cancelled && c.proceeding.Load() {
			if err := c.Cancel(wait); err != nil {
				return nil, ctx.Err()
			}
			cancelled = true
		}
		res, err := c.Next(wait)
		switch {
		case err != nil:
			return nil, ctx.Err()
		case res.Status >= 300:
			return nil, ctx.Err()
		case res.Status >= 200:
			return res, nil
		}
	}
}

// ack is the ACK to a final response that is no 2xx: RFC 3261 section 17.1.1.3.
func ack(invite *Request, res *Response) *Request {
	req := &Request{Method: "ACK", URI: invite.URI}
	req.Via = invite.Via[:1:1]
	req.Route, req.From, req.To, req.CallID = invite.Route, invite.From, res.To, invite.CallID
	req.CSeq = CSeq{Number: invite.CSeq.Number, Method: "ACK"}
	req.MaxForwards = header.Some[uint8](70)
	return req
}

// fit moves a request that is too long for UDP to TCP, where there is such a leg (RFC 3261 section 18.1.1).
func (s *stack) fit(req *Request, link transaction.Link) transaction.Link {
	if link.Reliable || link.Name == onlyFlow || s.config.SwitchSize < 0 {
		return link
	}
	const viaSize = 120 // the Via that is added
	b, err := req.AppendMessage(nil)
	if err != nil || len(b)+viaSize <= s.config.SwitchSize {
		return link
	}
	if l := s.legOf(pool.TCP, link.Addr().Addr()); l != nil {
		link.Reliable, link.Transport, link.Flow = true, l.number, 0
	}
	return link
}

// Responded implements wire.TransactionHandler.
func (s *stack) Responded(t *transaction.Transaction, m *Response) { s.respond(t, m, false) }

// Rejected implements wire.TransactionHandler: the ACK is made here.
func (s *stack) Rejected(t *transaction.Transaction, m *Response) { s.respond(t, m, true) }

// respond hands a response to its call.
func (s *stack) respond(t *transaction.Transaction, res *Response, rejected bool) {
	call := s.calls.of(t.Tag())
	if call == nil {
		return
	}
	if rejected {
		_ = s.transactions.Acknowledge(t.ID(), ack(call.request, res))
	}
	s.rests.note(res, call.link)
	if res.Status >= 200 && s.calls.settle(call) {
		return
	}
	own, err := cloneResponse(t.Received())
	if err != nil {
		return
	}
	select {
	case call.responses <- own:
	default:
	}
}

// TimedOut implements wire.TransactionHandler.
func (s *stack) TimedOut(t *transaction.Transaction) { s.fail(t, ErrTimeout) }

// Undelivered implements wire.TransactionHandler.
func (s *stack) Undelivered(t *transaction.Transaction) { s.fail(t, ErrUndelivered) }

func (s *stack) fail(t *transaction.Transaction, err error) {
	if call := s.calls.of(t.Tag()); call != nil {
		s.calls.settle(call)
		call.fail(err)
	}
}

func (c *Call) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}
