package formula

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verdict answers whether conditions can hold at once. The zero Verdict is Undecided.
type Verdict uint8

// The verdicts.
const (
	Undecided  Verdict = iota // neither values nor a proof were found
	Possible                  // values are known with which all hold
	Impossible                // proved never to hold
)

// String returns the verdict in words.
func (v Verdict) String() string { return [...]string{"undecided", "possible", "impossible"}[v] }

// Model is values of terms with which conditions hold, in the order of the terms' text.
type Model []Value

// Value is the value of one term, such as msg.clID.
type Value struct {
	Term  Expr
	Value any // nil: absent
}

// String returns the value as a line of a witness: `msg.clID = "x"`, or "no msg.clID".
func (v Value) String() string {
	switch x := v.Value.(type) {
	case nil:
		return "no " + v.Term.String()
	case string:
		return v.Term.String() + " = " + strconv.Quote(x)
	case []any:
		return fmt.Sprintf("%s = %s", v.Term, listText(x))
	case map[string]any:
		return v.Term.String() + " is there"
	case int64:
		for _, c := range v.Term.Type().codes {
			if c.Value == x {
				return fmt.Sprintf("%s = %d (%s)", v.Term, x, c.Name)
			}
		}
	}
	return fmt.Sprintf("%s = %v", v.Term, v.Value)
}

func listText(list []any) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = fmt.Sprintf("%v", x)
		if s, ok := x.(string); ok {
			parts[i] = strconv.Quote(s)
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Not returns the negation of the condition e.
func Not(e Expr) Expr { return &Unary{node{boolType, e.Pos()}, "!", e} }

// Satisfiable decides whether all conditions can hold at once, and if so gives values with which they do. It proves the
// impossible by looking for a contradiction in every clause of the disjunctive normal form, over intervals of linear
// sums, presence and equality of texts, or by trying every value where all are few; it proves the possible by
// finding values with which [Eval] agrees.
func Satisfiable(conditions ...Expr) (Verdict, Model) {
	n := &normaliser{ranges: map[string]*Type{}}
	clauses := decided(true)
	for _, e := range conditions {
		clauses = n.product(clauses, n.normal(e, false))
	}
	if !n.over && !slices.ContainsFunc(clauses, func(c clause) bool { return !n.impossible(c) }) {
		return Impossible, nil
	}
	s := newSearch(conditions)
	if s.try(0) {
		return Possible, s.model()
	}
	if s.complete && s.left > 0 {
		return Impossible, nil
	}
	return Undecided, nil
}

// maxTrials is how many sets of values a search tries.
const maxTrials = 20000

// search looks for values with which all conditions hold.
type search struct {
	conditions []Expr
	terms      []Expr
	domains    [][]any
	given      map[string]any
	complete   bool // the domains hold every value that matters
	left       int  // trials
}

// isTerm reports whether e is looked up rather than computed.
func isTerm(e Expr) bool {
	switch e := e.(type) {
	case *Member:
		return e.Code == nil
	case *Index:
		return true
	}
	return false
}

func newSearch(conditions []Expr) *search {
	s := &search{conditions: conditions, given: map[string]any{}, complete: true, left: maxTrials}
	terms := map[string]Expr{}
	pool := &pool{texts: map[string]bool{"": true, "x": true}, numbers: map[int64]bool{0: true, 1: true}}
	for _, c := range conditions {
		Walk(c, func(e Expr) bool {
			pool.add(e)
			if isTerm(e) && !aboutElement(e) {
				terms[e.String()] = e
				return false
			}
			return true
		})
	}
	pool.multiply()
	for _, key := range slices.Sorted(maps.Keys(terms)) {
		values, all := pool.domain(terms[key])
		s.terms = append(s.terms, terms[key])
		s.domains = append(s.domains, values)
		s.complete = s.complete && all
	}
	return s
}

// aboutElement reports whether e speaks of the element that all or any look at.
func aboutElement(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		r, ok := e.(*Root)
		found = found || ok && r.Name == "it"
		return true
	})
	return found
}

// try gives values to the terms from the i-th on; it reports whether all conditions hold with some.
func (s *search) try(i int) bool {
	if i == len(s.terms) {
		s.left--
		return s.holds()
	}
	for _, v := range s.domains[i] {
		s.given[s.terms[i].String()] = v
		if s.try(i + 1) {
			return true
		}
		if s.left <= 0 {
			return false
		}
	}
	return false
}

func (s *search) holds() bool {
	v := &evaluator{given: s.given}
	for _, c := range s.conditions {
		if x, err := v.value(c); err != nil || x != true {
			return false
		}
	}
	return true
}

func (s *search) model() Model {
	var m Model
	for _, t := range s.terms {
		m = append(m, Value{t, s.given[t.String()]})
	}
	return m
}

// pool is the values that the conditions name, from which candidates are drawn.
type pool struct {
	texts   map[string]bool
	numbers map[int64]bool
	divides bool
}

func (p *pool) add(e Expr) {
	switch e := e.(type) {
	case *Lit:
		p.value(e.Value)
	case *Member:
		if e.Setting != nil {
			p.value(setting(e.Setting))
		}
		if e.Code != nil {
			p.value(e.Code.Value)
		}
	case *Binary:
		p.divides = p.divides || e.Op == "/" || e.Op == "%"
	}
}

func (p *pool) value(v any) {
	switch v := v.(type) {
	case string:
		p.texts[v] = true
	case int64:
		p.numbers[v-1], p.numbers[v], p.numbers[v+1] = true, true, true
	case time.Duration:
		p.value(int64(v))
	case []any:
		for _, x := range v {
			p.value(x)
		}
	}
}

// maxProducts is up to how many numbers products are drawn from.
const maxProducts = 24

// multiply adds products of the numbers where conditions divide: what n / 100 == 5 asks for is 500.
func (p *pool) multiply() {
	list := slices.Sorted(maps.Keys(p.numbers))
	if !p.divides || len(list) > maxProducts {
		return
	}
	for _, a := range list {
		for _, b := range list {
			if v := new(big.Int).Mul(big64(a), big64(b)); v.IsInt64() {
				p.numbers[v.Int64()] = true
			}
		}
	}
}

// domain is the values to try for a term, the likeliest first; all reports that they are all there are.
func (p *pool) domain(e Expr) (values []any, all bool) {
	t := e.Type()
	values, all = p.typed(t)
	m, ok := e.(*Member)
	if ok && m.Setting != nil {
		values = slices.Insert(values, 0, setting(m.Setting))
	}
	if !ok || m.Optional {
		values = append(values, nil)
	}
	return values, all
}

func (p *pool) typed(t *Type) (values []any, all bool) {
	switch t.Kind {
	case Bool:
		return []any{true, false}, true
	case Int:
		return p.integers(t)
	case Duration:
		numbers, _ := p.integers(t)
		for _, n := range numbers {
			values = append(values, time.Duration(n.(int64)))
		}
		return values, false
	case Text:
		if len(t.Values) > 0 {
			return anyOf(t.Values), true
		}
		return anyOf(byLength(p.texts)), false
	case Bytes:
		return []any{[]byte("x"), []byte(nil)}, false
	case List:
		return p.lists(t), false
	case Message, Struct, Map:
		return []any{map[string]any{}}, false
	}
	numbers, _ := p.integers(intType)
	return slices.Concat(anyOf(byLength(p.texts)), numbers, []any{true, false}), false
}

func (p *pool) integers(t *Type) (values []any, all bool) {
	if len(t.codes) > 0 {
		for _, c := range t.codes {
			values = append(values, c.Value)
		}
		return values, true
	}
	low, high := bounds(t)
	if width := new(big.Int).Sub(high, low); width.Cmp(big.NewInt(maxHoles)) < 0 {
		for n := low.Int64(); n <= high.Int64(); n++ {
			values = append(values, n)
		}
		return values, true
	}
	for _, n := range slices.SortedFunc(maps.Keys(p.numbers), nearZero) {
		if v := big64(n); v.Cmp(low) >= 0 && v.Cmp(high) <= 0 {
			values = append(values, n)
		}
	}
	return values, false
}

func nearZero(a, b int64) int { return cmp.Or(cmp.Compare(max(a, -a), max(b, -b)), cmp.Compare(b, a)) }

// lists are a list of nothing, of each single element, and of all at once.
func (p *pool) lists(t *Type) []any {
	elems, _ := p.typed(t.Elem)
	values := []any{[]any(nil)}
	for _, e := range elems {
		values = append(values, []any{e})
	}
	return append(values, elems)
}

func byLength(texts map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		if (a == "") != (b == "") { // the empty text last
			return len(b) - len(a)
		}
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

func anyOf(texts []string) []any {
	values := make([]any, len(texts))
	for i, t := range texts {
		values[i] = t
	}
	return values
}
