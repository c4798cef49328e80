package transaction_test

import (
	"errors"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// A request and a response as far as transactions look at them. On the wire: "METHOD branch sentBy" and "status METHOD branch", and a body.
type request struct{ method, branch, sentBy, body string }

type response struct {
	status               int64
	method, branch, body string
}

// A message's words, joined by blanks; the last one may hold some.
func appendMessage(b []byte, m transaction.Message) ([]byte, error) {
	switch m := m.(type) {
	case *request:
		return append(b, strings.Join([]string{m.method, m.branch, m.sentBy, m.body}, " ")...), nil
	case *response:
		return append(b, strings.Join([]string{strconv.FormatInt(m.status, 10), m.method, m.branch, m.body}, " ")...), nil
	}
	return b, errors.New("no message")
}

func parse(b []byte) transaction.Message {
	w := strings.SplitN(string(b), " ", 4)
	if status, err := strconv.ParseInt(w[0], 10, 64); err == nil {
		return &response{status, w[1], w[2], w[3]}
	}
	return &request{w[0], w[1], w[2], w[3]}
}

func cloneMessage(m transaction.Message) transaction.Message {
	switch m := m.(type) {
	case *request:
		c := *m
		return &c
	case *response:
		c := *m
		return &c
	}
	return m
}

// A program is what the machines tell of: the methods that an emitted package's handler has, one for each operation.
type program interface {
	invited(t *transaction.Transaction, m *request)
	acknowledged(t *transaction.Transaction, m *request)
	unacknowledged(t *transaction.Transaction)
	late(t *transaction.Transaction)
	requested(t *transaction.Transaction, m *request)
	rejected(t *transaction.Transaction, m *response)
	answered(t *transaction.Transaction, m *response)
	timedOut(t *transaction.Transaction)
	failed(t *transaction.Transaction)
}

// The machines, by number.
const (
	machineInviteServer = iota
	machineServer
	machineInviteClient
	machineClient
)

func newSpec(c *settings, p program) *transaction.Spec {
	return &transaction.Spec{
		Append: appendMessage,
		Parse:  func(b []byte) (transaction.Message, error) { return parse(b), nil },
		Machines: []transaction.MachineSpec{
			{
				Name: "inviteServer", Timers: []string{"trying", "g", "h", "end"}, Key: inviteServerKey, Begins: inviteServerBegins,
				New: func(t *transaction.Transaction) transaction.Machine {
					return &inviteServerMachine{Transaction: t, config: c, program: p}
				},
			},
			{
				Name: "server", Timers: []string{"j"}, Key: serverKey, Begins: serverBegins,
				New: func(t *transaction.Transaction) transaction.Machine {
					return &serverMachine{Transaction: t, config: c, program: p}
				},
			},
			{
				Name: "inviteClient", Timers: []string{"a", "b", "end"}, Key: inviteClientKey,
				New: func(t *transaction.Transaction) transaction.Machine {
					return &inviteClientMachine{Transaction: t, config: c, program: p}
				},
			},
			{
				Name: "client", Timers: []string{"e", "f", "k"}, Key: clientKey,
				New: func(t *transaction.Transaction) transaction.Machine {
					return &clientMachine{Transaction: t, config: c, program: p}
				},
			},
		},
	}
}
