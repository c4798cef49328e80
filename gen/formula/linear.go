package formula

import (
	"maps"
	"math/big"
	"slices"
	"strings"
)

// linear is a sum of terms with factors, plus a constant. Terms are known by their text.
type linear struct {
	factors  map[string]*big.Int
	constant *big.Int
}

// interval is a set of integers: those from low to high, without some.
type interval struct {
	low, high *big.Int // nil: unbounded
	except    []*big.Int
}

// minus returns a - b as a linear sum. What is not linear becomes a term of its own, whose interval n notes.
func (n *normaliser) minus(a, b Expr) linear {
	sum := linear{map[string]*big.Int{}, new(big.Int)}
	n.add(&sum, a, one)
	n.add(&sum, b, big.NewInt(-1))
	maps.DeleteFunc(sum.factors, func(_ string, f *big.Int) bool { return f.Sign() == 0 })
	return sum
}

// add adds factor times e.
func (n *normaliser) add(sum *linear, e Expr, factor *big.Int) {
	if v, ok := constant(e); ok {
		sum.constant.Add(sum.constant, v.Mul(v, factor))
		return
	}
	switch e := e.(type) {
	case *Unary:
		if e.Op == "-" {
			n.add(sum, e.X, new(big.Int).Neg(factor))
			return
		}
	case *Binary:
		if n.addBinary(sum, e, factor) {
			return
		}
	}
	term := e.String()
	n.ranges[term] = e.Type()
	f := sum.factors[term]
	if f == nil {
		f = new(big.Int)
		sum.factors[term] = f
	}
	f.Add(f, factor)
}

// addBinary adds a sum, a difference or a product with a constant; it reports whether e is one.
func (n *normaliser) addBinary(sum *linear, e *Binary, factor *big.Int) bool {
	switch e.Op {
	case "+", "-":
		n.add(sum, e.X, factor)
		if e.Op == "-" {
			factor = new(big.Int).Neg(factor)
		}
		n.add(sum, e.Y, factor)
		return true
	case "*":
		if v, ok := constant(e.X); ok {
			n.add(sum, e.Y, v.Mul(v, factor))
			return true
		}
		if v, ok := constant(e.Y); ok {
			n.add(sum, e.X, v.Mul(v, factor))
			return true
		}
	}
	return false
}

// constant returns a fresh copy of the only value that e may have.
func constant(e Expr) (*big.Int, bool) {
	t := e.Type()
	if t.Kind != Int && t.Kind != Duration || t.Min == nil || t.Min.Cmp(t.Max) != 0 {
		return nil, false
	}
	return new(big.Int).Set(t.Min), true
}

// canonical divides the factors by their greatest common divisor and makes the first of them positive. It returns the
// form's text and the divisor, negative when the sign was turned; the constant is left alone.
func (l linear) canonical() (key string, divisor *big.Int) {
	terms := slices.Sorted(maps.Keys(l.factors))
	divisor = new(big.Int)
	for _, t := range terms {
		divisor.GCD(nil, nil, divisor, new(big.Int).Abs(l.factors[t]))
	}
	if l.factors[terms[0]].Sign() < 0 {
		divisor.Neg(divisor)
	}
	var b strings.Builder
	for _, t := range terms {
		f := l.factors[t].Quo(l.factors[t], divisor)
		b.WriteString(f.String() + "·" + t + " ")
	}
	return b.String(), divisor
}

// meet narrows s to what is in t too.
func (s *interval) meet(t interval) {
	if t.low != nil && (s.low == nil || t.low.Cmp(s.low) > 0) {
		s.low = t.low
	}
	if t.high != nil && (s.high == nil || t.high.Cmp(s.high) < 0) {
		s.high = t.high
	}
	s.except = append(slices.Clip(s.except), t.except...)
}

// maxHoles is how wide an interval is examined integer by integer.
const maxHoles = 256

// empty reports whether s holds no integer.
func (s *interval) empty() bool {
	if s.low == nil || s.high == nil {
		return false
	}
	width := new(big.Int).Sub(s.high, s.low)
	if width.Sign() < 0 {
		return true
	}
	if width.Cmp(big.NewInt(maxHoles)) > 0 {
		return false
	}
	for n := new(big.Int).Set(s.low); n.Cmp(s.high) <= 0; n.Add(n, one) {
		if !slices.ContainsFunc(s.except, func(x *big.Int) bool { return x.Cmp(n) == 0 }) {
			return false
		}
	}
	return true
}

// constrain turns "l op 0" into a constraint on l's canonical form. holds is the truth of a comparison without terms, and
// of one that no integer fulfils.
func (l linear) constrain(op string) (key string, form linear, set interval, decided, holds bool) {
	if len(l.factors) == 0 {
		return "", l, interval{}, true, compareSign(l.constant.Sign(), op)
	}
	key, d := l.canonical()
	if d.Sign() < 0 {
		op = mirrored[op]
	}
	// d·form + constant op 0, so form op -constant/d, with |d| once the sign has been turned
	k := new(big.Int).Neg(l.constant)
	if d.Sign() < 0 {
		k.Neg(k)
	}
	d.Abs(d)
	down, rest := new(big.Int).DivMod(k, d, new(big.Int)) // floor, as d > 0
	up := new(big.Int).Set(down)
	if rest.Sign() != 0 {
		up.Add(up, one)
	}
	switch op {
	case "==", "!=":
		if rest.Sign() != 0 {
			return "", l, interval{}, true, op == "!="
		}
		if op == "==" {
			set = interval{low: down, high: down}
		} else {
			set = interval{except: []*big.Int{down}}
		}
	case "<":
		set.high = up.Sub(up, one)
	case "<=":
		set.high = down
	case ">":
		set.low = down.Add(down, one)
	case ">=":
		set.low = up
	}
	return key, l, set, false, false
}

var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

var negated = map[string]string{"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

// compareSign is the truth of "n op 0" for a number of that sign.
func compareSign(sign int, op string) bool {
	switch op {
	case "==":
		return sign == 0
	case "!=":
		return sign != 0
	case "<":
		return sign < 0
	case "<=":
		return sign <= 0
	case ">":
		return sign > 0
	}
	return sign >= 0
}
