package tree_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

type Inner struct {
	City string `tree:"city"`
	Zip  *int   `tree:"zip,omitempty"`
}

type outer struct {
	Inner
	Name     string         `tree:"name"`
	Tags     []string       `tree:"tags,omitempty"`
	Raw      []byte         `tree:"raw"`
	When     time.Time      `tree:"when"`
	Any      any            `tree:"any"`
	Value    tree.Value     `tree:"value"`
	Counts   map[int]uint16 `tree:"counts"`
	Pair     [2]bool        `tree:"pair"`
	Plain    float32
	Secret   string `tree:"-"`
	internal int
}

// celsius is a number that travels with its unit.
type celsius float64

func (c celsius) MarshalTree() (tree.Value, error) {
	return tree.String(fmt.Sprintf("%gC", float64(c))), nil
}

func (c *celsius) UnmarshalTree(v tree.Value) error {
	s, _ := v.Str()
	_, err := fmt.Sscanf(s, "%gC", (*float64)(c))
	return err
}

func TestStructThereAndBack(t *testing.T) {
	t.Parallel()
	zip := 8001
	want := outer{
		Inner:  Inner{City: "Zürich", Zip: &zip},
		Name:   "x",
		Raw:    []byte{0, 255},
		When:   time.Date(2010, 1, 2, 3, 4, 5, 0, time.UTC),
		Any:    map[string]any{"list": []any{int64(1), "two", 2.5, nil, true}},
		Value:  tree.Ref(tree.Int(5)),
		Counts: map[int]uint16{7: 1, 10: 2},
		Pair:   [2]bool{true, false},
		Plain:  1.5,
		Secret: "kept out", internal: 3,
	}
	v, err := tree.Of(&want)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"city": "Zürich", "zip": 8001, "name": "x", "raw": "\x00\xff", "when": "2010-01-02T03:04:05Z", ` +
		`"any": {"list": [1, "two", 2.5, undef, true]}, "value": \5, "counts": {"10": 2, "7": 1}, "pair": [true, false], "Plain": 1.5}`
	if got := v.String(); got != text {
		t.Errorf("%s, want\n%s", got, text)
	}
	got, err := tree.As[outer](v)
	if err != nil {
		t.Fatal(err)
	}
	want.Secret, want.internal = "", 0
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outer{})); diff != "" {
		t.Error(diff)
	}
}

func TestMarshalers(t *testing.T) {
	t.Parallel()
	v, err := tree.Of([]celsius{1.5, -4})
	if err != nil || v.String() != `["1.5C", "-4C"]` {
		t.Errorf("%v %v", v, err)
	}
	got, err := tree.As[[]celsius](v)
	if err != nil || len(got) != 2 || got[1] != -4 {
		t.Errorf("%v %v", got, err)
	}
}

// as is As for a type that is known at run time.
func as(v tree.Value, x any) (any, error) {
	got, err := tree.Convert(v, reflect.TypeOf(x))
	return got.Interface(), err
}

// TestTolerance converts as Perl does.
func TestTolerance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value tree.Value
		want  any
	}{
		{tree.Octets("42"), 42},
		{tree.Octets("42"), uint8(42)},
		{tree.Octets("1e3"), 1000.0},
		{tree.Int(5), "5"},
		{tree.Float(2), 2},
		{tree.Octets("0"), false},
		{tree.Int(2), true},
		{tree.Value{}, ""},
		{tree.Value{}, []string(nil)},
		{tree.Ref(tree.Octets("alias")), "alias"},
		{tree.Ref(tree.ListOf(tree.Int(1))), []int{1}},
		{tree.String("é"), []byte{0xe9}},
		{tree.ListOf(tree.Int(1), tree.Octets("2")), []int{1, 2}},
		{tree.MapOf(tree.Pair("1", tree.Int(2))), map[uint8]string{1: "2"}},
	} {
		got, err := as(c.value, c.want)
		if err != nil {
			t.Errorf("%v: %v", c.value, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.value, diff)
		}
	}
}

// nested is a list of lists, as deep as one likes.
type nested []nested

// doubled is a value that holds v 2^levels times, and is as short as levels.
func doubled(v tree.Value, levels int) tree.Value {
	for range levels {
		v = tree.ListOf(v, v)
	}
	return v
}

// twice is doubled in Go.
func twice(levels int) nested {
	n := nested{}
	for range levels {
		n = nested{n, n}
	}
	return n
}

// TestConvertMany converts the largest value that is decoded by default.
func TestConvertMany(t *testing.T) {
	t.Parallel()
	many := tree.ListOf(make([]tree.Value, tree.DefaultMaxElements)...)
	got, err := tree.As[[]any](many)
	if err != nil || len(got) != tree.DefaultMaxElements {
		t.Fatalf("%d, %v", len(got), err)
	}
	if back, err := tree.Of(got); err != nil || !back.Equal(many) {
		t.Error(err)
	}
}

func TestConvertErrors(t *testing.T) {
	t.Parallel()
	endless := tree.NewScalar(tree.Value{})
	endless.Set(endless.Ref())
	for _, c := range []struct {
		value tree.Value
		as    any
		want  string
	}{
		{tree.Int(300), uint8(0), "tree: 300 is out of the range of uint8"},
		{tree.Float(math.MaxFloat64), float32(0), "out of the range of float32"},
		{tree.Octets("x"), 0, "tree: bytes is no int"},
		{tree.ListOf(), 0, "tree: list is no int"},
		{tree.ListOf(tree.Int(1), tree.ListOf(tree.MapOf())), []any{}, ""},
		{tree.ListOf(tree.Int(1), tree.MapOf(tree.Pair("name", tree.ListOf()))), []outer{}, "tree: [0]: int is no tree_test.outer"},
		{tree.MapOf(tree.Pair("tags", tree.ListOf(tree.ListOf()))), outer{}, "tree: tags: [0]: list is no string"},
		{tree.ListOf(tree.Int(1)), [2]int{}, "tree: list of 1 is no [2]int"},
		{tree.Text("ж"), []byte{}, "tree: text is no []uint8"},
		{endless.Ref(), 0, "too deep"},
		{ring(1), any(nil), "too deep"},
		{doubled(tree.ListOf(), 40), any(nil), "over 1048576 elements"},
		{tree.MapOf(tree.Pair("x", tree.Int(1))), map[int]int{}, "tree: x: text is no int"},
	} {
		var err error
		if c.as == nil {
			_, err = tree.As[any](c.value)
		} else {
			_, err = as(c.value, c.as)
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.value, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v: error %v, want %s", c.value, err, c.want)
		}
	}
}

func TestOfErrors(t *testing.T) {
	t.Parallel()
	type loop struct{ Next *loop }
	endless := new(loop)
	endless.Next = endless
	for _, c := range []struct {
		value any
		want  string
	}{
		{func() {}, "tree: func() has no value"},
		{map[string]any{"a": []any{1, make(chan int)}}, "tree: a: [1]: chan int has no value"},
		{map[[2]int]int{{}: 1}, "tree: [2]int is no type of key"},
		{endless, "over 512 levels"},
		{twice(40), "over 1048576 elements"},
	} {
		if _, err := tree.Of(c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}
