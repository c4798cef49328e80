package transaction_test

import (
	"github.com/protogen-go/protogen/runtime/transaction"
)

type inviteClientState uint8

const (
	inviteClientStart inviteClientState = iota
	inviteClientCalling
	inviteClientProceeding
	inviteClientAccepted
	inviteClientCompleted
	inviteClientTerminated
)

func (s inviteClientState) String() string {
	return [...]string{"start", "calling", "proceeding", "accepted", "completed", "terminated"}[s]
}

const (
	inviteClientTimerA = iota
	inviteClientTimerB
	inviteClientTimerEnd // d or m
)

// The calls of the client machines.
const (
	callRequest = iota
	callAck
)

// The slots of the client machines.
const (
	clientRequest = 0
	clientAck     = 1
)

// inviteClientMachine is RFC 3261 17.1.1 as RFC 6026 7.2 repaired it.
type inviteClientMachine struct {
	*transaction.Transaction
	config  *settings
	program program
	state   inviteClientState
	sent    int64 // how often the request has been sent again
}

func inviteClientKey(b []byte, m transaction.Message) []byte {
	switch m := m.(type) {
	case *request:
		if m.method == "INVITE" {
			return append(b, m.branch...)
		}
	case *response:
		if m.method == "INVITE" {
			return append(b, m.branch...)
		}
	}
	return b
}

func (s *inviteClientMachine) Load(v *transaction.Vars) {
	s.state, s.sent = inviteClientState(v.State), v.Ints[0]
}

func (s *inviteClientMachine) Save(v *transaction.Vars) {
	v.State, v.Ints[0] = uint8(s.state), s.sent
}

func (s *inviteClientMachine) to(state inviteClientState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
	if state == inviteClientTerminated {
		s.End()
	}
}

func (s *inviteClientMachine) Receive(m transaction.Message) {
	r, ok := m.(*response)
	if !ok {
		return
	}
	switch class := r.status / 100; s.state {
	case inviteClientCalling, inviteClientProceeding:
		s.StopTimer(inviteClientTimerA)
		s.StopTimer(inviteClientTimerB)
		switch {
		case class == 1:
			s.program.answered(s.Transaction, r)
			if s.state == inviteClientCalling {
				s.to(inviteClientProceeding, "provisional")
			}
		case class == 2:
			s.program.answered(s.Transaction, r)
			s.StartTimer(inviteClientTimerEnd, 64*s.config.t1)
			s.Drop(clientRequest)
			s.to(inviteClientAccepted, "success")
		default:
			s.program.rejected(s.Transaction, r)
			s.StartTimer(inviteClientTimerEnd, 64*s.config.t1)
			s.to(inviteClientCompleted, "failure")
		}
	case inviteClientAccepted:
		if class == 2 {
			s.program.answered(s.Transaction, r)
		}
	case inviteClientCompleted:
		if class > 2 {
			s.SendKept(clientAck)
		}
	}
}

func (s *inviteClientMachine) Called(call int) {
	switch {
	case s.state == inviteClientStart:
		s.SendCall()
		s.KeepCall(clientRequest)
		s.StartTimer(inviteClientTimerB, 64*s.config.t1)
		if !s.Link().Reliable {
			s.StartTimer(inviteClientTimerA, s.config.t1)
		}
		s.to(inviteClientCalling, "request")
	case s.state == inviteClientCompleted && call == callAck:
		s.SendCall()
		s.KeepCall(clientAck)
		s.Drop(clientRequest)
		if s.Link().Reliable { // timer D is 0
			s.to(inviteClientTerminated, "ack")
		}
	}
}

func (s *inviteClientMachine) Expired(timer int) {
	switch timer {
	case inviteClientTimerA:
		s.sent++
		s.SendKept(clientRequest)
		s.StartTimer(inviteClientTimerA, s.config.t1<<s.sent)
	case inviteClientTimerB:
		s.program.timedOut(s.Transaction)
		s.to(inviteClientTerminated, "b")
	case inviteClientTimerEnd:
		s.to(inviteClientTerminated, "end")
	}
}

func (s *inviteClientMachine) Failed(error) {
	s.program.failed(s.Transaction)
	s.to(inviteClientTerminated, "failed")
}
