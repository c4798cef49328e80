package emit

import (
	"slices"
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// clientFile emits, for every machine that takes calls, the client around it: a method for each message that may be sent.
func (e *emitter) clientFile() (File, error) {
	var d decls
	var found diag.List
	for _, m := range e.machines() {
		if !m.dials() {
			continue
		}
		if len(d) == 0 {
			d.add(clientClosed())
		}
		d.add(m.clientConfig(), m.clientType(), m.dial(), m.newClient(), m.clientSession())
		if m.runs() {
			d.add(m.serverService(), m.pushFunc())
		}
		d.add(m.clientMethods()...)
		d.add(m.opening()...)
		d.add(m.callMethods()...)
		found = append(found, m.found...)
	}
	if found.HasErrors() {
		return File{}, found
	}
	return e.file("client_gen.go", d...)
}

// callMethods emits the methods that send a message and wait for the reply, and what they stand on.
func (m *machine) callMethods() []jen.Code {
	var d decls
	m.eachCall(func(c *model.Call, msg *model.Message) {
		if !m.isPosted(c) {
			d.add(m.callMethod(c, msg))
		}
	})
	for _, c := range m.Calls {
		if len(formula.Passed(c)) == 0 && !m.posts() {
			d = append(decls{m.plainCall(c)}, d...)
		}
	}
	if !slices.ContainsFunc(m.Calls, func(c *model.Call) bool { return !m.isPosted(c) }) {
		return d
	}
	d.add(m.request())
	d.add(m.replyOf()...)
	d.add(m.replyData()...)
	if m.e.msgs.codeHead != nil {
		d.add(m.refused())
	}
	d.add(m.callOptions()...)
	return d
}

// plainCall emits the method of a call that sends nothing by itself:
//
//	// Shutdown ends the session.
//	func (c *Client) Shutdown(ctx context.Context) error {
//		_, err := c.session.Call(ctx, clientCallShutdown, "shutdown", nil)
//		return err
//	}
func (m *machine) plainCall(c *model.Call) jen.Code {
	name := exported(c.Name)
	return documented(doc("%s", name+" "+lowerFirst(sentence(c.Doc))+clause(c.Standard)),
		method("c", m.Go, name, block(jen.Id("ctx").Qual("context", "Context")), block(jen.Error()),
			jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("c.session").Dot("Call").Call(jen.Id("ctx"), jen.Id(m.call(c)), lit(c.Name), jen.Nil()),
			jen.Return(jen.Err())))
}

// eachCall calls f for every message that a call may send.
func (m *machine) eachCall(f func(c *model.Call, msg *model.Message)) {
	for _, c := range m.Calls {
		for _, msg := range formula.Passed(c) {
			f(c, msg)
		}
	}
}

// clientName adds the machine's name to that of a declaration when the protocol has several clients.
func (m *machine) clientName(prefix string) string {
	n := 0
	for _, other := range m.e.machines() {
		if other.dials() {
			n++
		}
	}
	if n == 1 {
		return prefix
	}
	return prefix + m.Go
}

// clientClosed emits
//
//	var ErrClosed = session.ErrClosed
func clientClosed() jen.Code {
	return documented(doc("ErrClosed ends the calls of a session that is over; it satisfies errors.Is(err, net.ErrClosed)."),
		jen.Var().Id("ErrClosed").Op("=").Add(rt("session", "ErrClosed")))
}

// clientConfig emits
//
//	type ClientConfig struct {
//		Handler   Handler // of a machine that runs operations
//		Config    Config
//		TLSConfig *tls.Config
//		Logger    *slog.Logger
//		Hooks     session.Hooks
//		Limits    loop.Config
//	}
func (m *machine) clientConfig() jen.Code {
	field := func(comment string, decl jen.Code) jen.Code { return documented(doc("%s", comment), decl) }
	text := "%sConfig is how a %s connects. The zero value, and nil, mean the defaults."
	var fields []jen.Code
	if m.runs() {
		text = "%sConfig is how a %s connects. The zero values of all but the handler mean the defaults."
		fields = block(field("Handler does the work. Required.", jen.Id("Handler").Id(m.handler())))
	}
	return documented(doc(text, m.Go, m.Go),
		jen.Type().Id(m.Go+"Config").Struct(append(fields,
			field("Config holds the protocol's settings.", jen.Id("Config").Id("Config")),
			field(`TLSConfig is for the network "tls"; nil: the server's certificate must be good for the name that is dialled.`,
				jen.Id("TLSConfig").Op("*").Qual("crypto/tls", "Config")),
			field("Logger gets what an operator should know, never the content of messages; nil: slog.Default().", jen.Id("Logger").Op("*").Qual("log/slog", "Logger")),
			field("Hooks report what the session does.", jen.Id("Hooks").Add(rt("session", "Hooks"))),
			field("Limits bound the connection's buffers.", jen.Id("Limits").Add(rt("loop", "Config"))),
		)...))
}

// clientType emits
//
//	type Client struct{ session *session.Client }
//
// and, when the program may post,
//
//	type Client struct {
//		*Conn
//		session *session.Client
//	}
func (m *machine) clientType() jen.Code {
	if m.posts() {
		return documented(doc("%s is a %s: one session on one connection. Its methods may be called from any goroutine.", m.Go, m.roleName()),
			jen.Type().Id(m.Go).Struct(jen.Op("*").Id(m.conn()), jen.Id("session").Op("*").Add(rt("session", "Client"))))
	}
	return documented(doc(`%s is a %s: one session on one connection. Its methods may be called from any goroutine; each sends a
		message and waits for the reply.`, m.Go, m.roleName()),
		jen.Type().Id(m.Go).Struct(jen.Id("session").Op("*").Add(rt("session", "Client"))))
}

// dial emits
//
//	func Dial(ctx context.Context, network, address string, config *ClientConfig) (*Client, error) {
//		return newClientSession(config, func(c *ClientConfig, service session.Service) (*session.Client, error) {
//			return session.Dial(ctx, network, address, c.TLSConfig, c.Limits, service)
//		})
//	}
//
// and, when a move of the machine says that another connection may do better,
//
//	func Dial(ctx context.Context, network, address string, config *ClientConfig) (*Client, error) {
//		connect := func(c *ClientConfig, service session.Service) (*session.Client, error) { ... }
//		client, err := newClientSession(config, connect)
//		if !errors.Is(err, session.ErrAgain) {
//			return client, err
//		}
//		again := *config
//		again.Config.Classic = true
//		return newClientSession(&again, connect)
//	}
func (m *machine) dial() jen.Code {
	fn := m.clientName("Dial")
	params := block(jen.Id("ctx").Qual("context", "Context"), jen.List(jen.Id("network"), jen.Id("address")).String(), m.configParam())
	dialled := rt("session", "Dial").Call(
		jen.Id("ctx"), jen.Id("network"), jen.Id("address"), jen.Id("c.TLSConfig"), jen.Id("c.Limits"), jen.Id("service"))
	const text = `%s connects to a server and waits until the session stands. Networks are "tls", "tcp" and "unix"; ctx
		bounds connecting and waiting. A failure to connect is a [*socket.Error].`
	changes := m.again()
	if len(changes) == 0 {
		return documented(doc(text, fn), function(fn, params, m.clientResults(), jen.Return(m.connect(m.connector(dialled)))))
	}
	body := block(
		jen.Id("connect").Op(":=").Add(m.connector(dialled)),
		jen.List(jen.Id("client"), jen.Err()).Op(":=").Add(m.connect(jen.Id("connect"))),
		jen.If(jen.Op("!").Qual("errors", "Is").Call(jen.Err(), rt("session", "ErrAgain"))).Block(jen.Return(jen.Id("client"), jen.Err())),
		jen.Var().Id("again").Id(m.Go+"Config"),
		jen.If(jen.Id("config").Op("!=").Nil()).Block(jen.Id("again").Op("=").Op("*").Id("config")),
	)
	for _, c := range changes {
		body = append(body, jen.Id("again.Config").Dot(c.Setting.Go).Op("=").Add(changed(c)))
	}
	body = append(body, jen.Return(jen.Id("new"+m.Go+"Session").Call(jen.Op("&").Id("again"), jen.Id("connect"))))
	return documented(doc(text+" It connects a second time, with other settings, to a server that turns out to need that.", fn),
		function(fn, params, m.clientResults(), body...))
}

// again are the settings with which a second connection may do better, those of the first move that says so.
func (m *machine) again() (changes []*model.Change) {
	m.eachMove(func(mv *model.Move) {
		if len(changes) == 0 {
			changes = mv.Again
		}
	})
	return changes
}

// changed is the value that a setting is changed to.
func changed(c *model.Change) jen.Code {
	switch v := c.Value.(type) {
	case int64:
		return jen.Lit(int(v))
	case time.Duration:
		return duration(v)
	}
	return lit(c.Value)
}

func (m *machine) configParam() jen.Code { return jen.Id("config").Op("*").Id(m.Go + "Config") }

func (m *machine) clientResults() []jen.Code { return block(jen.Op("*").Id(m.Go), jen.Error()) }

// connect emits the call of newClientSession with how the connection is made.
func (m *machine) connect(connector jen.Code) jen.Code {
	return jen.Id("new"+m.Go+"Session").Call(jen.Id("config"), connector)
}

// connector emits the function that connects by made.
func (m *machine) connector(made jen.Code) jen.Code {
	return jen.Func().Params(jen.Id("c").Op("*").Id(m.Go+"Config"), jen.Id("service").Add(rt("session", "Service"))).
		Params(jen.Op("*").Add(rt("session", "Client")), jen.Error()).Block(jen.Return(made))
}

// newClient emits
//
//	func NewClient(ctx context.Context, conn net.Conn, config *ClientConfig) (*Client, error)
func (m *machine) newClient() jen.Code {
	return documented(doc(`New%[1]s is %[2]s on a connection that is already there and belongs to the client from now on. A TLS handshake
		comes first if config has a TLSConfig.`, m.Go, m.clientName("Dial")),
		function("New"+m.Go, block(jen.Id("ctx").Qual("context", "Context"), jen.Id("conn").Qual("net", "Conn"), m.configParam()),
			m.clientResults(),
			jen.Return(m.connect(m.connector(rt("session", "NewClient").Call(
				jen.Id("ctx"), jen.Id("conn"), jen.Id("c.TLSConfig"), jen.Id("c.Limits"), jen.Id("service")))))))
}

// clientSession emits
//
//	func newClientSession(config *ClientConfig, connect func(*ClientConfig, session.Service) (*session.Client, error)) (*Client, error) {
//		var c ClientConfig
//		if config != nil {
//			c = *config
//		}
//		settings := c.Config.withDefaults()
//		...
//	}
func (m *machine) clientSession() jen.Code {
	connect := jen.Id("connect").Func().Params(jen.Op("*").Id(m.Go+"Config"), rt("session", "Service")).
		Params(jen.Op("*").Add(rt("session", "Client")), jen.Error())
	body := block(
		jen.Var().Id("c").Id(m.Go+"Config"),
		jen.If(jen.Id("config").Op("!=").Nil()).Block(jen.Id("c").Op("=").Op("*").Id("config")),
	)
	if m.runs() {
		body = append(body, jen.If(jen.Id("c.Handler").Op("==").Nil()).Block(
			jen.Return(jen.Nil(), jen.Qual("errors", "New").Call(lit(m.e.p.Name+": "+m.Go+"Config.Handler is nil")))))
	}
	made := inline(pair{jen.Id("session"), jen.Id("s")})
	body = append(body,
		jen.Id("settings").Op(":=").Id("c.Config").Dot("withDefaults").Call(),
		ifErr(jen.Id("settings").Dot("check").Call(), jen.Nil(), jen.Err()),
		jen.List(jen.Id("s"), jen.Err()).Op(":=").Id("connect").Call(jen.Op("&").Id("c"), m.clientService()),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
	)
	if m.posts() {
		body = append(body, jen.List(jen.Id("conn"), jen.Id("_")).Op(":=").Id("s").Dot("Bound").Call().Assert(jen.Op("*").Id(m.conn())))
		made = inline(pair{jen.Id(m.conn()), jen.Id("conn")}, pair{jen.Id("session"), jen.Id("s")})
	}
	return documented(doc("new%sSession connects with the settings of config.", m.Go),
		function("new"+m.Go+"Session", block(m.configParam(), connect), m.clientResults(),
			append(body, jen.Return(jen.Op("&").Id(m.Go).Add(made), jen.Nil()))...))
}

func (m *machine) clientService() jen.Code {
	if m.runs() {
		return jen.Id("new"+m.Go+"Service").Call(jen.Id("c.Handler"), jen.Id("settings"), jen.Id("c.Logger"), jen.Id("c.Hooks"))
	}
	return rt("session", "Service").Add(keyed(
		pair{jen.Id("Spec"), jen.Op("&").Id(m.short + "Spec")},
		pair{jen.Id("Logger"), jen.Id("c.Logger")},
		pair{jen.Id("Hooks"), jen.Id("c.Hooks")},
		pair{jen.Id("New"), jen.Func().Params(jen.Id("s").Op("*").Add(rt("session", "Session"))).Add(rt("session", "Machine")).Block(
			jen.Return(jen.Id("new"+m.Go+"Machine").Call(jen.Id("s"), jen.Id("settings"))))},
	))
}

// clientMethods emits
//
//	func (c *Client) Close() error { return c.session.Close() }
//	func (c *Client) Done() <-chan struct{} { return c.session.Done() }
//	func (c *Client) Err() error { return c.session.Err() }
//
// of which a client that the program may post to has Done and Err already.
func (m *machine) clientMethods() []jen.Code {
	if m.posts() {
		return block(documented(doc("Close cuts the connection and waits until the session is over. What has been posted and not sent is lost."),
			shortMethod("c", m.Go, "Close", nil, block(jen.Error()), jen.Return(jen.Id("c.session").Dot("Close").Call()))))
	}
	return decls{
		documented(doc("Close cuts the connection. Calls that wait end with [ErrClosed]."),
			shortMethod("c", m.Go, "Close", nil, block(jen.Error()), jen.Return(jen.Id("c.session").Dot("Close").Call()))),
		documented(doc("Done is closed when the session is over."),
			shortMethod("c", m.Go, "Done", nil, block(jen.Op("<-").Chan().Struct()), jen.Return(jen.Id("c.session").Dot("Done").Call()))),
		documented(doc("Err is why the session is over: a [*session.EndedError], nil while it is not."),
			shortMethod("c", m.Go, "Err", nil, block(jen.Error()), jen.Return(jen.Id("c.session").Dot("Err").Call()))),
	}
}

// opening emits, when it is always the same message that lets the session take calls,
//
//	// Greeting is the message greeting that opened the session.
//	func (c *Client) Greeting() *Greeting {
//		m, _ := c.session.Opening().(*Greeting)
//		return m
//	}
func (m *machine) opening() []jen.Code {
	var msg *model.Message
	for _, on := range m.Initial.On {
		opens := slices.ContainsFunc(on.Moves, func(mv *model.Move) bool { return mv.To != nil && m.ready(mv.To) })
		if opens && (on.Message == nil || msg != nil) {
			return nil
		}
		if opens {
			msg = on.Message
		}
	}
	if msg == nil {
		return nil
	}
	typ := jen.Op("*").Id(m.e.msgs.of(msg).typ)
	return block(documented(doc("%s is the message %s that opened the session; it must not be changed.", exported(msg.Name), msg.Name),
		method("c", m.Go, exported(msg.Name), nil, block(typ),
			jen.List(jen.Id("m"), jen.Id("_")).Op(":=").Id("c.session").Dot("Opening").Call().Assert(typ),
			jen.Return(jen.Id("m")))))
}

// callMethod emits
//
//	// DomainCheck asks whether domains can be provisioned. See RFC 5731 3.1.1.
//	func (c *Client) DomainCheck(ctx context.Context, v *DomainCheck, opts ...CallOption) (*DomainCheckResponse, error) {
//		return request[DomainCheckResponse](ctx, c, clientCallCommand, &DomainCheckRequest{DomainCheck: *v}, opts)
//	}
func (m *machine) callMethod(c *model.Call, msg *model.Message) jen.Code {
	reply := m.e.reply(msg)
	if reply == nil {
		m.found.Errorf(c.Pos, "not-emitted", "call %q sends %q, which no reply answers", c.Name, msg.Name)
		return jen.Null()
	}
	of := m.e.msgs.of(msg)
	params := block(jen.Id("ctx").Qual("context", "Context"))
	req, whole := jen.New(jen.Id(of.typ)), false
	switch part := soleParts(of); {
	case part != "":
		params = append(params, jen.Id("v").Op("*").Id(part))
		req = jen.Op("&").Id(of.typ).Values(jen.Id(part).Op(":").Op("*").Id("v"))
	case of.whole || of.payload != nil || len(of.binds) > 0 || len(of.fields) > 0 || m.given(msg):
		params = append(params, jen.Id("v").Op("*").Id(of.typ))
		req, whole = jen.Id("v"), true
	}
	var body []jen.Code
	args := block(jen.Id("ctx"), jen.Id("c"), jen.Id(m.call(c)), req)
	switch h := m.optionHead(); {
	case h != nil && of.head == h:
		if whole {
			body = append(body, jen.Id("req").Op(":=").Op("*").Id("v").Comment("options must not change the caller's"))
			args[3] = jen.Op("&").Id("req")
		}
		params = append(params, jen.Id("opts").Op("...").Id(m.clientName("CallOption")))
		args = append(args, jen.Id("opts"))
	case h != nil:
		args = append(args, jen.Nil())
	}
	if numbered := m.numbered(msg); len(numbered) > 0 {
		body = append(body, jen.Id("req").Op(":=").Op("*").Id("v").Comment("its number must not change the caller's"))
		if !whole {
			body = block(jen.Id("req").Op(":=").New(jen.Id(of.typ)))
		}
		args[3] = jen.Id("req")
		if whole {
			args[3] = jen.Op("&").Id("req")
		}
		for _, f := range numbered {
			body = append(body, m.e.assign(msg, f, jen.Id("req"), jen.Id("c.session").Dot("Number").Call())...)
		}
	}
	replyType := m.e.msgs.of(reply).typ
	body = append(body, jen.Return(jen.Id(m.clientName("request")).Index(jen.Id(replyType)).Call(args...)))
	name := exported(msg.Name)
	return documented(doc("%s", name+" "+lowerFirst(sentence(msg.Doc))+clause(msg.Standard)),
		method("c", m.Go, name, params, block(jen.Op("*").Id(replyType), jen.Error()), body...))
}

// given reports whether the program gives some field of a message that is no document.
func (m *machine) given(msg *model.Message) bool {
	return msg.Encoding != "xml" && slices.ContainsFunc(msg.Fields, func(f *model.Field) bool { return f.Is == nil })
}

// numbered are the fields of msg that number() gives their values.
func (m *machine) numbered(msg *model.Message) []*model.Field {
	return filter(msg.Fields, func(f *model.Field) bool { return f.Is != nil && f.Is.Text == "number()" })
}

// soleParts is the type that a message consists of beside its head; empty when there is none, or more than one.
func soleParts(of *message) string {
	switch {
	case of.whole || len(of.fields) > 0:
		return ""
	case of.payload != nil && len(of.binds) == 0:
		return of.payload.name
	case of.payload == nil && len(of.binds) == 1 && of.binds[0].embedded:
		return of.binds[0].st.name
	}
	return ""
}

// optionHead is the head that call options set: that of all calls that have one.
func (m *machine) optionHead() *head {
	var h *head
	one := true
	m.eachCall(func(_ *model.Call, msg *model.Message) {
		of := m.e.msgs.of(msg).head
		one = one && (h == nil || of == nil || of == h)
		if of != nil {
			h = of
		}
	})
	if !one {
		return nil
	}
	return h
}

// request emits
//
//	// request sends req, with what opts add, and waits for the reply, which is made an R.
//	func request[R any](ctx context.Context, c *Client, call int, req Message, opts []CallOption) (*R, error) {
//		if m, ok := req.(hasCommandHead); ok {
//			for _, opt := range opts {
//				opt(m.commandHead())
//			}
//		}
//		m, err := c.session.Call(ctx, call, req.MessageName(), req)
//		if err != nil {
//			return nil, err
//		}
//		res, ok := m.(*R)
//		if !ok {
//			res = new(R)
//			if !convert(res, m) {
//				_ = c.Close() // replies and requests no longer match
//				return nil, &session.UnexpectedReplyError{Request: req.MessageName(), Reply: messageName(m)}
//			}
//		}
//		return res, refusal(res)
//	}
func (m *machine) request() jen.Code {
	params := block(
		jen.Id("ctx").Qual("context", "Context"), jen.Id("c").Op("*").Id(m.Go), jen.Id("call").Int(), jen.Id("req").Id("Message"),
	)
	var body []jen.Code
	if h := m.optionHead(); h != nil {
		params = append(params, jen.Id("opts").Index().Id(m.clientName("CallOption")))
		body = append(body, jen.If(jen.List(jen.Id("m"), jen.Id("ok")).Op(":=").Id("req").Assert(jen.Id(headInterface(h.h))), jen.Id("ok")).Block(
			jen.For(jen.List(jen.Id("_"), jen.Id("opt")).Op(":=").Range().Id("opts")).Block(
				jen.Id("opt").Call(jen.Id("m").Dot(headMethod(h.h)).Call()))))
	}
	name := func() jen.Code { return jen.Id("req").Dot("MessageName").Call() }
	unexpected := block(
		jen.Id("_").Op("=").Id("c").Dot("Close").Call().Comment("replies and requests no longer match"),
		jen.Return(jen.Nil(), jen.Op("&").Add(rt("session", "UnexpectedReplyError")).Add(inline(
			pair{jen.Id("Request"), name()}, pair{jen.Id("Reply"), jen.Id("messageName").Call(jen.Id("m"))}))))
	if m.e.refusalMessage() != nil {
		unexpected = block(
			jen.Id("res").Op("=").New(jen.Id("R")),
			jen.If(jen.Op("!").Id(m.clientName("convert")).Call(jen.Id("res"), jen.Id("m"))).Block(unexpected...))
	}
	body = append(body,
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("c.session").Dot("Call").Call(jen.Id("ctx"), jen.Id("call"), name(), jen.Id("req")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
		jen.List(jen.Id("res"), jen.Id("ok")).Op(":=").Id("m").Assert(jen.Op("*").Id("R")),
		jen.If(jen.Op("!").Id("ok")).Block(unexpected...),
	)
	if m.e.msgs.codeHead != nil {
		body = append(body, jen.Return(jen.Id("res"), jen.Id(m.clientName("refusal")).Call(jen.Id("res"))))
	} else {
		body = append(body, jen.Return(jen.Id("res"), jen.Nil()))
	}
	fn := m.clientName("request")
	with := ""
	if m.optionHead() != nil {
		with = ", with what opts add,"
	}
	return documented(doc("%s sends req%s and waits for the reply, which is made an R.", fn, with),
		jen.Func().Id(fn).Types(jen.Id("R").Any()).Params(params...).Params(jen.Op("*").Id("R"), jen.Error()).Block(body...))
}

// replyOf emits what makes one reply of another: a general reply answers where a special one would have, and the other way
// round.
//
//	// convert makes res, which is empty, say what m says, and reports whether it can.
//	func convert(res any, m session.Message) bool {
//		to, ok := res.(hasResponseHead)
//		if !ok {
//			return false
//		}
//		from, ok := m.(hasResponseHead)
//		if !ok {
//			return false
//		}
//		*to.responseHead() = *from.responseHead()
//		data := dataOf(m)
//		if general, ok := res.(*Response); ok {
//			general.Data = data
//			return true
//		}
//		return len(data) == 0
//	}
func (m *machine) replyOf() []jen.Code {
	general := m.e.refusalMessage()
	params := block(jen.Id("res").Any(), jen.Id("m").Add(rt("session", "Message")))
	fn := m.clientName("convert")
	if general == nil {
		return nil
	}
	of := m.e.msgs.of(general)
	head := func(v string) *jen.Statement { return jen.Op("*").Id(v).Dot(headMethod(general.Head)).Call() }
	asHead := func(v, from string) jen.Code {
		return jen.List(jen.Id(v), jen.Id("ok")).Op(":=").Id(from).Assert(jen.Id(headInterface(general.Head)))
	}
	no := jen.If(jen.Op("!").Id("ok")).Block(jen.Return(jen.False()))
	body := []jen.Code{asHead("to", "res"), no, asHead("from", "m"), no, head("to").Op("=").Add(head("from"))}
	if data := elementsField(of); data != nil {
		body = append(body,
			jen.Id("data").Op(":=").Id(m.clientName("dataOf")).Call(jen.Id("m")),
			jen.If(jen.List(jen.Id("general"), jen.Id("ok")).Op(":=").Id("res").Assert(jen.Op("*").Id(of.typ)), jen.Id("ok")).Block(
				jen.Id("general").Dot(data.name).Op("=").Id("data"), jen.Return(jen.True())),
			jen.Return(jen.Len(jen.Id("data")).Op("==").Lit(0)))
	} else {
		body = append(body, jen.Return(jen.True()))
	}
	return block(documented(doc("%s makes res, which is empty, say what m says, and reports whether it can.", fn),
		function(fn, params, block(jen.Bool()), body...)))
}

// replyData emits
//
//	// dataOf is the data of a reply.
//	func dataOf(m session.Message) []Element {
//		switch m := m.(type) {
//		case *Response:
//			return m.Data
//		case *DomainCheckResponse:
//			return elements(m.Data)
//		}
//		return nil
//	}
//
//	// elements is v in a list, or nothing when there is none.
//	func elements[T any, P interface {
//		*T
//		Element
//	}](v P) []Element {
//		if v == nil {
//			return nil
//		}
//		return []Element{v}
//	}
func (m *machine) replyData() []jen.Code {
	general := m.e.refusalMessage()
	if general == nil || elementsField(m.e.msgs.of(general)) == nil {
		return nil
	}
	of := m.e.msgs.of(general)
	cases := block(jen.Case(jen.Op("*").Id(of.typ)).Block(jen.Return(jen.Id("m").Dot(elementsField(of).name))))
	elements := m.clientName("elements")
	for _, msg := range m.received {
		special := m.e.msgs.of(msg)
		if msg == general || msg.Head != general.Head || len(special.binds) != 1 || special.binds[0].embedded {
			continue
		}
		cases = append(cases, jen.Case(jen.Op("*").Id(special.typ)).Block(
			jen.Return(jen.Id(elements).Call(jen.Id("m").Dot(special.binds[0].name)))))
	}
	list := jen.Index().Id("Element")
	return block(
		documented(doc("%s is the data of a reply.", m.clientName("dataOf")),
			function(m.clientName("dataOf"), block(jen.Id("m").Add(rt("session", "Message"))), block(list),
				jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...), jen.Return(jen.Nil()))),
		documented(doc("%s is v in a list, or nothing when there is none.", elements),
			jen.Func().Id(elements).Types(
				jen.Id("T").Any(), jen.Id("P").Interface(jen.Op("*").Id("T"), jen.Id("Element")),
			).Params(jen.Id("v").Id("P")).Add(list).Block(
				jen.If(jen.Id("v").Op("==").Nil()).Block(jen.Return(jen.Nil())),
				jen.Return(jen.Add(list).Values(jen.Id("v"))))),
	)
}

// elementsField is the field of a message that holds any elements, nil if it has none.
func elementsField(of *message) *visible {
	for _, v := range of.fields {
		if f := last(v.hops); f.val.element && v.isList() {
			return v
		}
	}
	return nil
}

// refused emits
//
//	// refusal is the [*ResultError] that a reply stands for; nil for success.
//	func refusal(res any) error {
//		m, ok := res.(hasResponseHead)
//		if !ok {
//			return nil
//		}
//		h := m.responseHead()
//		switch h.Code() {
//		case CodeCompleted, ...:
//			return nil
//		}
//		return &ResultError{Code: h.Code(), Message: ..., Results: h.Results}
//	}
func (m *machine) refused() jen.Code {
	h := m.e.msgs.codeHead
	var good []jen.Code
	for _, c := range m.e.p.Codes {
		if c.Class != "failure" {
			good = append(good, jen.Id(c.Go))
		}
	}
	pairs := []pair{{jen.Id("Code"), jen.Id("h").Dot("Code").Call()}}
	for _, f := range h.h.Fields {
		if f.Name == "text" && m.e.msgs.textAt != nil {
			pairs = append(pairs, pair{jen.Id("Message"), m.e.headField(h.h, f, jen.Id("h"))})
		}
	}
	if v := m.e.msgs.codeList; m.e.msgs.codeAt.many {
		pairs = append(pairs, pair{jen.Id(v.name), jen.Id("h").Dot(v.name)})
	}
	fn := m.clientName("refusal")
	return documented(doc("%s is the [*ResultError] that a reply stands for; nil for success.", fn),
		function(fn, block(jen.Id("res").Any()), block(jen.Error()),
			jen.List(jen.Id("m"), jen.Id("ok")).Op(":=").Id("res").Assert(jen.Id(headInterface(h.h))),
			jen.If(jen.Op("!").Id("ok")).Block(jen.Return(jen.Nil())),
			jen.Id("h").Op(":=").Id("m").Dot(headMethod(h.h)).Call(),
			jen.Switch(jen.Id("h").Dot("Code").Call()).Block(jen.Case(good...).Block(jen.Return(jen.Nil()))),
			jen.Return(jen.Op("&").Id("ResultError").Add(keyed(pairs...)))))
}

// callOptions emits, for each field of the head that calls have,
//
//	// CallOption sets what any call may carry.
//	type CallOption func(*CommandHead)
//
//	// WithClTRID sets clTRID: ...
//	func WithClTRID(v string) CallOption { return func(h *CommandHead) { h.ClTRID = v } }
func (m *machine) callOptions() []jen.Code {
	h := m.optionHead()
	if h == nil {
		return nil
	}
	option := m.clientName("CallOption")
	d := decls{documented(doc("%s sets what any call may carry beside its own content.", option),
		jen.Type().Id(option).Func().Params(jen.Op("*").Id(h.typ)))}
	for _, v := range h.fields {
		fn := m.clientName("With" + v.name)
		d.add(documented(doc("%s", fn+" sets "+lowerFirst(sentence(v.f.Doc))+clause(v.f.Standard)),
			function(fn, block(jen.Id("v").Add(variadic(v.goType()))), block(jen.Id(option)),
				jen.Return(jen.Func().Params(jen.Id("h").Op("*").Id(h.typ)).Block(jen.Id("h").Dot(v.name).Op("=").Id("v"))))))
	}
	return d
}

// variadic is a parameter's type, that of a list as any number of arguments.
func variadic(t *jen.Statement) jen.Code {
	if elem, ok := strings.CutPrefix(goString(t), "[]"); ok && !strings.Contains(elem, ".") {
		return jen.Op("...").Id(elem)
	}
	return t
}
