package formula

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// clause is a conjunction: intervals of linear forms, truths of conditions that are not looked into, equalities between
// texts.
type clause struct {
	forms  map[string]form
	truth  map[string]bool
	same   [][2]string
	differ [][2]string
}

// form is a linear form and the integers it may be.
type form struct {
	sum linear
	set interval
}

// maxClauses is how large a disjunction may grow before its question is left undecided.
const maxClauses = 512

// normaliser turns conditions into disjunctions of clauses.
type normaliser struct {
	ranges map[string]*Type // of terms, by their text
	over   bool             // maxClauses has been exceeded
}

// normal returns the clauses of e, or of its negation; none when it never holds.
func (n *normaliser) normal(e Expr, negate bool) []clause {
	switch e := e.(type) {
	case *Lit:
		return decided((e.Value == true) != negate)
	case *Unary:
		if e.Op == "!" {
			return n.normal(e.X, !negate)
		}
	case *Binary:
		return n.binary(e, negate)
	case *Call:
		if c, ok := n.call(e, negate); ok {
			return c
		}
	}
	return n.opaque(e, negate)
}

// decided is the clauses of a truth value.
func decided(holds bool) []clause {
	if holds {
		return []clause{{}}
	}
	return nil
}

// opaque takes e for a condition that is true or false and no more is known of it.
func (n *normaliser) opaque(e Expr, negate bool) []clause {
	return []clause{{truth: map[string]bool{e.String(): !negate}}}
}

func (n *normaliser) binary(e *Binary, negate bool) []clause {
	switch e.Op {
	case "&&", "||":
		x, y := n.normal(e.X, negate), n.normal(e.Y, negate)
		if (e.Op == "&&") != negate {
			return n.product(x, y)
		}
		return n.bounded(slices.Concat(x, y))
	}
	op := e.Op
	if negate {
		op = negated[op]
	}
	switch k := operandKind(e); {
	case k == Int || k == Duration:
		return n.comparison(e, op)
	case k == Text:
		return n.texts(e.X, e.Y, op == "==")
	case k == Bool:
		both := n.product(n.normal(e.X, false), n.normal(e.Y, op != "=="))
		neither := n.product(n.normal(e.X, true), n.normal(e.Y, op == "=="))
		return n.bounded(slices.Concat(both, neither))
	}
	return n.opaque(e, negate)
}

// operandKind is the kind of what e compares: that of the operand whose type is known.
func operandKind(e *Binary) Kind {
	if k := e.X.Type().Kind; k != Any {
		return k
	}
	return e.Y.Type().Kind
}

// comparison is the clauses of a comparison of numbers.
func (n *normaliser) comparison(e *Binary, op string) []clause {
	key, sum, set, done, holds := n.minus(e.X, e.Y).constrain(op)
	if done {
		return decided(holds)
	}
	return []clause{{forms: map[string]form{key: {sum, set}}}}
}

// texts is the clauses of x == y or x != y.
func (n *normaliser) texts(x, y Expr, equal bool) []clause {
	pair := [][2]string{{x.String(), y.String()}}
	n.ranges[x.String()], n.ranges[y.String()] = x.Type(), y.Type()
	if equal {
		return []clause{{same: pair}}
	}
	return []clause{{differ: pair}}
}

// call is the clauses of the functions that are looked into.
func (n *normaliser) call(e *Call, negate bool) ([]clause, bool) {
	switch e.Func.Name {
	case "cond":
		yes := n.product(n.normal(e.Args[0], false), n.normal(e.Args[1], negate))
		no := n.product(n.normal(e.Args[0], true), n.normal(e.Args[2], negate))
		return n.bounded(slices.Concat(yes, no)), true
	case "in":
		if len(e.Args) == 2 && e.Args[1].Type().Kind == List || e.Args[0].Type().Kind == Any {
			return nil, false
		}
		var list []clause
		if negate {
			list = decided(true)
		}
		for _, a := range e.Args[1:] {
			c := n.binary(&Binary{node{boolType, e.pos}, "==", e.Args[0], a}, negate)
			if negate {
				list = n.product(list, c)
			} else {
				list = append(list, c...)
			}
		}
		return n.bounded(list), true
	case "has":
		n.ranges[e.Args[0].String()] = e.Args[0].Type()
		return []clause{n.presence(e, !negate)}, true
	}
	return nil, false
}

// presence is the clause of has(x) or its negation, with what follows for the value of x: what is absent reads as zero,
// and a text or list that is there is not empty.
func (n *normaliser) presence(e *Call, there bool) clause {
	x := e.Args[0].String()
	c := clause{truth: map[string]bool{e.String(): there}}
	switch k := e.Args[0].Type().Kind; {
	case k == Text && there:
		c.differ = [][2]string{{x, `""`}}
	case k == Text:
		c.same = [][2]string{{x, `""`}}
	case k == List || k == Bytes:
		key := "1·len(" + x + ") "
		n.ranges["len("+x+")"] = lengthType
		set := interval{low: one}
		if !there {
			set = interval{low: zero, high: zero}
		}
		c.forms = map[string]form{key: {linear{map[string]*big.Int{"len(" + x + ")": one}, zero}, set}}
	case (k == Int || k == Duration) && !there:
		c.forms = map[string]form{"1·" + x + " ": {linear{map[string]*big.Int{x: one}, zero}, interval{low: zero, high: zero}}}
	case k == Bool && !there:
		c.truth[x] = false
	}
	return c
}

// bounded returns list, or nothing once it is too long.
func (n *normaliser) bounded(list []clause) []clause {
	if len(list) > maxClauses {
		n.over = true
		return nil
	}
	return list
}

// product joins each clause of x with each of y, and leaves out those that cannot hold.
func (n *normaliser) product(x, y []clause) []clause {
	if len(x)*len(y) > maxClauses {
		n.over = true
		return nil
	}
	var list []clause
	for _, a := range x {
		for _, b := range y {
			if c, ok := a.join(b); ok {
				list = append(list, c)
			}
		}
	}
	return list
}

// join is a and b; ok is false when they contradict each other plainly.
func (a clause) join(b clause) (c clause, ok bool) {
	c = clause{
		forms: map[string]form{}, truth: map[string]bool{},
		same: slices.Concat(a.same, b.same), differ: slices.Concat(a.differ, b.differ),
	}
	maps.Copy(c.truth, a.truth)
	for k, v := range b.truth {
		if w, known := c.truth[k]; known && v != w {
			return c, false
		}
		c.truth[k] = v
	}
	maps.Copy(c.forms, a.forms)
	for k, f := range b.forms {
		if g, known := c.forms[k]; known {
			f.set.meet(g.set)
		}
		if f.set.empty() {
			return c, false
		}
		c.forms[k] = f
	}
	return c, true
}

// impossible reports whether c is known never to hold.
func (n *normaliser) impossible(c clause) bool {
	return n.noNumbers(c) || n.noTexts(c)
}

// noNumbers reports whether some form has no integer left, given the intervals of its terms.
func (n *normaliser) noNumbers(c clause) bool {
	single := map[string]interval{}
	for term, t := range n.ranges {
		if t.Min != nil {
			single[term] = interval{low: t.Min, high: t.Max}
		}
	}
	for _, f := range c.forms {
		if len(f.sum.factors) == 1 {
			for term := range f.sum.factors {
				s := single[term]
				s.meet(f.set)
				if s.empty() {
					return true
				}
				single[term] = s
			}
		}
	}
	for _, f := range c.forms {
		s := f.sum.within(single)
		s.meet(f.set)
		if s.empty() {
			return true
		}
	}
	return false
}

// within is the interval of l's form (without its constant) when its terms lie in theirs.
func (l linear) within(single map[string]interval) interval {
	total := interval{low: new(big.Int), high: new(big.Int)}
	for term, f := range l.factors {
		s := single[term]
		if s.low == nil || s.high == nil {
			return interval{}
		}
		low, high := extremes(new(big.Int).Mul(s.low, f), new(big.Int).Mul(s.high, f))
		total.low.Add(total.low, low)
		total.high.Add(total.high, high)
	}
	return total
}

// noTexts reports whether c makes two different texts equal, two equal ones different, or leaves an enumeration no value.
func (n *normaliser) noTexts(c clause) bool {
	parent := map[string]string{}
	for _, p := range c.same {
		parent[root(parent, p[0])] = root(parent, p[1])
	}
	value := map[string]string{} // of a class: the literal in it
	for _, p := range slices.Concat(c.same, c.differ) {
		for _, t := range p {
			if t[0] != '"' {
				continue
			}
			r := root(parent, t)
			if v, ok := value[r]; ok && v != t {
				return true
			}
			value[r] = t
		}
	}
	excluded := map[string][]string{} // of a class: the literals it is not
	for _, p := range c.differ {
		a, b := root(parent, p[0]), root(parent, p[1])
		if a == b || value[a] != "" && value[a] == value[b] {
			return true
		}
		excluded[a] = append(excluded[a], value[b])
		excluded[b] = append(excluded[b], value[a])
	}
	return n.noValue(parent, value, excluded)
}

// noValue reports whether an enumeration has none of its values left.
func (n *normaliser) noValue(parent, value map[string]string, excluded map[string][]string) bool {
	for term, t := range n.ranges {
		r := root(parent, term)
		if len(t.Values) == 0 {
			continue
		}
		left := slices.ContainsFunc(t.Values, func(v string) bool {
			q := strconv.Quote(v)
			return !slices.Contains(excluded[r], q) && (value[r] == "" || value[r] == q)
		})
		if !left {
			return true
		}
	}
	return false
}

// root is the representative of the class that t is in.
func root(parent map[string]string, t string) string {
	for parent[t] != "" && parent[t] != t {
		t = parent[t]
	}
	return t
}
