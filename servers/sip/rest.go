package sip

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// ErrResting says that all who could take a request have asked by a Retry-After to be left in peace for a while, which has not passed.
var ErrResting = errors.New("sip: asked to try again later")

// rests are the servers that have answered 503 with a Retry-After: until then nothing but what belongs to dialogs is sent there
// (RFC 3261 section 21.5.4).
type rests struct {
	mu    sync.Mutex
	until map[restKey]time.Time
}

type restKey struct {
	transport uint8
	addr      netip.AddrPort
}

// Bounds of rests.
const (
	maxRests = 1024
	longRest = time.Hour // no server can ask for more
)

// note learns from a response that has come along a link.
func (r *rests) note(res *Response, link transaction.Link) {
	if res.Status != wire.CodeServiceUnavailable || !res.RetryAfter.Present || link.Name == onlyFlow {
		return
	}
	now := time.Now()
	until := now.Add(min(time.Duration(res.RetryAfter.Value.Seconds)*time.Second, longRest))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[restKey]time.Time{}
	}
	if len(r.until) >= maxRests {
		for k, t := range r.until {
			if !t.After(now) {
				delete(r.until, k)
			}
		}
	}
	if len(r.until) < maxRests {
		r.until[restKey{link.Transport, link.Addr()}] = until
	}
}

// awake leaves out of a request's targets those that rest.
func (r *rests) awake(req *Request, links []transaction.Link) ([]transaction.Link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.until) == 0 || req.Method == wire.MethodACK || req.To.Tag() != "" {
		return links, nil
	}
	now := time.Now()
	links = slices.DeleteFunc(links, func(l transaction.Link) bool { return r.until[restKey{l.Transport, l.Addr()}].After(now) })
	if len(links) == 0 {
		return nil, ErrResting
	}
	return links, nil
}
