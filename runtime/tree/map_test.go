package tree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

func names(m *tree.Map) []string {
	var names []string
	for k := range m.All() {
		names = append(names, k.Name)
	}
	return names
}

// TestMapModel does random things to a Map and to a plain slice of pairs.
func TestMapModel(t *testing.T) {
	t.Parallel()
	type pair struct {
		name  string
		value int64
	}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		keys := 1 + r.IntN(60)
		var m tree.Map
		var model []pair
		for step := range 400 {
			name, value := "k"+strconv.Itoa(r.IntN(keys)), int64(step)
			at := slices.IndexFunc(model, func(p pair) bool { return p.name == name })
			switch r.IntN(5) {
			case 0:
				m.Delete(name)
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
			case 1:
				got, ok := m.Get(name)
				if ok != (at >= 0) || ok && !got.Equal(tree.Int(model[at].value)) {
					t.Fatalf("%s is %v %v", name, got, ok)
				}
			default:
				m.Set(name, tree.Int(value))
				if at >= 0 {
					model[at].value = value
				} else {
					model = append(model, pair{name, value})
				}
			}
			if m.Len() != len(model) {
				t.Fatalf("%d pairs, want %d", m.Len(), len(model))
			}
		}
		var got []pair
		for k, v := range m.All() {
			i, _ := v.Int()
			got = append(got, pair{k.Name, i})
		}
		if diff := cmp.Diff(fmt.Sprint(model), fmt.Sprint(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestMapKeys tells octets from text where they differ.
func TestMapKeys(t *testing.T) {
	t.Parallel()
	var m tree.Map
	m.Set("é", tree.Int(1))
	m.SetKey(tree.Key{Name: "é"}, tree.Int(2))
	m.SetKey(tree.Key{Name: "a", Text: true}, tree.Int(3))
	m.Set("a", tree.Int(4))
	if m.Len() != 3 {
		t.Errorf("%d pairs", m.Len())
	}
	if v, _ := m.Get("é"); !v.Equal(tree.Int(1)) {
		t.Errorf("é is %v", v)
	}
	if v, _ := m.Get("a"); !v.Equal(tree.Int(4)) {
		t.Errorf("a is %v", v)
	}
}

// TestMapAbsent keeps keys that may be set and are not.
func TestMapAbsent(t *testing.T) {
	t.Parallel()
	for _, many := range []int{0, 20} {
		entries := []tree.Entry{
			tree.Pair("a", tree.Int(1)),
			{Key: tree.Key{Name: "b", Absent: true}},
			tree.Pair("c", tree.Int(3)),
			tree.Pair("a", tree.Int(4)),
		}
		for i := range many {
			entries = append(entries, tree.Pair("k"+strconv.Itoa(i), tree.Int(0)))
		}
		m := tree.MapOf(entries...).Map()
		if m.Len() != 2+many || m.Has("b") || !slices.Equal(names(m)[:2], []string{"a", "c"}) || len(m.Entries()) != 3+many {
			t.Errorf("%v", m.Value())
		}
		if v, _ := m.Get("a"); !v.Equal(tree.Int(4)) {
			t.Errorf("a is %v", v)
		}
		m.Set("b", tree.Int(2))
		if v, ok := m.Get("b"); !ok || !v.Equal(tree.Int(2)) || m.Len() != 3+many {
			t.Errorf("%v", m.Value())
		}
		m.SetKey(tree.Key{Name: "c", Absent: true}, tree.Value{})
		if m.Has("c") || m.Len() != 2+many {
			t.Errorf("%v", m.Value())
		}
	}
}
