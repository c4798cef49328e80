package function

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

var given = reflect.TypeFor[context.Context]()

var errTest = errors.New("test")

func TestCall(t *testing.T) {
	type point struct{ X, Y int }
	for name, c := range map[string]struct {
		f    any
		args []any
		want []any
		err  string
		in   string
		out  string
	}{
		"two":               {func(a, b int) int { return a + b }, []any{1, 2}, []any{int64(3)}, "", "(Int $arg0?, Int $arg1?)", "Int"},
		"two of one list":   {func(a, b int) int { return a + b }, []any{[]int{1, 2}}, []any{int64(3)}, "", "(Int $arg0?, Int $arg1?)", "Int"},
		"one list":          {func(a []int) int { return len(a) }, []any{[]int{1, 2}}, []any{int64(2)}, "", "(ArrayRef $arg0?)", "Int"},
		"missing":           {func(a int, b string) string { return b }, []any{1}, []any{""}, "", "(Int $arg0?, Str $arg1?)", "Str"},
		"too many":          {func(a int) int { return a }, []any{1, 2}, []any{int64(1)}, "", "(Int $arg0?)", "Int"},
		"variadic":          {func(a int, more ...string) int { return len(more) }, []any{1, "x", "y"}, []any{int64(2)}, "", "(Int $arg0, @rest)", "Int"},
		"variadic, none":    {func(more ...string) int { return len(more) }, nil, []any{int64(0)}, "", "(@rest)", "Int"},
		"a context":         {func(ctx context.Context, a string) bool { return ctx != nil }, []any{"x"}, []any{true}, "", "(Str $arg0?)", "Bool"},
		"several results":   {func() (int, string, error) { return 1, "two", nil }, nil, []any{int64(1), "two"}, "", "()", "(Int, Str)"},
		"no result":         {func() {}, nil, []any{}, "", "()", ""},
		"an error":          {func() (int, error) { return 1, errTest }, nil, nil, "test", "()", "Int"},
		"a struct":          {func(p point) int { return p.X * p.Y }, []any{map[string]int{"X": 2, "Y": 3}}, []any{int64(6)}, "", "(HashRef $arg0?)", "Int"},
		"anything":          {func(v any) any { return v }, []any{"x"}, []any{"x"}, "", "(Any $arg0?)", "Any"},
		"a misfit":          {func(a, b int) int { return a }, []any{1, "x"}, nil, "Argument 1: tree: bytes is no int", "(Int $arg0?, Int $arg1?)", "Int"},
		"a variadic misfit": {func(a ...int) int { return 0 }, []any{1, "x"}, nil, "Argument 1: tree: bytes is no int", "(@rest)", "Int"},
		"kinds": {
			func([]byte, time.Time, float32, *uint8, map[string]int, tree.Value) {}, nil,
			[]any{},
			"",
			"(Str $arg0?, Str $arg1?, Num $arg2?, Maybe[Int] $arg3?, HashRef $arg4?, Any $arg5?)", "",
		},
		"a bad result": {func() any { return make(chan int) }, nil, nil, "result 0: tree: chan int has no value", "()", "Any"},
	} {
		f, err := New(c.f, given)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Signature() != c.in || f.ReturnSignature() != c.out || f.Results() != len(f.results) {
			t.Errorf("%s: takes %s, gives %s", name, f.Signature(), f.ReturnSignature())
		}
		args := make([]tree.Value, len(c.args))
		for i, arg := range c.args {
			if args[i], err = tree.Of(arg); err != nil {
				t.Fatal(err)
			}
		}
		values, err := f.Call([]any{t.Context()}, args)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: error %v, want %s", name, err, c.err)
			}
			continue
		}
		got := make([]any, len(values))
		for i, v := range values {
			if got[i], err = tree.As[any](v); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

// TestDoubled takes no argument that is short as an image and endless in Go: each list of it is twice in the next.
func TestDoubled(t *testing.T) {
	v := tree.ListOf()
	for range 40 {
		v = tree.ListOf(v, v)
	}
	f, err := New(func(v any) any { return v })
	if err != nil {
		t.Fatal(err)
	}
	var misfit *ArgumentError
	if _, err := f.Call(nil, []tree.Value{v}); !errors.As(err, &misfit) {
		t.Error(err)
	}
}

// TestNoFunction refuses what cannot be called.
func TestNoFunction(t *testing.T) {
	var none func()
	for _, f := range []any{nil, 17, none} {
		if _, err := New(f); err == nil {
			t.Errorf("%T is a function", f)
		}
	}
}
