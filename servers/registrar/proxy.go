package registrar

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/servers/sip"
)

// forwarded is a request as it is passed on to a target (RFC 3261 section 16.6), but for its Via.
func (s *Server) forwarded(r *sip.Request, target uri.URI) *sip.Request {
	c := *r
	c.URI = target
	c.Route = slices.Clone(r.Route)
	c.MaxForwards = header.Some(uint8(70))
	if r.MaxForwards.Present {
		c.MaxForwards = header.Some(r.MaxForwards.Value - 1) // a 0 has been refused
	}
	return &c
}

// A fork is a request that has been passed on, to one target or several at once.
type fork struct {
	server *Server
	w      *sip.Responder
	r      *sip.Request

	mu        sync.Mutex
	calls     []*sip.Call
	ringing   map[*sip.Call]bool // those that may be cancelled
	cancelled bool
	best      *sip.Response   // the final response to be sent when all have one
	asked     []*sip.Response // those that ask for credentials
	ours      bool            // best was made here
	succeeded bool
}

// proxy passes a request on and its responses back: at once to every branch, whose targets are tried one after the other. It returns when
// all final responses have come.
func (s *Server) proxy(w *sip.Responder, r *sip.Request, branches ...[]target) {
	if r.Method == "ACK" {
		for _, b := range branches {
			if links, err := s.links(context.Background(), &b[len(b)-1]); err == nil {
				_ = s.client.SendAt(b[len(b)-1].r, links[0])
			}
		}
		return
	}
	if refused := s.checkLoop(r, branches); refused != 0 {
		_ = w.Reply(refused)
		return
	}
	f := &fork{server: s, w: w, r: r, ringing: map[*sip.Call]bool{}}
	if r.Method == "INVITE" {
		w.OnCancel(f.cancel) // first: the CANCEL may come as soon as the 100 has left
		_ = w.Reply(wire.CodeTrying)
	}
	var wg sync.WaitGroup
	for _, b := range branches {
		wg.Go(func() { f.branch(b) })
	}
	wg.Wait()
	f.mu.Lock()
	best, ours, succeeded := f.best, f.ours, f.succeeded
	f.mu.Unlock()
	switch {
	case succeeded:
	case ours:
		_ = w.Respond(best)
	default:
		_ = w.Forward(f.outcome(best))
	}
}

// branch tries the targets of a branch one after the other, the newest first, until one has a final response to give that is not about its flow.
func (f *fork) branch(targets []target) {
	code := wire.CodeTemporarilyUnavailable
	for i := len(targets) - 1; i >= 0 && !f.over(); i-- {
		t := &targets[i]
		if code = f.try(t); code == 0 {
			return
		}
		if code == wire.CodeFlowFailed && t.lost != nil {
			t.lost()
			code = wire.CodeTemporarilyUnavailable // who has called knows nothing of flows
		}
	}
	if f.over() {
		code = wire.CodeRequestTerminated
	}
	f.fail(code)
}

// try sends the request to a target, to one of its addresses after the other (RFC 3263 section 4.3). Zero says that there was a final response;
// what else there was to say of the target is for fail.
func (f *fork) try(t *target) sip.Code {
	links, err := f.server.links(context.Background(), t)
	switch {
	case errors.Is(err, errFlowFailed):
		return wire.CodeFlowFailed
	case errors.Is(err, sip.ErrResting):
		return wire.CodeServiceUnavailable
	case err != nil:
		return wire.CodeBadGateway
	}
	code := wire.CodeServiceUnavailable
	for _, link := range links {
		if f.over() {
			break
		}
		r := *t.r
		if (r.Method == "INVITE" || r.Method == "SUBSCRIBE" || r.Method == "REFER") && !inDialog(&r) {
			f.server.recordRoute(f.w, &r, t, link)
		}
		call, err := f.server.client.ForwardAt(&r, link, f.server.mark(f.r))
		if err != nil {
			return wire.CodeServiceUnavailable
		}
		if code = f.follow(call, t); code != wire.CodeServiceUnavailable {
			break
		}
	}
	if code == wire.CodeServiceUnavailable && t.only {
		return wire.CodeFlowFailed
	}
	return code
}

// over reports whether nothing more is to be sent.
func (f *fork) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelled || f.succeeded
}

// follow passes on the responses of a call. Zero says that the final one has come; otherwise the code says why not: 503 that the target could not be
// reached, 430 that the flow it is on has failed.
func (f *fork) follow(call *sip.Call, t *target) sip.Code {
	f.mu.Lock()
	f.calls = append(f.calls, call)
	f.mu.Unlock()
	invite := f.r.Method == "INVITE"
	wait := f.server.config.TimerC
	for {
		ctx, cancel := context.Background(), func() {}
		if invite {
			ctx, cancel = context.WithTimeout(ctx, wait)
		}
		res, err := call.Next(ctx)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded): // timer C
			f.cancelCall(call)
			wait = cancelledFor
			if !f.isRinging(call) {
				return wire.CodeRequestTimeout
			}
			f.forget(call)
		case errors.Is(err, sip.ErrUndelivered):
			return wire.CodeServiceUnavailable
		case err != nil:
			return wire.CodeRequestTimeout
		case res.Status < 200:
			f.provisional(call, res)
		case res.Status == wire.CodeFlowFailed && t.lost != nil:
			call.Close()
			return wire.CodeFlowFailed
		default:
			f.final(call, res)
			if invite && res.Status < 300 {
				go f.repeats(call)
			} else {
				call.Close()
			}
			return 0
		}
	}
}

// cancelledFor is how long an INVITE that has been cancelled may still take: RFC 3261 section 9.1.
const cancelledFor = 64 * 500 * time.Millisecond

// repeats passes on every 2xx that still comes: again, or of another fork behind the target.
func (f *fork) repeats(call *sip.Call) {
	defer call.Close()
	ctx, cancel := context.WithTimeout(context.Background(), acceptedFor)
	defer cancel()
	for {
		res, err := call.Next(ctx)
		if err != nil {
			return
		}
		if res.Status >= 200 && res.Status < 300 {
			_ = f.w.Forward(res)
		}
	}
}

// acceptedFor is how long the transactions of an INVITE hear of 2xx: timers L and M.
const acceptedFor = 32 * time.Second

// provisional passes on a provisional response, but for 100, which is of one hop only.
func (f *fork) provisional(call *sip.Call, res *sip.Response) {
	f.mu.Lock()
	f.ringing[call] = true
	cancelled := f.cancelled || f.succeeded
	f.mu.Unlock()
	if cancelled {
		f.cancelCall(call)
		return
	}
	if res.Status > wire.CodeTrying {
		_ = f.w.Forward(res)
	}
}

// final notes a final response: a 2xx goes on at once and ends the others, as does one of class 6.
func (f *fork) final(call *sip.Call, res *sip.Response) {
	f.mu.Lock()
	delete(f.ringing, call)
	if res.Status < 300 {
		f.succeeded = true
	} else if f.best == nil || better(res, f.best) {
		f.best, f.ours = res, false
	}
	if asks(res) {
		f.asked = append(f.asked, res)
	}
	f.mu.Unlock()
	switch {
	case res.Status < 300:
		_ = f.w.Forward(res)
		f.cancelOthers()
	case res.Status >= 600:
		f.cancelOthers()
	}
}

// asks reports whether a response asks for credentials.
func asks(res *sip.Response) bool {
	return res.Status == wire.CodeUnauthorized || res.Status == wire.CodeProxyAuthenticationRequired
}

// outcome is what the caller gets of the best response: with the challenges of all branches (section 16.7, step 7), and without the 503 of a server
// that says nothing about us (step 6).
func (f *fork) outcome(best *sip.Response) *sip.Response {
	res := *best
	if res.Status == wire.CodeServiceUnavailable {
		res.Status, res.Reason, res.RetryAfter = wire.CodeServerInternalError, "", header.Optional[wire.RetryAfter]{}
	}
	for _, other := range f.asked {
		if other != best && asks(best) {
			res.WWWAuthenticate = slices.Concat(res.WWWAuthenticate, other.WWWAuthenticate)
			res.ProxyAuthenticate = slices.Concat(res.ProxyAuthenticate, other.ProxyAuthenticate)
		}
	}
	return &res
}

// better says which of two final responses is sent: section 16.7, step 6.
func better(a, b *sip.Response) bool {
	rank := func(r *sip.Response) int {
		switch {
		case r.Status >= 600:
			return 0
		case r.Status == wire.CodeUnauthorized, r.Status == wire.CodeProxyAuthenticationRequired, r.Status == wire.CodeUnsupportedMediaType,
			r.Status == wire.CodeBadExtension, r.Status == wire.CodeAddressIncomplete:
			return 400 // tell how to resubmit
		case r.Status == wire.CodeServiceUnavailable:
			return 600
		}
		return int(r.Status)
	}
	return rank(a) < rank(b)
}

// fail notes a target without a final response.
func (f *fork) fail(code sip.Code) {
	res := sip.NewResponse(f.r, code)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.best == nil || better(res, f.best) {
		f.best, f.ours = res, true
	}
}

// cancel is called when the peer cancels: it does so everywhere.
func (f *fork) cancel() {
	f.mu.Lock()
	f.cancelled = true
	f.mu.Unlock()
	f.cancelOthers()
}

// cancelOthers cancels all branches that ring.
func (f *fork) cancelOthers() {
	f.mu.Lock()
	calls := f.calls
	f.mu.Unlock()
	for _, call := range calls {
		if f.isRinging(call) {
			f.cancelCall(call)
		}
	}
}

func (f *fork) isRinging(call *sip.Call) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ringing[call]
}

func (f *fork) forget(call *sip.Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ringing, call)
}

// cancelCall sends the CANCEL of a branch and does not wait for it.
func (f *fork) cancelCall(call *sip.Call) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), acceptedFor)
		defer cancel()
		_ = call.Cancel(ctx)
	}()
}
