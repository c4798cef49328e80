package formula

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"reflect"
	"slices"
	"time"

	"github.com/protogen-go/protogen/gen/model"
)

// Env is what formulas are evaluated over: values by root. Values are int64, string, bool, []byte, time.Duration, []any
// and map[string]any (messages, structs, maps); what is not there is absent. Settings that config leaves out have their
// defaults.
type Env map[string]map[string]any

var errOverflow = errors.New("formula: the result does not fit int64")

// Eval computes e over env. An error means that env holds a value of the wrong type, or a reply code or number outside
// what its type allows: [Parse] has refused every other way to fail.
func Eval(e Expr, env Env) (any, error) {
	v := &evaluator{env: env}
	x, err := v.eval(e)
	if x == nil && err == nil {
		x = zeroOf(e.Type())
	}
	return x, err
}

// EvalBool computes the condition e over env.
func EvalBool(e Expr, env Env) (bool, error) {
	v, err := Eval(e, env)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("formula: %s is %T, not a condition", e, v)
	}
	return b, nil
}

type evaluator struct {
	env   Env
	given map[string]any // values of terms, by their text; asked before env
	it    []any
}

// eval returns nil for what is absent.
func (v *evaluator) eval(e Expr) (any, error) {
	if v.given != nil && isTerm(e) {
		if x, ok := v.given[e.String()]; ok {
			return x, nil
		}
	}
	switch e := e.(type) {
	case *Lit:
		return e.Value, nil
	case *Root:
		return v.root(e), nil
	case *Member:
		return v.member(e)
	case *Index:
		return v.index(e)
	case *Unary:
		return v.unary(e)
	case *Binary:
		return v.binary(e)
	case *Call:
		return v.call(e)
	}
	return nil, fmt.Errorf("formula: %T cannot be computed", e)
}

// value is eval with what is absent read as zero.
func (v *evaluator) value(e Expr) (any, error) {
	x, err := v.eval(e)
	if x == nil && err == nil {
		x = zeroOf(e.Type())
	}
	return x, err
}

func zeroOf(t *Type) any {
	switch t.Kind {
	case Bool:
		return false
	case Int:
		return int64(0)
	case Text:
		return ""
	case Bytes:
		return []byte(nil)
	case Duration:
		return time.Duration(0)
	case List:
		return []any(nil)
	}
	return nil
}

func (v *evaluator) root(e *Root) any {
	if e.Name == "it" {
		return v.it[len(v.it)-1]
	}
	if m, ok := v.env[e.Name]; ok {
		return m
	}
	return nil
}

func (v *evaluator) member(e *Member) (any, error) {
	if e.Code != nil {
		return e.Code.Value, nil
	}
	base, err := v.eval(e.X)
	if err != nil {
		return nil, err
	}
	m, ok := base.(map[string]any)
	if base != nil && !ok {
		return nil, fmt.Errorf("formula: %s is %T and has no members", e.X, base)
	}
	if x, ok := m[e.Name]; ok {
		return x, nil
	}
	if e.Setting != nil {
		return setting(e.Setting), nil
	}
	return nil, nil
}

// setting is a setting's default as formulas compute with it.
func setting(s *model.Setting) any {
	texts, ok := s.Value.([]string)
	if !ok {
		return s.Value
	}
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}

func (v *evaluator) index(e *Index) (any, error) {
	base, err := v.eval(e.X)
	if err != nil {
		return nil, err
	}
	i, err := v.value(e.I)
	if err != nil {
		return nil, err
	}
	switch key := i.(type) {
	case string:
		m, _ := base.(map[string]any)
		return m[key], nil
	case int64:
		if b, ok := base.([]byte); ok && key >= 0 && key < int64(len(b)) {
			return int64(b[key]), nil
		}
		if list, ok := base.([]any); ok && key >= 0 && key < int64(len(list)) {
			return list[key], nil
		}
	}
	return nil, nil
}

func (v *evaluator) unary(e *Unary) (any, error) {
	x, err := v.value(e.X)
	if err != nil {
		return nil, err
	}
	if b, ok := x.(bool); ok && e.Op == "!" {
		return !b, nil
	}
	n, err := number(x)
	if err != nil {
		return nil, err
	}
	if e.Op == "^" {
		return ^n, nil
	}
	return v.arithmetic(token.SUB, x, int64(0), n)
}

func (v *evaluator) binary(e *Binary) (any, error) {
	x, err := v.value(e.X)
	if err != nil {
		return nil, err
	}
	if b, ok := x.(bool); ok && (e.Op == "&&" && !b || e.Op == "||" && b) {
		return b, nil
	}
	y, err := v.value(e.Y)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case "&&", "||":
		return y, nil
	case "==":
		return equal(x, y), nil
	case "!=":
		return !equal(x, y), nil
	}
	return v.numeric(e, x, y)
}

// equal compares two values; what is absent equals the zero value of the other's kind.
func equal(x, y any) bool {
	if x == nil {
		x, y = y, x
	}
	if y == nil {
		return x == nil || reflect.ValueOf(x).IsZero()
	}
	if a, ok := x.([]byte); ok {
		b, _ := y.([]byte)
		return bytes.Equal(a, b)
	}
	a, errA := number(x)
	b, errB := number(y)
	if errA == nil && errB == nil {
		return a == b
	}
	switch x.(type) {
	case string, bool, time.Time:
		return x == y
	}
	return false
}

// numeric computes the operators of numbers, and + of texts.
func (v *evaluator) numeric(e *Binary, x, y any) (any, error) {
	if a, ok := x.(string); ok && e.Op == "+" {
		b, err := asText(y)
		return a + b, err
	}
	a, err := number(x)
	if err != nil {
		return nil, err
	}
	b, err := number(y)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case "<":
		return a < b, nil
	case "<=":
		return a <= b, nil
	case ">":
		return a > b, nil
	case ">=":
		return a >= b, nil
	}
	op := operators[e.Op]
	if divides(op) && b == 0 || (op == token.SHL || op == token.SHR) && (b < 0 || b > 62) {
		return nil, errOverflow
	}
	return v.arithmetic(op, e.Type(), a, b)
}

var operators = map[string]token.Token{
	"+": token.ADD, "-": token.SUB, "*": token.MUL, "/": token.QUO, "%": token.REM,
	"&": token.AND, "|": token.OR, "^": token.XOR, "&^": token.AND_NOT, "<<": token.SHL, ">>": token.SHR,
}

// arithmetic computes a op b exactly. like is a value or a type of the kind of the result.
func (v *evaluator) arithmetic(op token.Token, like any, a, b int64) (any, error) {
	z := exact(op, big64(a), big64(b))
	if !z.IsInt64() {
		return nil, errOverflow
	}
	_, span := like.(time.Duration)
	if t, ok := like.(*Type); ok && t.Kind == Duration || span {
		return time.Duration(z.Int64()), nil
	}
	return z.Int64(), nil
}

func (v *evaluator) call(e *Call) (any, error) {
	if e.Func.eval == nil {
		return v.choose(e)
	}
	args := make([]any, len(e.Args))
	for i, a := range e.Args {
		x, err := v.value(a)
		if err != nil {
			return nil, err
		}
		args[i] = x
	}
	return e.Func.eval(args)
}

// choose computes the functions that do not need the value of every argument, or not as others do.
func (v *evaluator) choose(e *Call) (any, error) {
	switch e.Func.Name {
	case "has":
		x, err := v.eval(e.Args[0])
		return present(x), err
	case "cond":
		c, err := v.value(e.Args[0])
		if err != nil {
			return nil, err
		}
		if c == true {
			return v.as(e.Args[1], e.Type())
		}
		return v.as(e.Args[2], e.Type())
	case "all", "any":
		return v.each(e)
	case "closes":
		return v.closes(e.Args[0])
	}
	return nil, fmt.Errorf("formula: %s has no value before it runs", e)
}

// present reports whether x is there and not empty; false and 0 are there.
func present(x any) bool {
	switch x := x.(type) {
	case nil:
		return false
	case string:
		return x != ""
	case []byte:
		return len(x) > 0
	case []any:
		return len(x) > 0
	case map[string]any:
		return x != nil
	}
	return true
}

// as computes e, a literal 0 as a duration where t is one.
func (v *evaluator) as(e Expr, t *Type) (any, error) {
	x, err := v.value(e)
	if n, ok := x.(int64); ok && t.Kind == Duration {
		return time.Duration(n), err
	}
	return x, err
}

func (v *evaluator) each(e *Call) (any, error) {
	x, err := v.value(e.Args[0])
	if err != nil {
		return nil, err
	}
	list, err := asList(x)
	if err != nil {
		return nil, err
	}
	all := e.Func.Name == "all"
	for _, elem := range list {
		v.it = append(v.it, elem)
		ok, err := v.value(e.Args[1])
		v.it = v.it[:len(v.it)-1]
		if err != nil {
			return nil, err
		}
		if ok != all {
			return !all, nil
		}
	}
	return all, nil
}

// closes looks the code up among those that e may be.
func (v *evaluator) closes(e Expr) (any, error) {
	x, err := v.value(e)
	if err != nil {
		return nil, err
	}
	n, err := number(x)
	return slices.ContainsFunc(e.Type().codes, func(c *model.Code) bool { return c.Value == n && c.Closes }), err
}
