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
func (s *Server) forwarded(r *sip.Request, target uri.URI) []*sip.Request {
	c := *r
	c.URI = target
	c.Route = slices.Clone(r.Route)
	c.MaxForwards = header.Some(uint8(70))
	if r.MaxForwards.Present {
		c.MaxForwards = header.Some(r.MaxForwards.Value - 1) // a 0 has been refused
	}
	return []*sip.Request{&c}
}

// recordRoute puts us into the path of the dialog that a request begins: section 16.6, step 4.
func recordRoute(w *sip.Responder, r *sip.Request) {
	u := w.Contact().URI
	u.Params = u.Params.With("lr", "")
	r.RecordRoute = append([]sip.Route{{URI: u}}, r.RecordRoute...)
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
	best      *sip.Response // the final response to be sent when all have one
	ours      bool          // best was made here
	succeeded bool
}

// proxy passes a request on and its responses back. It returns when all of them have come.
func (s *Server) proxy(w *sip.Responder, r *sip.Request, branches []*sip.Request) {
	if r.Method == "ACK" {
		for _, b := range branches {
			_ = s.client.Send(context.Background(), b)
		}
		return
	}
	f := &fork{server: s, w: w, r: r, ringing: map[*sip.Call]bool{}}
	if r.Method == "INVITE" {
		_ = w.Reply(wire.CodeTrying)
		w.OnCancel(f.cancel)
	}
	var wg sync.WaitGroup
	for _, b := range branches {
		if (r.Method == "INVITE" || r.Method == "SUBSCRIBE" || r.Method == "REFER") && !inDialog(r) {
			recordRoute(w, b)
		}
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
		_ = w.Forward(best)
	}
}

// branch is one of the targets, to its final response.
func (f *fork) branch(r *sip.Request) {
	// The addresses of a target are tried one after the other: RFC 3263 section 4.3.
	links, err := f.server.client.Targets(context.Background(), r)
	if err != nil {
		f.fail(wire.CodeBadGateway)
		return
	}
	for i, link := range links {
		call, err := f.server.client.StartAt(shallow(r), link)
		if err != nil {
			f.fail(wire.CodeServiceUnavailable)
			return
		}
		if f.follow(call) || i == len(links)-1 {
			return
		}
	}
}

func shallow(r *sip.Request) *sip.Request {
	c := *r
	return &c
}

// follow passes on the responses of a call; false says that the target could not be reached.
func (f *fork) follow(call *sip.Call) bool {
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
			wait = 64 * 500 * time.Millisecond
			if !f.isRinging(call) {
				f.fail(wire.CodeRequestTimeout)
				return true
			}
			f.forget(call)
		case errors.Is(err, sip.ErrUndelivered):
			f.fail(wire.CodeServiceUnavailable)
			return false
		case err != nil:
			f.fail(wire.CodeRequestTimeout)
			return true
		case res.Status < 200:
			f.provisional(call, res)
		default:
			f.final(call, res)
			if invite && res.Status < 300 {
				go f.repeats(call)
			} else {
				call.Close()
			}
			return true
		}
	}
}

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
	f.mu.Unlock()
	switch {
	case res.Status < 300:
		_ = f.w.Forward(res)
		f.cancelOthers()
	case res.Status >= 600:
		f.cancelOthers()
	}
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
