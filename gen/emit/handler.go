package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// handlerFile emits what a program implements to stand behind a machine that runs operations, and how it refuses.
func (e *emitter) handlerFile() (File, error) {
	var d decls
	var found diag.List
	for _, m := range e.machines() {
		if m.runs() && m.isFirst() {
			methods := m.methods()
			d.add(m.handlerInterface(methods), m.unimplemented())
			d.add(m.unimplementedMethods(methods)...)
			found = append(found, m.found...)
		}
	}
	if len(d) > 0 && e.msgs.codeHead != nil {
		d.add(e.resultError()...)
	}
	if found.HasErrors() {
		return File{}, found
	}
	return e.file("handler_gen.go", d...)
}

// handlerMethod is the method of the Handler that does the operation for a message: the operation's, when it takes that
// message alone.
func (e *emitter) handlerMethod(o *model.Operation, msg *model.Message) string {
	if o.TakesAll == nil {
		return o.Go
	}
	return exported(msg.Name)
}

// handlerMethod is one method of a Handler.
type handlerMethod struct {
	name       string
	node       *model.Node // that says what it does
	o          *model.Operation
	msg, reply *model.Message // nil if it takes, or gives, nothing
}

// methods are the methods of the machine's Handler.
func (m *machine) methods() []handlerMethod {
	var list []handlerMethod
	for _, o := range m.operations() {
		if len(o.Takes) == 0 {
			list = append(list, handlerMethod{name: o.Go, node: &o.Node, o: o})
		}
		for _, msg := range o.Takes {
			reply := m.e.reply(msg)
			if len(o.Gives) == 0 {
				reply = nil
			} else if reply == nil {
				m.found.Errorf(o.Pos, "not-emitted", "operation %q takes %q, which no reply answers", o.Name, msg.Name)
				continue
			}
			node := &o.Node
			if o.TakesAll != nil {
				node = &msg.Node
			}
			list = append(list, handlerMethod{m.e.handlerMethod(o, msg), node, o, msg, reply})
		}
	}
	return list
}

// handlerSignature emits
//
//	Login(ctx context.Context, req *LoginRequest) (*Response, error)
//	Opened(ctx context.Context) error
//	Route(ctx context.Context, req *Deliver, answer func(res *Result, err error))
func (m *machine) handlerSignature(h handlerMethod, named bool) *jen.Statement {
	param := func(name string, typ jen.Code) jen.Code {
		if named {
			return jen.Id(name).Add(typ)
		}
		return typ
	}
	params := block(param("ctx", jen.Qual("context", "Context")))
	if h.msg != nil {
		params = append(params, param("req", jen.Op("*").Id(m.e.msgs.of(h.msg).typ)))
	}
	switch {
	case h.reply == nil:
		return jen.Id(h.name).Params(params...).Error()
	case h.o.Later:
		answer := jen.Func().Params(m.answerParams(h.msg)...)
		name := jen.Id("answer")
		if !named {
			params = collect(params, func(p jen.Code) jen.Code { return jen.Id("_").Add(p) })
		}
		return jen.Id(h.name).Params(append(params, name.Add(answer))...)
	}
	return jen.Id(h.name).Params(params...).Params(jen.Op("*").Id(m.e.msgs.of(h.reply).typ), jen.Error())
}

// handlerInterface emits
//
//	type Handler interface {
//		// Login decides whether the client may have a session. See RFC 5730 2.9.1.1.
//		Login(ctx context.Context, req *LoginRequest) (*Response, error)
//	}
func (m *machine) handlerInterface(methods []handlerMethod) jen.Code {
	rows := collect(methods, func(h handlerMethod) jen.Code {
		return documented(doc("%s", h.name+" "+lowerFirst(sentence(h.node.Doc))+clause(h.node.Standard)), m.handlerSignature(h, true))
	})
	text := m.handlerText()
	if m.e.msgs.codeHead != nil {
		text += "A nil reply without an error is plain success. A [*ResultError] refuses with a code of the protocol. Any other error " +
			"is logged, and the peer is told only that the command failed. A panic ends the session and no other.\n\n"
	} else {
		text += "A nil reply without an error is an empty one. An error is logged and ends the session: the protocol has no words " +
			"for it. So does a panic.\n\n"
	}
	text += "Embed [Unimplemented%[1]s] to refuse what is not implemented."
	return documented(doc(text, m.handler(), m.workers(), m.seen()),
		jen.Type().Id(m.handler()).Interface(rows...))
}

// workers names whose work a Handler does, in a comment.
func (m *machine) workers() string {
	var names []string
	for _, other := range m.e.machines() {
		if other.runs() && other.handler() == m.handler() {
			names = append(names, other.Role.Name)
		}
	}
	return strings.Join(names, " and of the ")
}

// handlerText says how a Handler is called.
func (m *machine) handlerText() string {
	blocking := slices.ContainsFunc(m.operations(), func(o *model.Operation) bool { return o.Blocking })
	later := slices.ContainsFunc(m.operations(), func(o *model.Operation) bool { return o.Later })
	text := "%[1]s does the work of the %[2]s. Its methods may block: each call has a goroutine of its own, and a session " +
		"has one call at a time unless the specification says otherwise. The context ends when the connection does or when the " +
		"call has taken too long; it knows the session ([%[3]sFromContext], [session.PeerFromContext]).\n\n"
	if !blocking {
		text = "%[1]s does the work of the %[2]s. Its methods are called on the loop, in the order of what they are told of, and must not " +
			"block. The context ends when the connection does; it knows the session ([%[3]sFromContext], [session.PeerFromContext]).\n\n"
	}
	if later {
		text += "An answer function may be called later, from any goroutine; its first call counts.\n\n"
	}
	return text
}

// unimplemented emits
//
//	type UnimplementedHandler struct{}
func (m *machine) unimplemented() jen.Code {
	typ := "Unimplemented" + m.handler()
	text := "%s is a [%s] that refuses everything with the protocol's code for it."
	if m.e.msgs.codeHead == nil {
		text = "%s is a [%s] that does nothing, and ends the session where a reply is due."
	}
	return documented(doc(text, typ, m.handler()),
		jen.Type().Id(typ).Struct().Line().Line().
			Var().Id("_").Id(m.handler()).Op("=").Id(typ).Values())
}

// unimplementedMethods emits, for every method of the Handler,
//
//	func (UnimplementedHandler) Login(context.Context, *LoginRequest) (*Response, error) {
//		return nil, &ResultError{Code: CodeUnimplementedCommand}
//	}
func (m *machine) unimplementedMethods(methods []handlerMethod) []jen.Code {
	refusal := m.unimplementedError()
	return collect(methods, func(h handlerMethod) jen.Code {
		body := jen.Return(jen.Nil(), refusal())
		switch {
		case h.reply == nil: // what it is told of may be nobody's business
			body = jen.Return(jen.Nil())
		case h.o.Later:
			body = jen.Id("answer").Call(jen.Nil(), refusal())
		}
		return documented(doc("%s implements [%s].", h.name, m.handler()),
			jen.Func().Params(jen.Id("Unimplemented"+m.handler())).Add(m.handlerSignature(h, false)).Block(body))
	})
}

// unimplementedError emits the error for what is not implemented: the protocol's code for that, or for failure.
//
//	&ResultError{Code: CodeUnimplementedCommand}
func (m *machine) unimplementedError() func() jen.Code {
	if m.e.msgs.codeHead == nil {
		return func() jen.Code { return jen.Qual("errors", "ErrUnsupported") }
	}
	means := "unimplemented"
	if !slices.ContainsFunc(m.e.p.Codes, func(c *model.Code) bool { return c.Means == means }) {
		means = "failed"
	}
	return func() jen.Code {
		return jen.Op("&").Id("ResultError").Add(inline(pair{jen.Id("Code"), m.e.codeMeaning(m, means)}))
	}
}

// resultError emits
//
//	// ResultError refuses a request...
//	type ResultError struct {
//		Code    ResultCode
//		Message string
//		Results []Result
//	}
//
//	func (e *ResultError) Error() string { ... }
//
//	func (e *ResultError) fill(h *ResponseHead) { ... }
func (e *emitter) resultError() []jen.Code {
	h := e.msgs.codeHead
	fields := []jen.Code{
		jen.Id("Code").Id(e.msgs.codes.name).Comment("// why"),
		jen.Id("Message").String().Comment("// for people; empty: the code's own text"),
	}
	fill := []jen.Code{jen.Id("h").Dot("SetCode").Call(jen.Id("e.Code"), jen.Id("e.Message"))}
	if e.msgs.codeAt.many {
		v := e.msgs.codeList
		fields = append(fields, documented(doc("%s, when one code does not say it all, are sent instead.", v.name),
			jen.Id(v.name).Add(v.goType())))
		fill = append(fill, jen.If(jen.Len(jen.Id("e").Dot(v.name)).Op(">").Lit(0)).Block(
			jen.Id("h").Dot(v.name).Op("=").Id("e").Dot(v.name)))
	}
	return decls{
		documented(doc(`ResultError is a request refused with a result code: what a handler returns to refuse, and what a client gets
			when it was refused.`),
			jen.Type().Id("ResultError").Struct(fields...)),
		documented(doc("Error is the code with its text."),
			method("e", "ResultError", "Error", nil, block(jen.String()),
				jen.Id("text").Op(":=").Id("e.Message"),
				jen.If(jen.Id("text").Op("==").Lit("")).Block(jen.Id("text").Op("=").Id("e.Code").Dot("Text").Call()),
				jen.Return(jen.Qual("fmt", "Sprintf").Call(lit(e.p.Name+": %d %s"), jen.Id("e.Code"), jen.Id("text"))))),
		documented(doc("fill makes a reply's head say what e says."),
			method("e", "ResultError", "fill", block(jen.Id("h").Op("*").Id(h.typ)), nil, fill...)),
	}
}
