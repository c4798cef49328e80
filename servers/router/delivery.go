package router

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// Outcome is what a publisher answers to an event.
type Outcome struct {
	// Success says that the publisher has taken the event.
	Success bool
	// Payload is an image, of a reference to the text that says why not when it has failed. It may be nil. Nobody changes it.
	Payload []byte
}

// failure is the outcome of what could not be done, with why.
func failure(format string, args ...any) Outcome {
	return Outcome{Payload: image(tree.Ref(tree.String(fmt.Sprintf(format, args...))))}
}

// success is the outcome of what was done, with what was asked for.
func success(v tree.Value) Outcome { return Outcome{Success: true, Payload: image(v)} }

// image makes the image of a reference whose contents are the router's own.
func image(v tree.Value) []byte {
	b, err := storable.Network.Append(nil, v)
	if err != nil {
		return nil // not writable: the receiver learns of no contents
	}
	return b
}

// Delivery brings events to publishers. A [Router] is one for its own connections; one that knows where the owner of a
// publication is makes routers one. Methods may be called from any goroutine.
type Delivery interface {
	// Deliver brings an event, an image that nobody changes, to the publisher of p. Calls for one owner are kept in order;
	// Deliver may wait until the event is on its way, as long as ctx lets it, but not for the outcome: done is called with that,
	// once, by any goroutine, before or after Deliver returns. done does not block.
	Deliver(ctx context.Context, p Publication, event []byte, done func(Outcome))
}

// deliveries are the events that a publisher has and has not answered.
type deliveries struct {
	mu      sync.Mutex
	last    int64
	waiting map[int64]*delivery
	gone    bool // no more are taken
}

// delivery is one of them.
type delivery struct {
	alias string
	done  func(Outcome)
	timer *time.Timer
}

// begin numbers a delivery, which fails if it is not answered within a time. It reports false when the publisher has gone or
// has enough to do.
func (d *deliveries) begin(made *delivery, limit int, within time.Duration) (id int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone || len(d.waiting) >= limit {
		return 0, false
	}
	if d.waiting == nil {
		d.waiting = map[int64]*delivery{}
	}
	d.last++
	id = d.last
	d.waiting[id] = made
	made.timer = time.AfterFunc(within, func() { d.end(id, failure("Session '%s' has not answered", made.alias)) })
	return id, true
}

// end gives a delivery its outcome, and reports whether there was such a delivery.
func (d *deliveries) end(id int64, out Outcome) bool {
	d.mu.Lock()
	made, ok := d.waiting[id]
	delete(d.waiting, id)
	d.mu.Unlock()
	if ok {
		made.timer.Stop()
		made.done(out)
	}
	return ok
}

// fail ends all of them: the publisher has gone.
func (d *deliveries) fail() {
	d.mu.Lock()
	left := d.waiting
	d.waiting, d.gone = nil, true
	d.mu.Unlock()
	for _, made := range left {
		made.timer.Stop()
		made.done(failure("Session '%s' has left", made.alias))
	}
}
