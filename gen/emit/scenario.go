package emit

import (
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// scenarioFile emits the tests of the machine that runs operations: the specification's scenarios, played against it
// octet by octet, and a fuzz target. Operations end as the scenario says, with the example of their reply.
func (e *emitter) scenarioFile() (File, error) {
	var found diag.List
	for _, m := range e.machines() {
		if !m.listens() || len(e.p.Scenarios) == 0 || m.firstFrame() == nil {
			continue
		}
		d := decls{m.stepType(), m.scriptType(), m.scriptPerform()}
		if e.usesCodec() {
			d.add(m.scriptFrames()...)
		}
		d.add(m.scenarioTest(&found), m.playFunc(), m.pushScript(), m.sessionFuzz())
		if found.HasErrors() {
			return File{}, found
		}
		return e.file("session_gen_test.go", d...)
	}
	return File{Name: "session_gen_test.go"}, nil
}

// firstFrame is the framing that a session begins with.
func (m *machine) firstFrame() *model.Frame {
	if m.Initial.Frame != nil {
		return m.Initial.Frame
	}
	for _, t := range m.e.p.Transports {
		if t.Frame != nil {
			return t.Frame
		}
	}
	return nil
}

// stepType emits
//
//	type scenarioStep struct {
//		send   string // a document
//		...
//	}
func (m *machine) stepType() jen.Code {
	fields := []jen.Code{
		jen.Id("send").String().Comment("a document for the session"),
		jen.Id("reply").String().Comment("what the operation it starts ends with"),
	}
	if m.e.msgs.codes != nil {
		fields = append(fields, jen.Id("code").Id(m.e.msgs.codes.name).Comment("with which code, or the code to expect; 0: any"))
	}
	fields = append(fields, m.stepKinds()...)
	fields = append(fields,
		jen.Id("expect").String().Comment("the name of a message from the session"),
		jen.Id("check").Func().Params(jen.Op("*").Qual("testing", "T"), jen.Id("Message")).Comment("what it must say; nil: anything"),
		jen.Id("wait").String().Comment("a timer to let run out"),
		jen.Id("closed").Bool().Comment("the session is over"),
	)
	return documented(doc("scenarioStep is one step of a scenario, told from the other side; one of send, expect, wait and closed is set."),
		jen.Type().Id("scenarioStep").Struct(fields...))
}

// script is the type of the machine under test.
func (m *machine) script() string { return "scripted" + m.Go }

// scriptType emits
//
//	type scriptedServer struct {
//		*serverMachine
//		step scenarioStep
//	}
func (m *machine) scriptType() jen.Code {
	return documented(doc("%s is the machine with operations that end as a scenario says.", m.script()),
		jen.Type().Id(m.script()).Struct(jen.Op("*").Id(m.typ), jen.Id("step").Id("scenarioStep")))
}

// scriptPerform emits
//
//	func (s *scriptedServer) Perform(context.Context, int, session.Message) (session.Message, error) {
//		m, err := DecodeMessage([]byte(s.step.reply))
//		if err != nil {
//			return nil, err
//		}
//		if h, ok := m.(hasResponseHead); ok && s.step.code != 0 {
//			h.responseHead().SetCode(s.step.code, "")
//		}
//		return m, nil
//	}
func (m *machine) scriptPerform() jen.Code {
	if m.e.usesCodec() {
		return m.scriptAnswer()
	}
	body := []jen.Code{
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("DecodeMessage").Call(jen.Index().Byte().Call(jen.Id("s.step.reply"))),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
	}
	if h := m.e.msgs.codeHead; h != nil {
		body = append(body, jen.If(
			jen.List(jen.Id("h"), jen.Id("ok")).Op(":=").Id("m").Assert(jen.Id(headInterface(h.h))),
			jen.Id("ok").Op("&&").Id("s.step.code").Op("!=").Lit(0)).Block(
			jen.Id("h").Dot(headMethod(h.h)).Call().Dot("SetCode").Call(jen.Id("s.step.code"), lit(""))))
	}
	params := block(jen.Qual("context", "Context"), jen.Int(), rt("session", "Message"))
	return documented(doc("Perform implements [session.Operator]."),
		method("s", m.script(), "Perform", params, performResults(), append(body, jen.Return(jen.Id("m"), jen.Nil()))...))
}

// scenarioTest emits
//
//	func TestScenarios(t *testing.T) {
//		for _, tt := range []struct{ name string; steps []scenarioStep }{...} {
//			t.Run(tt.name, func(t *testing.T) {
//				for _, size := range []int{1, 7, 1 << 20} {
//					playScenario(t, tt.steps, size)
//				}
//			})
//		}
//	}
func (m *machine) scenarioTest(found *diag.List) jen.Code {
	rows := collect(m.e.p.Scenarios, func(s *model.Scenario) jen.Code {
		steps := collect(s.Steps, func(step *model.Step) jen.Code { return m.scenarioStep(step, found) })
		return jen.Values(lit(s.Name), jen.Index().Id("scenarioStep").Add(lines(steps...)))
	})
	table := jen.Index().Struct(jen.Id("name").String(), jen.Id("steps").Index().Id("scenarioStep")).Add(lines(rows...))
	return documented(doc("TestScenarios plays the scenarios of the specification, the octets cut in several ways."),
		function("TestScenarios", block(testParam()), nil,
			jen.For(jen.List(jen.Id("_"), jen.Id("tt")).Op(":=").Range().Add(table)).Block(
				jen.Id("t").Dot("Run").Call(jen.Id("tt.name"), jen.Func().Params(testParam()).Block(
					jen.For(jen.List(jen.Id("_"), jen.Id("size")).Op(":=").Range().Index().Int().Values(lit(1), lit(7), jen.Lit(1).Op("<<").Lit(20))).Block(
						jen.Id("playScenario").Call(jen.Id("t"), jen.Id("tt.steps"), jen.Id("size"))))))))
}

func testParam() jen.Code { return jen.Id("t").Op("*").Qual("testing", "T") }

// scenarioStep emits one step.
func (m *machine) scenarioStep(s *model.Step, found *diag.List) jen.Code {
	set := func(name string, v jen.Code) pair { return pair{jen.Id(name), v} }
	switch {
	case s.Expect != nil:
		row := append([]pair{set("expect", lit(s.Expect.Name))}, m.stepTree(s.Expect)...)
		with := maps.Clone(s.With)
		if code := m.expectedCode(s); code != nil {
			row = append(row, set("code", jen.Id(code.Go)))
			delete(with, "code")
		}
		if len(with) > 0 {
			row = append(row, set("check", m.expectation(s.Expect, with, found)))
		}
		return inline(row...)
	case s.Send != nil && s.Example == nil:
		found.Errorf(s.Pos, "not-emitted", "the scenario sends %q, which has no example", s.Send.Name)
		return jen.Null()
	case s.Send != nil:
		row := append([]pair{set("send", jen.Id(name.Example(s.Send, s.Example)))}, m.stepTree(s.Send)...)
		return inline(append(row, m.ending(s)...)...)
	case s.IsRaw:
		return inline(append([]pair{set("send", text(s.Raw))}, m.stepRaw(s)...)...)
	case s.Wait != "":
		return inline(set("wait", lit(s.Wait)))
	}
	return inline(set("closed", jen.True()))
}

// ending says how the operation ends that a step starts: with the example of the reply, and the code of the outcome.
func (m *machine) ending(s *model.Step) []pair {
	o := m.takes(s.Send)
	if o == nil {
		return nil
	}
	reply := m.e.reply(s.Send)
	if len(o.Gives) == 0 || firstExample(reply) == nil {
		return nil
	}
	row := []pair{{jen.Id("reply"), jen.Id(name.Example(reply, reply.Examples[0]))}}
	if code := outcomeCode(m.e.p, o, s.Outcome); code != nil {
		row = append(row, pair{jen.Id("code"), jen.Id(code.Go)})
	}
	return row
}

// takes is the operation of the machine that takes msg, or nil.
func (m *machine) takes(msg *model.Message) *model.Operation {
	for _, o := range m.operations() {
		if slices.Contains(o.Takes, msg) {
			return o
		}
	}
	return nil
}

// outcomeCode is a code that makes an operation end with an outcome: the first of those it names, or the first failure
// that no other names. It is nil for the outcome that comes first, if the reply's own code means that.
func outcomeCode(p *model.Protocol, o *model.Operation, out *model.Outcome) *model.Code {
	if out == nil || len(o.Gives) > 0 && out == o.Gives[0] {
		return nil
	}
	taken := map[string]bool{}
	for _, other := range o.Gives {
		for _, c := range other.Codes {
			taken[c] = true
		}
	}
	for _, c := range p.Codes {
		if slices.Contains(out.Codes, c.Name) || len(out.Codes) == 0 && !taken[c.Name] && c.Class == "failure" {
			return c
		}
	}
	return nil
}

// expectedCode is the reply code that a step expects, nil if it says none.
func (m *machine) expectedCode(s *model.Step) *model.Code {
	if h := m.e.msgs.codeHead; h == nil || s.Expect.Head != h.h {
		return nil
	}
	for _, c := range m.e.p.Codes {
		if s.With["code"] == c.Value {
			return c
		}
	}
	return nil
}

// expectation emits
//
//	func(t *testing.T, m Message) {
//		got := m.(*Response)
//		if v := got.TrID.ClTRID; v != "EX-0002" {
//			t.Errorf("clTRID is %v, want %v", v, "EX-0002")
//		}
//	}
func (m *machine) expectation(msg *model.Message, with map[string]any, found *diag.List) jen.Code {
	var body []jen.Code
	typ := jen.Op("*").Id(m.e.msgs.of(msg).typ)
	for _, f := range msg.Fields {
		if want, ok := with[f.Name]; ok {
			body = append(body, m.expectField(f, m.e.field(msg, f, jen.Id("got")), want, found))
		}
	}
	if h := msg.Head; h != nil {
		for _, f := range h.Fields {
			if want, ok := with[f.Name]; ok {
				body = append(body, m.expectField(f, m.e.headField(h, f, jen.Id("got")), want, found))
			}
		}
	}
	return jen.Func().Params(testParam(), jen.Id("m").Id("Message")).Block(
		append(block(jen.Id("got").Op(":=").Id("m").Assert(typ)), body...)...)
}

// expectField emits
//
//	if v := got.TrID.ClTRID; v != "EX-0002" {
//		t.Errorf("clTRID is %v, want %v", v, "EX-0002")
//	}
func (m *machine) expectField(f *model.Field, got jen.Code, want any, found *diag.List) jen.Code {
	var wanted jen.Code
	switch w := want.(type) {
	case int64:
		wanted = jen.Lit(int(w))
	case string, bool, int:
		wanted = lit(w)
	case []any:
		return expectList(f, got, w)
	default:
		found.Errorf(f.Pos, "not-emitted", "a scenario compares %q with a %T", f.Name, want)
		return jen.Null()
	}
	return jen.If(jen.Id("v").Op(":=").Add(got), jen.Id("v").Op("!=").Add(wanted)).Block(
		jen.Id("t").Dot("Errorf").Call(lit(f.Name+" is %v, want %v"), jen.Id("v"), wanted))
}

// fatal emits the end of a test at the present step.
func fatal(format string, args ...jen.Code) jen.Code {
	return jen.Id("t").Dot("Fatalf").Call(append(block(lit("step %d: "+format), jen.Id("i")), args...)...)
}

// playFunc emits the function that plays a scenario.
func (m *machine) playFunc() jen.Code {
	sends := jen.Id("step.send").Op("!=").Lit("")
	if m.e.usesCodec() {
		sends.Op("||").Id("step.raw")
	}
	wait := jen.Id("out").Op("=").Append(jen.Id("out"), jen.Id("push").Dot("Expire").Call(jen.Id("step.wait")).Op("..."))
	closed := jen.If(jen.List(jen.Id("ended"), jen.Err()).Op(":=").Id("push").Dot("Ended").Call(), jen.Op("!").Id("ended").Op("||").Err().Op("!=").Nil()).Block(
		fatal("the session is over: %v, with error %v", jen.Id("ended"), jen.Err()))
	return documented(doc("playScenario plays a scenario, its octets in parts of a size."),
		function("playScenario", block(testParam(), jen.Id("steps").Index().Id("scenarioStep"), jen.Id("size").Int()), nil,
			jen.Id("t").Dot("Helper").Call(),
			m.newScript("push", "script", "framing"),
			jen.Id("out").Op(":=").Qual("slices", "Clone").Call(jen.Id("push").Dot("Open").Call()),
			jen.For(jen.List(jen.Id("i"), jen.Id("step")).Op(":=").Range().Id("steps")).Block(
				jen.Switch().Block(
					jen.Case(sends).Block(m.playSend()...),
					jen.Case(jen.Id("step.expect").Op("!=").Lit("")).Block(m.playExpect()...),
					jen.Case(jen.Id("step.wait").Op("!=").Lit("")).Block(wait),
					jen.Case(jen.Id("step.closed")).Block(closed),
				)),
			jen.If(jen.Len(jen.Id("out")).Op(">").Lit(0)).Block(
				jen.Id("t").Dot("Errorf").Call(lit("the session sends more than the scenario says: %q"), jen.Id("out"))),
		))
}

// playSend emits what gives the session the document of a step.
func (m *machine) playSend() []jen.Code {
	framed := jen.Id("framing").Dot("Append").Call(jen.Nil(), jen.Index().Byte().Call(jen.Id("step.send")))
	if m.e.usesCodec() {
		framed = jen.Id("script").Dot("frame").Call()
	}
	return block(
		jen.Id("script.step").Op("=").Id("step"),
		jen.List(jen.Id("frame"), jen.Err()).Op(":=").Add(framed),
		jen.If(jen.Err().Op("!=").Nil()).Block(fatal("%v", jen.Err())),
		jen.For(jen.Id("part").Op(":=").Range().Qual("slices", "Chunk").Call(jen.Id("frame"), jen.Id("size"))).Block(
			jen.Id("out").Op("=").Append(jen.Id("out"), jen.Id("push").Dot("Receive").Call(jen.Id("part")).Op("..."))),
	)
}

// playExpect emits what looks for the message that a step expects.
func (m *machine) playExpect() []jen.Code {
	found := block(
		jen.List(jen.Id("payload"), jen.Id("n"), jen.Err()).Op(":=").Id("framing").Dot("Next").Call(jen.Id("out")),
		jen.If(jen.Err().Op("!=").Nil()).Block(fatal("the session does not send %s: %v", jen.Id("step.expect"), jen.Err())),
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("DecodeMessage").Call(jen.Id("payload")),
		jen.If(jen.Err().Op("!=").Nil().Op("||").Id("m").Dot("MessageName").Call().Op("!=").Id("step.expect")).Block(
			fatal("the session sends %s (%v), want %s", jen.Id("payload"), jen.Err(), jen.Id("step.expect"))),
	)
	if m.e.usesCodec() {
		found = block(
			jen.Id("script.step").Op("=").Id("step"),
			jen.List(jen.Id("m"), jen.Id("n"), jen.Err()).Op(":=").Id("script").Dot("next").Call(jen.Id("out")),
			jen.If(jen.Err().Op("!=").Nil().Op("||").Id("m").Dot("MessageName").Call().Op("!=").Id("step.expect")).Block(
				fatal("the session sends %q (%v), want %s", jen.Id("out"), jen.Err(), jen.Id("step.expect"))),
		)
	}
	return append(found,
		m.checkCode(),
		jen.If(jen.Id("step.check").Op("!=").Nil()).Block(jen.Id("step").Dot("check").Call(jen.Id("t"), jen.Id("m"))),
		jen.Id("out").Op("=").Id("out").Index(jen.Id("n").Op(":")),
	)
}

// checkCode emits, when replies have codes,
//
//	if h, ok := m.(hasResponseHead); ok && step.code != 0 && h.responseHead().Code() != step.code {
//		t.Fatalf("step %d: the code is %d, want %d", i, h.responseHead().Code(), step.code)
//	}
func (m *machine) checkCode() jen.Code {
	h := m.e.msgs.codeHead
	if h == nil {
		return jen.Null()
	}
	code := func() *jen.Statement { return jen.Id("h").Dot(headMethod(h.h)).Call().Dot("Code").Call() }
	return jen.If(
		jen.List(jen.Id("h"), jen.Id("ok")).Op(":=").Id("m").Assert(jen.Id(headInterface(h.h))),
		jen.Id("ok").Op("&&").Id("step.code").Op("!=").Lit(0).Op("&&").Add(code()).Op("!=").Id("step.code"),
	).Block(fatal("the code is %d, want %d", code(), jen.Id("step.code")))
}

// pushScript emits
//
//	func newScriptedServer() (*session.Push, *scriptedServer, frame.Framing) { ... }
func (m *machine) pushScript() jen.Code {
	handler := jen.Id("Unimplemented" + m.handler()).Values()
	text := "new%s is a session whose operations end as the script's step says, and its framing."
	if m.e.usesCodec() {
		text = "new%s is a session whose operations end as the script's step says."
	}
	return documented(doc(text, exported(m.script())),
		function("new"+exported(m.script()), nil, m.scriptResults(),
			jen.Id("script").Op(":=").New(jen.Id(m.script())),
			jen.Id("config").Op(":=").Id("Config").Values().Dot("withDefaults").Call(),
			jen.Id("service").Op(":=").Id("new"+m.Go+"Service").Call(handler, jen.Id("config"),
				jen.Qual("log/slog", "New").Call(jen.Qual("log/slog", "DiscardHandler")), rt("session", "Hooks").Values()),
			jen.Id("service.New").Op("=").Func().Params(jen.Id("s").Op("*").Add(rt("session", "Session"))).Add(rt("session", "Machine")).Block(
				jen.Id("script").Dot(m.typ).Op("=").Id("new"+m.Go+"Machine").Call(jen.Id("s"), handler.Clone(), jen.Id("config")),
				jen.Return(jen.Id("script"))),
			m.scriptReturn(),
		))
}

// sessionFuzz emits a fuzz target: whatever a peer sends, the session neither panics nor goes on after its end.
//
//	func FuzzServerSession(f *testing.F) { ... }
func (m *machine) sessionFuzz() jen.Code {
	var seeds []jen.Code
	for _, msg := range m.received {
		if x := firstExample(msg); x != nil {
			seeds = append(seeds, jen.Id(name.Example(msg, x)))
		}
	}
	if m.e.usesCodec() {
		return m.codedFuzz()
	}
	return documented(doc("Fuzz%sSession: whatever a peer sends, the session does not panic and comes to its end with the peer.", m.Go),
		function("Fuzz"+m.Go+"Session", block(jen.Id("f").Op("*").Qual("testing", "F")), nil,
			jen.List(jen.Id("_"), jen.Id("_"), jen.Id("framing")).Op(":=").Id("new"+exported(m.script())).Call(),
			jen.Var().Id("all").Index().Byte(),
			jen.For(jen.List(jen.Id("_"), jen.Id("doc")).Op(":=").Range().Index().String().Add(lines(seeds...))).Block(
				jen.List(jen.Id("frame"), jen.Err()).Op(":=").Id("framing").Dot("Append").Call(jen.Nil(), jen.Index().Byte().Call(jen.Id("doc"))),
				jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("f").Dot("Fatal").Call(jen.Err())),
				jen.Id("f").Dot("Add").Call(jen.Id("frame")),
				jen.Id("all").Op("=").Append(jen.Id("all"), jen.Id("frame").Op("..."))),
			jen.Id("f").Dot("Add").Call(jen.Id("all")),
			jen.Id("f").Dot("Fuzz").Call(jen.Func().Params(testParam(), jen.Id("data").Index().Byte()).Block(
				jen.List(jen.Id("push"), jen.Id("_"), jen.Id("_")).Op(":=").Id("new"+exported(m.script())).Call(),
				jen.Id("push").Dot("Open").Call(),
				jen.Id("push").Dot("Receive").Call(jen.Id("data")),
				jen.Id("push").Dot("End").Call(),
				jen.If(jen.List(jen.Id("ended"), jen.Id("_")).Op(":=").Id("push").Dot("Ended").Call(), jen.Op("!").Id("ended")).Block(
					jen.Id("t").Dot("Error").Call(lit("the peer has ended the stream, and the session goes on"))))),
		))
}
