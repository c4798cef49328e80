package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
)

// The office protocol stands for a generated one in these tests: a client says hello, logs in, sends orders and logs
// out; every request gets one reply that names it. The machine is written as the emitter would.

var officeFrame = frame.Length{Width: 4, All: true, Min: 1, Max: 1 << 16}

type (
	hello    struct{ id string }
	login    struct{ id, name string }
	order    struct{ id, text string }
	logout   struct{ id string }
	greeting struct{ id string }
	reply    struct {
		id   string
		code int
		text string
	}
)

var errUnreadable = errors.New("unreadable message")

// decodeOffice reads "kind id rest".
func decodeOffice(frame []byte) (session.Message, error) {
	kind, rest, _ := strings.Cut(string(frame), " ")
	id, text, _ := strings.Cut(rest, " ")
	switch kind {
	case "hello":
		return &hello{id}, nil
	case "login":
		return &login{id, text}, nil
	case "order":
		return &order{id, text}, nil
	case "logout":
		return &logout{id}, nil
	case "greeting":
		return &greeting{id}, nil
	case "reply":
		r := &reply{id: id}
		var code string
		code, r.text, _ = strings.Cut(text, " ")
		if _, err := fmt.Sscan(code, &r.code); err != nil {
			return nil, errUnreadable
		}
		return r, nil
	}
	return nil, errUnreadable
}

func appendOffice(b []byte, m session.Message) ([]byte, error) {
	switch m := m.(type) {
	case *hello:
		return fmt.Appendf(b, "hello %s", m.id), nil
	case *login:
		return fmt.Appendf(b, "login %s %s", m.id, m.name), nil
	case *order:
		return fmt.Appendf(b, "order %s %s", m.id, m.text), nil
	case *logout:
		return fmt.Appendf(b, "logout %s", m.id), nil
	case *greeting:
		return fmt.Appendf(b, "greeting %s", m.id), nil
	case *reply:
		if strings.Contains(m.text, "unwritable") {
			return b, errors.New("text cannot be written")
		}
		return fmt.Appendf(b, "reply %s %d %s", m.id, m.code, m.text), nil
	}
	return b, fmt.Errorf("no office message: %T", m)
}

func officeName(m session.Message) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", m), "*session_test.")
}

func officeRequest(m session.Message) bool {
	switch m.(type) {
	case *hello, *login, *order, *logout:
		return true
	}
	return false
}

// refusal is a reply code that a handler returns as an error.
type refusal int

func (r refusal) Error() string { return fmt.Sprintf("refused with %d", int(r)) }

// officeHandler is the program behind the office.
type officeHandler interface {
	Login(ctx context.Context, m *login) (*reply, error)
	Order(ctx context.Context, m *order) (*reply, error)
}

type clerkState uint8

const (
	clerkGreeting clerkState = iota
	clerkWaitingForLogin
	clerkLoggingIn
	clerkWaitingForOrder
	clerkWorking
	clerkEnd
)

func (s clerkState) String() string {
	return [...]string{"greeting", "waitingForLogin", "loggingIn", "waitingForOrder", "working", "end"}[s]
}

const (
	clerkTimerLogin = iota
	clerkTimerIdle
)

const (
	clerkOperationLogin = iota
	clerkOperationOrder
)

var clerkSpec = session.Spec{
	Machine:    "clerk",
	Timers:     []string{"login", "idle"},
	Operations: []session.Operation{{Name: "login"}, {Name: "order"}},
	Decode:     decodeOffice,
	Append:     appendOffice,
	Name:       officeName,
	Request:    officeRequest,
}

// clerkVars are the variables of a clerk's session.
type clerkVars struct{ name string }

// clerk is the server's side of one session.
type clerk struct {
	*session.Session
	handler officeHandler
	config  clerkConfig
	state   clerkState
	vars    clerkVars
}

type clerkConfig struct {
	window int
	// parallel leaves the machine in waitingForOrder while orders are worked on, so that several are at a time.
	parallel bool
	// intolerant leaves broken messages without a move, as a hole in a specification would.
	intolerant bool
	timeout    time.Duration
	within     time.Duration
}

// newClerk is a service that serves offices.
func newClerk(h officeHandler, config clerkConfig) session.Service {
	if config.window == 0 {
		config.window = 16
	}
	return session.Service{Spec: &clerkSpec, New: func(s *session.Session) session.Machine {
		return &clerk{Session: s, handler: h, config: config}
	}}
}

func (s *clerk) to(state clerkState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
}

func (s *clerk) Start() {
	s.SetFraming(officeFrame, s.config.within)
	s.SetWindow(s.config.window)
	s.Send(&greeting{id: "0"})
	s.StartTimer(clerkTimerLogin, 10*time.Second)
	s.to(clerkWaitingForLogin, "enter")
}

func (s *clerk) Receive(m session.Message) {
	switch m := m.(type) {
	case *hello:
		s.onHello(m)
	case *login:
		s.onLogin(m)
	case *order:
		s.onOrder(m)
	case *logout:
		s.onLogout(m)
	default:
		s.Broken(errUnreadable)
	}
}

func (s *clerk) onHello(m *hello) {
	switch s.state {
	case clerkWaitingForLogin, clerkWaitingForOrder:
		s.Send(&greeting{id: m.id})
	case clerkLoggingIn, clerkWorking:
		s.Defer()
	default:
		s.Unexpected(s.state.String(), "hello")
	}
}

func (s *clerk) onLogin(m *login) {
	switch s.state {
	case clerkWaitingForLogin:
		s.Run(clerkOperationLogin, m, s.config.timeout)
		s.to(clerkLoggingIn, "login")
	case clerkLoggingIn, clerkWorking:
		s.Defer()
	case clerkWaitingForOrder:
		s.Send(&reply{m.id, 2002, "logged in already"})
	default:
		s.Unexpected(s.state.String(), "login")
	}
}

func (s *clerk) onOrder(m *order) {
	switch s.state {
	case clerkWaitingForLogin:
		s.Send(&reply{m.id, 2002, "log in first"})
	case clerkLoggingIn, clerkWorking:
		s.Defer()
	case clerkWaitingForOrder:
		s.StartTimer(clerkTimerIdle, time.Minute)
		s.Run(clerkOperationOrder, m, s.config.timeout)
		if !s.config.parallel {
			s.to(clerkWorking, "order")
		}
	default:
		s.Unexpected(s.state.String(), "order")
	}
}

func (s *clerk) onLogout(m *logout) {
	switch s.state {
	case clerkWaitingForLogin:
		s.Send(&reply{m.id, 2002, "log in first"})
	case clerkLoggingIn, clerkWorking:
		s.Defer()
	case clerkWaitingForOrder:
		s.Send(&reply{m.id, 1500, "bye"})
		s.Close()
		s.to(clerkEnd, "logout")
	default:
		s.Unexpected(s.state.String(), "logout")
	}
}

func (s *clerk) Broken(err error) {
	if s.config.intolerant {
		s.Unexpected(s.state.String(), "broken")
		return
	}
	s.Send(&reply{"?", 2001, err.Error()})
}

func (s *clerk) Garbled(err error) {
	s.Send(&reply{"?", 2500, err.Error()})
	s.Close()
	s.to(clerkEnd, "garbled")
}

func (s *clerk) Closed() {
	s.Close()
	s.to(clerkEnd, "closed")
}

func (s *clerk) Expired(timer int) {
	s.Close()
	s.to(clerkEnd, clerkSpec.Timers[timer])
}

func (s *clerk) Done(operation int, req, res session.Message) {
	switch operation {
	case clerkOperationLogin:
		s.doneLogin(req.(*login), res.(*reply))
	case clerkOperationOrder:
		s.doneOrder(req.(*order), res.(*reply))
	}
}

func (s *clerk) doneLogin(req *login, res *reply) {
	if res.code >= 2000 {
		s.Send(res)
		s.to(clerkWaitingForLogin, "login.refused")
		return
	}
	s.vars.name = req.name
	s.Send(res)
	s.StopTimer(clerkTimerLogin)
	s.StartTimer(clerkTimerIdle, time.Minute)
	s.to(clerkWaitingForOrder, "login.accepted")
}

func (s *clerk) doneOrder(_ *order, res *reply) {
	s.Send(res)
	switch s.state {
	case clerkWorking:
		s.to(clerkWaitingForOrder, "order.done")
	}
}

func (s *clerk) View() any { v := s.vars; return &v }

func (s *clerk) Perform(ctx context.Context, operation int, req session.Message) (session.Message, error) {
	switch operation {
	case clerkOperationLogin:
		return session.Answer(s.handler.Login(ctx, req.(*login)))
	case clerkOperationOrder:
		return session.Answer(s.handler.Order(ctx, req.(*order)))
	}
	return nil, errors.ErrUnsupported
}

func (s *clerk) Refuse(req session.Message, err error) (session.Message, bool) {
	res := &reply{code: 2400, text: "failed"}
	switch req := req.(type) {
	case *login:
		res.id = req.id
	case *order:
		res.id = req.id
	}
	var code refusal
	if errors.As(err, &code) {
		res.code, res.text = int(code), "refused"
		return res, true
	}
	return res, false
}

// The customer is the client's side.

type customerState uint8

const (
	customerWaiting customerState = iota
	customerOpen
	customerLeaving
	customerEnd
)

func (s customerState) String() string { return [...]string{"waiting", "open", "leaving", "end"}[s] }

const (
	customerCallOrder = iota
	customerCallLogout
)

var customerSpec = session.Spec{
	Machine: "customer",
	Timers:  []string{"keepAlive"},
	Decode:  decodeOffice,
	Append:  appendOffice,
	Name:    officeName,
	Request: officeRequest,
}

type customer struct {
	*session.Session
	state     customerState
	keepAlive time.Duration
	window    int
}

func newCustomer(keepAlive time.Duration, window int) session.Service {
	return session.Service{Spec: &customerSpec, New: func(s *session.Session) session.Machine {
		return &customer{Session: s, keepAlive: keepAlive, window: window}
	}}
}

func (s *customer) to(state customerState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
	if state == customerOpen {
		s.Ready()
	}
}

func (s *customer) Start() {
	s.SetFraming(officeFrame, 0)
	s.SetWindow(s.window)
}

func (s *customer) Receive(m session.Message) {
	switch m := m.(type) {
	case *greeting:
		switch s.state {
		case customerWaiting:
			s.StartTimer(0, s.keepAlive)
			s.to(customerOpen, "greeting")
		case customerOpen:
			s.Resolve(m)
		}
	case *reply:
		s.StartTimer(0, s.keepAlive)
		s.Resolve(m)
	default:
		s.Broken(errUnreadable)
	}
}

func (s *customer) Called(c *session.Call) {
	switch s.state {
	case customerWaiting:
		s.Hold()
	case customerOpen:
		if c.Number() == customerCallLogout {
			s.Send(c.Message())
			s.to(customerLeaving, "logout")
			return
		}
		s.Send(c.Message())
	default:
		s.Reject(s.state.String())
	}
}

func (s *customer) Expired(int) {
	s.Send(&hello{id: "keepAlive"})
	s.StartTimer(0, s.keepAlive)
}

func (s *customer) Broken(err error)  { s.Garbled(err) }
func (s *customer) Garbled(err error) { s.Fail(err.Error()); s.Close(); s.to(customerEnd, "garbled") }
func (s *customer) Closed()           { s.Close(); s.to(customerEnd, "closed") }
