package kernel

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/tree"
)

// sessionAnswers is the session that answers of our calls are sent to; the state is a word and the number of the call. No
// specifier in text form can name it.
const (
	sessionAnswers = "IKC:answers"
	stateAnswer    = "response"
)

// Answer is what one kernel says to a call.
type Answer struct {
	// Kernel is the id of the kernel.
	Kernel string
	// Value is the answer.
	Value tree.Value
	// Err is why there is none: a [*RemoteError] or a [*DisconnectedError].
	Err error
}

// calls are what this kernel waits for.
type calls struct {
	mu      sync.Mutex
	last    uint64
	pending map[uint64]*call

	permitted atomic.Int64 // how many permits there are
	permits   map[permit][]allowance
}

// call is a call that waits for answers.
type call struct {
	number  uint64
	request string        // how reports name it
	asked   []Route       // who has not answered yet
	answers chan<- Answer // has room for all of them
}

// permit lets kernels post to a state that is not published: the answer of a call goes there.
type permit struct{ session, state string }

// allowance is who may use a permit, once each, and until when.
type allowance struct {
	asked []Route
	until time.Time
}

// begin makes a call of the kernels asked, whose answers go to a channel with room for all of them.
func (c *calls) begin(request string, asked []Route, answers chan<- Answer) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	if c.pending == nil {
		c.pending = map[uint64]*call{}
	}
	made := &call{number: c.last, request: request, asked: slices.Clone(asked), answers: answers}
	c.pending[made.number] = made
	return made
}

// end forgets a call.
func (c *calls) end(done *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, done.number)
}

// rsvp is where the answers of the call go.
func (c *call) rsvp(id string) tree.Value {
	return address(Specifier{Kernel: id, Session: sessionAnswers, State: stateAnswer + strconv.FormatUint(c.number, 10)})
}

// answer takes an answer of a peer, and reports whether anybody has waited for it.
func (c *calls) answer(p *peer, state string, v tree.Value) bool {
	digits, ok := strings.CutPrefix(state, stateAnswer)
	number, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.pending[number]
	return waiting != nil && waiting.take(p, Answer{Kernel: p.id(), Value: v})
}

// take passes on what a peer says, if it has been asked and has not said anything.
func (c *call) take(p *peer, a Answer) bool {
	i := slices.Index(c.asked, p.route())
	if i < 0 {
		return false
	}
	c.asked = slices.Delete(c.asked, i, i+1)
	c.answers <- a
	return true
}

// fail ends the oldest call to the peer that a report can be about.
func (c *calls) fail(p *peer, request string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var oldest *call
	for _, waiting := range c.pending {
		if waiting.request == request && slices.Contains(waiting.asked, p.route()) && (oldest == nil || waiting.number < oldest.number) {
			oldest = waiting
		}
	}
	if oldest != nil {
		oldest.take(p, Answer{Kernel: p.id(), Err: why})
	}
}

// disconnect ends what waits for the peer.
func (c *calls) disconnect(p *peer, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, waiting := range c.pending {
		waiting.take(p, Answer{Kernel: p.id(), Err: why})
	}
	for what, all := range c.permits {
		for i := range all {
			all[i].asked = slices.DeleteFunc(all[i].asked, func(r Route) bool { return r == p.route() })
		}
		c.keep(what, all)
	}
}

// allow lets the kernels asked post to a state once each.
func (c *calls) allow(session, state string, asked []Route, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.permits == nil {
		c.permits = map[permit][]allowance{}
	}
	what := permit{session, state}
	c.keep(what, append(c.permits[what], allowance{slices.Clone(asked), until}))
}

// use consumes a permit of the peer, and reports whether there was one.
func (c *calls) use(p *peer, session, state string) bool {
	if c.permitted.Load() == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	what := permit{session, state}
	all := c.permits[what]
	for i := range all {
		if j := slices.Index(all[i].asked, p.route()); j >= 0 && time.Now().Before(all[i].until) {
			all[i].asked = slices.Delete(all[i].asked, j, j+1)
			c.keep(what, all)
			return true
		}
	}
	return false
}

// keep stores the allowances of a permit that are still good for something.
func (c *calls) keep(what permit, all []allowance) {
	now := time.Now()
	before := len(c.permits[what])
	all = slices.DeleteFunc(all, func(a allowance) bool { return len(a.asked) == 0 || !now.Before(a.until) })
	if len(all) == 0 {
		delete(c.permits, what)
	} else {
		c.permits[what] = all
	}
	c.permitted.Add(int64(len(all) - before))
}
