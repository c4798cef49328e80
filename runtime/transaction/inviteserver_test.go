package transaction_test

import (
	"time"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// settings are the config of the specification.
type settings struct{ t1, t2, t4 time.Duration }

type inviteServerState uint8

const (
	inviteServerStart inviteServerState = iota
	inviteServerProceeding
	inviteServerAccepted
	inviteServerCompleted
	inviteServerConfirmed
	inviteServerTerminated
)

func (s inviteServerState) String() string {
	return [...]string{"start", "proceeding", "accepted", "completed", "confirmed", "terminated"}[s]
}

const (
	inviteServerTimerTrying = iota
	inviteServerTimerG
	inviteServerTimerH
	inviteServerTimerEnd // i or l
)

// The calls of the server machines.
const (
	callProvisional = iota
	callSuccess
	callFailure
)

// inviteServerMachine is RFC 3261 17.2.1 as RFC 6026 7.1 repaired it.
type inviteServerMachine struct {
	*transaction.Transaction
	config  *settings
	program program
	state   inviteServerState
	sent    int64 // how often the final response has been sent
}

// The slots of the server machines.
const (
	serverLast    = 0 // what was sent last
	serverRequest = 1 // the request, until something is sent
)

func inviteServerKey(b []byte, m transaction.Message) []byte {
	r, ok := m.(*request)
	if !ok || r.method != "INVITE" && r.method != "ACK" {
		return b
	}
	return append(append(append(b, r.branch...), ' '), r.sentBy...)
}

func inviteServerBegins(m transaction.Message) bool { return m.(*request).method == "INVITE" }

func (s *inviteServerMachine) Load(v *transaction.Vars) {
	s.state, s.sent = inviteServerState(v.State), v.Ints[0]
}

func (s *inviteServerMachine) Save(v *transaction.Vars) {
	v.State, v.Ints[0] = uint8(s.state), s.sent
}

func (s *inviteServerMachine) to(state inviteServerState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
	if state == inviteServerTerminated {
		s.End()
	}
}

func (s *inviteServerMachine) Receive(m transaction.Message) {
	r, ok := m.(*request)
	if !ok {
		return
	}
	switch s.state {
	case inviteServerStart:
		s.StartTimer(inviteServerTimerTrying, 200*time.Millisecond)
		s.KeepReceived(serverRequest)
		s.program.invited(s.Transaction, r)
		s.to(inviteServerProceeding, "request")
	case inviteServerProceeding:
		if r.method == "INVITE" && s.Kept(serverLast) {
			s.SendKept(serverLast)
		}
	case inviteServerAccepted:
		if r.method == "ACK" {
			s.program.acknowledged(s.Transaction, r)
		}
	case inviteServerCompleted:
		switch {
		case r.method == "INVITE":
			s.SendKept(serverLast)
		case r.method == "ACK":
			s.StopTimer(inviteServerTimerG)
			s.StopTimer(inviteServerTimerH)
			s.Drop(serverLast)
			s.StartTimer(inviteServerTimerEnd, s.unlessReliable(s.config.t4))
			s.to(inviteServerConfirmed, "request")
		}
	case inviteServerConfirmed:
	default:
		s.Unexpected(s.state.String(), "request")
	}
}

func (s *inviteServerMachine) unlessReliable(d time.Duration) time.Duration {
	if s.Link().Reliable {
		return 0
	}
	return d
}

func (s *inviteServerMachine) Called(call int) {
	switch {
	case s.state == inviteServerProceeding && call == callProvisional:
		s.StopTimer(inviteServerTimerTrying)
		s.Drop(serverRequest)
		s.SendCall()
		s.KeepCall(serverLast)
	case s.state == inviteServerProceeding && call == callSuccess:
		s.StopTimer(inviteServerTimerTrying)
		s.Drop(serverRequest)
		s.SendCall()
		s.Drop(serverLast)
		s.StartTimer(inviteServerTimerEnd, 64*s.config.t1)
		s.to(inviteServerAccepted, "success")
	case s.state == inviteServerProceeding && call == callFailure:
		s.StopTimer(inviteServerTimerTrying)
		s.Drop(serverRequest)
		s.SendCall()
		s.KeepCall(serverLast)
		s.StartTimer(inviteServerTimerH, 64*s.config.t1)
		if !s.Link().Reliable {
			s.StartTimer(inviteServerTimerG, s.config.t1)
		}
		s.to(inviteServerCompleted, "failure")
	case s.state == inviteServerAccepted && call == callSuccess:
		s.SendCall()
	}
}

func (s *inviteServerMachine) Expired(timer int) {
	switch {
	case timer == inviteServerTimerTrying:
		s.program.late(s.Transaction)
	case timer == inviteServerTimerG && s.state == inviteServerCompleted:
		s.sent++
		s.SendKept(serverLast)
		s.StartTimer(inviteServerTimerG, min(s.config.t1<<s.sent, s.config.t2))
	case timer == inviteServerTimerH && s.state == inviteServerCompleted:
		s.program.unacknowledged(s.Transaction)
		s.to(inviteServerTerminated, "h")
	case timer == inviteServerTimerEnd:
		s.to(inviteServerTerminated, "end")
	}
}

// Failed keeps the state: "the server transaction MUST NOT be discarded" (RFC 6026 8.7), its timers end it.
func (s *inviteServerMachine) Failed(error) { s.program.failed(s.Transaction) }
