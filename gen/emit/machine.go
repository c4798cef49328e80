package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// machine is a session machine as the recipes see it: the model's, the names of what is emitted for it, and what is found
// on the way. One is made for every file, so that recipes share nothing.
type machine struct {
	*model.Machine
	e     *emitter
	typ   string // "serverMachine"
	short string // "server", what unexported names begin with
	state string // "ServerState"

	received []*model.Message                // what peers may send it, in the protocol's order
	frames   map[*model.State][]*model.Frame // that may be in force
	inputs   []*input                        // received, those that are treated alike together
	entered  []choice                        // what is done on entering states
	found    diag.List
	uses     map[string]bool // helpers that formulas of the file need
}

// machines are the protocol's machines that work per connection.
func (e *emitter) machines() []*machine {
	var list []*machine
	for _, m := range e.p.Machines {
		if !isTransaction(m) {
			list = append(list, newMachine(e, m))
		}
	}
	return list
}

func newMachine(e *emitter, m *model.Machine) *machine {
	short := name.Unexported(m.Name)
	x := &machine{Machine: m, e: e, typ: short + "Machine", short: short, state: m.Go + "State"}
	for _, msg := range e.p.Messages {
		if formula.Receives(e.p, m, msg) {
			x.received = append(x.received, msg)
		}
	}
	x.frames = formula.Frames(e.p, m)
	x.inputs = inputsOf(x)
	return x
}

// eachMove calls f for every move of the machine.
func (m *machine) eachMove(f func(*model.Move)) {
	for _, s := range m.States {
		for _, in := range formula.Inputs(s) {
			for _, mv := range in.Moves {
				f(mv)
			}
		}
	}
}

// eachSend calls f for everything that a move of the machine sends.
func (m *machine) eachSend(f func(*model.Send)) {
	m.eachMove(func(mv *model.Move) {
		for _, send := range mv.Send {
			f(send)
		}
	})
}

// operations are those that the machine runs, in the protocol's order.
func (m *machine) operations() []*model.Operation {
	runs := map[*model.Operation]bool{}
	m.eachMove(func(mv *model.Move) { runs[mv.Run] = true })
	return filter(m.e.p.Operations, func(o *model.Operation) bool { return runs[o] })
}

// sends are the messages that the machine makes itself.
func (m *machine) sends() []*model.Message {
	made := map[*model.Message]bool{}
	m.eachSend(func(send *model.Send) { made[send.Message] = true })
	return filter(m.e.p.Messages, func(msg *model.Message) bool { return made[msg] })
}

// running are the states that can receive anything: all but the final ones.
func (m *machine) running() []*model.State {
	return filter(m.States, func(s *model.State) bool { return !s.Final })
}

// timer is the constant that numbers a timer.
func (m *machine) timer(t *model.Timer) string { return m.short + "Timer" + name.Exported(t.Name) }

// operation is the constant that numbers an operation.
func (m *machine) operation(o *model.Operation) string {
	return m.short + "Operation" + name.Exported(o.Name)
}

// call is the constant that numbers a call.
func (m *machine) call(c *model.Call) string { return m.short + "Call" + name.Exported(c.Name) }

// method emits a method of the machine.
func (m *machine) method(name string, params, results []jen.Code, body ...jen.Code) *jen.Statement {
	return method("s", m.typ, name, params, results, body...)
}

// printer prints formulas in the methods of the machine.
func (m *machine) printer(scope *formula.Scope) *printer {
	p := &printer{
		e: m.e, scope: scope, config: "s.config", vars: "s.vars", session: "s", found: &m.found,
		roots: map[string]string{}, uses: m.uses, named: map[string]bool{},
	}
	if isTransaction(m.Machine) {
		p.transaction = m
	}
	return p
}

// inputPrinter prints the formulas of what input in causes in state s.
func (m *machine) inputPrinter(s *model.State, in formula.Input) *printer {
	return m.printer(formula.ForInput(m.e.p, m.Machine, s, in, m.e.msgs.fieldTypes))
}

// runs reports whether the machine runs operations, calls whether it takes calls of the local program.
func (m *machine) runs() bool  { return len(m.operations()) > 0 }
func (m *machine) calls() bool { return len(m.Calls) > 0 }

// only reports whether m is the protocol's only machine that is; twins count as one.
func (m *machine) only(is func(*machine) bool) bool {
	n := 0
	for _, other := range m.e.p.Machines {
		if x := (&machine{Machine: other, e: m.e}); is(x) && x.isFirst() {
			n++
		}
	}
	return n == 1
}

// handler is the interface of the program behind the machine.
func (m *machine) handler() string {
	if m.only((*machine).runs) {
		return "Handler"
	}
	return m.first().Go + "Handler"
}

// input is one method of the machine: messages that every state treats alike.
type input struct {
	name     string // of the method, such as "onLogin"
	messages []*model.Message
}

// reaction is what a state does with a message: one of four things, or none.
type reaction struct {
	on        *model.On
	otherwise *model.State
	ignored   bool
	deferred  bool
}

// react is what state s does with message msg. A message named by itself counts before the groups it is in.
func react(s *model.State, msg *model.Message) reaction {
	for _, direct := range []bool{true, false} {
		names := func(r *model.Ref) bool {
			return (r.Message == msg) == direct && slices.Contains(r.Messages(), msg)
		}
		for _, on := range s.On {
			if names(&on.Ref) {
				return reaction{on: on}
			}
		}
		switch {
		case slices.ContainsFunc(s.Ignore, names):
			return reaction{ignored: true}
		case slices.ContainsFunc(s.Defer, names):
			return reaction{deferred: true}
		}
	}
	if len(s.Otherwise) > 0 {
		return reaction{otherwise: s}
	}
	return reaction{}
}

// react is what state s does with message msg, nothing where no frame can bring it.
func (m *machine) react(s *model.State, msg *model.Message) reaction {
	r := react(s, msg)
	if r.otherwise != nil && !formula.Carries(m.e.p, m.frames[s], msg) {
		return reaction{}
	}
	return r
}

// inputsOf puts together the messages that every running state of m treats alike.
func inputsOf(m *machine) []*input {
	var inputs []*input
	var keys [][]reaction
	for _, msg := range m.received {
		var key []reaction
		for _, s := range m.running() {
			key = append(key, m.react(s, msg))
		}
		i := slices.IndexFunc(keys, func(k []reaction) bool { return slices.Equal(k, key) })
		if i < 0 {
			i = len(keys)
			keys = append(keys, key)
			inputs = append(inputs, &input{})
		}
		inputs[i].messages = append(inputs[i].messages, msg)
	}
	for _, in := range inputs {
		in.name = "on" + m.inputName(in.messages)
	}
	return inputs
}

// inputName names messages after the message, or the group that holds just them, or all of them.
func (m *machine) inputName(messages []*model.Message) string {
	if len(messages) == 1 {
		return name.Exported(messages[0].Name)
	}
	for _, g := range m.e.p.Groups {
		if sameMessages(g.Messages, messages) {
			return g.Go
		}
	}
	if len(messages) > 3 {
		return name.Exported(messages[0].Name) + "AndLike"
	}
	names := make([]string, len(messages))
	for i, msg := range messages {
		names[i] = name.Exported(msg.Name)
	}
	return strings.Join(names, "Or")
}

// sameMessages reports whether a and b hold the same messages.
func sameMessages(a, b []*model.Message) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(m *model.Message) bool { return !slices.Contains(b, m) })
}

// paramType is the Go type that holds any of the messages: the message's, an interface of their head's, or Message.
func paramType(e *emitter, messages []*model.Message) *jen.Statement {
	if len(messages) == 1 {
		return jen.Op("*").Id(e.msgs.of(messages[0]).typ)
	}
	if len(messages) > 1 {
		if h := sharedHead(messages); h != nil {
			return jen.Id(headInterface(h))
		}
	}
	return jen.Id("Message")
}

// headMethod is the unexported method that gives the head of any message that has it: "commandHead".
func headMethod(h *model.Head) string { return name.Unexported(h.Go) }

// headInterface is the interface of the messages that have the head: "hasCommandHead".
func headInterface(h *model.Head) string { return "has" + h.Go }

// varName is the field that holds a variable.
func varName(v *model.Var) string { return name.Exported(v.Name) }

// filter is the elements of list that keep accepts.
func filter[T any](list []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !keep(x) })
}
