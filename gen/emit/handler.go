package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// handlerFile emits what a program implements to stand behind a machine that runs operations, and how it refuses.
func (e *emitter) handlerFile() (File, error) {
	var d decls
	var found diag.List
	for _, m := range e.machines() {
		if m.runs() {
			d.add(m.handlerInterface(), m.unimplemented())
			d.add(m.unimplementedMethods()...)
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

// methods calls f for every method of the machine's Handler.
func (m *machine) methods(f func(name string, o *model.Operation, msg, reply *model.Message)) {
	for _, o := range m.operations() {
		for _, msg := range o.Takes {
			reply := m.e.reply(msg)
			if reply == nil {
				m.found.Errorf(o.Pos, "not-emitted", "operation %q takes %q, which no reply answers", o.Name, msg.Name)
				continue
			}
			f(m.e.handlerMethod(o, msg), o, msg, reply)
		}
	}
}

// handlerSignature emits
//
//	Login(ctx context.Context, req *LoginRequest) (*Response, error)
func (m *machine) handlerSignature(name string, ctx, req string, msg, reply *model.Message) *jen.Statement {
	return jen.Id(name).Params(jen.Id(ctx).Qual("context", "Context"), jen.Id(req).Op("*").Id(m.e.msgs.of(msg).typ)).
		Params(jen.Op("*").Id(m.e.msgs.of(reply).typ), jen.Error())
}

// handlerInterface emits
//
//	type Handler interface {
//		// Login decides whether the client may have a session. See RFC 5730 2.9.1.1.
//		Login(ctx context.Context, req *LoginRequest) (*Response, error)
//	}
func (m *machine) handlerInterface() jen.Code {
	var rows []jen.Code
	m.methods(func(name string, o *model.Operation, msg, reply *model.Message) {
		node := &o.Node
		if o.TakesAll != nil {
			node = &msg.Node
		}
		rows = append(rows, documented(doc("%s", name+" "+lowerFirst(sentence(node.Doc))+clause(node.Standard)),
			m.handlerSignature(name, "ctx", "req", msg, reply)))
	})
	text := "%[1]s does the work of the %[2]s. Its methods may block: each call has a goroutine of its own, and a session " +
		"has one call at a time unless the specification says otherwise. The context ends when the connection does or when the " +
		"call has taken too long; it knows the session ([%[3]sFromContext], [session.PeerFromContext]).\n\n"
	if m.e.msgs.codeHead != nil {
		text += "A nil reply without an error is plain success. A [*ResultError] refuses with a code of the protocol. Any other error " +
			"is logged, and the peer is told only that the command failed. A panic ends the session and no other.\n\n"
	} else {
		text += "A nil reply without an error is an empty one. An error is logged and ends the session: the protocol has no words " +
			"for it. So does a panic.\n\n"
	}
	text += "Embed [Unimplemented%[1]s] to refuse what is not implemented."
	return documented(doc(text, m.handler(), m.Role.Name, m.vars()),
		jen.Type().Id(m.handler()).Interface(rows...))
}

// unimplemented emits
//
//	type UnimplementedHandler struct{}
func (m *machine) unimplemented() jen.Code {
	typ := "Unimplemented" + m.handler()
	return documented(doc("%s is a [%s] that refuses everything with the protocol's code for it.", typ, m.handler()),
		jen.Type().Id(typ).Struct().Line().Line().
			Var().Id("_").Id(m.handler()).Op("=").Id(typ).Values())
}

// unimplementedMethods emits, for every method of the Handler,
//
//	func (UnimplementedHandler) Login(context.Context, *LoginRequest) (*Response, error) {
//		return nil, &ResultError{Code: CodeUnimplementedCommand}
//	}
func (m *machine) unimplementedMethods() []jen.Code {
	var d decls
	typ := "Unimplemented" + m.handler()
	refusal := m.unimplementedError()
	m.methods(func(name string, _ *model.Operation, msg, reply *model.Message) {
		d.add(documented(doc("%s implements [%s].", name, m.handler()),
			jen.Func().Params(jen.Id(typ)).Add(m.unnamedSignature(name, msg, reply)).Block(
				jen.Return(jen.Nil(), refusal()))))
	})
	return d
}

func (m *machine) unnamedSignature(name string, msg, reply *model.Message) *jen.Statement {
	return jen.Id(name).Params(jen.Qual("context", "Context"), jen.Op("*").Id(m.e.msgs.of(msg).typ)).
		Params(jen.Op("*").Id(m.e.msgs.of(reply).typ), jen.Error())
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
