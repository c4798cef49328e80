package transaction_test

import (
	"time"

	"github.com/protogen-go/protogen/runtime/transaction"
)

type clientState uint8

const (
	clientStart clientState = iota
	clientTrying
	clientProceeding
	clientCompleted
	clientTerminated
)

func (s clientState) String() string {
	return [...]string{"start", "trying", "proceeding", "completed", "terminated"}[s]
}

const (
	clientTimerE = iota
	clientTimerF
	clientTimerK
)

// clientMachine is RFC 3261 17.1.2.
type clientMachine struct {
	*transaction.Transaction
	config  *settings
	program program
	state   clientState
	sent    int64 // how often the request has been sent again
}

func clientKey(b []byte, m transaction.Message) []byte {
	var method, branch string
	switch m := m.(type) {
	case *request:
		method, branch = m.method, m.branch
	case *response:
		method, branch = m.method, m.branch
	}
	if method == "INVITE" {
		return b
	}
	return append(append(append(b, branch...), ' '), method...)
}

func (s *clientMachine) Load(v *transaction.Vars) {
	s.state, s.sent = clientState(v.State), v.Ints[0]
}

func (s *clientMachine) Save(v *transaction.Vars) {
	v.State, v.Ints[0] = uint8(s.state), s.sent
}

func (s *clientMachine) to(state clientState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
	if state == clientTerminated {
		s.End()
	}
}

func (s *clientMachine) Receive(m transaction.Message) {
	r, ok := m.(*response)
	if !ok || s.state == clientCompleted {
		return
	}
	s.program.answered(s.Transaction, r)
	if r.status < 200 {
		if s.state == clientTrying {
			s.to(clientProceeding, "provisional")
		}
		return
	}
	s.StopTimer(clientTimerE)
	s.StopTimer(clientTimerF)
	s.Drop(clientRequest)
	var k time.Duration
	if !s.Link().Reliable {
		k = s.config.t4
	}
	s.StartTimer(clientTimerK, k)
	s.to(clientCompleted, "final")
}

func (s *clientMachine) Called(int) {
	s.SendCall()
	s.KeepCall(clientRequest)
	s.StartTimer(clientTimerF, 64*s.config.t1)
	if !s.Link().Reliable {
		s.StartTimer(clientTimerE, s.config.t1)
	}
	s.to(clientTrying, "request")
}

func (s *clientMachine) Expired(timer int) {
	switch timer {
	case clientTimerE:
		s.sent++
		s.SendKept(clientRequest)
		d := s.config.t2
		if s.state == clientTrying {
			d = min(s.config.t1<<s.sent, d)
		}
		s.StartTimer(clientTimerE, d)
	case clientTimerF:
		s.program.timedOut(s.Transaction)
		s.to(clientTerminated, "f")
	case clientTimerK:
		s.to(clientTerminated, "k")
	}
}

func (s *clientMachine) Failed(error) {
	s.program.failed(s.Transaction)
	s.to(clientTerminated, "failed")
}
