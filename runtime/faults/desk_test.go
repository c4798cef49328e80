package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
)

// maxFrame is the longest payload of a desk, in octets.
const maxFrame = 1 << 20

var framing = frame.Length{Width: 4, Max: maxFrame + 4}

// A desk is the protocol of these tests and the program behind it. A request is a verb and a text, and has one reply:
//
//	say TEXT     TEXT, from the loop
//	work TEXT    what the desk's worker makes of TEXT, from a goroutine of its own
//	inline TEXT  the same on the loop
//	big N        N octets
//	quit         "bye", and the end
//
// Its machine is written as one that is emitted. All sessions of a server share the desk.
type desk struct {
	first  time.Duration // within which the first request must be there; 0 for ever
	idle   time.Duration // between requests; 0 for ever
	within time.Duration // for the arrival of a frame that has begun
	window int           // 0 means session.DefaultWindow
	worker func(ctx context.Context, text string) (string, error)
	ended  func(cause error) // nil: nobody wants to know

	served atomic.Int64 // requests that were taken
}

// An ask is a request, an answer its reply.
type (
	ask    struct{ verb, text string }
	answer struct{ text []byte }
)

// What the timers and the operations of the machine are numbered.
const (
	firstTimer = iota
	idleTimer
)

const (
	workOperation = iota
	inlineOperation
)

var errNoRequest = errors.New("no such request")

var deskSpec = session.Spec{
	Machine:    "clerk",
	Timers:     []string{"first", "idle"},
	Operations: []session.Operation{{Name: "work"}, {Name: "inline", Inline: true}},
	Decode: func(frame []byte) (session.Message, error) {
		verb, text, _ := strings.Cut(string(frame), " ")
		switch verb {
		case "say", "work", "inline", "big", "quit":
			return &ask{verb, text}, nil
		}
		return nil, errNoRequest
	},
	Append:  func(b []byte, m session.Message) ([]byte, error) { return append(b, m.(*answer).text...), nil },
	Name:    func(m session.Message) string { return fmt.Sprintf("%T", m) },
	Request: func(m session.Message) bool { _, ok := m.(*ask); return ok },
}

// service runs a desk on every connection.
func (d *desk) service() session.Service {
	service := session.Service{Spec: &deskSpec, New: func(s *session.Session) session.Machine { return &clerk{Session: s, desk: d} }}
	if d.ended != nil {
		service.Hooks.Closed = func(_ uint64, cause error) { d.ended(cause) }
	}
	return service
}

// A clerk is the server's side of one session.
type clerk struct {
	*session.Session
	desk *desk
}

func (c *clerk) say(text string) { c.Send(&answer{[]byte(text)}) }

func (c *clerk) Start() {
	c.SetFraming(framing, c.desk.within)
	if c.desk.window > 0 {
		c.SetWindow(c.desk.window)
	}
	c.StartTimer(firstTimer, c.desk.first)
	c.StartTimer(idleTimer, c.desk.idle)
}

func (c *clerk) Receive(m session.Message) {
	c.desk.served.Add(1)
	c.StopTimer(firstTimer)
	c.StartTimer(idleTimer, c.desk.idle)
	switch m := m.(*ask); m.verb {
	case "say":
		c.say(m.text)
	case "big":
		n, _ := strconv.Atoi(m.text)
		c.Send(&answer{bytes.Repeat([]byte("o"), min(n, maxFrame))})
	case "work":
		c.Run(workOperation, m, 0)
	case "inline":
		c.Run(inlineOperation, m, 0)
	case "quit":
		c.say("bye")
		c.Close()
	}
}

func (c *clerk) Broken(err error)  { c.say("broken: " + err.Error()) }
func (c *clerk) Garbled(err error) { c.say("garbled: " + err.Error()); c.Close() }
func (c *clerk) Closed()           { c.Close() }

func (c *clerk) Expired(timer int) {
	c.say("late: " + deskSpec.Timers[timer])
	c.Close()
}

func (c *clerk) Done(_ int, _, res session.Message) { c.Send(res) }
func (c *clerk) View() any                          { return nil }

func (c *clerk) Perform(ctx context.Context, _ int, req session.Message) (session.Message, error) {
	text, err := c.desk.worker(ctx, req.(*ask).text)
	return &answer{[]byte(text)}, err
}

func (c *clerk) Refuse(session.Message, error) (session.Message, bool) {
	return &answer{[]byte("refused")}, true
}
