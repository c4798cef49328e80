package kernel

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Want is what the sender of an event wants to hear.
type Want int

// What senders want.
const (
	WantNothing Want = iota // it posted
	WantScalar              // it called, and wants one value
	WantList                // it called, and wants a list
)

// Event is something for a state of a session to do. It belongs to the handler.
type Event struct {
	// Session and State are where it was sent to.
	Session, State string
	// Args are ARG0 and what follows.
	Args []tree.Value
	// Want is what the sender wants to hear.
	Want Want
	// Kernel is the id of the kernel it came from.
	Kernel string

	peer    *peer
	local   *localSession
	handler Handler
	message *Message
	one     [1]tree.Value // room for Args
	list    *[]tree.Value // what List was given; nil when it was not called
}

// ErrAnonymous is what [Event.Reply] says when the sender did not say who it is.
var ErrAnonymous = errors.New("kernel: the sender is anonymous")

// Arg is an argument, undef when there is none with the number.
func (e *Event) Arg(i int) tree.Value {
	if i < 0 || i >= len(e.Args) {
		return tree.Value{}
	}
	return e.Args[i]
}

// List makes a list what a handler returns: all of it for who wants a list, its last value for who wants a scalar, as in Perl.
//
//	return e.List(tree.Int(1), tree.String("two"))
func (e *Event) List(values ...tree.Value) (tree.Value, error) {
	e.list = &values
	if len(values) == 0 {
		return tree.Value{}, nil
	}
	return values[len(values)-1], nil
}

// From is who sent the event, as far as it said. Its State is how it is answered, not where it was sent from.
func (e *Event) From() (from Specifier, known bool) {
	t := readTarget(e.message.From)
	return t.Specifier, t.known
}

// Reply posts an event back to the session that sent this one: what posting to SENDER is in POE. It works during the handler
// and later, any number of times and from any goroutine, as long as the sender's kernel is connected. The sender's session must
// have published the state. It does not block. The error is [ErrAnonymous] when the sender did not say who it is.
func (e *Event) Reply(state string, args ...any) error {
	from := e.message.From
	if from.Kind() != tree.KindMap {
		return ErrAnonymous
	}
	values, err := valuesOf(args)
	if err != nil {
		return err
	}
	m := &Message{From: e.peer.kernel.fromOf(e.Session, e.local)}
	if text, _ := from.Get("state").Str(); text == "" {
		m.Event = address(Specifier{Kernel: part(from.Map(), "kernel"), Session: part(from.Map(), "session"), State: state})
		m.Params = tree.ListOf(values...)
	} else {
		m.Event = from
		m.Params = tree.ListOf(tree.String(state), tree.ListOf(values...))
	}
	return e.peer.queue(m)
}

// handling is an event as the context of its handler: the kernel's, and which session it works for.
type handling Event

// fromKey finds the session that a context belongs to.
type fromKey struct{}

func (h *handling) base() context.Context { return h.peer.kernel.ctx }

// Deadline implements [context.Context].
func (h *handling) Deadline() (time.Time, bool) { return h.base().Deadline() }

// Done implements [context.Context].
func (h *handling) Done() <-chan struct{} { return h.base().Done() }

// Err implements [context.Context].
func (h *handling) Err() error { return h.base().Err() }

// Value implements [context.Context].
func (h *handling) Value(key any) any {
	if key == (fromKey{}) {
		return h.Session
	}
	return h.base().Value(key)
}

// Run has the handler work. It is a task of the session's strand.
func (e *Event) Run() {
	defer e.peer.kernel.events.end()
	value, err := e.handle()
	e.local.release(e.peer.kernel.maxQueue())
	if err != nil {
		e.fail(err)
		return
	}
	if e.Want == WantNothing {
		return
	}
	e.peer.kernel.answer(e.peer, e.message.RSVP, e.result(value), e.peer.kernel.fromOf(e.Session, e.local))
}

// handle calls the handler and confines its panics.
func (e *Event) handle() (v tree.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.peer.kernel.logger().Error("handler panicked", "session", e.Session, "state", e.State, "panic", p, "stack", string(debug.Stack()))
			v, err = tree.Value{}, errFailed
		}
	}()
	return e.handler.Handle((*handling)(e), e)
}

// errFailed stands for an error that has been logged.
var errFailed = errors.New("kernel: handler failed")

// fail tells the sender that a state has failed, and no more than it should know.
func (e *Event) fail(err error) {
	var refusal *Refusal
	reason := "State '" + e.State + "' of session '" + e.Session + "' failed"
	switch {
	case errors.As(err, &refusal):
		reason = refusal.Text
	case err != errFailed:
		e.peer.kernel.logger().Error("handler failed", "session", e.Session, "state", e.State, "err", err)
	}
	t := readTarget(e.message.Event)
	t.State = e.State
	e.peer.kernel.report(e.peer, fault{reason: reason, op: "invocation", target: t, message: e.message})
}

// result is what a handler returned in the form that the caller wants; undef for no answer.
func (e *Event) result(v tree.Value) tree.Value {
	switch {
	case e.Want != WantList:
		return v
	case e.list != nil && len(*e.list) > 0:
		return tree.ListOf(*e.list...)
	case e.list != nil || v.IsUndef():
		return tree.Value{}
	}
	return tree.ListOf(v)
}

// valuesOf turns Go values into values.
func valuesOf(args []any) ([]tree.Value, error) {
	values := make([]tree.Value, len(args))
	for i, arg := range args {
		var err error
		if values[i], err = tree.Of(arg); err != nil {
			return nil, err
		}
	}
	return values, nil
}
