package jsontree_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
)

var codec jsontree.Codec

func Example() {
	v, err := codec.Decode([]byte(`{"event": "poe://Server/test/add", "params": [1, 2.5, "три"]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Get("params").At(1))
	text, err := codec.Append(nil, v)
	fmt.Println(string(text), err)
	// Output:
	// 2.5
	// {"event":"poe://Server/test/add","params":[1,2.5,"три"]} <nil>
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tree.Value{
		`null`:                      {},
		` true `:                    tree.Bool(true),
		`-0`:                        tree.Int(0),
		`9223372036854775807`:       tree.Int(math.MaxInt64),
		`18446744073709551615`:      tree.Uint(math.MaxUint64),
		`18446744073709551616`:      tree.Float(0x1p64),
		`1.0`:                       tree.Float(1),
		`1e3`:                       tree.Float(1000),
		`"a\u00e9\n"`:               tree.Text("aé\n"),
		`"ascii"`:                   tree.Octets("ascii"),
		`[]`:                        tree.ListOf(),
		`[1,[2]]`:                   tree.ListOf(tree.Int(1), tree.ListOf(tree.Int(2))),
		`{"b":1,"a":{},"b":[]}`:     tree.MapOf(tree.Pair("b", tree.ListOf()), tree.Pair("a", tree.MapOf())),
		`{"k": "v", "é": "\u0000"}`: tree.MapOf(tree.Pair("k", tree.Octets("v")), tree.Pair("é", tree.Octets("\x00"))),
	} {
		got, err := codec.Decode([]byte(text))
		if err != nil || !got.Identical(want) {
			t.Errorf("%s: %v %v, want %v", text, got, err, want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tree.Error{
		``:                       {Fault: tree.Truncated, Offset: 0},
		`[1`:                     {Fault: tree.Truncated, Offset: 2},
		`{"a`:                    {Fault: tree.Truncated, Offset: 3},
		`tru`:                    {Fault: tree.Truncated, Offset: 3},
		`1 2`:                    {Fault: tree.Trailing, Offset: 3},
		`{} x`:                   {Fault: tree.Trailing, Offset: 3},
		`{1:2}`:                  {Fault: tree.BadType, Offset: 1},
		`[1 2]`:                  {Fault: tree.BadType, Offset: 3},
		"\"a\xff\"":              {Fault: tree.BadText, Offset: 2},
		`[1e999]`:                {Fault: tree.BadText, Offset: 1},
		strings.Repeat("[", 600): {Fault: tree.TooDeep, Offset: 513},
	} {
		_, err := codec.Decode([]byte(text))
		var got *tree.Error
		if !errors.As(err, &got) || got.Fault != want.Fault || got.Offset != want.Offset {
			t.Errorf("%.20s: %v, want %v", text, err, &want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for want, limits := range map[tree.Fault]tree.Limits{
		tree.TooDeep:  {MaxDepth: 2},
		tree.TooMany:  {MaxElements: 3},
		tree.TooLarge: {MaxMemory: 200},
	} {
		_, err := jsontree.Codec{Limits: limits}.Decode([]byte(`[1, {"a": [2, 3]}]`))
		if !errors.Is(err, &tree.Error{Fault: want}) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	blessed := tree.ListOf()
	blessed.List().Bless("C")
	endless := new(tree.List)
	endless.Append(endless.Value())
	doubled := new(tree.List)
	for range 40 {
		next := new(tree.List)
		next.Append(doubled.Value())
		next.Append(doubled.Value())
		doubled = next
	}
	for _, c := range []struct {
		value tree.Value
		want  string
		fault tree.Fault
	}{
		{tree.Undef(), "null", 0},
		{tree.Uint(math.MaxUint64), "18446744073709551615", 0},
		{tree.Float(3), "3.0", 0},
		{tree.Float(1e100), "1e+100", 0},
		{tree.Octets("\"\\\x1f\xe9"), `"\"\\\u001f` + "é\"", 0},
		{tree.ListOf(tree.Bool(false), tree.MapOf(tree.Pair("ж", tree.Int(-1)))), `[false,{"ж":-1}]`, 0},
		{tree.Float(math.Inf(1)), "", tree.Unwritable},
		{tree.ListOf(tree.Ref(tree.Int(1))), "", tree.Unwritable},
		{tree.ListOf(blessed), "", tree.Unwritable},
		{tree.MapOf(tree.Pair("k", tree.Text("\xff"))), "", tree.Unwritable},
		{endless.Value(), "", tree.TooDeep},
		{doubled.Value(), "", tree.TooMany},
	} {
		got, err := codec.Append([]byte("before "), c.value)
		if string(got) != "before "+c.want {
			t.Errorf("%v: %s", c.value, got)
		}
		if c.fault == 0 && err != nil || c.fault != 0 && !errors.Is(err, &tree.Error{Fault: c.fault}) {
			t.Errorf("%v: %v", c.value, err)
		}
	}
}

// FuzzDecode reads anything: what encoding/json takes for JSON, and nothing else; and what it has read it writes so that it reads the same.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`null`, `[1, -2.5e3, "a\u00e9", true]`, `{"a": {"b": [{}]}, "é": null}`, `{"a":1,"a":2}`, `[1,]`, `"\ud800"`, `18446744073709551616`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := codec.Decode(text)
		if err != nil {
			var fault *tree.Error
			if !errors.As(err, &fault) || fault.Fault == 0 || fault.Offset < 0 || fault.Offset > len(text) {
				t.Fatalf("%#v", err)
			}
			switch fault.Fault {
			case tree.BadText, tree.TooDeep:
			default:
				if json.Valid(text) {
					t.Fatalf("%q: %v", text, err)
				}
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is no JSON, and is %v", text, v)
		}
		again, err := codec.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		w, err := codec.Decode(again)
		if err != nil || !w.Identical(v) {
			t.Fatalf("%s: %v %v, want %v", again, w, err, v)
		}
	})
}
