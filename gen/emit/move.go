package emit

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// choice is a state of a switch over the machine's state and what is done in it; nothing if the input is ignored.
type choice struct {
	state *model.State
	body  []jen.Code
}

// states emits what an input does in every state that knows it; states that do the same share a case.
//
//	switch s.state {
//	case ServerStateProcessingLogin, ServerStateProcessingCommand:
//		s.Defer()
//	default:
//		s.Unexpected(s.state.String(), "hello")
//	}
func (m *machine) states(choices []choice, fallback ...jen.Code) jen.Code {
	var cases []jen.Code
	seen := map[string]int{}
	labels := make([][]jen.Code, 0, len(choices))
	bodies := make([][]jen.Code, 0, len(choices))
	for _, c := range choices {
		key := fmt.Sprintf("%#v", jen.Block(c.body...))
		i, ok := seen[key]
		if !ok {
			i = len(labels)
			seen[key] = i
			labels, bodies = append(labels, nil), append(bodies, c.body)
		}
		labels[i] = append(labels[i], jen.Id(c.state.Go))
	}
	for i := range labels {
		label := jen.Case(labels[i]...)
		if len(bodies[i]) == 0 {
			cases = append(cases, labelled(label, "ignored"))
			continue
		}
		cases = append(cases, label.Block(bodies[i]...))
	}
	if len(fallback) > 0 {
		cases = append(cases, jen.Default().Block(fallback...))
	}
	return jen.Switch(jen.Id("s").Dot("state")).Block(cases...)
}

// unexpected emits
//
//	s.Unexpected(s.state.String(), "login")
func unexpected(input jen.Code) jen.Code {
	return jen.Id("s").Dot("Unexpected").Call(jen.Id("s").Dot("state").Dot("String").Call(), input)
}

// moves emits the first move whose guard holds.
//
//	switch {
//	case s.vars.Failures+1 >= int64(s.config.MaxLoginFailures):
//		...
//	default:
//		...
//	}
//
// or, where nothing is done otherwise, an if.
func (m *machine) moves(p *printer, moves []*model.Move, input jen.Code) []jen.Code {
	if len(moves) == 0 {
		return nil
	}
	if moves[0].When == nil {
		return m.move(p, moves[0], input)
	}
	if len(moves) == 2 && moves[1].When == nil && doesNothing(moves[1]) {
		return block(jen.If(p.condition(moves[0].When)).Block(m.move(p, moves[0], input)...))
	}
	var cases []jen.Code
	open := true
	for _, mv := range moves {
		if mv.When == nil {
			if body := m.move(p, mv, input); len(body) > 0 {
				cases = append(cases, jen.Default().Block(body...))
			}
			open = false
			break
		}
		cases = append(cases, jen.Case(p.condition(mv.When)).Block(m.move(p, mv, input)...))
	}
	if open {
		cases = append(cases, jen.Default().Block(unexpected(input)))
	}
	return []jen.Code{jen.Switch().Block(cases...)}
}

// doesNothing reports whether a move is empty but for words.
func doesNothing(mv *model.Move) bool {
	return reflect.DeepEqual(*mv, model.Move{Node: mv.Node, Ordered: mv.Ordered})
}

// move emits what a move does, in the order in which it is done.
//
//	s.vars.Failures = s.vars.Failures + 1
//	s.Send(s.newResponse(CodeAuthError, m))
//	s.StopTimer(serverTimerPreLogin)
//	s.StartTimer(serverTimerIdle, s.config.Idle)
//	s.Run(serverOperationLogin, m, s.config.CommandWithin)
//	s.Close()
//	s.to(ServerStateProcessingLogin, "login")
func (m *machine) move(p *printer, mv *model.Move, input jen.Code) []jen.Code {
	if isTransaction(m.Machine) {
		return m.transact(p, mv, input)
	}
	var body []jen.Code
	add := func(c ...jen.Code) { body = append(body, c...) }
	s := func(method string, args ...jen.Code) { add(jen.Id("s").Dot(method).Call(args...)) }
	m.refuseMove(mv)
	add(m.sets(p, mv.Set)...)
	for _, send := range mv.Send {
		code := m.send(p, send)
		if len(code) > 1 && len(mv.Send) > 1 {
			code = block(jen.Block(code...)) // its variable is its own
		}
		add(code...)
	}
	if mv.Resolve {
		s("Resolve", jen.Id(p.roots["msg"]))
	}
	switch {
	case len(mv.Again) > 0:
		s("FailAgain", lit(mv.Fail))
	case mv.Fail != "":
		s("Fail", lit(mv.Fail))
	}
	for _, t := range mv.Stop {
		s("StopTimer", jen.Id(m.timer(t)))
	}
	for _, t := range mv.Start {
		s("StartTimer", jen.Id(m.timer(t)), m.timerLength(t))
	}
	if mv.Frame != nil {
		s("SetFraming", m.framing(mv.Frame)...)
	}
	if mv.Codec != nil {
		s("SetCodec", jen.Id("codecOf").Call(p.value(mv.Codec, formula.TextType)))
	}
	if mv.Run != nil {
		s("Run", jen.Id(m.operation(mv.Run)), m.operand(p), m.timeout(mv.Run))
	}
	if mv.Close {
		s("Close")
	}
	if mv.To != nil {
		s("to", jen.Id(mv.To.Go), input)
	}
	return body
}

// sets emits what a move sets variables to, all at once where one is computed of another:
//
//	s.vars.Name, s.vars.Names = session.Last(s.vars.Names), session.Init(s.vars.Names)
func (m *machine) sets(p *printer, list []*model.Assign) []jen.Code {
	set := map[*model.Var]bool{}
	crossed := false
	for _, a := range list {
		if x := p.parse(a.Value, nil); x != nil {
			crossed = crossed || slices.ContainsFunc(formula.Variables(x), func(v *model.Var) bool { return set[v] })
		}
		set[a.Var] = true
	}
	if !crossed {
		return collect(list, func(a *model.Assign) jen.Code { return m.set(p, a) })
	}
	var vars, values []jen.Code
	for _, a := range list {
		t, _ := formula.TypeOf(m.e.p, a.Var.Type)
		vars = append(vars, jen.Id("s.vars").Dot(varName(a.Var)))
		values = append(values, p.value(a.Value, t))
	}
	return block(jen.List(vars...).Op("=").List(values...))
}

// set emits
//
//	s.vars.ClientID = req.ClID
//
// and, of a number that grows by one,
//
//	s.vars.Failures++
func (m *machine) set(p *printer, a *model.Assign) jen.Code {
	t, _ := formula.TypeOf(m.e.p, a.Var.Type)
	variable := jen.Id("s.vars").Dot(varName(a.Var))
	x := p.parse(a.Value, t)
	if sum, ok := x.(*formula.Binary); ok && sum.Op == "+" {
		one, _ := sum.Y.(*formula.Lit)
		if same, _ := sum.X.(*formula.Member); same != nil && same.Var == a.Var && one != nil && one.Value == int64(1) {
			return variable.Op("++")
		}
	}
	switch {
	case x == nil:
		return jen.Null()
	case t != nil && t.Kind == formula.Int:
		return variable.Op("=").Add(p.number(x))
	}
	return variable.Op("=").Add(p.expr(x))
}

// refuseMove reports what no recipe prints yet.
func (m *machine) refuseMove(mv *model.Move) {
	for what, asked := range map[string]bool{"upgrade": mv.Upgrade != "", "spawn": mv.Spawn != ""} {
		if asked {
			m.found.Errorf(mv.Pos, "not-emitted", "machine %q: a move with %q is not emitted yet", m.Name, what)
		}
	}
	if mv.Codec != nil && !m.e.usesCodec() {
		m.found.Errorf(mv.Pos, "not-emitted", "machine %q: a move chooses a codec, and no message is a tree", m.Name)
	}
}

// operand is the message that an operation takes: that of the input, or none when the machine itself begins it.
func (m *machine) operand(p *printer) jen.Code {
	if msg := p.roots["msg"]; msg != "" {
		return jen.Id(msg)
	}
	return jen.Nil()
}

// send emits the sending of one message.
//
//	s.Send(s.newResponse(CodeUseError, m))
//
// and of one that is given more than a code
//
//	v := s.newResponse(CodeSyntaxError, e)
//	v.TrID.ClTRID = e.ClTRID
//	s.Send(v)
func (m *machine) send(p *printer, send *model.Send) []jen.Code {
	sent := func(x jen.Code) []jen.Code { return []jen.Code{jen.Id("s").Dot("Send").Call(x)} }
	switch {
	case send.Reply:
		return sent(jen.Id("res"))
	case send.Call:
		return sent(jen.Id("c").Dot("Message").Call())
	case send.From != "":
		f := &model.Formula{Pos: send.Pos, Text: send.From}
		return sent(p.value(f, nil))
	}
	args, fields := m.codeArgs(p, send)
	if m.derives(send.Message) {
		args = append(args, m.answered(p))
	}
	made := jen.Id("s").Dot(m.maker(send.Message, hasCode(send))).Call(args...)
	if len(fields) == 0 {
		return sent(made)
	}
	body := []jen.Code{jen.Id("v").Op(":=").Add(made)}
	for _, w := range fields {
		body = append(body, m.e.assign(send.Message, w.Field, jen.Id("v"), p.value(w.Value, nil))...)
	}
	return append(body, sent(jen.Id("v"))...)
}

// codeArgs is the reply code that a message is sent with, and the text beside it, as arguments of its maker, and what else
// is given to it.
func (m *machine) codeArgs(p *printer, send *model.Send) (args []jen.Code, fields []*model.With) {
	if !hasCode(send) {
		return nil, send.With
	}
	text := jen.Code(lit(""))
	for _, w := range send.With {
		switch {
		case isCode(w):
			args = append(args, p.code(w.Value))
		case isText(w):
			text = p.value(w.Value, formula.TextType)
		default:
			fields = append(fields, w)
		}
	}
	if m.hasText(send.Message) {
		args = append(args, text)
	}
	return args, fields
}

// code prints a formula as a reply code.
func (p *printer) code(f *model.Formula) *jen.Statement {
	x := p.parse(f, formula.IntType)
	if x == nil {
		return jen.Nil()
	}
	if x.Type().Code {
		return p.expr(x)
	}
	return jen.Id(p.e.msgs.codes.name).Call(p.expr(x))
}

// answered is what a message made by a move answers: the request, what is known of one that could not be read, or nothing.
func (m *machine) answered(p *printer) jen.Code {
	for _, root := range []string{"req", "msg", "error"} {
		if p.roots[root] != "" {
			return jen.Id(p.rootName(root))
		}
	}
	return jen.Nil()
}

// timerLength is how long a timer runs.
func (m *machine) timerLength(t *model.Timer) jen.Code {
	return m.printer(formula.ForMachine(m.e.p, m.Machine, m.e.msgs.fieldTypes)).value(t.After, formula.DurationType)
}

// timeout is how long an operation may take; 0 for ever.
func (m *machine) timeout(o *model.Operation) jen.Code {
	if o.Timeout == nil {
		return lit(0)
	}
	return m.printer(formula.For(m.e.p, m.e.msgs.fieldTypes)).value(o.Timeout, formula.DurationType)
}

// framing is how a stream is cut and how long a frame may take to arrive, as the arguments of SetFraming.
func (m *machine) framing(f *model.Frame) []jen.Code {
	within := jen.Code(lit(0))
	if f.Within != nil {
		within = m.printer(formula.For(m.e.p, m.e.msgs.fieldTypes)).value(f.Within, formula.DurationType)
	}
	return []jen.Code{jen.Id("s").Dot("config").Dot(f.Go).Call(), within}
}

// duration emits a duration in its largest whole unit.
//
//	10 * time.Minute
func duration(v any) *jen.Statement {
	d := v.(time.Duration)
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"Hour", time.Hour}, {"Minute", time.Minute}, {"Second", time.Second}, {"Millisecond", time.Millisecond}, {"Microsecond", time.Microsecond}} {
		if d != 0 && d%unit.of == 0 {
			if d == unit.of {
				return jen.Qual("time", unit.name)
			}
			return jen.Lit(int(d/unit.of)).Op("*").Qual("time", unit.name)
		}
	}
	return jen.Qual("time", "Duration").Call(jen.Lit(int(d)))
}
