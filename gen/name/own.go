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
		"Element", "Unmarshal", "ValidateElement",
		"decoders", "known", "knownElement", "read", "readElement", "readKnown", "spaces", "writeAny", "writeElement",
	}
	ownOfMessages = []string{
		"DecodeMessage", "Decoder", "Message", "MessageError", "MessageErrorKind", "MessageInvalid", "MessageMalformed", "MessageUnknown",
		"NewDecoder", "RuleError", "Validate",
		"documents", "junction", "junctions", "lost", "newMessageError", "reader", "readers", "renew", "ruled", "secretElements", "stray", "tellsSecret",
		"FuzzDecodeMessage", "TestExamples", "TestExamplesCutShort", "again", "examples",
	}
	ownOfMachines = []string{
		"Config", "ErrClosed", "ErrServerClosed", "ResultError",
		"appendMessage", "breaksRule", "errorText", "first", "isRequest", "messageName", "ruleCode",
		"TestScenarios", "playScenario", "scenarioStep",
	}
	ownOfServers = []string{"Handler", "Session", "SessionFromContext", "UnimplementedHandler"}
	// ownOfClients are followed by the machine's name when a protocol has several clients.
	ownOfClients = []string{"CallOption", "Dial", "convert", "dataOf", "elements", "refusal", "request"}
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
	const every = "a declaration that every package has"
	if schemas {
		claim(every, model.Pos{}, ownOfSchemas...)
		for _, s := range p.Schemas {
			claim(fmt.Sprintf("schema %q", s.Name), s.Pos, "Namespace"+Exported(s.Name), "space"+Exported(s.Name))
		}
	}
	if len(p.Messages) > 0 {
		claim(every, model.Pos{}, ownOfMessages...)
	}
	for _, m := range p.Messages {
		for _, x := range m.Examples {
			claim(fmt.Sprintf("example %q of message %q", x.Name, m.Name), x.Pos, Example(m, x))
		}
	}
	if len(p.Machines) == 0 {
		return found
	}
	claim(every, model.Pos{}, ownOfMachines...)
	clients := slices.DeleteFunc(slices.Clone(p.Machines), func(m *model.Machine) bool { return len(m.Calls) == 0 })
	if len(p.Operations) > 0 {
		claim(every, model.Pos{}, ownOfServers...)
	}
	if len(clients) == 1 {
		claim(every, model.Pos{}, ownOfClient(p, "")...)
	}
	for _, h := range p.Heads {
		what := fmt.Sprintf("head %q", h.Name)
		claim(what, h.Pos, "has"+h.Go)
		for _, f := range h.Fields {
			if reader := "request" + Exported(f.Name); !t.Scope.Has(reader) { // one for all heads
				claim(what, f.Pos, reader)
			}
		}
	}
	for _, m := range p.Machines {
		what := fmt.Sprintf("machine %q", m.Name)
		claim(what, m.Pos, ofMachine(m)...)
		for _, o := range p.Operations {
			claim(what, m.Pos, Unexported(m.Name)+"Operation"+Exported(o.Name))
		}
		if len(clients) > 1 && len(m.Calls) > 0 {
			claim(what, m.Pos, ownOfClient(p, m.Go)...)
		}
	}
	return found
}

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

// ofMachine are the names of declarations that belong to a machine: those of both roles, for which it plays only one.
func ofMachine(m *model.Machine) []string {
	short := Unexported(m.Name)
	names := []string{
		m.Go, m.Go + "Config", m.Go + "Handler", m.Go + "Session", m.Go + "SessionFromContext", m.Go + "State",
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
	return names
}
