package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// transactionHandler emits
//
//	// TransactionHandler is the program behind the transactions.
//	type TransactionHandler interface {
//		transaction.Program
//
//		// Invited: an INVITE has come. See RFC 3261 17.2.1.
//		Invited(t *transaction.Transaction, m *Request)
//	}
func (e *emitter) transactionHandler(machines []*machine) jen.Code {
	methods := block(rt("transaction", "Program"))
	for _, o := range e.p.Operations {
		if !slices.ContainsFunc(machines, func(m *machine) bool { return slices.Contains(m.operations(), o) }) {
			continue
		}
		params := block(jen.Id("t").Op("*").Add(rt("transaction", "Transaction")))
		if len(o.Takes) == 1 {
			params = append(params, jen.Id("m").Op("*").Id(e.msgs.of(o.Takes[0]).typ))
		}
		methods = append(methods, documented(doc("%s: %s", o.Go, sentence(o.Doc)+clause(o.Standard)), jen.Id(o.Go).Params(params...)))
	}
	return documented(doc(`TransactionHandler is the program behind the transactions. Its methods are called while the
		transaction takes an input: they must not block, t and m are valid until they return, and what they ask of Transactions
		is done then.`), jen.Type().Id("TransactionHandler").Interface(methods...))
}

// transactionsType emits
//
//	type Transactions struct{ *transaction.Engine }
func (e *emitter) transactionsType() jen.Code {
	return documented(doc("Transactions runs the protocol's transactions. All methods may be called from any goroutine."),
		jen.Type().Id("Transactions").Struct(jen.Op("*").Add(rt("transaction", "Engine"))))
}

// newTransactions emits
//
//	func NewTransactions(handler TransactionHandler, config Config, engine transaction.Config) (*Transactions, error) {
//		engine.Program = handler
//		e, err := transaction.New(transactionSpec(handler, config.withDefaults()), engine)
//		if err != nil {
//			return nil, err
//		}
//		return &Transactions{e}, nil
//	}
func (e *emitter) newTransactions() jen.Code {
	return documented(doc("NewTransactions makes a layer of transactions above engine.Transport; handler becomes engine.Program."),
		function("NewTransactions",
			block(jen.Id("handler").Id("TransactionHandler"), jen.Id("config").Id("Config"), jen.Id("engine").Add(rt("transaction", "Config"))),
			block(jen.Op("*").Id("Transactions"), jen.Error()),
			jen.Id("engine.Program").Op("=").Id("handler"),
			jen.List(jen.Id("e"), jen.Err()).Op(":=").Add(rt("transaction", "New")).Call(
				jen.Id("transactionSpec").Call(jen.Id("handler"), jen.Id("config").Dot("withDefaults").Call()), jen.Id("engine")),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
			jen.Return(jen.Op("&").Id("Transactions").Values(jen.Id("e")), jen.Nil())))
}

// transactionCall is the constant that numbers a call; machines share calls of one name.
func transactionCall(c *model.Call) string { return "transactionCall" + exported(c.Name) }

// transactionCalls emits the calls of the program: their numbers, and a method each.
//
//	// Invite begins a transaction: it sends an INVITE. The tag is the program's own.
//	func (t *Transactions) Invite(m *Request, to transaction.Link, tag uint64) (transaction.ID, error) {
//		return t.Start(2, transactionCallInvite, m, to, tag)
//	}
//
//	// Provide sends a response of class 1.
//	func (t *Transactions) Provide(id transaction.ID, m *Response) error {
//		return t.Call(id, transactionCallProvide, m)
//	}
func (e *emitter) transactionCalls(machines []*machine) []jen.Code {
	var rows []jen.Code
	var d decls
	seen := map[string]bool{}
	for number, m := range machines {
		for _, c := range m.Calls {
			if seen[c.Name] {
				continue
			}
			seen[c.Name] = true
			row := jen.Id(transactionCall(c))
			if len(rows) == 0 {
				row.Op("=").Iota()
			}
			rows = append(rows, row)
			d.add(m.transactionMethod(number, c))
		}
	}
	return append(block(documented(doc("The calls of the program, by number."), jen.Const().Defs(rows...))), d...)
}

func (m *machine) transactionMethod(number int, c *model.Call) jen.Code {
	message := jen.Id("m").Add(paramType(m.e, formula.Passed(c)))
	id, err := rt("transaction", "ID"), jen.Error()
	if m.Initial == nil || !leaves(m.Initial, c) {
		return documented(doc("%s: %s It does nothing when the transaction %s has ended.", exported(c.Name), sentence(c.Doc)+clause(c.Standard), "id"),
			method("t", "Transactions", exported(c.Name), block(jen.Id("id").Add(id), message), block(err),
				jen.Return(jen.Id("t.Call").Call(jen.Id("id"), jen.Id(transactionCall(c)), jen.Id("m")))))
	}
	return documented(doc(`%s begins a transaction of the machine %q: %s What becomes of it the handler is told, perhaps before %s returns;
		the tag is the program's own.`, exported(c.Name), m.Name, sentence(c.Doc)+clause(c.Standard), exported(c.Name)),
		method("t", "Transactions", exported(c.Name),
			block(message, jen.Id("to").Add(rt("transaction", "Link")), jen.Id("tag").Uint64()), block(id, err),
			jen.Return(jen.Id("t.Start").Call(lit(number), jen.Id(transactionCall(c)), jen.Id("m"), jen.Id("to"), jen.Id("tag")))))
}

// leaves reports whether the call c begins a transaction: it leads out of the initial state.
func leaves(s *model.State, c *model.Call) bool {
	return slices.ContainsFunc(s.Call, func(on *model.On) bool {
		return on.CallOf == c && slices.ContainsFunc(on.Moves, func(mv *model.Move) bool { return mv.To != nil })
	})
}

// transactionSpec emits what the engine must know of the machines:
//
//	func transactionSpec(handler TransactionHandler, config *Config) *transaction.Spec {
//		return &transaction.Spec{
//			Machines: []transaction.MachineSpec{
//				{
//					Name:   "inviteServer",
//					Timers: []string{"trying", "g", "h", "i", "l"},
//					New: func(t *transaction.Transaction) transaction.Machine {
//						return &inviteServerMachine{Transaction: t, handler: handler, config: config}
//					},
//					Key:    inviteServerKey,
//					Begins: inviteServerBegins,
//				},
//			},
//			Append: func(b []byte, m transaction.Message) ([]byte, error) {
//				return m.(Message).AppendMessage(b)
//			},
//			Parse: func(b []byte) (transaction.Message, error) {
//				return DecodeMessage(b)
//			},
//		}
//	}
func (e *emitter) transactionSpec(machines []*machine) jen.Code {
	rows := collect(machines, func(m *machine) jen.Code {
		timers := collect(m.Timers, func(t *model.Timer) jen.Code { return lit(t.Name) })
		made := jen.Op("&").Id(m.typ).Add(inline(
			pair{jen.Id("Transaction"), jen.Id("t")}, pair{jen.Id("handler"), jen.Id("handler")}, pair{jen.Id("config"), jen.Id("config")}))
		pairs := []pair{
			{jen.Id("Name"), lit(m.Name)},
			{jen.Id("Timers"), jen.Index().String().Values(timers...)},
			{jen.Id("New"), jen.Func().Params(jen.Id("t").Op("*").Add(rt("transaction", "Transaction"))).Add(rt("transaction", "Machine")).Block(jen.Return(made))},
			{jen.Id("Key"), jen.Id(m.short + "Key")},
		}
		if m.beginner() != "" {
			pairs = append(pairs, pair{jen.Id("Begins"), jen.Id(m.beginner())})
		}
		return keyed(pairs...)
	})
	appender := jen.Func().Params(jen.Id("b").Index().Byte(), jen.Id("m").Add(rt("transaction", "Message"))).Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(e.encs[0].write(jen.Id("m").Assert(jen.Id("Message")), jen.Id("b"), nil)))
	parse := jen.Func().Params(jen.Id("b").Index().Byte()).Params(rt("transaction", "Message"), jen.Error()).Block(
		jen.Return(e.encs[0].decode(jen.Id("b"), nil)))
	return documented(doc("transactionSpec is what the engine must know of the machines."),
		function("transactionSpec", block(jen.Id("handler").Id("TransactionHandler"), jen.Id("config").Op("*").Id("Config")),
			block(jen.Op("*").Add(rt("transaction", "Spec"))),
			jen.Return(jen.Op("&").Add(rt("transaction", "Spec")).Add(keyed(
				pair{jen.Id("Machines"), jen.Index().Add(rt("transaction", "MachineSpec")).Add(lines(rows...))},
				pair{jen.Id("Append"), appender},
				pair{jen.Id("Parse"), parse},
			)))))
}
