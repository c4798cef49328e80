package kernel

import (
	"context"
	"errors"
	"reflect"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/function"
)

// Func makes a [Handler] of a function of Go values:
//
//	kernel.Func(func(ctx context.Context, a, b int) (int, error) { return a + b, nil })
//
// It may take a context and an [*Event] first. Its other parameters are the arguments of the event, converted by
// [tree.Convert]; a variadic one takes the rest. Arguments that are missing are zero values, those that nobody takes are
// dropped; when one argument comes, and it is a list, and the function has several parameters, the elements are the arguments.
// Its results are the answer: nothing, a value, or several, of which who wants a scalar gets the last. A function without a
// result answers 1, so that its caller learns of the end. A last result of type error is what [Handler] says.
//
// An argument that does not fit is a [*Refusal]. Something else than a function is an error of [Kernel.Publish].
func Func(f any) Handler {
	called, err := function.New(f, reflect.TypeFor[context.Context](), reflect.TypeFor[*Event]())
	if err != nil {
		return badFunc{err}
	}
	return funcHandler{called}
}

// badFunc is what cannot be a handler.
type badFunc struct{ err error }

// Handle implements [Handler].
func (b badFunc) Handle(context.Context, *Event) (tree.Value, error) { return tree.Value{}, b.err }

// funcHandler calls a function.
type funcHandler struct{ function *function.Function }

// Handle implements [Handler].
func (h funcHandler) Handle(ctx context.Context, e *Event) (tree.Value, error) {
	values, err := h.function.Call([]any{ctx, e}, e.Args)
	var misfit *function.ArgumentError
	switch {
	case errors.As(err, &misfit):
		return tree.Value{}, Refuse("%v", misfit)
	case err != nil:
		return tree.Value{}, err
	case len(values) == 0:
		return tree.Int(1), nil
	case len(values) == 1:
		return values[0], nil
	}
	return e.List(values...)
}
