package load

import (
	"github.com/protogen-go/protogen/gen/model"
)

func (l *loader) operations(p *model.Protocol, n node) {
	for _, e := range n.entries("operations") {
		op := enter(l, l.symbols.operations, e, &model.Operation{
			Node:     e.describe(e.name),
			Timeout:  e.formula("timeout"),
			Blocking: e.flag("blocking"),
			Later:    e.text("answer") == "later",
		})
		p.Operations = append(p.Operations, op)
		if takes := e.field("takes"); takes.exists() {
			ref := l.ref(takes)
			op.Takes, op.TakesAll = ref.Messages(), ref.Group
		}
		for _, g := range e.entries("gives") {
			l.checkName("outcome", g)
			end := &model.Outcome{Node: g.describe(g.name)}
			for _, c := range resolveAll(l, l.symbols.codes, g.list("codes")) {
				end.Codes = append(end.Codes, c.Name)
			}
			op.Gives = append(op.Gives, end)
			l.symbols.outcomes.names[op.Name+"."+end.Name] = &outcome{op, end}
		}
	}
}

func (l *loader) machines(p *model.Protocol, n node) {
	machines := n.entries("machines")
	for _, e := range machines { // they may spawn each other
		p.Machines = append(p.Machines, enter(l, l.symbols.machines, e, &model.Machine{}))
	}
	for i, e := range machines {
		*p.Machines[i] = *l.machine(e)
	}
	for _, e := range n.entries("pairs") {
		l.checkName("pair", e)
		pair := &model.Pair{Node: e.describe(e.name)}
		if ends := e.list("machines"); len(ends) == 2 {
			pair.A, pair.B = resolve(l, l.symbols.machines, ends[0]), resolve(l, l.symbols.machines, ends[1])
		}
		p.Pairs = append(p.Pairs, pair)
	}
}

// machine reads a machine: first its named things, then the states, whose moves refer to them.
func (l *loader) machine(e entry) *model.Machine {
	m := &model.Machine{
		Node:      e.describe(e.name),
		Role:      resolve(l, l.symbols.roles, e.field("role")),
		Per:       e.text("per"),
		Key:       e.formula("key"),
		Window:    e.formula("window"),
		Replies:   e.text("replies"),
		Correlate: e.text("correlate"),
		By:        e.formula("by"),
	}
	s := newScope()
	for _, v := range e.entries("vars") {
		m.Vars = append(m.Vars, enter(l, s.vars, v, &model.Var{Node: v.describe(v.name), Type: v.text("type"), Internal: v.flag("internal")}))
	}
	for _, t := range e.entries("timers") {
		timer := enter(l, s.timers, t, &model.Timer{Node: t.describe(t.name), After: t.formula("after")})
		m.Timers = append(m.Timers, timer)
		l.symbols.timers.names[timer.Name] = timer
	}
	for _, c := range e.entries("calls") {
		call := enter(l, s.calls, c, &model.Call{Node: c.describe(c.name)})
		if takes := c.field("takes"); takes.exists() {
			ref := l.ref(takes)
			call.Message, call.TakesAll = ref.Message, ref.Group
		}
		m.Calls = append(m.Calls, call)
	}
	states := e.entries("states")
	for _, st := range states {
		m.States = append(m.States, enter(l, s.states, st, &model.State{Node: st.describe(st.name)}))
	}
	for i, st := range states {
		l.state(m.States[i], st.node, &s)
	}
	m.Initial = resolve(l, s.states, e.field("initial"))
	m.Busy = resolve(l, s.states, e.field("busy"))
	return m
}

// state fills a state.
func (l *loader) state(st *model.State, n node, s *scope) {
	moves := func(name string) []*model.Move { return l.moves(n.list(name), s) }
	st.Frame = resolve(l, l.symbols.frames, n.field("frame"))
	st.Final, st.Idle = n.flag("final"), n.flag("idle")
	st.Enter, st.Closed, st.Broken, st.Garbled = moves("enter"), moves("closed"), moves("broken"), moves("garbled")
	st.Otherwise = moves("otherwise")
	st.Ignore, st.Defer = l.refs(n.list("ignore")), l.refs(n.list("defer"))
	st.DeferBroken = n.flag("deferBroken")
	st.On = l.inputs(n, "on", s, func(on *model.On) bool {
		on.Message, on.Group = l.family(on.Name, on.Pos)
		return len(on.Messages()) > 0
	})
	st.Done = l.inputs(n, "done", s, func(on *model.On) bool {
		end := find(l, l.symbols.outcomes, on.Name, on.Pos)
		if end != nil {
			on.Operation, on.Outcome = end.operation, end.outcome
		}
		return end != nil
	})
	st.Call = l.inputs(n, "call", s, func(on *model.On) bool {
		on.CallOf = find(l, s.calls, on.Name, on.Pos)
		return on.CallOf != nil
	})
	st.After = l.inputs(n, "after", s, func(on *model.On) bool {
		on.Timer = find(l, s.timers, on.Name, on.Pos)
		return on.Timer != nil
	})
}

// inputs reads the inputs of one kind. bind resolves an input's name and tells whether the input remains.
func (l *loader) inputs(n node, kind string, s *scope, bind func(*model.On) bool) []*model.On {
	var inputs []*model.On
	for _, e := range n.entries(kind) {
		on := &model.On{Ref: model.Ref{Node: model.Node{Name: e.name, Pos: e.pos()}}}
		if !bind(on) {
			continue
		}
		if on.Moves = l.moves(e.elements(), s); len(on.Moves) > 0 {
			inputs = append(inputs, on)
		}
	}
	return inputs
}

// moves reads a list of moves, disabled ones left out.
func (l *loader) moves(nodes []node, s *scope) []*model.Move {
	var moves []*model.Move
	for _, n := range nodes {
		if n.flag("enabled") {
			moves = append(moves, l.move(n, s))
		}
	}
	return moves
}

func (l *loader) move(n node, s *scope) *model.Move {
	m := &model.Move{
		Node:    n.describe(""),
		When:    n.formula("when"),
		Start:   resolveAll(l, s.timers, n.list("start")),
		Stop:    resolveAll(l, s.timers, n.list("stop")),
		Run:     resolve(l, l.symbols.operations, n.field("run")),
		Frame:   resolve(l, l.symbols.frames, n.field("frame")),
		Codec:   n.field("use").formula("codec"),
		Upgrade: n.text("upgrade"),
		Resolve: n.flag("resolve"),
		Fail:    n.text("fail"),
		Close:   n.flag("close"),
		To:      resolve(l, s.states, n.field("to")),
		Ordered: n.flag("ordered"),
	}
	if resolve(l, l.symbols.machines, n.field("spawn").field("machine")) != nil {
		m.Spawn = n.field("spawn").text("machine")
	}
	for _, e := range n.entries("set") {
		if v := find(l, s.vars, e.name, e.pos()); v != nil {
			m.Set = append(m.Set, &model.Assign{Var: v, Value: n.field("set").formula(e.name)})
		}
	}
	for _, e := range n.entries("again") {
		if s := find(l, l.symbols.settings, e.name, e.pos()); s != nil {
			m.Again = append(m.Again, &model.Change{Setting: s, Value: l.settingValue(s.Type, n.field("again"), e.name)})
		}
	}
	for _, send := range n.list("send") {
		m.Send = append(m.Send, l.send(send))
	}
	return m
}

// send reads one message sent.
func (l *loader) send(n node) *model.Send {
	s := &model.Send{
		Node:    n.describe(""),
		Message: resolve(l, l.symbols.messages, n.field("message")),
		Reply:   n.flag("reply"),
		Call:    n.flag("call"),
		From:    n.text("from"),
	}
	if count(n.field("message").exists(), s.Reply, s.Call, s.From != "") != 1 {
		l.findings.Errorf(s.Pos, "bad-send", "a send has exactly one of message, reply, call and from")
	} else if s.Message == nil && n.field("message").exists() && l.symbols.disabled(n.text("message")) {
		l.findings.Errorf(n.field("message").valuePos(), "disabled", "message %q is disabled and cannot be sent", n.text("message"))
	}
	for _, e := range n.entries("with") {
		w := &model.With{Node: model.Node{Name: e.name, Pos: e.pos()}, Value: n.field("with").formula(e.name)}
		if s.Message == nil {
			if s.Reply || s.Call || s.From != "" {
				l.findings.Errorf(w.Pos, "bad-send", "with gives fields to a message that is made here, and this one is there already")
			}
			continue
		}
		if w.Field = field(s.Message, e.name); w.Field == nil && !l.impliesCode(s.Message, e.name) {
			l.unknown(w.Pos, "field of "+s.Message.Name, e.name, fieldNames(s.Message))
			continue
		}
		s.With = append(s.With, w)
	}
	return s
}

// disabled reports whether a message of that name is there and switched off.
func (s *symbols) disabled(name string) bool {
	m, known := s.messages.names[name]
	return known && m == nil
}

// impliesCode reports whether name is the code that every reply has in a protocol with codes.
func (l *loader) impliesCode(m *model.Message, name string) bool {
	return name == "code" && m.Class == "reply" && len(l.symbols.codes.names) > 0
}

// field is the field of that name that m, or its head, has.
func field(m *model.Message, name string) *model.Field {
	for _, f := range allFields(m) {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func allFields(m *model.Message) []*model.Field {
	if m.Head == nil {
		return m.Fields
	}
	return append(m.Fields[:len(m.Fields):len(m.Fields)], m.Head.Fields...)
}

func fieldNames(m *model.Message) []string {
	var names []string
	for _, f := range allFields(m) {
		names = append(names, f.Name)
	}
	return names
}

// count is how many of the conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}
