package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// operationMethods are those of a machine that runs operations: how they begin, what they give, and what the machine
// makes of it.
func (m *machine) operationMethods() []jen.Code {
	if !m.runs() {
		return nil
	}
	d := decls{m.view(), m.perform(), m.handle(), m.refusal(), m.done()}
	for _, o := range m.operations() {
		if len(o.Gives) > 0 {
			d.add(m.onDone(o))
		}
	}
	return d
}

// view emits
//
//	// View implements [session.Operator].
//	func (s *serverMachine) View() any {
//		v := s.vars
//		v.State = s.state
//		return &v
//	}
func (m *machine) view() jen.Code {
	vars, state := jen.Id("s.vars"), jen.Id("s.state")
	if m.vars() != m.seen() {
		vars.Dot(m.seen())
	}
	if m.hasTwin() {
		state.Dot("String").Call()
	}
	return implements("Operator", "View", m.method("View", nil, block(jen.Any()),
		jen.Id("v").Op(":=").Add(vars),
		jen.Id("v.State").Op("=").Add(state),
		jen.Return(jen.Op("&").Id("v"))))
}

// perform emits
//
//	// Perform implements [session.Operator].
//	func (s *serverMachine) Perform(ctx context.Context, operation int, req session.Message) (session.Message, error) {
//		res, err := s.handle(ctx, operation, req)
//		if err != nil {
//			return nil, err
//		}
//		s.derive(res, req)
//		return res, nil
//	}
//
// and, where nothing is derived, handle is all of it.
func (m *machine) perform() jen.Code {
	if len(m.derived()) == 0 {
		return implements("Operator", "Perform", m.method("Perform", performParams(), performResults(),
			jen.Return(jen.Id("s").Dot("handle").Call(jen.Id("ctx"), jen.Id("operation"), jen.Id("req")))))
	}
	body := []jen.Code{
		jen.List(jen.Id("res"), jen.Err()).Op(":=").Id("s").Dot("handle").Call(jen.Id("ctx"), jen.Id("operation"), jen.Id("req")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
		jen.Id("s").Dot("derive").Call(jen.Id("res"), jen.Id("req")),
		jen.Return(jen.Id("res"), jen.Nil()),
	}
	return implements("Operator", "Perform", m.method("Perform", performParams(), performResults(), body...))
}

func performParams() []jen.Code {
	return block(jen.Id("ctx").Qual("context", "Context"), jen.Id("operation").Int(), jen.Id("req").Add(rt("session", "Message")))
}

func performResults() []jen.Code { return block(rt("session", "Message"), jen.Error()) }

// handle emits the calls of the Handler's methods:
//
//	func (s *serverMachine) handle(ctx context.Context, operation int, req session.Message) (session.Message, error) {
//		switch operation {
//		case serverOperationLogin:
//			return session.Answer(s.handler.Login(ctx, req.(*LoginRequest)))
//		case serverOperationCommand:
//			switch req := req.(type) {
//			case *DomainCheckRequest:
//				return session.Answer(s.handler.DomainCheck(ctx, req))
//			...
//			}
//		}
//		return nil, errors.ErrUnsupported
//	}
//
// An operation that gives nothing returns nil and the handler's error; one that answers later begins with session.Later.
func (m *machine) handle() jen.Code {
	var cases []jen.Code
	for _, o := range m.operations() {
		switch len(o.Takes) {
		case 0:
			cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(m.handlerCall(o, nil, nil)))
			continue
		case 1:
			typ := jen.Op("*").Id(m.e.msgs.of(o.Takes[0]).typ)
			cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(m.handlerCall(o, o.Takes[0], jen.Id("req").Assert(typ))))
			continue
		}
		kinds := collect(o.Takes, func(msg *model.Message) jen.Code {
			return jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(m.handlerCall(o, msg, jen.Id("req")))
		})
		cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(
			jen.Switch(jen.Id("req").Op(":=").Id("req").Assert(jen.Type())).Block(kinds...)))
	}
	return documented(doc("handle calls the method of the handler that an operation stands for."),
		m.method("handle", performParams(), performResults(),
			jen.Switch(jen.Id("operation")).Block(cases...), jen.Return(jen.Nil(), jen.Qual("errors", "ErrUnsupported"))))
}

// handlerCall emits the call of one method of the handler, as the end of handle:
//
//	return session.Answer(s.handler.Login(ctx, req))
//
// for an operation that gives nothing
//
//	return nil, s.handler.Opened(ctx)
//
// and for one that answers later
//
//	return session.Later(ctx, func(answer func(session.Message, error)) {
//		s.handler.Route(ctx, req, func(res *Result, err error) {
//			if res != nil {
//				s.derive(res, req)
//			}
//			answer(session.Answer(res, err))
//		})
//	})
func (m *machine) handlerCall(o *model.Operation, msg *model.Message, req jen.Code) jen.Code {
	name, args := o.Go, block(jen.Id("ctx"))
	if msg != nil {
		name = m.e.handlerMethod(o, msg)
		args = append(args, req)
	}
	call := jen.Id("s.handler").Dot(name)
	switch {
	case len(o.Gives) == 0:
		return jen.Return(jen.Nil(), call.Call(args...))
	case !o.Later:
		return jen.Return(rt("session", "Answer").Call(call.Call(args...)))
	}
	var body []jen.Code
	if len(m.derived()) > 0 {
		body = block(jen.If(jen.Id("res").Op("!=").Nil()).Block(jen.Id("s").Dot("derive").Call(jen.Id("res"), jen.Id("req"))))
	}
	body = append(body, jen.Id("answer").Call(rt("session", "Answer").Call(jen.Id("res"), jen.Err())))
	answer := jen.Func().Params(m.answerParams(msg)...).Block(body...)
	return jen.Return(rt("session", "Later").Call(jen.Id("ctx"),
		jen.Func().Params(jen.Id("answer").Func().Params(rt("session", "Message"), jen.Error())).Block(call.Call(append(args, answer)...))))
}

// answerParams are the parameters of the function that answers msg later.
func (m *machine) answerParams(msg *model.Message) []jen.Code {
	return block(jen.Id("res").Op("*").Id(m.replyType(msg)), jen.Err().Error())
}

// replyType is the type of the reply to msg.
func (m *machine) replyType(msg *model.Message) string {
	if reply := m.e.reply(msg); reply != nil {
		return m.e.msgs.of(reply).typ
	}
	return "Message"
}

// refusal emits
//
//	// Refuse implements [session.Operator].
//	func (s *serverMachine) Refuse(req session.Message, err error) (session.Message, bool) {
//		res := new(Response)
//		var refused *ResultError
//		known := errors.As(err, &refused)
//		if !known {
//			refused = &ResultError{Code: CodeFailed}
//		}
//		refused.fill(&res.ResponseHead)
//		s.derive(res, req)
//		return res, known
//	}
func (m *machine) refusal() jen.Code {
	res := m.e.refusalMessage()
	params := block(jen.Id("req").Add(rt("session", "Message")), jen.Err().Error())
	results := block(rt("session", "Message"), jen.Bool())
	if res == nil {
		return implements("Operator", "Refuse", m.method("Refuse", block(rt("session", "Message"), jen.Error()), results,
			jen.Return(jen.Nil(), jen.False()).Comment("the protocol has no words for it")))
	}
	body := []jen.Code{
		jen.Id("res").Op(":=").New(jen.Id(m.e.msgs.of(res).typ)),
		jen.Var().Id("refused").Op("*").Id("ResultError"),
		jen.Id("known").Op(":=").Qual("errors", "As").Call(jen.Err(), jen.Op("&").Id("refused")),
		jen.If(jen.Op("!").Id("known")).Block(
			jen.Id("refused").Op("=").Op("&").Id("ResultError").Add(inline(pair{jen.Id("Code"), m.e.codeMeaning(m, "failed")}))),
		jen.Id("refused").Dot("fill").Call(jen.Op("&").Id("res").Dot(m.e.msgs.codeHead.typ)),
	}
	if len(m.derived()) > 0 {
		body = append(body, jen.Id("s").Dot("derive").Call(jen.Id("res"), jen.Id("req")))
	}
	return implements("Operator", "Refuse", m.method("Refuse", params, results, append(body, jen.Return(jen.Id("res"), jen.Id("known")))...))
}

// done emits
//
//	// Done implements [session.Operator].
//	func (s *serverMachine) Done(operation int, req, res session.Message) {
//		switch operation {
//		case serverOperationLogin:
//			s.doneLogin(req.(*LoginRequest), res.(*Response))
//		}
//	}
func (m *machine) done() jen.Code {
	var cases []jen.Code
	for _, o := range m.operations() {
		if len(o.Gives) == 0 {
			continue
		}
		var args []jen.Code
		if m.asksRequest(o) {
			args = append(args, jen.Id("req").Assert(paramType(m.e, o.Takes)))
		}
		args = append(args, jen.Id("res").Assert(paramType(m.e, m.results(o))))
		cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(jen.Id("s").Dot("done"+o.Go).Call(args...)))
	}
	if len(cases) == 0 {
		return implements("Operator", "Done", m.method("Done", block(jen.Int(), rt("session", "Message"), rt("session", "Message")), nil))
	}
	params := block(jen.Id("operation").Int(), jen.List(jen.Id("req"), jen.Id("res")).Add(rt("session", "Message")))
	return implements("Operator", "Done", m.method("Done", params, nil, jen.Switch(jen.Id("operation")).Block(cases...)))
}

// asksRequest reports whether the machine is told the request again at the end of an operation.
func (m *machine) asksRequest(o *model.Operation) bool { return len(o.Takes) > 0 }

// results are the messages that an operation may give, refusals included.
func (m *machine) results(o *model.Operation) []*model.Message {
	list := formula.Replies(m.e.p, o.Takes)
	if r := m.e.refusalMessage(); r != nil && !slices.Contains(list, r) {
		list = append(list, r)
	}
	return list
}

// onDone emits what the machine does at the end of an operation.
//
//	// doneLogin takes the end of the operation login.
//	func (s *serverMachine) doneLogin(req *LoginRequest, res *Response) {
//		switch s.state {
//		case ServerStateProcessingLogin:
//			switch res.Code() {
//			case CodeCompleted: // accepted
//				...
//			}
//		}
//	}
func (m *machine) onDone(o *model.Operation) jen.Code {
	var choices []choice
	for _, s := range m.running() {
		if body := m.outcomes(s, o); len(body) > 0 {
			choices = append(choices, choice{s, body})
		}
	}
	params := block(jen.Id("res").Add(paramType(m.e, m.results(o))))
	if m.asksRequest(o) {
		params = append(block(jen.Id("req").Add(paramType(m.e, o.Takes))), params...)
	}
	return documented(doc("done%s takes the end of the operation %s.", o.Go, o.Name),
		m.method("done"+o.Go, params, nil, m.states(choices, unexpected(lit("the end of "+o.Name)))))
}

// outcomes emits the choice by reply code between the outcomes of o in state s.
func (m *machine) outcomes(s *model.State, o *model.Operation) []jen.Code {
	var cases []jen.Code
	var rest []jen.Code
	handled := false
	for _, on := range s.Done {
		if on.Operation != o {
			continue
		}
		handled = true
		p := m.inputPrinter(s, formula.Input{Kind: formula.Done, On: on, Moves: on.Moves})
		p.scope.Result = m.results(o)
		p.roots["req"], p.roots["result"] = "req", "res"
		body := m.moves(p, on.Moves, lit(outcomeName(o, on.Outcome)))
		if len(on.Outcome.Codes) == 0 {
			rest = body
			continue
		}
		codes := collect(on.Outcome.Codes, func(c string) jen.Code { return jen.Id(m.e.codeConstant(c)) })
		cases = append(cases, labelled(jen.Case(codes...), on.Outcome.Name, body...))
	}
	if !handled || len(cases) == 0 {
		return rest
	}
	if rest == nil {
		rest = block(unexpected(lit("the end of " + o.Name)))
	}
	code := jen.Id("res").Dot("Code").Call()
	if results := m.results(o); len(results) > 1 {
		code = jen.Id("res").Dot(headMethod(sharedHead(results))).Call().Dot("Code").Call()
	}
	return block(jen.Switch(code).Block(append(cases, jen.Default().Block(rest...))...))
}

// outcomeName is how an outcome is reported: "login.accepted".
func outcomeName(o *model.Operation, out *model.Outcome) string {
	return o.Name + "." + strings.TrimPrefix(out.Name, o.Name+".")
}

// codeMeaning is the constant of the code by which the machine says something itself: "failed" or "unimplemented".
func (e *emitter) codeMeaning(m *machine, means string) jen.Code {
	for _, c := range e.p.Codes {
		if c.Means == means {
			return jen.Id(c.Go)
		}
	}
	m.found.Errorf(m.Pos, "not-emitted", "machine %q runs operations, and no code of the protocol means %q", m.Name, means)
	return jen.Nil()
}

// refusalMessage is the reply that answers the most requests, of those with a code: what refusals are made of. It is nil
// when the protocol has none.
func (e *emitter) refusalMessage() *model.Message {
	var best *model.Message
	most := 0
	for _, m := range e.p.Messages {
		if m.Class != "reply" || m.Head == nil || e.msgs.codeHead == nil || e.msgs.codeHead.h != m.Head {
			continue
		}
		if n := len(formula.Answered(e.p, m)); n > most {
			best, most = m, n
		}
	}
	return best
}

// reply is the most special reply to a request: the one that answers the fewest others.
func (e *emitter) reply(req *model.Message) *model.Message {
	var best *model.Message
	least := 0
	for _, m := range formula.Replies(e.p, []*model.Message{req}) {
		if n := len(formula.Answered(e.p, m)); best == nil || n < least {
			best, least = m, n
		}
	}
	return best
}
