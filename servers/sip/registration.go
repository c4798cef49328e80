package sip

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// DefaultRegistration is how long a registration is asked for.
const DefaultRegistration = time.Hour

// The waits before a flow that has failed is tried again: RFC 5626 section 4.5.
const (
	recoverAllFailed = 30 * time.Second
	recoverSome      = 90 * time.Second // when there is another flow
	recoverMax       = 30 * time.Minute
)

// Registering says how a user agent registers.
type Registering struct {
	User      string        // the address of record, a URI: "sip:bob@biloxi.example". Required
	Registrar string        // a URI; empty is the domain of User
	Account   *Account      // answers challenges; nil answers none
	Proxies   []string      // URIs of proxies: a flow goes through each. Nil is one flow, to the registrar itself
	Instance  string        // a URN that names the user agent for all its life; empty makes one for this registration
	Expires   time.Duration // asked for; 0 means DefaultRegistration
	// Changed is told when a flow is there (nil) and when it has failed; it must not block. It may be nil.
	Changed func(flow int, err error)
}

// A Registration keeps a user agent registered, over one flow or several: it renews what it has registered, keeps the flows alive, and makes those anew
// that fail (RFC 5626 section 4). Make one with Client.Register.
type Registration struct {
	client *Client
	config Registering
	flows  []*keptFlow
	stop   context.CancelFunc
	live   sync.WaitGroup

	mu sync.Mutex
	up int // flows that are registered
}

// Register begins to register. It returns when every flow has been tried once; the error is that of the last one if none is there, and nothing goes on
// then. ctx bounds this only.
func (c *Client) Register(ctx context.Context, config Registering) (*Registration, error) {
	r := &Registration{client: c, config: config}
	r.config.Instance = cmp.Or(config.Instance, newInstance())
	r.config.Expires = cmp.Or(config.Expires, DefaultRegistration)
	if config.Changed == nil {
		r.config.Changed = func(int, error) {}
	}
	for i := range max(1, len(config.Proxies)) {
		f, err := r.newFlow(i)
		if err != nil {
			return nil, err
		}
		r.flows = append(r.flows, f)
	}
	errs := make([]error, len(r.flows))
	for i, f := range r.flows {
		r.live.Go(func() { errs[i] = f.register(ctx) })
	}
	r.live.Wait()
	if r.Up() == 0 {
		return nil, errors.Join(errs...)
	}
	var keeping context.Context
	keeping, r.stop = context.WithCancel(context.Background())
	for i, f := range r.flows {
		r.live.Go(func() { f.run(keeping, errs[i]) })
	}
	return r, nil
}

// newInstance is a URN that nobody else has: RFC 4122 section 4.4.
func newInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Up is how many flows are registered.
func (r *Registration) Up() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.up
}

// Link is a flow that is registered, for requests that are to go through it (Client.StartAt), and the Contact for those that make dialogs. It is false when there
// is none.
func (r *Registration) Link() (transaction.Link, Contact, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.flows {
		if f.registered {
			return f.link, Contact{URI: f.contact.URI}, true
		}
	}
	return transaction.Link{}, Contact{}, false
}

// Close ends the registration: what is registered is taken back.
func (r *Registration) Close(ctx context.Context) error {
	r.stop()
	r.live.Wait()
	var errs []error
	for _, f := range r.flows {
		if f.registered { // nobody else is at work any more
			_, err := f.send(ctx, 0)
			errs = append(errs, err)
		}
		f.leave()
	}
	return errors.Join(errs...)
}

// A keptFlow is one flow of a registration.
type keptFlow struct {
	owner   *Registration
	number  int
	request *Request // the REGISTER as it was sent last, without what is of one time
	contact Contact
	link    transaction.Link
	watch   *watch        // of link; nil over UDP
	every   time.Duration // between two keep-alives, at most
	life    time.Duration // of what is registered
	mapped  string        // what STUN has told last

	registered bool // guarded by the owner's mutex
}

func (r *Registration) newFlow(number int) (*keptFlow, error) {
	req, err := NewRequest(wire.MethodREGISTER, r.config.User)
	if err != nil {
		return nil, err
	}
	req.URI.User, req.URI.Password = "", ""
	if r.config.Registrar != "" {
		if err := req.URI.Set(r.config.Registrar); err != nil {
			return nil, fmt.Errorf("sip: registrar: %w", err)
		}
	}
	if number < len(r.config.Proxies) {
		var route Route
		if err := route.URI.Set(r.config.Proxies[number]); err != nil {
			return nil, fmt.Errorf("sip: proxy: %w", err)
		}
		route.URI.Params = route.URI.Params.With("lr", "")
		req.Route = []Route{route}
	}
	req.Supported = []string{"path", "outbound"}
	return &keptFlow{owner: r, number: number, request: req}, nil
}

// run keeps the flow until ctx ends; err is how its first registration went.
func (f *keptFlow) run(ctx context.Context, err error) {
	for failures := 0; ctx.Err() == nil; {
		if err == nil {
			failures = 0
			err = f.keep(ctx)
		}
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			f.fail(err)
			if !sleep(ctx, f.backoff(failures)) {
				return
			}
			failures++
		}
		err = f.register(ctx)
	}
}

// backoff is how long a flow is left alone that has failed so many times before.
func (f *keptFlow) backoff(failures int) time.Duration {
	base := recoverAllFailed
	if f.owner.Up() > 0 {
		base = recoverSome
	}
	return between(50, 100, min(recoverMax, base<<min(failures, 10)))
}

// between is a part of d, of so many percent, by chance.
func between(low, high int64, d time.Duration) time.Duration {
	return d*time.Duration(low)/100 + time.Duration(mathrand.Int64N(int64(d)*(high-low)/100+1))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fail gives up the flow for now.
func (f *keptFlow) fail(err error) {
	f.leave()
	f.owner.config.Changed(f.number, err)
}

// leave ends the connection.
func (f *keptFlow) leave() {
	f.note(false)
	if f.watch != nil {
		s := f.owner.client.stack
		k := f.key()
		s.flows.unwatch(k)
		s.legs[k.leg].carrier.Hangup(k.flow, ErrClosed)
	}
	f.watch, f.link, f.mapped = nil, transaction.Link{}, ""
}

func (f *keptFlow) note(registered bool) {
	r := f.owner
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case registered && !f.registered:
		r.up++
	case !registered && f.registered:
		r.up--
	}
	f.registered = registered
}

// register registers, over the connection that is there or a new one.
func (f *keptFlow) register(ctx context.Context) error {
	if f.link == (transaction.Link{}) {
		if err := f.open(ctx); err != nil {
			return err
		}
	}
	res, err := f.send(ctx, f.owner.config.Expires)
	if err != nil {
		f.leave()
		return err
	}
	f.learn(res)
	f.note(true)
	f.owner.config.Changed(f.number, nil)
	return nil
}

// learn takes from the response how long all of it holds.
func (f *keptFlow) learn(res *Response) {
	f.life = f.owner.config.Expires
	if res.Expires.Present {
		f.life = time.Duration(res.Expires.Value) * time.Second
	}
	for i := range res.Contact {
		c := &res.Contact[i]
		if n, ok := header.Number[uint32](c.Params, "expires"); ok && c.URI.Equal(&f.contact.URI) && c.Params.Value("reg-id") == f.contact.Params.Value("reg-id") {
			f.life = time.Duration(n) * time.Second
		}
	}
	f.every = keepAliveStream
	if !f.link.Reliable {
		f.every = keepAliveUDP
	}
	if res.FlowTimer.Value > 0 {
		f.every = time.Duration(res.FlowTimer.Value) * time.Second
	}
}

// send sends a REGISTER for so long, and once more if that is too brief, or if the first proxy keeps no flows.
func (f *keptFlow) send(ctx context.Context, expires time.Duration) (*Response, error) {
	c := f.owner.client
	for range 3 {
		req := *f.request
		req.Via, req.Authorization, req.ProxyAuthorization = nil, nil, nil
		req.CSeq = CSeq{Number: f.request.CSeq.Number + 1, Method: req.Method}
		req.Contact, req.Expires = []Contact{f.contact}, header.Some(uint32(expires/time.Second))
		c.complete(&req)
		call, res, err := c.do(ctx, &req, f.owner.config.Account, nil, c.at(f.link))
		if err != nil {
			return nil, err
		}
		f.request = call.request
		call.Close()
		switch {
		case res.Status == wire.CodeIntervalTooBrief && res.MinExpires.Present && time.Duration(res.MinExpires.Value)*time.Second > expires:
			expires = time.Duration(res.MinExpires.Value) * time.Second
		case res.Status == wire.CodeFirstHopLacksOutboundSupport:
			f.contact.Params = f.contact.Params.Without("reg-id")
		case res.Status >= 300:
			return nil, &StatusError{res}
		default:
			return res, nil
		}
	}
	return nil, ErrTimeout
}

// contactOn is our Contact on a link.
func (f *keptFlow) contactOn(link transaction.Link) Contact {
	c := f.owner.client.stack.contact(link)
	c.URI.User = f.request.From.URI.User
	c.URI.Params = c.URI.Params.With("ob", "")
	c.Params = c.Params.With("+sip.instance", header.Quote("<"+f.owner.config.Instance+">")).With("reg-id", strconv.Itoa(f.number+1))
	return c
}
