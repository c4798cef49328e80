package session_test

import (
	"context"
	"errors"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
)

// Lines are the office's messages without a length: how acts negotiate.
var lines = frame.Delimited{Ends: []string{"\n"}, Max: 1 << 10}

// Acts is a machine made of functions, for behaviour the clerk does not have. A nil one does nothing, except that what
// ends the stream closes the session, as does a timer.
type acts struct {
	*session.Session
	start   func(s *acts)
	receive func(s *acts, m session.Message)
	expired func(s *acts, timer int)
	closed  func(s *acts)
	done    func(s *acts, operation int, req, res session.Message)
	called  func(s *acts, c *session.Call)
	perform func(ctx context.Context, m session.Message) (session.Message, error)

	spec    *session.Spec // nil: actsSpec
	operate func(ctx context.Context, operation int, m session.Message) (session.Message, error)
	view    func(s *acts) any
}

const (
	actsTimerFirst = iota
	actsTimerIdle
	actsTimerLife
)

const (
	actsOperationWork = iota
	actsOperationInline
)

var actsSpec = session.Spec{
	Machine:    "acts",
	Timers:     []string{"first", "idle", "life"},
	Operations: []session.Operation{{Name: "work"}, {Name: "inline", Inline: true}},
	Decode:     decodeOffice,
	Append:     appendOffice,
	Name:       officeName,
	Request:    officeRequest,
}

// service runs a copy of the acts in every session.
func (s acts) service() session.Service {
	spec := s.spec
	if spec == nil {
		spec = &actsSpec
	}
	return session.Service{Spec: spec, New: func(engine *session.Session) session.Machine {
		machine := s
		machine.Session = engine
		return &machine
	}}
}

// push runs them by octets.
func (s acts) push() *session.Push { return session.NewPush(quiet(s.service())) }

func (s *acts) Start() {
	s.SetFraming(officeFrame, 0)
	if s.start != nil {
		s.start(s)
	}
}

func (s *acts) Receive(m session.Message) {
	if s.receive != nil {
		s.receive(s, m)
	}
}

func (s *acts) Broken(err error) { s.Send(&reply{"?", 2001, err.Error()}) }

func (s *acts) Garbled(err error) {
	s.Send(&reply{"?", 2500, err.Error()})
	s.Close()
}

func (s *acts) Closed() {
	if s.closed != nil {
		s.closed(s)
	}
	s.Close()
}

func (s *acts) Expired(timer int) {
	if s.expired != nil {
		s.expired(s, timer)
		return
	}
	s.Send(&reply{"late", 2500, actsSpec.Timers[timer]})
	s.Close()
}

func (s *acts) Done(operation int, req, res session.Message) {
	if s.done != nil {
		s.done(s, operation, req, res)
		return
	}
	s.Send(res)
}

func (s *acts) Called(c *session.Call) {
	if s.called != nil {
		s.called(s, c)
	}
}

func (s *acts) View() any {
	if s.view == nil {
		return nil
	}
	return s.view(s)
}

func (s *acts) Perform(ctx context.Context, operation int, req session.Message) (session.Message, error) {
	switch {
	case s.operate != nil:
		return s.operate(ctx, operation, req)
	case s.perform == nil:
		return nil, errors.ErrUnsupported
	}
	return s.perform(ctx, req)
}

func (s *acts) Refuse(session.Message, error) (session.Message, bool) {
	return &reply{"!", 2400, "failed"}, false
}
