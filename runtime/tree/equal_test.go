package tree_test

import (
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

// ring returns a list that holds itself behind so many lists.
func ring(n int) tree.Value {
	first := new(tree.List)
	v := first.Value()
	for range n {
		v = tree.ListOf(v)
	}
	first.Append(v)
	return first.Value()
}

func TestEqual(t *testing.T) {
	t.Parallel()
	one := tree.ListOf(tree.Int(1))
	shared := tree.NewScalar(tree.Int(1))
	variables := new(tree.List)
	variables.Adopt([]tree.Value{shared.Slot(), shared.Slot()})
	blessed := tree.ListOf(tree.Int(1))
	blessed.List().Bless("C")
	restricted := tree.MapOf(tree.Pair("k", one))
	restricted.Map().Restrict(true)
	for name, c := range map[string]struct {
		v, w             tree.Value
		equal, identical bool
	}{
		"int and octets":      {tree.Int(1), tree.Octets("1"), false, false},
		"octets and text":     {tree.Octets("a"), tree.Text("a"), false, false},
		"octets":              {tree.Octets("a"), tree.Octets("a"), true, true},
		"undef, absent":       {tree.Value{}, tree.Value{}.WithMark(tree.MarkAbsent), true, false},
		"undef, given":        {tree.Value{}, tree.Undef(), true, true},
		"lists":               {one, tree.ListOf(tree.Int(1)), true, true},
		"list and longer":     {one, tree.ListOf(tree.Int(1), tree.Int(2)), false, false},
		"one list twice":      {tree.ListOf(one, one), tree.ListOf(one, tree.ListOf(tree.Int(1))), true, false},
		"both twice":          {tree.ListOf(one, one), tree.ListOf(one, one), true, true},
		"one variable twice":  {variables.Value(), tree.ListOf(tree.Int(1), tree.Int(1)), true, false},
		"order":               {tree.MapOf(tree.Pair("a", one), tree.Pair("b", one)), tree.MapOf(tree.Pair("b", one), tree.Pair("a", one)), true, false},
		"key":                 {tree.MapOf(tree.Pair("a", one)), tree.MapOf(tree.Pair("b", one)), false, false},
		"class":               {one, blessed, false, false},
		"restricted":          {tree.MapOf(tree.Pair("k", one)), restricted, true, false},
		"weak":                {one, one.WithMark(tree.MarkWeak), true, false},
		"references":          {tree.Ref(one), tree.Ref(tree.ListOf(tree.Int(1))), true, true},
		"reference and value": {tree.Ref(one), one, false, false},
		"rings":               {ring(3), ring(3), true, true},
		"rings of two sizes":  {ring(1), ring(3), true, false},
		"ring and list":       {ring(1), one, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.v.Equal(c.w); got != c.equal {
				t.Errorf("equal: %v", got)
			}
			if got := c.w.Equal(c.v); got != c.equal {
				t.Errorf("equal the other way: %v", got)
			}
			if got := c.v.Identical(c.w); got != c.identical {
				t.Errorf("identical: %v", got)
			}
			if got := c.w.Identical(c.v); got != c.identical {
				t.Errorf("identical the other way: %v", got)
			}
		})
	}
}
