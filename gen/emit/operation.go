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
		d.add(m.onDone(o))
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
	return implements("Operator", "View", m.method("View", nil, block(jen.Any()),
		jen.Id("v").Op(":=").Id("s.vars"),
		jen.Id("v.State").Op("=").Id("s.state"),
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
func (m *machine) perform() jen.Code {
	body := []jen.Code{
		jen.List(jen.Id("res"), jen.Err()).Op(":=").Id("s").Dot("handle").Call(jen.Id("ctx"), jen.Id("operation"), jen.Id("req")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
	}
	if len(m.derived()) > 0 {
		body = append(body, jen.Id("s").Dot("derive").Call(jen.Id("res"), jen.Id("req")))
	}
	return implements("Operator", "Perform", m.method("Perform", performParams(), performResults(), append(body, jen.Return(jen.Id("res"), jen.Nil()))...))
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
func (m *machine) handle() jen.Code {
	call := func(o *model.Operation, msg *model.Message, req jen.Code) jen.Code {
		return jen.Return(rt("session", "Answer").Call(
			jen.Id("s.handler").Dot(m.e.handlerMethod(o, msg)).Call(jen.Id("ctx"), req)))
	}
	var cases []jen.Code
	for _, o := range m.operations() {
		if len(o.Takes) == 1 {
			typ := jen.Op("*").Id(m.e.msgs.of(o.Takes[0]).typ)
			cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(call(o, o.Takes[0], jen.Id("req").Assert(typ))))
			continue
		}
		kinds := collect(o.Takes, func(msg *model.Message) jen.Code {
			return jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(call(o, msg, jen.Id("req")))
		})
		cases = append(cases, jen.Case(jen.Id(m.operation(o))).Block(
			jen.Switch(jen.Id("req").Op(":=").Id("req").Assert(jen.Type())).Block(kinds...)))
	}
	return documented(doc("handle calls the method of the handler that an operation stands for."),
		m.method("handle", performParams(), performResults(),
			jen.Switch(jen.Id("operation")).Block(cases...), jen.Return(jen.Nil(), jen.Qual("errors", "ErrUnsupported"))))
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
	cases := collect(m.operations(), func(o *model.Operation) jen.Code {
		return jen.Case(jen.Id(m.operation(o))).Block(jen.Id("s").Dot("done"+o.Go).Call(
			jen.Id("req").Assert(paramType(m.e, o.Takes)), jen.Id("res").Assert(paramType(m.e, m.results(o)))))
	})
	params := block(jen.Id("operation").Int(), jen.List(jen.Id("req"), jen.Id("res")).Add(rt("session", "Message")))
	return implements("Operator", "Done", m.method("Done", params, nil, jen.Switch(jen.Id("operation")).Block(cases...)))
}

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
	params := block(jen.Id("req").Add(paramType(m.e, o.Takes)), jen.Id("res").Add(paramType(m.e, m.results(o))))
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
