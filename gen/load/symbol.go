package load

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// table is the named things of one kind. A thing that the specification disables is in it as nil: it may be named, and
// whatever names it goes away with it.
type table[T any] struct {
	kind  string // as findings call it
	names map[string]*T
}

func newTable[T any](kind string) table[T] { return table[T]{kind, map[string]*T{}} }

// sorted is the names of t in order, so that findings do not depend on the order of a map.
func (t table[T]) sorted() []string { return slices.Sorted(maps.Keys(t.names)) }

// symbols are the named things of a protocol. Everything is entered before anything refers to it, so that references may
// point forward.
type symbols struct {
	settings   table[model.Setting]
	roles      table[model.Role]
	frames     table[model.Frame]
	types      table[model.Type]
	codes      table[model.Code]
	heads      table[model.Head]
	messages   table[model.Message]
	groups     table[model.Group]
	operations table[model.Operation]
	outcomes   table[outcome] // by full name: "operation.outcome"
	machines   table[model.Machine]
	timers     table[model.Timer] // of all machines, for scenarios
}

// outcome is one end of an operation.
type outcome struct {
	operation *model.Operation
	outcome   *model.Outcome
}

func newSymbols() symbols {
	return symbols{
		settings: newTable[model.Setting]("setting"),
		roles:    newTable[model.Role]("role"), frames: newTable[model.Frame]("frame"), types: newTable[model.Type]("type"),
		codes: newTable[model.Code]("code"), heads: newTable[model.Head]("head"), messages: newTable[model.Message]("message"),
		groups: newTable[model.Group]("group"), operations: newTable[model.Operation]("operation"),
		outcomes: newTable[outcome]("outcome"), machines: newTable[model.Machine]("machine"),
		timers: newTable[model.Timer]("timer"),
	}
}

// scope is the named things of one machine.
type scope struct {
	states table[model.State]
	vars   table[model.Var]
	timers table[model.Timer]
	calls  table[model.Call]
}

func newScope() scope {
	return scope{newTable[model.State]("state"), newTable[model.Var]("variable"), newTable[model.Timer]("timer"), newTable[model.Call]("call")}
}

// named matches what a thing may be called: names become parts of Go names.
var named = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

// enter adds a thing to its table and returns it.
func enter[T any](l *loader, t table[T], e entry, thing *T) *T {
	l.checkName(t.kind, e)
	t.names[e.name] = thing
	return thing
}

// checkName reports a name that Go could not have.
func (l *loader) checkName(kind string, e entry) {
	if !named.MatchString(e.name) {
		l.findings.Errorf(e.pos(), "bad-name", "%s %q: a name is letters and digits and begins with a small letter", kind, e.name)
	}
}

// resolve is the thing that the text of n names: nil if n is absent, if the thing is disabled, or if there is no such thing,
// which is a finding.
func resolve[T any](l *loader, t table[T], n node) *T {
	if !n.exists() {
		return nil
	}
	name, _ := n.v.String()
	return find(l, t, name, n.valuePos())
}

// resolveAll is the things that a list of names names, disabled ones left out.
func resolveAll[T any](l *loader, t table[T], names []node) []*T {
	var things []*T
	for _, n := range names {
		if thing := resolve(l, t, n); thing != nil {
			things = append(things, thing)
		}
	}
	return things
}

// find is resolve for a name that is at hand.
func find[T any](l *loader, t table[T], name string, pos model.Pos) *T {
	thing, known := t.names[name]
	if !known {
		l.unknown(pos, t.kind, name, t.sorted())
	}
	return thing
}

// family is what a name stands for where a message or a group of messages may stand: at most one of the two, neither if it
// is disabled or unknown.
func (l *loader) family(name string, pos model.Pos) (*model.Message, *model.Group) {
	if m, known := l.symbols.messages.names[name]; known {
		return m, nil
	}
	if g, known := l.symbols.groups.names[name]; known {
		return nil, g
	}
	l.unknown(pos, "message or group", name, slices.Concat(l.symbols.messages.sorted(), l.symbols.groups.sorted()))
	return nil, nil
}

// unknown reports a name that nothing of its kind has.
func (l *loader) unknown(pos model.Pos, kind, name string, known []string) {
	d := diag.Diagnostic{Pos: pos, Rule: "unknown-name", Message: fmt.Sprintf("no %s %q", kind, name) + diag.DidYouMean(name, known...)}
	if len(known) > 0 && len(known) <= 12 {
		d.Witness = []string{"known: " + strings.Join(known, ", ")}
	}
	l.findings.Add(d)
}
