package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/function"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// Methods are functions by the names of the events that call them. Each may take a context first; its other parameters and its
// results are Go values as package tree converts them, and the last result may be an error.
type Methods map[string]any

// Method is what is known of a method of a session.
type Method struct {
	// Name is the event that calls it.
	Name string
	// Signature is what it takes, in the words of MooseX::Method::Signatures: "(Int $arg0?, Str $arg1?)"; "" when unknown.
	Signature string
	// ReturnSignature is what it returns: a type of Moose, or several in parentheses; "" when unknown.
	ReturnSignature string
	// Traits are the roles that a Perl method was given, as its publisher describes them: [name, [[attribute, value]...]]...
	Traits tree.Value
}

// published is a session of a client.
type published struct {
	name    string
	methods map[string]*function.Function
	events  strand.Strand
}

// newPublished makes a session of a value: of its methods, or of [Methods].
func newPublished(name string, value any) (*published, error) {
	p := &published{name: name, methods: map[string]*function.Function{}}
	given := reflect.TypeFor[context.Context]()
	if methods, ok := value.(Methods); ok {
		for event, f := range methods {
			called, err := function.New(f, given)
			if err != nil {
				return nil, fmt.Errorf("router: method %s: %w", event, err)
			}
			p.methods[event] = called
		}
		return p, nil
	}
	v := reflect.ValueOf(value)
	for i := range v.NumMethod() {
		called, err := function.Method(v, i, given)
		if err != nil {
			return nil, fmt.Errorf("router: method %s: %w", v.Type().Method(i).Name, err)
		}
		p.methods[v.Type().Method(i).Name] = called
	}
	if len(p.methods) == 0 {
		return nil, fmt.Errorf("router: %T has no methods", value)
	}
	return p, nil
}

// describe is the session's methods as they are published. There is no return_signature: a Perl subscriber checks by it what
// posting the event returns, which is nothing of the method's. What the method returns is in returns, which Perl does not read.
func (p *published) describe() tree.Value {
	names := make([]string, 0, len(p.methods))
	for name := range p.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	m := new(tree.Map)
	for _, name := range names {
		described := tree.MapOf(
			tree.Pair("signature", tree.String(p.methods[name].Signature())),
			tree.Pair("return_signature", tree.Undef()),
			tree.Pair("traits", tree.ListOf()),
		)
		if returns := p.methods[name].ReturnSignature(); returns != "" {
			described.Map().Set("returns", tree.String(returns))
		}
		m.Set(name, described)
	}
	return m.Value()
}

// readMethods reads what a publisher has said of its methods, in order of their names.
func readMethods(v tree.Value) []Method {
	var methods []Method
	for key, described := range v.Map().All() {
		m := Method{Name: key.Name, Traits: described.Get("traits")}
		m.Signature, _ = described.Get("signature").Str()
		returns := described.Get("return_signature")
		if returns.IsUndef() {
			returns = described.Get("returns")
		}
		m.ReturnSignature, _ = returns.Str()
		methods = append(methods, m)
	}
	slices.SortFunc(methods, func(a, b Method) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return methods
}

// handle does what an event says, and gives the outcome.
func (p *published) handle(ctx context.Context, event []byte, logger *slog.Logger) (out Outcome) {
	v, err := storable.Network.Decode(event)
	if err != nil {
		return failure("Unreadable event: %v", err)
	}
	name, _ := v.Get("event").Str()
	method, ok := p.methods[name]
	if !ok {
		return failure("Session '%s' has no method '%s'", p.name, name)
	}
	defer func() {
		if fault := recover(); fault != nil {
			logger.Error("method panicked", "method", name, "panic", fault, "stack", string(debug.Stack()))
			out = failure("Method '%s' failed", name)
		}
	}()
	args := make([]tree.Value, 0, v.Get("args").List().Len())
	for _, arg := range v.Get("args").List().All() {
		args = append(args, arg)
	}
	results, err := method.Call([]any{ctx}, args)
	var misfit *function.ArgumentError
	var refusal *Refusal
	switch {
	case errors.As(err, &misfit):
		return failure("%v", misfit)
	case errors.As(err, &refusal):
		return failure("%s", refusal.Text)
	case err != nil:
		logger.Error("method failed", "method", name, "err", err)
		return failure("Method '%s' failed", name)
	}
	return result(results)
}

// result is the outcome that carries what a method returned: nothing as the original does, one value, or a list of several.
func result(values []tree.Value) Outcome {
	v := tree.Ref(tree.String(""))
	switch {
	case len(values) > 1:
		v = tree.ListOf(values...)
	case len(values) == 1 && (values[0].List() != nil || values[0].Map() != nil || values[0].Ref() != nil):
		v = values[0]
	case len(values) == 1:
		v = tree.Ref(values[0])
	}
	b, err := storable.Network.Append(nil, v)
	if err != nil {
		return failure("Unwritable result: %v", err)
	}
	return Outcome{Success: true, Payload: b}
}

// Refusal is an error of a method whose text the caller is told. Of other errors it learns only that the method failed.
type Refusal struct{ Text string }

// Error implements error.
func (e *Refusal) Error() string { return e.Text }

// Refuse makes a [*Refusal].
func Refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }
