package transaction_test

import (
	"time"

	"github.com/protogen-go/protogen/runtime/transaction"
)

type serverState uint8

const (
	serverStart serverState = iota
	serverTrying
	serverProceeding
	serverCompleted
	serverTerminated
)

func (s serverState) String() string {
	return [...]string{"start", "trying", "proceeding", "completed", "terminated"}[s]
}

const serverTimerJ = 0

// serverMachine is RFC 3261 17.2.2.
type serverMachine struct {
	*transaction.Transaction
	config  *settings
	program program
	state   serverState
}

func serverKey(b []byte, m transaction.Message) []byte {
	r, ok := m.(*request)
	if !ok || r.method == "INVITE" || r.method == "ACK" {
		return b
	}
	return append(append(append(append(append(b, r.branch...), ' '), r.sentBy...), ' '), r.method...)
}

func serverBegins(transaction.Message) bool { return true }

func (s *serverMachine) Load(v *transaction.Vars) { s.state = serverState(v.State) }
func (s *serverMachine) Save(v *transaction.Vars) { v.State = uint8(s.state) }

func (s *serverMachine) to(state serverState, input string) {
	s.Moved(s.state.String(), input, state.String())
	s.state = state
	if state == serverTerminated {
		s.End()
	}
}

func (s *serverMachine) Receive(m transaction.Message) {
	switch s.state {
	case serverStart:
		s.program.requested(s.Transaction, m.(*request))
		s.to(serverTrying, "request")
	case serverProceeding, serverCompleted:
		s.SendKept(serverLast)
	}
}

func (s *serverMachine) Called(call int) {
	switch {
	case s.state == serverCompleted:
	case call == callProvisional:
		s.SendCall()
		s.KeepCall(serverLast)
		if s.state == serverTrying {
			s.to(serverProceeding, "provisional")
		}
	default:
		s.SendCall()
		s.KeepCall(serverLast)
		var j time.Duration
		if !s.Link().Reliable {
			j = 64 * s.config.t1
		}
		s.StartTimer(serverTimerJ, j)
		s.to(serverCompleted, "final")
	}
}

func (s *serverMachine) Expired(int) { s.to(serverTerminated, "j") }

func (s *serverMachine) Failed(error) {
	s.program.failed(s.Transaction)
	s.to(serverTerminated, "failed")
}
