package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// What a transaction's record has room for: the constants of runtime/transaction.
const (
	transactionTimers   = 6
	transactionInts     = 2
	transactionMessages = 2
)

// transactions are the protocol's machines that work per transaction.
func (e *emitter) transactions() []*machine {
	var list []*machine
	for _, m := range e.p.Machines {
		if isTransaction(m) {
			list = append(list, newMachine(e, m))
		}
	}
	return list
}

func isTransaction(m *model.Machine) bool { return m.Per == "transaction" }

// transactionFile emits the machines of transactions, what their engine must know of them, and the skin that the program sees.
func (e *emitter) transactionFile() (File, error) {
	machines := e.transactions()
	if len(machines) == 0 {
		return File{Name: "transaction_gen.go"}, nil
	}
	var found diag.List
	for _, m := range machines {
		m.refuseTransaction()
		found = append(found, m.found...)
	}
	if found.HasErrors() {
		found.Sort()
		return File{}, found
	}
	d := decls{
		documented(doc("This code needs version 1 of the runtime."), jen.Const().Id("_").Op("=").Add(rt("transaction", "IsAtLeastVersion1"))),
		e.transactionHandler(machines), e.transactionsType(), e.newTransactions(),
	}
	d.add(e.transactionCalls(machines)...)
	d.add(e.transactionSpec(machines))
	for _, m := range machines {
		m.uses = map[string]bool{}
		d.add(m.stateType(), m.stateConsts(), m.stateNames(), m.stateString())
		d.add(m.slots()...)
		d.add(m.transactionStruct()...)
		d.add(m.key(), m.begins(), m.loadMethod(), m.saveMethod(), m.transactionTo(), m.transactionReceive())
		for _, in := range m.inputs {
			if m.handles(in.messages[0]) {
				d.add(m.onMessages(in))
			}
		}
		d.add(m.transactionCalled())
		for _, c := range m.Calls {
			d.add(m.onTransactionCall(c))
		}
		d.add(m.transactionExpired())
		for _, t := range m.Timers {
			d.add(m.onTimer(t))
		}
		d.add(m.failed())
		found = append(found, m.found...)
	}
	if found.HasErrors() {
		found.Sort()
		return File{}, found
	}
	return e.file("transaction_gen.go", d...)
}

// refuseTransaction reports what no recipe prints for a machine of transactions.
func (m *machine) refuseTransaction() {
	refuse := func(n model.Node, what string) {
		m.found.Errorf(n.Pos, "not-emitted", "machine %q: a transaction with %s is not emitted", m.Name, what)
	}
	if m.Key == nil {
		refuse(m.Node, "no key")
	}
	if m.Busy != nil {
		refuse(m.Node, "a state for refused connections")
	}
	if len(m.Timers) > transactionTimers || len(m.ints()) > transactionInts || len(m.messageVars()) > transactionMessages {
		refuse(m.Node, "so many timers or variables")
	}
	for _, v := range m.Vars {
		if v.Type != "int" && v.Type != "message" {
			refuse(v.Node, "a variable of type "+v.Type)
		}
	}
	for _, o := range m.operations() {
		if o.Blocking || len(o.Gives) > 0 || len(o.Takes) > 1 {
			refuse(o.Node, "operation "+o.Name+", which blocks, gives something or takes several messages,")
		}
	}
	for _, s := range m.States {
		if len(s.Enter)+len(s.Broken)+len(s.Garbled)+len(s.Defer)+len(s.Done) > 0 || s.Frame != nil {
			refuse(s.Node, "what state "+s.Name+" has of a connection")
		}
	}
}

// ints are the variables that are numbers, messageVars those that are messages.
func (m *machine) ints() []*model.Var {
	return filter(m.Vars, func(v *model.Var) bool { return v.Type == "int" })
}

func (m *machine) messageVars() []*model.Var {
	return filter(m.Vars, func(v *model.Var) bool { return v.Type == "message" })
}

// slot is the constant that numbers a variable which is a message: "inviteServerLast".
func (m *machine) slot(v *model.Var) string { return m.short + exported(v.Name) }

// slots emits the numbers that the engine knows timers and kept messages by.
func (m *machine) slots() []jen.Code {
	var d decls
	group := func(what string, names []string) {
		if len(names) == 0 {
			return
		}
		rows := collect(names, func(n string) jen.Code { return jen.Id(n) })
		rows[0] = jen.Id(names[0]).Op("=").Iota()
		d.add(documented(doc("The %s of the machine %q, by number.", what, m.Name), jen.Const().Defs(rows...)))
	}
	group("timers", collect(m.Timers, m.timer))
	group("kept messages", collect(m.messageVars(), m.slot))
	return d
}

// transactionStruct emits
//
//	type inviteServerMachine struct {
//		*transaction.Transaction
//		handler TransactionHandler
//		config  *Config
//		state   InviteServerState
//		vars    inviteServerVars
//	}
//
// and its variables that are numbers.
func (m *machine) transactionStruct() []jen.Code {
	fields := block(
		jen.Op("*").Add(rt("transaction", "Transaction")),
		jen.Id("handler").Id("TransactionHandler"),
		jen.Id("config").Op("*").Id("Config"),
		jen.Id("state").Id(m.state),
	)
	var d decls
	if ints := m.ints(); len(ints) > 0 {
		rows := collect(ints, func(v *model.Var) jen.Code {
			return documented(doc("%s", sentence(v.Doc)+clause(v.Standard)), jen.Id(varName(v)).Int64())
		})
		fields = append(fields, jen.Id("vars").Id(m.short+"Vars"))
		d.add(documented(doc("%sVars are the numbers among the variables of the machine %q.", m.short, m.Name), jen.Type().Id(m.short+"Vars").Struct(rows...)))
	}
	d.add(documented(doc("%s is the machine %q at work for one transaction at a time. %s%s", m.typ, m.Name, sentence(m.Doc), clause(m.Standard)),
		jen.Type().Id(m.typ).Struct(fields...)))
	return d
}

// loadMethod emits
//
//	// Load implements [transaction.Machine].
//	func (s *inviteServerMachine) Load(v *transaction.Vars) {
//		s.state = InviteServerState(v.State)
//		s.vars.Factor = v.Ints[0]
//	}
func (m *machine) loadMethod() jen.Code {
	body := block(jen.Id("s.state").Op("=").Id(m.state).Call(jen.Id("v.State")))
	for i, v := range m.ints() {
		body = append(body, jen.Id("s.vars").Dot(varName(v)).Op("=").Id("v.Ints").Index(lit(i)))
	}
	return m.ofTransaction("Load", block(varsParam()), nil, body...)
}

// saveMethod emits its reverse, Save.
func (m *machine) saveMethod() jen.Code {
	body := block(jen.Id("v.State").Op("=").Uint8().Call(jen.Id("s.state")))
	for i, v := range m.ints() {
		body = append(body, jen.Id("v.Ints").Index(lit(i)).Op("=").Id("s.vars").Dot(varName(v)))
	}
	return m.ofTransaction("Save", block(varsParam()), nil, body...)
}

func varsParam() jen.Code { return jen.Id("v").Op("*").Add(rt("transaction", "Vars")) }

// ofTransaction is a method that implements one of the interface of the transaction engine.
func (m *machine) ofTransaction(name string, params, results []jen.Code, body ...jen.Code) jen.Code {
	return documented(doc("%s implements [transaction.Machine].", name), m.method(name, params, results, body...))
}

// transactionTo emits
//
//	// to makes state the machine's state, because of input.
//	func (s *inviteServerMachine) to(state InviteServerState, input string) {
//		s.Moved(s.state.String(), input, state.String())
//		s.state = state
//		switch state {
//		case InviteServerStateAccepted: // last is of no use any more
//			s.Drop(inviteServerLast)
//		case InviteServerStateTerminated:
//			s.End()
//		}
//	}
func (m *machine) transactionTo() jen.Code {
	var choices []choice
	for _, s := range m.States {
		switch {
		case s.Final:
			choices = append(choices, choice{s, block(jen.Id("s").Dot("End").Call())})
		case s != m.Initial:
			var drops []jen.Code
			for _, v := range m.messageVars() {
				if m.mayHold(s, v) && !m.reads(s, v) {
					drops = append(drops, jen.Id("s").Dot("Drop").Call(jen.Id(m.slot(v))).Comment("it is not sent again"))
				}
			}
			if len(drops) > 0 {
				choices = append(choices, choice{s, drops})
			}
		}
	}
	str := func(x string) jen.Code { return jen.Id(x).Dot("String").Call() }
	return documented(doc("to makes state the machine's state, because of input."),
		m.method("to", block(jen.Id("state").Id(m.state), jen.Id("input").String()), nil,
			jen.Id("s").Dot("Moved").Call(str("s.state"), jen.Id("input"), str("state")),
			jen.Id("s.state").Op("=").Id("state"),
			m.states(choices)))
}

// mayHold reports whether a move that leads to state s, or one before it, has set v.
func (m *machine) mayHold(s *model.State, v *model.Var) bool {
	for _, from := range m.States {
		for _, mv := range movesOf(from) {
			if mv.To != nil && (mv.To == s || leads(mv.To, s)) && sets(mv, v) {
				return true
			}
			if mv.To == nil && sets(mv, v) && leads(from, s) {
				return true
			}
		}
	}
	return false
}

// reads reports whether v is sent, or asked for, in state s or in one that comes after it before it is set again.
func (m *machine) reads(s *model.State, v *model.Var) bool {
	seen := map[*model.State]bool{s: true}
	for queue := []*model.State{s}; len(queue) > 0; queue = queue[1:] {
		if m.readsHere(queue[0], v) {
			return true
		}
		for _, mv := range movesOf(queue[0]) {
			if mv.To != nil && !sets(mv, v) && !seen[mv.To] {
				seen[mv.To] = true
				queue = append(queue, mv.To)
			}
		}
	}
	return false
}

// readsHere reports whether a move of state s sends v or asks for it.
func (m *machine) readsHere(s *model.State, v *model.Var) bool {
	found := false
	for _, in := range formula.Inputs(s) {
		p := m.inputPrinter(s, in)
		for _, mv := range in.Moves {
			found = found || slices.ContainsFunc(mv.Send, func(send *model.Send) bool { return send.From == "var."+v.Name })
			if mv.When == nil {
				continue
			}
			formula.Walk(p.parse(mv.When, formula.BoolType), func(x formula.Expr) bool {
				member, ok := x.(*formula.Member)
				found = found || ok && member.Var == v
				return true
			})
		}
	}
	return found
}

func movesOf(s *model.State) []*model.Move {
	var moves []*model.Move
	for _, in := range formula.Inputs(s) {
		moves = append(moves, in.Moves...)
	}
	return moves
}

func sets(mv *model.Move, v *model.Var) bool {
	return slices.ContainsFunc(mv.Set, func(a *model.Assign) bool { return a.Var == v })
}

// leads reports whether moves lead from one state to another.
func leads(from, to *model.State) bool {
	seen := map[*model.State]bool{from: true}
	for queue := []*model.State{from}; len(queue) > 0; queue = queue[1:] {
		for _, mv := range movesOf(queue[0]) {
			if mv.To == to {
				return true
			}
			if mv.To != nil && !seen[mv.To] {
				seen[mv.To] = true
				queue = append(queue, mv.To)
			}
		}
	}
	return false
}
