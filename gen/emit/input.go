package emit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// inputMethods are the methods by which the machine takes its inputs: what the engine calls, and one method for each
// message, timer and call, or kind of them.
func (m *machine) inputMethods() []jen.Code {
	d := decls{m.receive()}
	for _, in := range m.inputs {
		d.add(m.onMessages(in))
	}
	d.add(m.broken(), m.garbled(), m.closed(), m.expired())
	for _, t := range m.Timers {
		d.add(m.onTimer(t))
	}
	if m.calls() {
		d.add(m.called())
		for _, c := range m.Calls {
			d.add(m.onCall(c))
		}
	}
	return d
}

// receive emits
//
//	// Receive implements [session.Machine].
//	func (s *serverMachine) Receive(m session.Message) {
//		switch m := m.(type) {
//		case *LoginRequest:
//			s.onLogin(m)
//		case *DomainCheckRequest, *DomainInfoRequest:
//			s.onDomain(m.(hasCommandHead))
//		}
//	}
func (m *machine) receive() jen.Code {
	var cases []jen.Code
	for _, in := range m.inputs {
		types := m.e.typeList(in.messages)
		arg := jen.Id("m")
		if len(in.messages) > 1 {
			arg.Assert(paramType(m.e, in.messages))
		}
		cases = append(cases, jen.Case(types...).Block(jen.Id("s").Dot(in.name).Call(arg)))
	}
	return implements("Machine", "Receive", m.method("Receive", block(jen.Id("m").Add(rt("session", "Message"))), nil,
		jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...)))
}

// onMessages emits what the machine does with messages that all states treat alike.
//
//	// onLogin takes the message login.
//	func (s *serverMachine) onLogin(m *LoginRequest) {
//		switch s.state {
//		case ServerStateWaitingForClientAuthentication:
//			s.Run(serverOperationLogin, m, s.config.CommandWithin)
//			s.to(ServerStateProcessingLogin, "login")
//		default:
//			s.Unexpected(s.state.String(), "login")
//		}
//	}
func (m *machine) onMessages(in *input) jen.Code {
	name := jen.Code(lit(in.messages[0].Name))
	if len(in.messages) > 1 {
		name = jen.Id("m").Dot("MessageName").Call()
	}
	var choices []choice
	for _, s := range m.running() {
		r := m.react(s, in.messages[0])
		switch {
		case r.on != nil:
			choices = append(choices, m.reaction(s, formula.Input{Kind: formula.On, On: r.on, Moves: r.on.Moves}, in, name))
		case r.otherwise != nil:
			choices = append(choices, m.reaction(s, formula.Input{Kind: formula.Otherwise, Moves: s.Otherwise}, in, name))
		case r.deferred:
			choices = append(choices, choice{s, block(jen.Id("s").Dot("Defer").Call())})
		case r.ignored:
			choices = append(choices, choice{s, nil})
		}
	}
	body := m.states(choices, unexpected(name))
	param := jen.Id("m")
	if !names(body, "m") {
		param = jen.Id("_")
	}
	return documented(doc("%s takes %s.", in.name, m.messageList(in.messages)),
		m.method(in.name, block(param.Add(paramType(m.e, in.messages))), nil, body))
}

// names reports whether code names an identifier.
func names(code jen.Code, id string) bool {
	return regexp.MustCompile(`\b` + id + `\b`).MatchString(fmt.Sprintf("%#v", code))
}

// reaction is what state s does with the messages of in.
func (m *machine) reaction(s *model.State, what formula.Input, in *input, name jen.Code) choice {
	p := m.inputPrinter(s, what)
	p.scope.Msg, p.scope.Req = in.messages, in.messages
	p.roots["msg"], p.roots["req"] = "m", "m"
	return choice{s, m.moves(p, what.Moves, name)}
}

// messageList names messages in a comment.
func (m *machine) messageList(messages []*model.Message) string {
	if len(messages) == 1 {
		return "the message " + messages[0].Name
	}
	for _, g := range m.e.p.Groups {
		if sameMessages(g.Messages, messages) {
			return "the messages of the group " + g.Name
		}
	}
	names := collect(messages, func(msg *model.Message) string { return msg.Name })
	return "the messages " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// broken emits
//
//	// Broken implements [session.Machine].
//	func (s *serverMachine) Broken(err error) {
//		e := err.(*MessageError) // decodeForServer returns no other
//		switch s.state { ... }
//	}
func (m *machine) broken() jen.Code {
	var choices []choice
	used := false
	for _, s := range m.running() {
		switch {
		case len(s.Broken) > 0:
			p := m.inputPrinter(s, formula.Input{Kind: formula.Broken, Moves: s.Broken})
			p.roots["error"] = "e"
			choices = append(choices, choice{s, m.moves(p, s.Broken, lit("broken"))})
			used = used || p.named["error"]
		case s.DeferBroken:
			choices = append(choices, choice{s, block(jen.Id("s").Dot("Defer").Call())})
		}
	}
	param, body := "_", []jen.Code{}
	if used {
		param = "err"
		body = append(body, jen.Id("e").Op(":=").Id("err").Assert(jen.Op("*").Id("MessageError")).Comment(m.decoder()+" returns no other"))
	}
	body = append(body, m.states(choices, unexpected(lit("broken"))))
	return implements("Machine", "Broken", m.method("Broken", block(jen.Id(param).Error()), nil, body...))
}

// garbled emits
//
//	// Garbled implements [session.Machine].
//	func (s *serverMachine) Garbled(err error) { ... }
func (m *machine) garbled() jen.Code {
	var choices []choice
	used := false
	for _, s := range m.running() {
		p := m.inputPrinter(s, formula.Input{Kind: formula.Garbled, Moves: s.Garbled})
		p.roots["error"], p.garbled = "err", true
		if body := m.moves(p, s.Garbled, lit("garbled")); len(body) > 0 {
			choices = append(choices, choice{s, body})
		}
		used = used || p.named["error"]
	}
	param := "_"
	if used {
		param = "err"
	}
	return implements("Machine", "Garbled", m.method("Garbled", block(jen.Id(param).Error()), nil, m.unlessNone(choices)...))
}

// closed emits
//
//	// Closed implements [session.Machine].
//	func (s *serverMachine) Closed() { ... }
func (m *machine) closed() jen.Code {
	var choices []choice
	for _, s := range m.running() {
		p := m.inputPrinter(s, formula.Input{Kind: formula.Closed, Moves: s.Closed})
		if body := m.moves(p, s.Closed, lit("closed")); len(body) > 0 {
			choices = append(choices, choice{s, body})
		}
	}
	return implements("Machine", "Closed", m.method("Closed", nil, nil, m.unlessNone(choices)...))
}

// unlessNone is the switch over choices, or nothing.
func (m *machine) unlessNone(choices []choice) []jen.Code {
	if len(choices) == 0 {
		return nil
	}
	return block(m.states(choices))
}

// expired emits
//
//	// Expired implements [session.Machine].
//	func (s *serverMachine) Expired(timer int) {
//		switch timer {
//		case serverTimerIdle:
//			s.afterIdle()
//		}
//	}
func (m *machine) expired() jen.Code {
	if len(m.Timers) == 0 {
		return implements("Machine", "Expired", m.method("Expired", block(jen.Int()), nil))
	}
	cases := collect(m.Timers, func(t *model.Timer) jen.Code {
		return jen.Case(jen.Id(m.timer(t))).Block(jen.Id("s").Dot("after" + exported(t.Name)).Call())
	})
	return implements("Machine", "Expired", m.method("Expired", block(jen.Id("timer").Int()), nil,
		jen.Switch(jen.Id("timer")).Block(cases...)))
}

// onTimer emits
//
//	// afterIdle takes the end of the timer idle.
//	func (s *serverMachine) afterIdle() { ... }
func (m *machine) onTimer(t *model.Timer) jen.Code {
	var choices []choice
	for _, s := range m.running() {
		for _, on := range s.After {
			if on.Timer != t {
				continue
			}
			p := m.inputPrinter(s, formula.Input{Kind: formula.After, On: on, Moves: on.Moves})
			choices = append(choices, choice{s, m.moves(p, on.Moves, lit(t.Name))})
		}
	}
	return documented(doc("after%s takes the end of the timer %s.", exported(t.Name), t.Name),
		m.method("after"+exported(t.Name), nil, nil, m.states(choices, unexpected(lit(t.Name)))))
}

// called emits
//
//	// Called implements [session.Callee].
//	func (s *clientMachine) Called(c *session.Call) {
//		switch c.Number() {
//		case clientCallLogin:
//			s.callLogin(c)
//		}
//	}
func (m *machine) called() jen.Code {
	cases := collect(m.Calls, func(c *model.Call) jen.Code {
		return jen.Case(jen.Id(m.call(c))).Block(jen.Id("s").Dot("call" + exported(c.Name)).Call(jen.Id("c")))
	})
	return implements("Callee", "Called", m.method("Called", block(callParam()), nil,
		jen.Switch(jen.Id("c").Dot("Number").Call()).Block(cases...)))
}

func callParam() jen.Code { return jen.Id("c").Op("*").Add(rt("session", "Call")) }

// onCall emits what the machine does when the program asks for something. A call waits where a state that takes it may come
// without another call; elsewhere it fails at once.
//
//	// callLogin takes the call login.
//	func (s *clientMachine) callLogin(c *session.Call) {
//		switch s.state {
//		case ClientStateGreeted:
//			s.Send(c.Message())
//			s.to(ClientStateLoggingIn, "login")
//		case ClientStateWaitingForGreeting:
//			s.Hold()
//		default:
//			s.Reject(s.state.String())
//		}
//	}
func (m *machine) onCall(c *model.Call) jen.Code {
	var choices []choice
	takes := func(s *model.State) *model.On {
		for _, on := range s.Call {
			if on.CallOf == c {
				return on
			}
		}
		return nil
	}
	for _, s := range m.running() {
		if on := takes(s); on != nil {
			p := m.inputPrinter(s, formula.Input{Kind: formula.Called, On: on, Moves: on.Moves})
			p.roots["call"] = "c.Message().(" + goString(paramType(m.e, formula.Passed(c))) + ")"
			choices = append(choices, choice{s, m.moves(p, on.Moves, lit(c.Name))})
		}
	}
	for _, s := range m.running() {
		if takes(s) == nil && leadsTo(s, func(s *model.State) bool { return takes(s) != nil }) {
			choices = append(choices, choice{s, block(jen.Id("s").Dot("Hold").Call())})
		}
	}
	reject := jen.Id("s").Dot("Reject").Call(jen.Id("s").Dot("state").Dot("String").Call())
	return documented(doc("call%s takes the call %s.", exported(c.Name), c.Name),
		m.method("call"+exported(c.Name), block(callParam()), nil, m.states(choices, reject)))
}

// leadsTo reports whether moves lead from s to a state that is wanted, through however many others, without the program
// asking for anything else.
func leadsTo(s *model.State, wanted func(*model.State) bool) bool {
	seen := map[*model.State]bool{s: true}
	for queue := []*model.State{s}; len(queue) > 0; queue = queue[1:] {
		for _, in := range formula.Inputs(queue[0]) {
			if in.Kind == formula.Called {
				continue
			}
			for _, mv := range in.Moves {
				if mv.To == nil || seen[mv.To] {
					continue
				}
				if wanted(mv.To) {
					return true
				}
				seen[mv.To] = true
				queue = append(queue, mv.To)
			}
		}
	}
	return false
}

// goString is code as text.
func goString(code *jen.Statement) string { return code.GoString() }
