package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// machineTopics are the files of an emitted package that carry its machines.
var machineTopics = []topic{
	{"state_gen.go", (*emitter).stateFile},
	{"transaction_gen.go", (*emitter).transactionFile},
	{"handler_gen.go", (*emitter).handlerFile},
	{"conn_gen.go", (*emitter).connFile},
	{"config_gen.go", (*emitter).configFile},
	{"server_gen.go", (*emitter).serverFile},
	{"client_gen.go", (*emitter).clientFile},
	{"session_gen_test.go", (*emitter).scenarioFile},
	{"example_gen_test.go", (*emitter).exampleFile},
	{"client_gen_test.go", (*emitter).clientTestFile},
}

// stateFile emits the session machines: for each its states, what the engine must know of it, and a method per input.
func (e *emitter) stateFile() (File, error) {
	var d decls
	var found diag.List
	uses := map[string]bool{}
	for _, m := range e.machines() {
		m.uses = uses
		m.entered = m.entries()
		d.add(m.stateType(), m.stateConsts(), m.stateNames(), m.stateString())
		d.add(m.numbers()...)
		d.add(m.spec())
		d.add(m.viewType()...)
		d.add(m.varsType()...)
		d.add(m.structType())
		d.add(m.constructor(), m.start(), m.to())
		d.add(m.enter()...)
		d.add(m.inputMethods()...)
		d.add(m.operationMethods()...)
		d.add(m.makers()...)
		d.add(m.keys()...)
		d.add(m.decode())
		found = append(found, m.found...)
	}
	if len(e.machines()) == 0 {
		return File{Name: "state_gen.go"}, nil
	}
	d = append(decls{version()}, d...)
	d.add(e.requestFields(uses)...)
	d.add(e.messageFunctions(uses)...)
	if found.HasErrors() {
		found.Sort()
		return File{}, found
	}
	return e.file("state_gen.go", d...)
}

// stateType emits
//
//	// ServerState is a state of the machine "server". See RFC 5730 2.
//	type ServerState uint8
func (m *machine) stateType() jen.Code {
	return documented(doc("%s is a state of the machine %q.%s", m.state, m.Name, clause(m.Standard)), jen.Type().Id(m.state).Uint8())
}

// stateConsts emits
//
//	const (
//		// Commands may be sent.
//		ServerStateWaitingForCommand ServerState = iota
//		...
//	)
func (m *machine) stateConsts() jen.Code {
	var rows []jen.Code
	for i, s := range m.States {
		row := jen.Id(s.Go)
		if i == 0 {
			row.Id(m.state).Op("=").Iota()
		}
		if text := sentence(s.Doc); text != "" {
			row = documented(doc("%s", text+clause(s.Standard)), row).(*jen.Statement)
		}
		rows = append(rows, row)
	}
	return documented(doc("The states of the machine %q.", m.Name), jen.Const().Defs(rows...))
}

// stateNames emits
//
//	var serverStateNames = [...]string{"prepareGreeting", ...}
func (m *machine) stateNames() jen.Code {
	names := make([]jen.Code, len(m.States))
	for i, s := range m.States {
		names[i] = lit(s.Name)
	}
	return jen.Var().Id(m.short + "StateNames").Op("=").Index(jen.Op("...")).String().Add(lines(names...))
}

// stateString emits
//
//	func (s ServerState) String() string {
//		if int(s) >= len(serverStateNames) {
//			return "ServerState(" + strconv.Itoa(int(s)) + ")"
//		}
//		return serverStateNames[s]
//	}
func (m *machine) stateString() jen.Code {
	names, number := jen.Id(m.short+"StateNames"), jen.Int().Call(jen.Id("s"))
	return documented(doc("String is the name the specification gives the state, and of what is no state its number."),
		jen.Func().Params(jen.Id("s").Id(m.state)).Id("String").Params().String().Block(
			jen.If(number.Clone().Op(">=").Len(names)).Block(
				jen.Return(lit(m.state+"(").Op("+").Qual("strconv", "Itoa").Call(number).Op("+").Lit(")"))),
			jen.Return(names.Clone().Index(jen.Id("s")))))
}

// numbers emits the numbers that the engine knows timers, operations and calls by:
//
//	const (
//		serverTimerIdle = iota
//		...
//	)
func (m *machine) numbers() []jen.Code {
	var d decls
	group := func(what string, names []string) {
		if len(names) == 0 {
			return
		}
		rows := make([]jen.Code, len(names))
		for i, n := range names {
			rows[i] = jen.Id(n)
			if i == 0 {
				rows[i] = jen.Id(n).Op("=").Iota()
			}
		}
		d.add(documented(doc("The %s of the machine %q, by number.", what, m.Name), jen.Const().Defs(rows...)))
	}
	group("timers", collect(m.Timers, m.timer))
	group("operations", collect(m.operations(), m.operation))
	group("calls", collect(m.Calls, m.call))
	return d
}

// spec emits
//
//	var serverSpec = session.Spec{
//		Machine: "server",
//		Timers:  []string{"idle"},
//		...
//	}
func (m *machine) spec() jen.Code {
	pairs := []pair{{jen.Id("Machine"), lit(m.Name)}}
	if len(m.Timers) > 0 {
		names := collect(m.Timers, func(t *model.Timer) jen.Code { return lit(t.Name) })
		pairs = append(pairs, pair{jen.Id("Timers"), jen.Index().String().Values(names...)})
	}
	if ops := m.operations(); len(ops) > 0 {
		rows := collect(ops, func(o *model.Operation) jen.Code {
			row := []pair{{jen.Id("Name"), lit(o.Name)}}
			for _, flag := range []struct {
				name string
				set  bool
			}{{"Inline", !o.Blocking}, {"Silent", len(o.Gives) == 0}, {"Later", o.Later}} {
				if flag.set {
					row = append(row, pair{jen.Id(flag.name), jen.True()})
				}
			}
			return inline(row...)
		})
		pairs = append(pairs, pair{jen.Id("Operations"), jen.Index().Add(rt("session", "Operation")).Values(rows...)})
	}
	if m.Replies == "anyOrder" {
		pairs = append(pairs, pair{jen.Id("AnyOrder"), jen.True()})
	}
	if m.Busy != nil {
		pairs = append(pairs, pair{jen.Id("Refuses"), jen.True()})
	}
	if m.posts() && m.Correlate == "none" {
		pairs = append(pairs, pair{jen.Id("Posts"), jen.True()})
	}
	with := ""
	if m.e.usesCodec() {
		with = "With"
	}
	pairs = append(
		pairs, pair{jen.Id("Decode" + with), jen.Id(m.decoder())}, pair{jen.Id("Append" + with), jen.Id("appendMessage")},
		pair{jen.Id("Name"), jen.Id("messageName")}, pair{jen.Id("Request"), jen.Id("isRequest")},
	)
	if m.By != nil {
		pairs = append(pairs, pair{jen.Id("Key"), jen.Id(m.short + "Key")})
	}
	return documented(doc("%sSpec is what the engine must know of the machine %q.", m.short, m.Name),
		jen.Var().Id(m.short+"Spec").Op("=").Add(rt("session", "Spec")).Add(keyed(pairs...)))
}

// decoder is the function that reads what the machine receives.
func (m *machine) decoder() string { return "decodeFor" + m.Go }

// decode emits
//
//	// decodeForServer reads a message that the role server receives. Its error is a *MessageError.
//	func decodeForServer(doc []byte) (session.Message, error) {
//		m, err := DecodeMessage(doc)
//		if err != nil {
//			return nil, err
//		}
//		switch m.(type) {
//		case *HelloRequest, *LoginRequest:
//			return m, nil
//		}
//		return nil, &MessageError{Kind: MessageUnknown, Err: fmt.Errorf("%s is not sent to the server", m.MessageName())}
//	}
//
// and, of a protocol whose sessions choose a codec, the same with the codec as a parameter before.
func (m *machine) decode() jen.Code {
	types := m.e.typeList(m.received)
	params, args := block(jen.Id("doc").Index().Byte()), block(jen.Id("doc"))
	read := "DecodeMessage"
	if m.e.usesCodec() {
		read = "decodeMessage"
		params = append(block(codecParam()), params...)
		args = append(block(jen.Id("codec")), args...)
	}
	return documented(
		doc("%s reads a message that the role %s receives. Its error is a *MessageError.", m.decoder(), m.Role.Name),
		function(m.decoder(), params, block(rt("session", "Message"), jen.Error()),
			jen.List(jen.Id("m"), jen.Err()).Op(":=").Id(read).Call(args...),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
			jen.Switch(jen.Id("m").Assert(jen.Type())).Block(jen.Case(types...).Block(jen.Return(jen.Id("m"), jen.Nil()))),
			jen.Return(jen.Nil(), jen.Op("&").Id("MessageError").Add(inline(
				pair{jen.Id("Kind"), jen.Id("MessageUnknown")},
				pair{jen.Id("Err"), jen.Qual("fmt", "Errorf").Call(
					lit("%s is not sent to the "+m.Role.Name), jen.Id("m").Dot("MessageName").Call())},
			))),
		))
}

// viewType emits what handlers see of the session:
//
//	type Session struct {
//		ID    uint64       // number of the session, unique in the process
//		Peer  session.Peer // who is at the other end
//		State ServerState
//		// ClientID is who is logged in.
//		ClientID string
//	}
func (m *machine) viewType() []jen.Code {
	if !m.runs() || !m.isFirst() {
		return nil
	}
	state := jen.Id("State").Id(m.state)
	if m.hasTwin() {
		state = jen.Id("State").String()
	}
	fields := append([]jen.Code{
		jen.Id("ID").Uint64().Comment("the session's number, unique in the process"),
		jen.Id("Peer").Add(rt("session", "Peer")).Comment("who is at the other end"),
		state.Comment("when the handler was called"),
	}, m.varFields(m.shown())...)
	return block(documented(
		doc("%s is what a handler may see of the session it works for: a copy made when it was called.", m.seen()),
		jen.Type().Id(m.seen()).Struct(fields...)),
		m.fromContext())
}

// varsType emits the variables of the machine, where they are not just what handlers see:
//
//	type serverVars struct {
//		Session
//		Names []string
//	}
func (m *machine) varsType() []jen.Code {
	if !m.hasVars() || m.vars() == m.seen() {
		return nil
	}
	fields := m.varFields(m.Vars)
	if m.runs() {
		fields = append(block(jen.Id(m.seen())), m.varFields(m.hidden())...)
	}
	return block(documented(doc("%s are the variables of the machine %q.", m.vars(), m.Name), jen.Type().Id(m.vars()).Struct(fields...)))
}

// varFields emits the fields that hold variables.
func (m *machine) varFields(vars []*model.Var) []jen.Code {
	return collect(vars, func(v *model.Var) jen.Code {
		t, _ := formula.TypeOf(m.e.p, v.Type)
		field := jen.Id(varName(v)).Add(goType(t))
		if v.Doc == "" {
			return field
		}
		return documented(doc("%s", sentence(v.Doc)+clause(v.Standard)), field)
	})
}

// seen is the type of what handlers see of the session.
func (m *machine) seen() string {
	if m.only((*machine).runs) {
		return "Session"
	}
	return m.first().Go + "Session"
}

// vars is the type that holds the machine's variables.
func (m *machine) vars() string {
	if m.runs() && len(m.hidden()) == 0 {
		return m.seen()
	}
	return m.short + "Vars"
}

// hasVars reports whether the machine has such a type.
func (m *machine) hasVars() bool { return len(m.Vars) > 0 || m.runs() }

// fromContext emits
//
//	// SessionFromContext is the session a handler works for; nil when ctx is not the context of a handler.
//	func SessionFromContext(ctx context.Context) *Session {
//		v, _ := session.View(ctx).(*Session)
//		return v
//	}
func (m *machine) fromContext() jen.Code {
	fn := m.seen() + "FromContext"
	text := "%s is the session a handler works for; nil when ctx is not a handler's."
	if m.inline() {
		text += " A handler that must not block calls it before it returns."
	}
	return documented(doc(text, fn),
		function(fn, block(jen.Id("ctx").Qual("context", "Context")), block(jen.Op("*").Id(m.seen())),
			jen.List(jen.Id("v"), jen.Id("_")).Op(":=").Add(rt("session", "View")).Call(jen.Id("ctx")).Assert(jen.Op("*").Id(m.seen())),
			jen.Return(jen.Id("v"))))
}

// structType emits
//
//	type serverMachine struct {
//		*session.Session
//		handler Handler
//		config  *Config
//		state   ServerState
//		vars    Session
//	}
func (m *machine) structType() jen.Code {
	fields := []jen.Code{jen.Op("*").Add(rt("session", "Session"))}
	if m.runs() {
		fields = append(fields, jen.Id("handler").Id(m.handler()))
	}
	fields = append(fields, jen.Id("config").Op("*").Id("Config"), jen.Id("state").Id(m.state))
	if m.hasVars() {
		fields = append(fields, jen.Id("vars").Id(m.vars()))
	}
	return documented(doc("%s is the machine %q at work for one session. %s%s", m.typ, m.Name, sentence(m.Doc), clause(m.Standard)),
		jen.Type().Id(m.typ).Struct(fields...))
}

// constructor emits
//
//	func newServerMachine(s *session.Session, handler Handler, config *Config) *serverMachine {
//		return &serverMachine{Session: s, handler: handler, config: config, state: ServerStatePrepareGreeting}
//	}
func (m *machine) constructor() jen.Code {
	params := []jen.Code{jen.Id("s").Op("*").Add(rt("session", "Session"))}
	pairs := []pair{{jen.Id("Session"), jen.Id("s")}}
	if m.runs() {
		params = append(params, jen.Id("handler").Id(m.handler()))
		pairs = append(pairs, pair{jen.Id("handler"), jen.Id("handler")})
	}
	params = append(params, jen.Id("config").Op("*").Id("Config"))
	pairs = append(pairs, pair{jen.Id("config"), jen.Id("config")}, pair{jen.Id("state"), jen.Id(m.Initial.Go)})
	var body []jen.Code
	if m.posts() {
		body = append(body, jen.Id("s").Dot("Bind").Call(jen.Op("&").Id(m.conn()).Values(jen.Id("s").Dot("Handle").Call())))
	}
	return function("new"+m.Go+"Machine", params, block(jen.Op("*").Id(m.typ)),
		append(body, jen.Return(jen.Op("&").Id(m.typ).Add(inline(pairs...))))...)
}

// start emits
//
//	// Start implements [session.Machine].
//	func (s *serverMachine) Start() {
//		s.SetWindow(s.config.Window)
//		if s.Refused() {
//			s.state = ServerStateDeclining
//		}
//		s.enter()
//	}
func (m *machine) start() jen.Code {
	var body []jen.Code
	if m.Window != nil {
		p := m.printer(formula.ForMachine(m.e.p, m.Machine, m.e.msgs.fieldTypes))
		body = append(body, jen.Id("s").Dot("SetWindow").Call(p.plainInt(m.Window)))
	}
	if m.runs() {
		body = append(body,
			jen.List(jen.Id("s.vars.ID"), jen.Id("s.vars.Peer")).Op("=").List(jen.Id("s").Dot("ID").Call(), jen.Id("s").Dot("Peer").Call()))
	}
	if m.Busy != nil {
		body = append(body, jen.If(jen.Id("s").Dot("Refused").Call()).Block(jen.Id("s.state").Op("=").Id(m.Busy.Go)))
	}
	if len(m.entered) > 0 {
		body = append(body, jen.Id("s").Dot("enter").Call())
	}
	return implements("Machine", "Start", m.method("Start", nil, nil, body...))
}

// to emits
//
//	// to makes state the machine's state.
//	func (s *serverMachine) to(state ServerState, input string) {
//		s.Moved(s.state.String(), input, state.String())
//		s.state = state
//		s.enter()
//	}
func (m *machine) to() jen.Code {
	str := func(x string) jen.Code { return jen.Id(x).Dot("String").Call() }
	body := []jen.Code{
		jen.Id("s").Dot("Moved").Call(str("s.state"), jen.Id("input"), str("state")),
		jen.Id("s.state").Op("=").Id("state"),
	}
	if len(m.entered) > 0 {
		body = append(body, jen.Id("s").Dot("enter").Call())
	}
	return documented(doc("to makes state the machine's state, because of input."),
		m.method("to", block(jen.Id("state").Id(m.state), jen.Id("input").String()), nil, body...))
}

// ready reports whether a client may be handed to the program in state s: it takes calls, or may rest.
func (m *machine) ready(s *model.State) bool {
	leaves := slices.ContainsFunc(s.Enter, func(mv *model.Move) bool { return mv.To != nil })
	return m.calls() && !s.Final && !leaves && (s.Idle || len(s.Call) > 0)
}

// entries are what is done on entering states.
func (m *machine) entries() []choice {
	var list []choice
	for _, s := range m.States {
		var body []jen.Code
		if s.Frame != nil {
			body = append(body, jen.Id("s").Dot("SetFraming").Call(m.framing(s.Frame)...))
		}
		in := formula.Input{Kind: formula.Enter, Moves: s.Enter}
		body = append(body, m.moves(m.inputPrinter(s, in), s.Enter, lit("enter"))...)
		if m.ready(s) {
			body = append(body, jen.Id("s").Dot("Ready").Call())
		}
		if len(body) > 0 {
			list = append(list, choice{s, body})
		}
	}
	return list
}

// enter emits
//
//	// enter does what the state asks for when it is entered.
//	func (s *serverMachine) enter() { ... }
func (m *machine) enter() []jen.Code {
	if len(m.entered) == 0 {
		return nil
	}
	return block(documented(doc("enter does what the state asks for when it is entered."),
		m.method("enter", nil, nil, m.states(m.entered))))
}

// implements is a method with the comment that it implements one of an interface of the session engine.
func implements(iface, name string, decl jen.Code) jen.Code {
	return documented(doc("%s implements [session.%s].", name, iface), decl)
}

// messageFunctions emits what the engine asks of messages:
//
//	func appendMessage(b []byte, m session.Message) ([]byte, error) { return m.(Message).AppendXML(b) }
//	func messageName(m session.Message) string { return m.(Message).MessageName() }
//	func isRequest(m session.Message) bool {
//		switch m.(type) {
//		case *HelloRequest, ...:
//			return true
//		}
//		return false
//	}
func (e *emitter) messageFunctions(uses map[string]bool) []jen.Code {
	m := jen.Id("m").Add(rt("session", "Message"))
	asked := jen.Id("m").Assert(jen.Id("Message"))
	var d decls
	if e.usesCodec() {
		d.add(e.codecFunctions()...)
	} else {
		d.add(documented(doc("appendMessage appends a message as it stands in a frame."),
			shortFunction("appendMessage", block(jen.Id("b").Index().Byte(), m), block(jen.Index().Byte(), jen.Error()),
				jen.Return(e.encs[0].write(asked, jen.Id("b"), nil)))))
	}
	d.add(
		documented(doc("messageName is the name the specification gives a message."),
			shortFunction("messageName", block(m), block(jen.String()), jen.Return(jen.Add(asked).Dot("MessageName").Call()))),
		e.isRequest(),
	)
	for _, helper := range []struct {
		used bool
		decl func() jen.Code
	}{
		{uses["errorText"], errorText},
		{uses["breaksRule"], breaksRule},
		{uses["ruleCode"], e.ruleCode},
		{e.first, firstFunc},
	} {
		if helper.used {
			d.add(helper.decl())
		}
	}
	return d
}

// isRequest emits
//
//	// isRequest reports whether a message asks for a reply.
//	func isRequest(m session.Message) bool {
//		switch m.(type) {
//		case *HelloRequest, ...:
//			return true
//		}
//		return false
//	}
//
// and, of a protocol without requests,
//
//	// isRequest reports whether a message asks for a reply: none does.
//	func isRequest(session.Message) bool { return false }
func (e *emitter) isRequest() jen.Code {
	requests := e.typeList(filter(e.p.Messages, func(msg *model.Message) bool { return msg.Class == "request" }))
	if len(requests) == 0 {
		return documented(doc("isRequest reports whether a message asks for a reply: none does."),
			shortFunction("isRequest", block(rt("session", "Message")), block(jen.Bool()), jen.Return(jen.False())))
	}
	return documented(doc("isRequest reports whether a message asks for a reply."),
		function("isRequest", block(jen.Id("m").Add(rt("session", "Message"))), block(jen.Bool()),
			jen.Switch(jen.Id("m").Assert(jen.Type())).Block(jen.Case(requests...).Block(jen.Return(jen.True()))),
			jen.Return(jen.False())))
}

// version emits the constant that ties emitted code to its runtime:
//
//	const _ = session.IsAtLeastVersion1
func version() jen.Code {
	return documented(doc("This code needs version 1 of the runtime."), jen.Const().Id("_").Op("=").Add(rt("session", "IsAtLeastVersion1")))
}

// firstFunc emits
//
//	func first[T any](list *[]T) *T {
//		if len(*list) == 0 {
//			*list = make([]T, 1)
//		}
//		return &(*list)[0]
//	}
func firstFunc() jen.Code {
	list := jen.Op("*").Id("list")
	return documented(doc("first is the first of a list, which is made if the list is empty."),
		jen.Func().Id("first").Types(jen.Id("T").Any()).Params(jen.Id("list").Op("*").Index().Id("T")).Op("*").Id("T").Block(
			jen.If(jen.Len(list).Op("==").Lit(0)).Block(list.Clone().Op("=").Make(jen.Index().Id("T"), lit(1))),
			jen.Return(jen.Op("&").Parens(list).Index(lit(0)))))
}

// errorText emits
//
//	// errorText says for people what is wrong with a message.
//	func errorText(e *MessageError) string {
//		if e.Err == nil {
//			return e.Error()
//		}
//		return e.Err.Error()
//	}
func errorText() jen.Code {
	return documented(doc("errorText says for people what is wrong with a message."),
		function("errorText", block(jen.Id("e").Op("*").Id("MessageError")), block(jen.String()),
			jen.If(jen.Id("e.Err").Op("==").Nil()).Block(jen.Return(jen.Id("e").Dot("Error").Call())),
			jen.Return(jen.Id("e.Err").Dot("Error").Call())))
}

// breaksRule emits
//
//	// breaksRule reports whether a message could be read but breaks a rule.
//	func breaksRule(err error) bool {
//		var broken *RuleError
//		return errors.As(err, &broken)
//	}
func breaksRule() jen.Code {
	return documented(doc("breaksRule reports whether a message could be read but breaks a rule."),
		function("breaksRule", block(jen.Err().Error()), block(jen.Bool()),
			jen.Var().Id("broken").Op("*").Id("RuleError"),
			jen.Return(jen.Qual("errors", "As").Call(jen.Err(), jen.Op("&").Id("broken")))))
}

// ruleCode emits
//
//	// ruleCode is the code that the rule broken by a message earns, 0 if there is none.
//	func ruleCode(err error) ResultCode {
//		var broken *RuleError
//		if !errors.As(err, &broken) {
//			return 0
//		}
//		return broken.Code
//	}
func (e *emitter) ruleCode() jen.Code {
	return documented(doc("ruleCode is the code that the rule broken by a message earns, 0 if there is none."),
		function("ruleCode", block(jen.Err().Error()), block(jen.Id(e.msgs.codes.name)),
			jen.Var().Id("broken").Op("*").Id("RuleError"),
			jen.If(jen.Op("!").Qual("errors", "As").Call(jen.Err(), jen.Op("&").Id("broken"))).Block(jen.Return(lit(0))),
			jen.Return(jen.Id("broken.Code"))))
}

// typeList is the Go types of messages, for a case of a type switch, five a line.
func (e *emitter) typeList(messages []*model.Message) []jen.Code {
	types := make([]jen.Code, len(messages))
	for i, msg := range messages {
		t := jen.Op("*").Id(e.msgs.of(msg).typ)
		if i > 0 && i%5 == 0 {
			t = jen.Line().Add(t)
		}
		types[i] = t
	}
	return types
}

// collect is f of every element.
func collect[T, R any](list []T, f func(T) R) []R {
	out := make([]R, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

// exported is a word of the specification in Go.
func exported(word string) string { return name.Exported(word) }
