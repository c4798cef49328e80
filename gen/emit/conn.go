package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// connFile emits, for every machine that the program posts to, the type by which it holds a session.
func (e *emitter) connFile() (File, error) {
	var d decls
	for _, m := range e.machines() {
		if !m.posts() || !m.isFirst() {
			continue
		}
		d.add(m.connType(), m.connFromContext())
		for _, c := range m.Calls {
			if m.isPosted(c) {
				d.add(m.postMethods(c)...)
			}
		}
	}
	if len(d) == 0 {
		return File{Name: "conn_gen.go"}, nil
	}
	return e.file("conn_gen.go", d...)
}

// connType emits
//
//	// Conn is a session as the program holds it...
//	type Conn struct{ *session.Handle }
func (m *machine) connType() jen.Code {
	return documented(doc(`%s is a session as the program holds it, whichever end made the connection: what posts messages to the peer. There is
		one for each session, from its beginning to its end. Its methods may be called from any goroutine; none but Room blocks.`, m.conn()),
		jen.Type().Id(m.conn()).Struct(jen.Op("*").Add(rt("session", "Handle"))))
}

// connFromContext emits
//
//	// ConnFromContext is the session that a handler works for; nil when ctx is not a handler's.
//	func ConnFromContext(ctx context.Context) *Conn {
//		c, _ := session.Bound(ctx).(*Conn)
//		return c
//	}
func (m *machine) connFromContext() jen.Code {
	fn, typ := m.conn()+"FromContext", jen.Op("*").Id(m.conn())
	return documented(doc("%s is the session that a handler works for; nil when ctx is not a handler's.", fn),
		function(fn, block(jen.Id("ctx").Qual("context", "Context")), block(typ),
			jen.List(jen.Id("c"), jen.Id("_")).Op(":=").Add(rt("session", "Bound")).Call(jen.Id("ctx")).Assert(typ),
			jen.Return(jen.Id("c"))))
}

// postMethods emits, for every message that the call c may post,
//
//	// Post sends a request. ...
//	func (c *Conn) Post(m *Request) error {
//		return session.Post(c.Handle, serverCallPost, "post", m)
//	}
//
// and for a call that sends nothing by itself
//
//	func (c *Conn) Shutdown() error {
//		return session.Post(c.Handle, serverCallShutdown, "shutdown", nil)
//	}
func (m *machine) postMethods(c *model.Call) []jen.Code {
	passed := formula.Passed(c)
	post := func(name string, node *model.Node, params []jen.Code, msg jen.Code, text string) jen.Code {
		return documented(doc("%s", name+" "+lowerFirst(sentence(node.Doc))+clause(node.Standard)+text),
			method("c", m.conn(), name, params, block(jen.Error()),
				jen.Return(rt("session", "Post").Call(jen.Id("c.Handle"), jen.Id(m.call(c)), lit(c.Name), msg))))
	}
	if len(passed) == 0 {
		return block(post(exported(c.Name), &c.Node, nil, jen.Nil(), ""))
	}
	const text = " It is written down at once, so that m may be used again, and leaves after what was posted before it." +
		" The error is that of writing it down, [session.ErrBusy] when too much waits to be sent, or one that is net.ErrClosed."
	return collect(passed, func(msg *model.Message) jen.Code {
		name, node := exported(c.Name), &c.Node
		if c.TakesAll != nil {
			name, node = exported(msg.Name), &msg.Node
		}
		return post(name, node, block(jen.Id("m").Op("*").Id(m.e.msgs.of(msg).typ)), jen.Id("m"), text)
	})
}
