// Package function calls functions of Go values with values that describe themselves.
package function

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/protogen-go/protogen/runtime/tree"
)

var errorType = reflect.TypeFor[error]()

// Function is a function of Go values. Any goroutine may call it.
type Function struct {
	f       reflect.Value
	given   []int          // which of the values that a caller gives it takes, in order
	params  []reflect.Type // what else it takes
	rest    reflect.Type   // the element of its variadic parameter; nil when there is none
	results []reflect.Type // without the error
	fails   bool           // the last result is an error
}

// ArgumentError is an argument that does not fit its parameter.
type ArgumentError struct {
	Index int // from 0
	Err   error
}

// Error implements error.
func (e *ArgumentError) Error() string { return fmt.Sprintf("Argument %d: %v", e.Index, e.Err) }

// Unwrap is why.
func (e *ArgumentError) Unwrap() error { return e.Err }

// New makes a Function of f. Its first parameters may be of the types given, in their order, each or none of them: a context,
// say. Callers provide values for all of them. Other parameters, results and their conversions are those of package tree; a last
// result may be an error.
func New(f any, given ...reflect.Type) (*Function, error) { return of(reflect.ValueOf(f), given) }

// Method is [New] for a method of a value, by its number.
func Method(value reflect.Value, number int, given ...reflect.Type) (*Function, error) {
	return of(value.Method(number), given)
}

func of(v reflect.Value, given []reflect.Type) (*Function, error) {
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, errors.New("not a function")
	}
	t := v.Type()
	f := &Function{f: v}
	in := 0
	for i, special := range given {
		if in < t.NumIn() && t.In(in) == special {
			f.given = append(f.given, i)
			in++
		}
	}
	for ; in < t.NumIn(); in++ {
		f.params = append(f.params, t.In(in))
	}
	if t.IsVariadic() {
		last := len(f.params) - 1
		f.params, f.rest = f.params[:last], f.params[last].Elem()
	}
	for i := range t.NumOut() {
		f.results = append(f.results, t.Out(i))
	}
	if n := len(f.results); n > 0 && f.results[n-1] == errorType {
		f.results, f.fails = f.results[:n-1], true
	}
	return f, nil
}

// Results is how many results the function has, without the error.
func (f *Function) Results() int { return len(f.results) }

// Call calls the function. Arguments that are missing are zero values, those that nobody takes are dropped; when one argument
// comes, and it is a list, and the function has several parameters, the elements are the arguments. The error is an
// [*ArgumentError], the function's own, or that of a result that has no value.
func (f *Function) Call(given []any, args []tree.Value) ([]tree.Value, error) {
	in, err := f.arguments(given, args)
	if err != nil {
		return nil, err
	}
	out := f.f.Call(in)
	if f.fails {
		if err, _ := out[len(f.results)].Interface().(error); err != nil {
			return nil, err
		}
	}
	values := make([]tree.Value, len(f.results))
	for i := range values {
		if values[i], err = tree.Of(out[i].Interface()); err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
	}
	return values, nil
}

// arguments are what the function is called with.
func (f *Function) arguments(given []any, args []tree.Value) ([]reflect.Value, error) {
	if several := len(f.params) > 1 || f.rest != nil; several && len(args) == 1 && args[0].List() != nil {
		args = args[0].List().Slots()
	}
	in := make([]reflect.Value, 0, len(f.given)+max(len(args), len(f.params)))
	for _, i := range f.given {
		in = append(in, reflect.ValueOf(given[i]))
	}
	take := func(i int, t reflect.Type) error {
		var v tree.Value
		if i < len(args) {
			v = args[i]
		}
		x, err := tree.Convert(v, t)
		if err != nil {
			return &ArgumentError{i, err}
		}
		in = append(in, x)
		return nil
	}
	for i, t := range f.params {
		if err := take(i, t); err != nil {
			return nil, err
		}
	}
	for i := len(f.params); f.rest != nil && i < len(args); i++ {
		if err := take(i, f.rest); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// Signature is what the function takes, in the words of Perl's MooseX::Method::Signatures: "(Int $arg0?, Str $arg1?)", since Perl
// programs parse it, and die of what is none. All is optional, as what is missing is a zero value, but not before "@rest".
func (f *Function) Signature() string {
	params := make([]string, 0, len(f.params)+1)
	optional := "?"
	if f.rest != nil {
		optional = ""
	}
	for i, t := range f.params {
		params = append(params, fmt.Sprintf("%s $arg%d%s", mooseType(t), i, optional))
	}
	if f.rest != nil {
		params = append(params, "@rest")
	}
	return "(" + strings.Join(params, ", ") + ")"
}

// ReturnSignature is what it gives, in words of the same kind: "Int", "(Int, Str)" for several; "" for nothing.
func (f *Function) ReturnSignature() string {
	names := make([]string, len(f.results))
	for i, t := range f.results {
		names[i] = mooseType(t)
	}
	if len(names) > 1 {
		return "(" + strings.Join(names, ", ") + ")"
	}
	return strings.Join(names, "")
}

var (
	selfType = reflect.TypeFor[tree.Unmarshaler]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// mooseType is the type constraint that Moose has for what package tree makes of a Go type, and the other way round.
func mooseType(t reflect.Type) string {
	switch p := reflect.PointerTo(t); {
	case p.Implements(selfType):
		return "Any"
	case p.Implements(textType):
		return "Str"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "Bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return "Int"
	case reflect.Float32, reflect.Float64:
		return "Num"
	case reflect.String:
		return "Str"
	case reflect.Map:
		return "HashRef"
	case reflect.Struct:
		if t == reflect.TypeFor[tree.Value]() {
			return "Any"
		}
		return "HashRef"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "Str"
		}
		return "ArrayRef"
	case reflect.Pointer:
		return "Maybe[" + mooseType(t.Elem()) + "]"
	}
	return "Any"
}
