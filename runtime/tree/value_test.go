package tree_test

import (
	"math"
	"testing"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/tree"
)

func TestSize(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(tree.Value{}); size != 24 {
		t.Errorf("a Value takes %d octets", size)
	}
	if size := unsafe.Sizeof(tree.Entry{}); size != 48 {
		t.Errorf("an Entry takes %d octets", size)
	}
}

// TestScalars shows how each kind of scalar reads as the others, as in Perl.
func TestScalars(t *testing.T) {
	t.Parallel()
	type number struct {
		value any
		ok    bool
	}
	none := number{}
	for name, c := range map[string]struct {
		value  tree.Value
		kind   tree.Kind
		int    number
		uint   number
		float  number
		str    number
		octets number
		truth  bool
	}{
		"undef": {
			tree.Value{}, tree.KindUndef, none, none, none, none, none, false,
		},
		"true": {
			tree.Bool(true), tree.KindBool,
			number{int64(1), true},
			number{uint64(1), true},
			number{1.0, true},
			number{"1", true},
			number{"1", true},
			true,
		},
		"false": {
			tree.Bool(false), tree.KindBool,
			number{int64(0), true},
			number{uint64(0), true},
			number{0.0, true},
			number{"", true},
			number{"", true},
			false,
		},
		"negative": {
			tree.Int(-7), tree.KindInt,
			number{int64(-7), true},
			none,
			number{-7.0, true},
			number{"-7", true},
			number{"-7", true},
			true,
		},
		"unsigned that is small": {
			tree.Uint(7), tree.KindInt,
			number{int64(7), true},
			number{uint64(7), true},
			number{7.0, true},
			number{"7", true},
			number{"7", true},
			true,
		},
		"unsigned": {
			tree.Uint(math.MaxUint64), tree.KindUint,
			none,
			number{uint64(math.MaxUint64), true},
			number{0x1p64, true},
			number{"18446744073709551615", true},
			number{"18446744073709551615", true},
			true,
		},
		"float": {
			tree.Float(2.5), tree.KindFloat,
			none, none,
			number{2.5, true},
			number{"2.5", true},
			number{"2.5", true},
			true,
		},
		"float without a fraction": {
			tree.Float(1e18), tree.KindFloat,
			number{int64(1e18), true},
			number{uint64(1e18), true},
			number{1e18, true},
			number{"1e+18", true},
			number{"1e+18", true},
			true,
		},
		"float beyond integers": {
			tree.Float(1e20), tree.KindFloat,
			none, none,
			number{1e20, true},
			number{"1e+20", true},
			number{"1e+20", true},
			true,
		},
		"minus zero": {
			tree.Float(math.Copysign(0, -1)), tree.KindFloat,
			number{int64(0), true},
			number{uint64(0), true},
			number{0.0, true},
			number{"0", true},
			number{"0", true},
			false,
		},
		"digits": {
			tree.Octets("42"), tree.KindBytes,
			number{int64(42), true},
			number{uint64(42), true},
			number{42.0, true},
			number{"42", true},
			number{"42", true},
			true,
		},
		"zero as octets": {
			tree.Bytes([]byte("0")), tree.KindBytes,
			number{int64(0), true},
			number{uint64(0), true},
			number{0.0, true},
			number{"0", true},
			number{"0", true},
			false,
		},
		"words": {
			tree.String("4 apples"), tree.KindBytes, none, none, none, number{"4 apples", true}, number{"4 apples", true}, true,
		},
		"text of Latin-1": {
			tree.String("é"), tree.KindText, none, none, none, number{"é", true}, number{"\xe9", true}, true,
		},
		"text": {
			tree.Text("ж"), tree.KindText, none, none, none, number{"ж", true}, none, true,
		},
		"text that is not UTF-8": {
			tree.Text("\xff"), tree.KindText, none, none, none, number{"\xff", true}, none, true,
		},
		"empty": {
			tree.Octets(""), tree.KindBytes, none, none, none, number{"", true}, number{"", true}, false,
		},
		"list": {
			tree.ListOf(), tree.KindList, none, none, none, none, none, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if k := c.value.Kind(); k != c.kind {
				t.Errorf("kind %v, want %v", k, c.kind)
			}
			check := func(as string, got any, ok bool, want number) {
				t.Helper()
				if ok != want.ok || ok && got != want.value {
					t.Errorf("as %s: %v %v, want %v %v", as, got, ok, want.value, want.ok)
				}
			}
			i, ok := c.value.Int()
			check("int", i, ok, c.int)
			u, ok := c.value.Uint()
			check("uint", u, ok, c.uint)
			f, ok := c.value.Float()
			check("float", f, ok, c.float)
			s, ok := c.value.Str()
			check("string", s, ok, c.str)
			s, ok = c.value.Octets()
			check("octets", s, ok, c.octets)
			if c.value.Truth() != c.truth {
				t.Errorf("truth: %v", !c.truth)
			}
			if !c.value.Equal(c.value) || !c.value.Identical(c.value) {
				t.Error("not equal to itself")
			}
		})
	}
}

// TestNil reads what is not there.
func TestNil(t *testing.T) {
	t.Parallel()
	v := tree.Int(1)
	if v.List().Len() != 0 || v.Map().Len() != 0 || !v.Ref().Value().IsUndef() || v.Class() != "" {
		t.Error("something in an integer")
	}
	if !v.Get("k").IsUndef() || !v.At(0).IsUndef() || v.Map().Has("k") || v.Map().Restricted() {
		t.Error("something in an integer")
	}
	if v.List().Class()+v.Map().Class()+v.Ref().Class() != "" {
		t.Error("a class")
	}
	v.Map().Delete("k")
	for range v.List().All() {
		t.Error("an element")
	}
	for range v.Map().All() {
		t.Error("a pair")
	}
}

// TestVariables shares a scalar between two slots and a reference: what is set in one place is seen in all.
func TestVariables(t *testing.T) {
	t.Parallel()
	s := tree.NewScalar(tree.Int(1))
	list, pairs := new(tree.List), new(tree.Map)
	list.Adopt([]tree.Value{s.Slot()})
	pairs.Adopt([]tree.Entry{{Key: tree.Key{Name: "k"}, Value: s.Slot()}})

	list.Set(0, tree.Int(2))
	if v, _ := pairs.Get("k"); !v.Equal(tree.Int(2)) || v.Shared() != nil {
		t.Errorf("%v", v)
	}
	pairs.Set("k", tree.Int(3))
	if v := s.Ref().Ref().Value(); !v.Equal(tree.Int(3)) {
		t.Errorf("%v", v)
	}
	s.Set(tree.Int(4))
	if v := list.At(0); !v.Equal(tree.Int(4)) {
		t.Errorf("%v", v)
	}
	copied := tree.ListOf(list.At(0))
	s.Set(tree.Int(5))
	if v := copied.At(0); !v.Equal(tree.Int(4)) {
		t.Errorf("the copy is %v", v)
	}
}
