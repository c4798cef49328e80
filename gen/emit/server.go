package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
)

// serverFile emits, for every machine that runs operations, the server around it and the session driven by octets.
func (e *emitter) serverFile() (File, error) {
	var d decls
	var found diag.List
	for _, m := range e.machines() {
		if m.listens() {
			if len(d) == 0 {
				d.add(serverClosed())
			}
			d.add(m.serverType(), m.serverService(), m.serve(), m.listenAndServe())
			d.add(m.serverMethods()...)
			d.add(m.pushFunc())
			found = append(found, m.found...)
		}
	}
	if found.HasErrors() {
		return File{}, found
	}
	return e.file("server_gen.go", d...)
}

// serverClosed emits
//
//	var ErrServerClosed = session.ErrServerClosed
func serverClosed() jen.Code {
	return documented(doc("ErrServerClosed is what Serve returns after Shutdown or Close."),
		jen.Var().Id("ErrServerClosed").Op("=").Add(rt("session", "ErrServerClosed")))
}

// serverType emits
//
//	type Server struct {
//		Handler   Handler
//		Config    Config
//		TLSConfig *tls.Config
//		Logger    *slog.Logger
//		Hooks     session.Hooks
//		Engine    string
//		Limits    loop.Config
//
//		server session.Server
//	}
func (m *machine) serverType() jen.Code {
	field := func(comment string, decl jen.Code) jen.Code { return documented(doc("%s", comment), decl) }
	return documented(doc(`%s is a %s: it runs a session for every connection it accepts. Set its fields before the first call
		and leave them alone afterwards; the methods may be called from any goroutine.`, m.Go, m.roleName()),
		jen.Type().Id(m.Go).Struct(
			field("Handler does the work. Required.", jen.Id("Handler").Id(m.handler())),
			field("Config holds the protocol's settings; the zero value means its defaults.", jen.Id("Config").Id("Config")),
			field("TLSConfig makes every connection begin with a TLS handshake; nil: none.", jen.Id("TLSConfig").Op("*").Qual("crypto/tls", "Config")),
			field("Logger gets what an operator should know, never the content of messages; nil: slog.Default().", jen.Id("Logger").Op("*").Qual("log/slog", "Logger")),
			field("Hooks report what sessions do.", jen.Id("Hooks").Add(rt("session", "Hooks"))),
			field("Engine names the event loop: loop.EngineGoroutine, which \"\" means too, or loop.EngineEpoll.", jen.Id("Engine").String()),
			field("Limits bound connections and their buffers; the zero value means their defaults.", jen.Id("Limits").Add(rt("loop", "Config"))),
			jen.Line().Id("server").Add(rt("session", "Server")),
		))
}

// roleName is the machine's role in a comment, with what it stands for.
func (m *machine) roleName() string {
	if m.Role.Doc == "" {
		return m.Role.Name
	}
	return m.Role.Name + " (" + m.Role.Doc + ")"
}

// serverService emits
//
//	func newServerService(handler Handler, config *Config, logger *slog.Logger, hooks session.Hooks) session.Service {
//		return session.Service{Spec: &serverSpec, Logger: logger, Hooks: hooks, New: func(s *session.Session) session.Machine {
//			return newServerMachine(s, handler, config)
//		}}
//	}
func (m *machine) serverService() jen.Code {
	params := block(
		jen.Id("handler").Id(m.handler()), jen.Id("config").Op("*").Id("Config"),
		jen.Id("logger").Op("*").Qual("log/slog", "Logger"), jen.Id("hooks").Add(rt("session", "Hooks")),
	)
	return documented(doc("new%sService is what runs on a connection.", m.Go),
		function("new"+m.Go+"Service", params, block(rt("session", "Service")),
			jen.Return(m.service(jen.Id("s"), jen.Id("handler"), jen.Id("config")))))
}

// service emits the literal of a session.Service whose machines are made of args.
func (m *machine) service(args ...jen.Code) *jen.Statement {
	return rt("session", "Service").Add(keyed(
		pair{jen.Id("Spec"), jen.Op("&").Id(m.short + "Spec")},
		pair{jen.Id("Logger"), jen.Id("logger")},
		pair{jen.Id("Hooks"), jen.Id("hooks")},
		pair{jen.Id("New"), jen.Func().Params(jen.Id("s").Op("*").Add(rt("session", "Session"))).Add(rt("session", "Machine")).Block(
			jen.Return(jen.Id("new" + m.Go + "Machine").Call(args...)))},
	))
}

// serve emits
//
//	func (s *Server) Serve(l net.Listener) error {
//		if s.Handler == nil {
//			return errors.New("epp: Server.Handler is nil")
//		}
//		config := s.Config.withDefaults()
//		if err := config.check(); err != nil {
//			return err
//		}
//		return s.server.Serve(l, s.TLSConfig, s.Engine, s.Limits, newServerService(s.Handler, config, s.Logger, s.Hooks))
//	}
func (m *machine) serve() jen.Code {
	return documented(doc(`Serve accepts connections from l until Shutdown or Close, and then returns [ErrServerClosed]; its
		error is never nil. It closes l.`),
		method("s", m.Go, "Serve", block(jen.Id("l").Qual("net", "Listener")), block(jen.Error()),
			jen.If(jen.Id("s.Handler").Op("==").Nil()).Block(
				jen.Return(jen.Qual("errors", "New").Call(lit(m.e.p.Name+": "+m.Go+".Handler is nil")))),
			jen.Id("config").Op(":=").Id("s.Config").Dot("withDefaults").Call(),
			ifErr(jen.Id("config").Dot("check").Call(), jen.Err()),
			jen.Id("service").Op(":=").Id("new"+m.Go+"Service").Call(
				jen.Id("s.Handler"), jen.Id("config"), jen.Id("s.Logger"), jen.Id("s.Hooks")),
			jen.Return(jen.Id("s.server").Dot("Serve").Call(jen.Id("l"), jen.Id("s.TLSConfig"), jen.Id("s.Engine"), jen.Id("s.Limits"), jen.Id("service")))))
}

// listenAndServe emits
//
//	func (s *Server) ListenAndServe(ctx context.Context, network, address string) error {
//		l, err := socket.Listen(ctx, network, address, socket.Options{})
//		if err != nil {
//			return err
//		}
//		return s.Serve(l)
//	}
func (m *machine) listenAndServe() jen.Code {
	return documented(doc(`ListenAndServe listens at an address, such as "tcp" and ":%d", and serves; ctx bounds the listening only.
		With a TLSConfig the network is still "tcp".`, m.e.port()),
		method("s", m.Go, "ListenAndServe",
			block(jen.Id("ctx").Qual("context", "Context"), jen.List(jen.Id("network"), jen.Id("address")).String()), block(jen.Error()),
			jen.List(jen.Id("l"), jen.Err()).Op(":=").Add(rt("socket", "Listen")).Call(
				jen.Id("ctx"), jen.Id("network"), jen.Id("address"), rt("socket", "Options").Values()),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())),
			jen.Return(jen.Id("s").Dot("Serve").Call(jen.Id("l")))))
}

// port is the first port that the protocol's transports name, 0 if they name none.
func (e *emitter) port() int {
	for _, t := range e.p.Transports {
		if t.Port > 0 {
			return t.Port
		}
	}
	return 0
}

// serverMethods emits
//
//	func (s *Server) Shutdown(ctx context.Context) error { return s.server.Shutdown(ctx) }
//	func (s *Server) Close() error { return s.server.Close() }
//	func (s *Server) Stats() loop.Stats { return s.server.Stats() }
func (m *machine) serverMethods() []jen.Code {
	return decls{
		documented(doc(`Shutdown stops accepting, lets every session finish what it has begun, and waits until all are over. When ctx
			ends first, the others are cut and its error is returned.`),
			shortMethod("s", m.Go, "Shutdown", block(jen.Id("ctx").Qual("context", "Context")), block(jen.Error()),
				jen.Return(jen.Id("s.server").Dot("Shutdown").Call(jen.Id("ctx"))))),
		documented(doc("Close stops accepting and cuts every connection."),
			shortMethod("s", m.Go, "Close", nil, block(jen.Error()), jen.Return(jen.Id("s.server").Dot("Close").Call()))),
		documented(doc("Stats reports the server's counters."),
			shortMethod("s", m.Go, "Stats", nil, block(rt("loop", "Stats")), jen.Return(jen.Id("s.server").Dot("Stats").Call()))),
	}
}

// pushFunc emits
//
//	// NewServerSession is one session of a server driven by octets alone...
//	func NewServerSession(handler Handler, config Config) *session.Push {
//		return session.NewPush(newServerService(handler, config.withDefaults(), nil, session.Hooks{}))
//	}
func (m *machine) pushFunc() jen.Code {
	fn := "New" + m.Go + "Session"
	return documented(doc(`%s is one session of a %s driven by octets alone, without a socket: for tests, and for event loops of
		your own. Handlers are called within Receive.`, fn, m.Role.Name),
		function(fn, block(jen.Id("handler").Id(m.handler()), jen.Id("config").Id("Config")), block(jen.Op("*").Add(rt("session", "Push"))),
			jen.Return(rt("session", "NewPush").Call(jen.Id("new"+m.Go+"Service").Call(
				jen.Id("handler"), jen.Id("config").Dot("withDefaults").Call(), jen.Nil(), rt("session", "Hooks").Values())))))
}
