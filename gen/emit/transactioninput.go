package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// handles reports whether some state has a move for a message; one that all states ignore is none of the machine's.
func (m *machine) handles(msg *model.Message) bool {
	return slices.ContainsFunc(m.States, func(s *model.State) bool { return react(s, msg).on != nil || react(s, msg).otherwise != nil })
}

// keyed are the messages that the machine's transactions are found by: those it handles, and those that its program begins them with.
func (m *machine) keyed() []*model.Message {
	var begun []*model.Message
	for _, on := range m.Initial.Call {
		begun = append(begun, formula.Passed(on.CallOf)...)
	}
	return filter(m.e.p.Messages, func(msg *model.Message) bool {
		return slices.Contains(m.received, msg) && m.handles(msg) || slices.Contains(begun, msg)
	})
}

// key emits
//
//	// inviteClientKey appends what the messages of one transaction have in common.
//	func inviteClientKey(b []byte, m transaction.Message) []byte {
//		switch m := m.(type) {
//		case *Response:
//			if m.CSeq.Method == "INVITE" {
//				return append(b, transaction.At(m.Via, 0).Branch()...)
//			}
//			return b
//		...
//		}
//		return b
//	}
func (m *machine) key() jen.Code {
	var cases []jen.Code
	for _, msg := range m.keyed() {
		p := m.messagePrinter(msg)
		if x := p.parse(m.Key, formula.TextType); x != nil {
			cases = append(cases, jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(p.appendKey(x)...))
		}
	}
	return documented(doc("%sKey appends what the messages of one transaction have in common.", m.short),
		function(m.short+"Key", block(jen.Id("b").Index().Byte(), jen.Id("m").Add(rt("transaction", "Message"))), block(jen.Index().Byte()),
			jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...), jen.Return(jen.Id("b"))))
}

// messagePrinter prints formulas about one message by itself.
func (m *machine) messagePrinter(msg *model.Message) *printer {
	p := m.printer(formula.ForMachine(m.e.p, m.Machine, m.e.msgs.fieldTypes))
	p.scope.Msg = []*model.Message{msg}
	p.roots["msg"] = "m"
	return p
}

// appendKey emits the return of b with the text x appended; a condition becomes a branch, so that nothing is computed in vain.
func (p *printer) appendKey(x formula.Expr) []jen.Code {
	if c, ok := isCond(x); ok {
		return append(block(jen.If(p.expr(c.Args[0])).Block(p.appendKey(c.Args[1])...)), p.appendKey(c.Args[2])...)
	}
	parts := summands(x)
	last := parts[len(parts)-1]
	if _, branches := isCond(last); branches || isEmptyText(last) {
		return append(p.appendParts(parts), jen.Return(jen.Id("b")))
	}
	return append(p.appendParts(parts[:len(parts)-1]), jen.Return(p.appended(last)))
}

// appendParts emits the appending of texts, one after the other.
func (p *printer) appendParts(parts []formula.Expr) []jen.Code {
	var body []jen.Code
	for _, x := range parts {
		if c, ok := isCond(x); ok {
			body = append(body, jen.If(p.expr(c.Args[0])).Block(p.appendParts(summands(c.Args[1]))...).Else().Block(p.appendParts(summands(c.Args[2]))...))
		} else if !isEmptyText(x) {
			body = append(body, jen.Id("b").Op("=").Add(p.appended(x)))
		}
	}
	return body
}

func isCond(x formula.Expr) (*formula.Call, bool) {
	c, ok := x.(*formula.Call)
	return c, ok && c.Func.Name == "cond"
}

// summands are the parts of a text that is put together with +.
func summands(x formula.Expr) []formula.Expr {
	if sum, ok := x.(*formula.Binary); ok && sum.Op == "+" {
		return append(summands(sum.X), summands(sum.Y)...)
	}
	return []formula.Expr{x}
}

func isEmptyText(x formula.Expr) bool {
	l, ok := x.(*formula.Lit)
	return ok && l.Value == ""
}

// appended emits b with one text appended.
//
//	strconv.AppendInt(b, int64(m.Port), 10)
func (p *printer) appended(x formula.Expr) jen.Code {
	b := jen.Id("b")
	switch x := x.(type) {
	case *formula.Call:
		if x.Func.Name == "text" && x.Args[0].Type().Kind == formula.Int {
			return jen.Qual("strconv", "AppendInt").Call(b, p.number(x.Args[0]), lit(10))
		}
	case *formula.Lit:
		if s, ok := x.Value.(string); ok && len(s) == 1 {
			return jen.Append(b, jen.LitRune(rune(s[0])))
		}
	}
	return jen.Append(b, p.expr(x).Op("..."))
}

// begins emits
//
//	// inviteServerBegins reports whether a message may begin a transaction of the machine "inviteServer".
//	func inviteServerBegins(m transaction.Message) bool {
//		switch m := m.(type) {
//		case *Request:
//			switch {
//			case m.Method == "INVITE":
//				return true
//			}
//		}
//		return false
//	}
//
// and nothing for a machine whose transactions the program begins.
func (m *machine) begins() jen.Code {
	var cases []jen.Code
	named := false
	for _, on := range m.Initial.On {
		for _, msg := range on.Messages() {
			p := m.messagePrinter(msg)
			body := m.beginning(p, on.Moves)
			named = named || p.named["msg"]
			if body != nil {
				cases = append(cases, jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(body))
			}
		}
	}
	if len(cases) == 0 {
		return jen.Null()
	}
	typ := jen.Id("m").Assert(jen.Type())
	if named {
		typ = jen.Id("m").Op(":=").Add(typ)
	}
	return documented(doc("%s reports whether a message may begin a transaction of the machine %q.", m.beginner(), m.Name),
		function(m.beginner(), block(jen.Id("m").Add(rt("transaction", "Message"))), block(jen.Bool()),
			jen.Switch(typ).Block(cases...), jen.Return(jen.False())))
}

// beginner is the function that begins emits; empty when the program begins the transactions.
func (m *machine) beginner() string {
	if len(m.Initial.On) == 0 {
		return ""
	}
	return m.short + "Begins"
}

// beginning emits the guards of moves that leave the initial state; nil when none does.
func (m *machine) beginning(p *printer, moves []*model.Move) jen.Code {
	var cases []jen.Code
	leave := false
	for _, mv := range moves {
		leave = leave || mv.To != nil
		result := jen.Return(jen.Lit(mv.To != nil))
		if mv.When == nil {
			if len(cases) == 0 {
				return result
			}
			cases = append(cases, jen.Default().Block(result))
			break
		}
		cases = append(cases, jen.Case(p.condition(mv.When)).Block(result))
	}
	if !leave {
		return nil
	}
	return jen.Switch().Block(cases...)
}

// transactionReceive emits
//
//	// Receive implements [transaction.Machine].
//	func (s *inviteServerMachine) Receive(m transaction.Message) {
//		if m, ok := m.(*Request); ok {
//			s.onRequest(m)
//		}
//	}
func (m *machine) transactionReceive() jen.Code {
	var cases []jen.Code
	for _, in := range m.inputs {
		if !m.handles(in.messages[0]) {
			continue
		}
		types := m.e.typeList(in.messages)
		arg := jen.Id("m")
		if len(in.messages) > 1 {
			arg.Assert(paramType(m.e, in.messages))
		}
		cases = append(cases, jen.Case(types...).Block(jen.Id("s").Dot(in.name).Call(arg)))
	}
	return m.ofTransaction("Receive", block(jen.Id("m").Add(rt("transaction", "Message"))), nil,
		jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...))
}

// transactionCalled emits
//
//	// Called implements [transaction.Machine].
//	func (s *inviteServerMachine) Called(call int) {
//		switch call {
//		case callProvide:
//			s.callProvide()
//		}
//	}
func (m *machine) transactionCalled() jen.Code {
	cases := collect(m.Calls, func(c *model.Call) jen.Code {
		return jen.Case(jen.Id(transactionCall(c))).Block(jen.Id("s").Dot("call" + exported(c.Name)).Call())
	})
	return m.ofTransaction("Called", block(jen.Id("call").Int()), nil, jen.Switch(jen.Id("call")).Block(cases...))
}

// onTransactionCall emits what the machine does when the program asks for something. Where a state has nothing to do for it, it does nothing.
func (m *machine) onTransactionCall(c *model.Call) jen.Code {
	var choices []choice
	for _, s := range m.running() {
		for _, on := range s.Call {
			if on.CallOf != c {
				continue
			}
			p := m.inputPrinter(s, formula.Input{Kind: formula.Called, On: on, Moves: on.Moves})
			if body := m.moves(p, on.Moves, lit(c.Name)); len(body) > 0 {
				choices = append(choices, choice{s, body})
			}
		}
	}
	return documented(doc("call%s takes the call %s.", exported(c.Name), c.Name),
		m.method("call"+exported(c.Name), nil, nil, m.unlessNone(choices)...))
}

// transactionExpired emits
//
//	// Expired implements [transaction.Machine].
//	func (s *inviteServerMachine) Expired(timer int) {
//		switch timer {
//		case inviteServerTimerTrying:
//			s.afterTrying()
//		}
//	}
func (m *machine) transactionExpired() jen.Code {
	cases := collect(m.Timers, func(t *model.Timer) jen.Code {
		return jen.Case(jen.Id(m.timer(t))).Block(jen.Id("s").Dot("after" + exported(t.Name)).Call())
	})
	return m.ofTransaction("Expired", block(jen.Id("timer").Int()), nil, jen.Switch(jen.Id("timer")).Block(cases...))
}

// failed emits
//
//	// Failed implements [transaction.Machine].
//	func (s *inviteServerMachine) Failed(error) { ... }
func (m *machine) failed() jen.Code {
	var choices []choice
	for _, s := range m.running() {
		p := m.inputPrinter(s, formula.Input{Kind: formula.Closed, Moves: s.Closed})
		if body := m.moves(p, s.Closed, lit("closed")); len(body) > 0 {
			choices = append(choices, choice{s, body})
		}
	}
	return m.ofTransaction("Failed", block(jen.Error()), nil, m.unlessNone(choices)...)
}

// transact emits what a move of a transaction does, in the order in which it is done.
//
//	s.vars.Factor = 2 * max(s.vars.Factor, 1)
//	s.SendKept(inviteServerLast)
//	s.SendCall()
//	s.KeepCall(inviteServerLast)
//	s.StopTimer(inviteServerTimerTrying)
//	s.StartTimer(inviteServerTimerL, 64*s.config.T1)
//	s.handler.Invited(s.Transaction, m)
//	s.to(InviteServerStateProceeding, "request")
func (m *machine) transact(p *printer, mv *model.Move, input jen.Code) []jen.Code {
	var body []jen.Code
	s := func(method string, args ...jen.Code) { body = append(body, jen.Id("s").Dot(method).Call(args...)) }
	m.refuseMove(mv)
	if mv.Resolve || mv.Fail != "" || mv.Frame != nil || mv.Close {
		m.found.Errorf(mv.Pos, "not-emitted", "machine %q: a move of a transaction has no connection and no waiting calls", m.Name)
	}
	for _, set := range mv.Set {
		if set.Var.Type != "message" {
			body = append(body, m.set(p, set))
		}
	}
	for _, send := range mv.Send {
		m.sendInTransaction(send, s)
	}
	for _, set := range mv.Set {
		if set.Var.Type == "message" {
			m.keep(set, s)
		}
	}
	for _, t := range mv.Stop {
		s("StopTimer", jen.Id(m.timer(t)))
	}
	for _, t := range mv.Start {
		s("StartTimer", jen.Id(m.timer(t)), m.timerLength(t))
	}
	if mv.Run != nil {
		args := block(jen.Id("s.Transaction"))
		if len(mv.Run.Takes) == 1 {
			args = append(args, jen.Id(p.roots["msg"]))
		}
		body = append(body, jen.Id("s.handler").Dot(mv.Run.Go).Call(args...))
	}
	if mv.To != nil {
		s("to", jen.Id(mv.To.Go), input)
	}
	return body
}

// sendInTransaction emits the sending of what the program passed, or of what was kept.
func (m *machine) sendInTransaction(send *model.Send, s func(string, ...jen.Code)) {
	if send.Call {
		s("SendCall")
		return
	}
	for _, v := range m.messageVars() {
		if send.From == "var."+v.Name {
			s("SendKept", jen.Id(m.slot(v)))
			return
		}
	}
	m.found.Errorf(send.Pos, "not-emitted", "machine %q: a transaction sends what the program passed or what it has kept", m.Name)
}

// keep emits the keeping of a message.
func (m *machine) keep(a *model.Assign, s func(string, ...jen.Code)) {
	switch a.Value.Text {
	case "call":
		s("KeepCall", jen.Id(m.slot(a.Var)))
	case "msg":
		s("KeepReceived", jen.Id(m.slot(a.Var)))
	default:
		m.found.Errorf(a.Value.Pos, "not-emitted", "machine %q: a transaction keeps call or msg", m.Name)
	}
}

// isKept emits whether a variable that is a message holds one.
//
//	s.Kept(inviteServerLast)
func (m *machine) isKept(v *model.Var, there bool) *jen.Statement {
	kept := jen.Id("s").Dot("Kept").Call(jen.Id(m.slot(v)))
	if there {
		return kept
	}
	return jen.Op("!").Add(kept)
}

// partOfValue prints a part of a value in a header field: a parameter is a method.
//
//	transaction.At(m.Via, 0).Branch()
func (p *printer) partOfValue(x *formula.Member) *jen.Statement {
	value := p.expr(x.X)
	if i, ok := x.X.(*formula.Index); ok {
		value = rt("transaction", "At").Call(p.expr(i.X), p.number(i.I))
	}
	part := value.Dot(x.Field.Go)
	if isParam(x.Field) {
		part.Call()
	}
	if x.Type().Kind == formula.Int {
		return jen.Int64().Call(part)
	}
	return part
}
