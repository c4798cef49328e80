package name

import (
	"fmt"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// What an emitted package declares whatever its specification says, if it has schemas, messages, or machines. A test of
// gen/emit holds these names against what is emitted.
var (
	ownOfSchemas = []string{
		"DecodeElement", "Element", "Unmarshal", "ValidateElement",
		"decoders", "known", "knownElement", "attributes", "read", "readElement", "readItem", "readKnown", "spaces", "typed", "types", "writeAny", "writeElement",
	}
	ownOfMessages = []string{
		"DecodeMessage", "Decoder", "Message", "MessageError", "MessageErrorKind", "MessageInvalid", "MessageMalformed", "MessageUnknown",
		"NewDecoder", "RuleError", "Validate",
		"documents", "junction", "junctions", "lost", "newMessageError", "patterns", "reader", "readers", "renew", "ruled", "secretElements", "stray", "tellsSecret",
		"FuzzDecodeMessage", "TestExamples", "TestExamplesCutShort", "again", "examples",
	}
	ownOfText = []string{
		"AppendMessage", "DecodeLine", "LineMessage", "judged", "lineError",
		"FuzzDecodeLine", "TestLines", "lineAgain", "lineExamples",
	}
	ownOfTree = []string{
		"DecodeTree", "TreeMessage", "codecOf", "decodeMessage", "treeError",
		"FuzzDecodeTree", "TestTrees", "treeAgain", "treeExamples",
	}
	ownOfMachines = []string{
		"Config", "ErrClosed", "ErrServerClosed", "ResultError",
		"appendMessage", "breaksRule", "errorText", "first", "isRequest", "messageName", "ruleCode",
		"TestScenarios", "playScenario", "scenarioStep",
	}
	ownOfServers = []string{"Conn", "ConnFromContext", "Handler", "Session", "SessionFromContext", "UnimplementedHandler"}
	// ownOfClients are followed by the machine's name when a protocol has several clients.
	ownOfClients = []string{"CallOption", "Dial", "TestDialAgain", "convert", "dataOf", "elements", "refusal", "request"}
)

// own claims the names of declarations that come from no single part of the specification, or from a machine as a whole.
// What a schema or message would share with one of them is then a finding, and what emit names itself keeps clear of them.
func (t *Table) own(p *model.Protocol, schemas bool) diag.List {
	var found diag.List
	claim := func(what string, pos model.Pos, names ...string) {
		for _, n := range names {
			found = append(found, t.Scope.Take(n, what, pos)...)
		}
	}
	if schemas {
		claim(every, model.Pos{}, ownOfSchemas...)
		for _, s := range p.Schemas {
			claim(fmt.Sprintf("schema %q", s.Name), s.Pos, "Namespace"+Exported(s.Name), "space"+Exported(s.Name))
		}
	}
	if len(p.Messages) > 0 {
		claim(every, model.Pos{}, ownOfMessages...)
	}
	if slices.ContainsFunc(p.Messages, func(m *model.Message) bool { return m.Encoding == "text" || m.Encoding == "tree" }) {
		claim(every, model.Pos{}, ownOfText...)
		claim(every, model.Pos{}, ownOfTree...)
		claimTypes(p, claim)
	}
	if usesHeaders(p) {
		claimHeaders(p, claim)
	}
	for _, m := range p.Messages {
		for _, x := range m.Examples {
			claim(fmt.Sprintf("example %q of message %q", x.Name, m.Name), x.Pos, Example(m, x))
		}
	}
	if len(p.Machines) > 0 {
		claim(every, model.Pos{}, ownOfMachines...)
		t.claimRequestFields(p, claim)
		claimMachines(p, claim)
	}
	return found
}

// every is what a name belongs to that nothing in particular asks for.
const every = "a declaration that every package has"

// claimRequestFields claims the names of what reads a field of whatever is being answered; fields of one name share it.
func (t *Table) claimRequestFields(p *model.Protocol, claim func(what string, pos model.Pos, names ...string)) {
	reader := func(what string, f *model.Field) {
		if fn := "request" + Exported(f.Name); !t.Scope.Has(fn) {
			claim(what, f.Pos, fn)
		}
	}
	for _, m := range p.Messages {
		for _, f := range m.Fields {
			if m.Class == "request" && m.Encoding == "tree" {
				reader(fmt.Sprintf("message %q", m.Name), f)
			}
		}
	}
	for _, h := range p.Heads {
		what := fmt.Sprintf("head %q", h.Name)
		claim(what, h.Pos, "has"+h.Go)
		for _, f := range h.Fields {
			reader(what, f)
		}
	}
}

// claimMachines claims the names of what becomes of machines, and of the servers and clients around them.
func claimMachines(p *model.Protocol, claim func(what string, pos model.Pos, names ...string)) {
	clients := slices.DeleteFunc(slices.Clone(p.Machines), func(m *model.Machine) bool { return !Dials(p, m) })
	if len(p.Operations) > 0 {
		claim(every, model.Pos{}, ownOfServers...)
	}
	if len(clients) == 1 {
		claim(every, model.Pos{}, ownOfClient(p, "")...)
	}
	if slices.ContainsFunc(p.Machines, func(m *model.Machine) bool { return m.Per == "transaction" }) {
		claim(every, model.Pos{}, ownOfTransactions(p)...)
	}
	for _, m := range p.Machines {
		what := fmt.Sprintf("machine %q", m.Name)
		claim(what, m.Pos, ofMachine(m)...)
		for _, o := range p.Operations {
			claim(what, m.Pos, Unexported(m.Name)+"Operation"+Exported(o.Name))
		}
		if len(clients) > 1 && Dials(p, m) {
			claim(what, m.Pos, ownOfClient(p, m.Go)...)
		}
	}
}

// Dials reports whether m's connections are those that its program makes: its role connects, or no role says so and the machine
// takes calls and runs no operations.
func Dials(p *model.Protocol, m *model.Machine) bool {
	if slices.ContainsFunc(p.Roles, func(r *model.Role) bool { return r.Connects }) {
		return m.Role != nil && m.Role.Connects && len(m.Calls) > 0
	}
	return len(m.Calls) > 0 && !slices.ContainsFunc(m.States, runs)
}

// runs reports whether some move of s runs an operation.
func runs(s *model.State) bool {
	some := func(moves []*model.Move) bool {
		return slices.ContainsFunc(moves, func(mv *model.Move) bool { return mv.Run != nil })
	}
	for _, ons := range [][]*model.On{s.On, s.Done, s.Call, s.After} {
		if slices.ContainsFunc(ons, func(on *model.On) bool { return some(on.Moves) }) {
			return true
		}
	}
	return slices.ContainsFunc([][]*model.Move{s.Enter, s.Closed, s.Broken, s.Garbled, s.Otherwise}, some)
}

// claimTypes claims the names of what becomes of types: structs, and the tokens of words.
func claimTypes(p *model.Protocol, claim func(what string, pos model.Pos, names ...string)) {
	for _, t := range p.Types {
		what := fmt.Sprintf("type %q", t.Name)
		if t.Kind == "struct" {
			claim(what, t.Pos, t.Go)
		} else {
			claim(what, t.Pos, Token(t))
		}
	}
}

// Token is the Go name of what says how words of a type look.
func Token(t *model.Type) string { return Unexported(t.Name) + "Token" }

// Example is the Go name of an example of a message; the first has the message's name alone.
func Example(m *model.Message, x *model.Example) string {
	if x == m.Examples[0] {
		return "example" + Exported(m.Name)
	}
	return "example" + Exported(m.Name) + Exported(x.Name)
}

// ownOfClient are the names that belong to a client as such, with the fields of heads that options of its calls set.
func ownOfClient(p *model.Protocol, machine string) []string {
	var names []string
	for _, n := range ownOfClients {
		names = append(names, n+machine)
	}
	seen := map[string]bool{}
	for _, h := range p.Heads {
		for _, f := range h.Fields {
			if !seen[f.Go] {
				seen[f.Go] = true
				names = append(names, "With"+f.Go+machine)
			}
		}
	}
	return names
}

// ownOfTransactions are the names that belong to the layer of transactions as such; machines share calls of one name.
func ownOfTransactions(p *model.Protocol) []string {
	names := []string{"Transactions", "TransactionHandler", "NewTransactions", "transactionSpec"}
	for _, m := range p.Machines {
		for _, c := range m.Calls {
			if call := "transactionCall" + Exported(c.Name); !slices.Contains(names, call) {
				names = append(names, call)
			}
		}
	}
	return names
}

// ofMachine are the names of declarations that belong to a machine: those of both roles, for which it plays only one.
func ofMachine(m *model.Machine) []string {
	short := Unexported(m.Name)
	names := []string{
		m.Go, m.Go + "Config", m.Go + "Conn", m.Go + "ConnFromContext", m.Go + "Handler", m.Go + "Session", m.Go + "SessionFromContext", m.Go + "State",
		"New" + m.Go, "New" + m.Go + "Session", "Unimplemented" + m.Go + "Handler",
		short + "Machine", short + "Spec", short + "StateNames", short + "Vars",
		"decodeFor" + m.Go, "new" + m.Go + "Machine", "new" + m.Go + "Service", "new" + m.Go + "Session",
		"Example" + m.Go, "Fuzz" + m.Go + "Session", "newScripted" + m.Go, "scripted" + m.Go,
	}
	for _, s := range m.States {
		names = append(names, s.Go)
	}
	for _, x := range m.Timers {
		names = append(names, short+"Timer"+Exported(x.Name))
	}
	for _, c := range m.Calls {
		names = append(names, short+"Call"+Exported(c.Name))
	}
	names = append(names, short+"Key")
	if m.Per == "transaction" {
		names = append(names, short+"Begins")
		for _, v := range m.Vars {
			names = append(names, short+Exported(v.Name))
		}
	}
	return names
}
