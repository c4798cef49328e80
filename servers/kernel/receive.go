package kernel

import (
	"context"

	"github.com/protogen-go/protogen/runtime/tree"
)

// receive takes a message of a peer: it finds the state the message is for and queues an event, or reports why it cannot. The
// kernel the message names does not count: what comes here is for us. It never blocks.
func (k *Kernel) receive(p *peer, m *Message) {
	t := p.target(m.Event)
	e := &Event{Kernel: p.id(), peer: p, message: m, Want: want(m)}
	e.one[0], e.Args = m.Params, e.one[:]
	if t.State == stateProxy {
		t.State, _ = m.Params.At(0).Str()
		e.Args = m.Params.At(1).List().Slots()
	}
	if !t.args.IsUndef() {
		e.Args = append(e.Args[:len(e.Args):len(e.Args)], t.args)
	}
	e.Session, e.State = t.Session, t.State
	if reason, op := k.dispatch(p, e); reason != "" {
		k.report(p, fault{reason: reason, op: op, target: t, message: m})
	}
}

// want is what the sender of a message wants to hear.
func want(m *Message) Want {
	switch {
	case m.RSVP.IsUndef():
		return WantNothing
	case m.WantArray.Truth():
		return WantList
	}
	return WantScalar
}

// dispatch hands an event to what it is for, or tells what is wrong with it and where that was found.
func (k *Kernel) dispatch(p *peer, e *Event) (reason, op string) {
	switch e.Session {
	case sessionAnswers:
		if k.calls.answer(p, e.State, e.Arg(0)) {
			return "", ""
		}
	case sessionIKC:
		return k.serve(p, e)
	}
	if k.closing.Load() {
		return "Kernel is stopping", "invocation"
	}
	permitted := k.calls.use(p, e.Session, e.State)
	e.local = k.session(e.Session)
	if e.local == nil {
		if permitted {
			return "Unknown session '" + e.Session + "'", "resolve"
		}
		return "Session '" + e.Session + "' is not available for remote kernels", "check"
	}
	st, ok := e.local.state(e.State)
	switch {
	case permitted && ok, ok && st.published:
		e.handler = st.handler
	case !e.local.offers.Load():
		return "Session '" + e.Session + "' is not available for remote kernels", "check"
	default:
		return "Session '" + e.Session + "' has not published state '" + e.State + "'", "check"
	}
	k.events.begin()
	if !e.local.accept(e, k.maxQueue()) {
		k.events.end()
		return "Session '" + e.Session + "' is busy", "invocation"
	}
	return "", ""
}

// serve does the work of the session that every kernel has. It is quick, and done at once.
func (k *Kernel) serve(p *peer, e *Event) (reason, op string) {
	var result tree.Value
	switch e.State {
	case statePing:
		result = tree.String("PONG")
	case stateDoYouHave:
		result = k.doYouHave(e)
	case stateRemoteError:
		k.remoteError(p, e.Arg(0))
		return "", ""
	default:
		return "Session '" + sessionIKC + "' has not published state '" + e.State + "'", "check"
	}
	if e.Want != WantNothing {
		k.answer(p, e.message.RSVP, e.result(result), k.fromOf(sessionIKC, &k.ikc))
	}
	return "", ""
}

// doYouHave answers a kernel that wants to subscribe to a session, or to a state of it.
func (k *Kernel) doYouHave(e *Event) tree.Value {
	spec := e.Arg(0).At(0)
	t := readTarget(spec)
	if s := k.session(t.Session); t.known && s != nil && s.offers.Load() {
		if st, ok := s.state(t.State); t.State == "" || ok && st.published {
			if t.Kernel == "" {
				t.Kernel = k.id
			}
			return tree.ListOf(address(t.Specifier), tree.String(k.id))
		}
	}
	return tree.String("Refused subscription " + t.String())
}

// answer sends what a handler returned to the one who called; undef is not sent. The call may have named another kernel to
// answer to. One that is not known is answered on the connection that the call came on.
func (k *Kernel) answer(p *peer, rsvp, result, from tree.Value) {
	if result.IsUndef() {
		return
	}
	m := &Message{Event: rsvp, Params: result, From: from}
	var name string
	if to := rsvp.Map(); to != nil {
		name = part(to, "kernel")
	} else {
		name = readTarget(rsvp).Kernel
	}
	if name == "" || p.called(name) {
		p.reply(m)
		return
	}
	if k.own(name) {
		k.local.reply(m)
		return
	}
	p.later(func() { k.answerElsewhere(p, name, m) })
}

// answerElsewhere sends an answer to a kernel other than the one who called.
func (k *Kernel) answerElsewhere(p *peer, name string, m *Message) {
	ctx, cancel := context.WithTimeout(k.ctx, registerWithin)
	defer cancel()
	found, err := k.registry().Resolve(ctx, name)
	if err != nil || len(found) == 0 {
		p.note(p.Send(ctx, m))
		return
	}
	for _, other := range found {
		if err := other.Route.Send(ctx, m); err != nil {
			k.logger().Warn("answer not sent", "kernel", other.ID(), "err", err)
		}
	}
}
