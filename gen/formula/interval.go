package formula

import (
	"go/ast"
	"go/token"
	"math/big"
)

func big64(n int64) *big.Int { return big.NewInt(n) }

// bounds are the least and greatest value of a number of type t.
func bounds(t *Type) (low, high *big.Int) {
	if t.Min == nil {
		return minInt64, maxInt64
	}
	return t.Min, t.Max
}

func negate(t *Type) *Type {
	low, high := bounds(t)
	return &Type{Kind: t.Kind, Min: new(big.Int).Neg(high), Max: new(big.Int).Neg(low)}
}

// ranged gives e the type t, or reports that it may leave int64.
func (c *checker) ranged(e Expr, at token.Pos, t *Type) Expr {
	if t.Kind == Int || t.Kind == Duration {
		low, high := bounds(t)
		if low.Cmp(minInt64) < 0 || high.Cmp(maxInt64) > 0 {
			c.failf(at, RuleOverflow, "%s may be as large as %s, which does not fit int64: bound it with min or max", e, farther(low, high))
			return nil
		}
	}
	switch e := e.(type) {
	case *Unary:
		e.typ = t
	case *Binary:
		e.typ = t
	case *Call:
		e.typ = t
	}
	return e
}

// farther is the one farther from zero.
func farther(a, b *big.Int) *big.Int {
	if a.CmpAbs(b) > 0 {
		return a
	}
	return b
}

// arithmetic types + - * / % & | ^ << >> &^, and + between texts.
func (c *checker) arithmetic(x *ast.BinaryExpr, op string, a, b Expr) Expr {
	at, bt := a.Type(), b.Type()
	e := &Binary{c.node(x.Pos(), anyType), op, a, b}
	if x.Op == token.ADD && (at.Kind == Text && bt.AssignableTo(textType) || bt.Kind == Text && at.AssignableTo(textType)) {
		e.typ = textType
		return e
	}
	if !c.numbers(x, a, b, x.Op == token.MUL || x.Op == token.QUO) {
		return nil
	}
	if divides(x.Op) && mayBeZero(bt) {
		c.failf(x.Y.Pos(), RuleDivide, "%s may be zero: write max(1, %s), or compare in another way", b, b)
		return nil
	}
	if at.Kind == Any || bt.Kind == Any {
		return e
	}
	kind, ok := resultKind(x.Op, at.Kind, bt.Kind)
	if !ok {
		c.failf(x.OpPos, RuleType, "%s does not take %s and %s", op, at, bt)
		return nil
	}
	low, high, ok := combine(x.Op, at, bt)
	if !ok {
		c.failf(x.Y.Pos(), RuleOverflow, "%s may lie outside 0 to 62, and so is no number of bits to shift by", b)
		return nil
	}
	return c.ranged(e, x.OpPos, &Type{Kind: kind, Min: low, Max: high})
}

func divides(op token.Token) bool { return op == token.QUO || op == token.REM }

func mayBeZero(t *Type) bool {
	if t.Kind == Any {
		return true
	}
	low, high := bounds(t)
	return low.Sign() <= 0 && high.Sign() >= 0
}

// resultKind is the kind of a op b: durations may be added and subtracted, multiplied and divided by integers, and
// divided by each other.
func resultKind(op token.Token, a, b Kind) (Kind, bool) {
	switch {
	case a == Int && b == Int:
		return Int, true
	case op == token.ADD || op == token.SUB || op == token.REM:
		return Duration, true // one may be a literal 0
	case op == token.MUL && a != b, op == token.QUO && b == Int:
		return Duration, true
	case op == token.QUO && a == b:
		return Int, true
	}
	return Any, false
}

// combine is the interval of a op b. ok is false for a shift by what is no number of bits.
func combine(op token.Token, at, bt *Type) (low, high *big.Int, ok bool) {
	a0, a1 := bounds(at)
	b0, b1 := bounds(bt)
	corners := func(f func(x, y *big.Int) *big.Int) (*big.Int, *big.Int, bool) {
		low, high := extremes(f(a0, b0), f(a0, b1), f(a1, b0), f(a1, b1))
		return low, high, true
	}
	apply := func(x, y *big.Int) *big.Int { return exact(op, x, y) }
	switch op {
	case token.ADD, token.SUB, token.MUL, token.QUO:
		return corners(apply) // a divisor does not reach across zero
	case token.REM:
		low, high := remainder(a0, a1, b0, b1)
		return low, high, true
	case token.SHL, token.SHR:
		if b0.Sign() < 0 || b1.Cmp(big.NewInt(62)) > 0 {
			return nil, nil, false
		}
		return corners(apply)
	case token.AND:
		if a0.Sign() >= 0 || b0.Sign() >= 0 {
			return zero, smallest(a0, a1, b0, b1), true
		}
	case token.OR, token.XOR:
		if a0.Sign() >= 0 && b0.Sign() >= 0 {
			return zero, power(uint(max(a1.BitLen(), b1.BitLen())), -1), true
		}
	case token.AND_NOT:
		if a0.Sign() >= 0 {
			return zero, a1, true
		}
	}
	return minInt64, maxInt64, true
}

// exact computes x op y as a mathematical integer; division truncates towards zero, as Go's does.
func exact(op token.Token, x, y *big.Int) *big.Int {
	z := new(big.Int)
	switch op {
	case token.ADD:
		return z.Add(x, y)
	case token.SUB:
		return z.Sub(x, y)
	case token.MUL:
		return z.Mul(x, y)
	case token.QUO:
		return z.Quo(x, y)
	case token.REM:
		return z.Rem(x, y)
	case token.SHL:
		return z.Lsh(x, uint(y.Uint64()))
	case token.SHR:
		return z.Rsh(x, uint(y.Uint64()))
	case token.AND:
		return z.And(x, y)
	case token.OR:
		return z.Or(x, y)
	case token.XOR:
		return z.Xor(x, y)
	}
	return z.AndNot(x, y)
}

func extremes(list ...*big.Int) (low, high *big.Int) {
	low, high = list[0], list[0]
	for _, n := range list[1:] {
		if n.Cmp(low) < 0 {
			low = n
		}
		if n.Cmp(high) > 0 {
			high = n
		}
	}
	return low, high
}

// remainder is the interval of a % b, which has the sign of a and is smaller than b and no larger than a.
func remainder(a0, a1, b0, b1 *big.Int) (low, high *big.Int) {
	most := new(big.Int).Abs(farther(b0, b1))
	most.Sub(most, one)
	low, high = zero, zero
	if a1.Sign() > 0 {
		high, _ = extremes(most, a1)
	}
	if a0.Sign() < 0 {
		_, low = extremes(new(big.Int).Neg(most), a0)
	}
	return low, high
}

// smallest is the greatest value of a & b when at least one of them is never negative.
func smallest(a0, a1, b0, b1 *big.Int) *big.Int {
	switch {
	case a0.Sign() < 0:
		return b1
	case b0.Sign() < 0:
		return a1
	}
	low, _ := extremes(a1, b1)
	return low
}
