package formula

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	goscanner "go/scanner"
	"go/token"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// The rules whose findings Parse reports.
const (
	RuleSyntax   = "formula-syntax"   // not an expression
	RuleName     = "formula-name"     // a name that nothing in scope has
	RuleType     = "formula-type"     // an operand of the wrong type
	RuleCall     = "formula-call"     // a function called with too few or too many arguments
	RuleDivide   = "formula-divide"   // a divisor that may be zero
	RuleOverflow = "formula-overflow" // a number that may leave int64
)

// maxFormula is the length of a formula, in octets, beyond which it is refused.
const maxFormula = 4096

// Parse reads f in scope s and types it. want is what the place needs: a type that the result must be assignable to; nil
// for any. It returns nil and the findings when anything is wrong.
func Parse(f *model.Formula, s *Scope, want *Type) (Expr, diag.List) {
	if len(f.Text) > maxFormula {
		return nil, diag.List{{Pos: f.Pos, Rule: RuleSyntax, Message: fmt.Sprintf("the formula is longer than %d octets", maxFormula)}}
	}
	c := &checker{scope: s, source: prepare(f)}
	tree, err := parser.ParseExprFrom(token.NewFileSet(), "", c.text, 0)
	if err != nil {
		c.syntax(err)
		return nil, c.found
	}
	e := c.expr(tree)
	if e != nil && want != nil && !e.Type().AssignableTo(want) {
		c.failf(tree.Pos(), RuleType, "%s is %s, and this must be %s", e, e.Type(), want)
	}
	if len(c.found) > 0 {
		return nil, c.found
	}
	return e, nil
}

// BoolType, IntType, TextType and DurationType are for the want of [Parse].
var (
	BoolType     = boolType
	IntType      = intType
	TextType     = textType
	DurationType = durationType
)

// checker turns one Go expression into ours. Its methods return nil after they have reported a finding.
type checker struct {
	*source
	scope *Scope
	it    []*Type // of the elements that the enclosing all and any look at
	found diag.List
}

func (c *checker) failf(pos token.Pos, rule, format string, args ...any) {
	c.found.Errorf(c.position(pos), rule, format, args...)
}

// syntax reports the first thing that go/parser refuses.
func (c *checker) syntax(err error) {
	var list goscanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		c.found.Errorf(c.formula.Pos, RuleSyntax, "%v", err)
		return
	}
	c.found.Errorf(c.offset(list[0].Pos.Offset), RuleSyntax, "not an expression: %s", list[0].Msg)
}

func (c *checker) expr(tree ast.Expr) Expr {
	switch x := tree.(type) {
	case *ast.ParenExpr:
		return c.expr(x.X)
	case *ast.BasicLit:
		return c.literal(x)
	case *ast.Ident:
		return c.ident(x)
	case *ast.SelectorExpr:
		return c.selector(x)
	case *ast.IndexExpr:
		return c.index(x)
	case *ast.UnaryExpr:
		return c.unary(x)
	case *ast.BinaryExpr:
		return c.binary(x)
	case *ast.CallExpr:
		return c.call(x)
	}
	c.failf(tree.Pos(), RuleSyntax, "this kind of Go expression is not part of the formula language")
	return nil
}

func (c *checker) node(pos token.Pos, t *Type) node { return node{typ: t, pos: c.position(pos)} }

func (c *checker) literal(x *ast.BasicLit) Expr {
	if d, ok := c.durations[int(x.Pos())-1]; ok {
		v := big64(int64(d))
		return &Lit{c.node(x.Pos(), &Type{Kind: Duration, Min: v, Max: v}), d}
	}
	switch x.Kind {
	case token.INT:
		n, err := strconv.ParseInt(x.Value, 0, 64)
		if err != nil {
			c.failf(x.Pos(), RuleOverflow, "%s does not fit int64", x.Value)
			return nil
		}
		v := big64(n)
		return &Lit{c.node(x.Pos(), &Type{Kind: Int, Min: v, Max: v, Null: n == 0}), n}
	case token.STRING:
		s, err := strconv.Unquote(x.Value)
		if err == nil {
			return &Lit{c.node(x.Pos(), textType), s}
		}
	case token.CHAR:
		c.failf(x.Pos(), RuleSyntax, "a text stands in double quotes: %q", strings.Trim(x.Value, "'"))
		return nil
	}
	c.failf(x.Pos(), RuleSyntax, "%s: the formula language has integers, texts, durations, true and false", x.Value)
	return nil
}

func (c *checker) ident(x *ast.Ident) Expr {
	name := c.name(x.Pos(), len(x.Name))
	switch {
	case name == "true" || name == "false":
		return &Lit{c.node(x.Pos(), boolType), name == "true"}
	case name == "it" && len(c.it) > 0:
		return &Root{c.node(x.Pos(), c.it[len(c.it)-1]), name}
	}
	if m, ok := find(c.scope.rootMembers("self"), name); ok {
		return c.member(x, &Root{c.node(x.Pos(), c.scope.Self), "self"}, m)
	}
	if t, ok := c.scope.root(name); ok {
		return &Root{c.node(x.Pos(), t), name}
	}
	known := append(c.scope.inScope(), names(c.scope.rootMembers("self"))...)
	if slices.Contains(roots, name) {
		c.failf(x.Pos(), RuleName, "%s is not known here; %s are", name, strings.Join(known, ", "))
		return nil
	}
	c.failf(x.Pos(), RuleName, "no name %q%s", name, diag.DidYouMean(name, known...))
	return nil
}

func (c *checker) selector(x *ast.SelectorExpr) Expr {
	base := c.expr(x.X)
	if base == nil {
		return nil
	}
	name := c.name(x.Sel.Pos(), len(x.Sel.Name))
	var list []member
	switch r, isRoot := base.(*Root); {
	case isRoot && r.Name != "it":
		list = c.scope.rootMembers(r.Name)
	case base.Type().Kind == Any:
		return &Member{node: c.node(x.Pos(), anyType), X: base, Name: name, Optional: true}
	default:
		list = c.scope.members(base.Type())
	}
	m, ok := find(list, name)
	if ok {
		return c.member(x.Sel, base, m)
	}
	if t := base.Type(); t.Kind == Message && len(t.Messages) == 0 {
		return &Member{node: c.node(x.Pos(), anyType), X: base, Name: name, Optional: true}
	}
	c.noMember(x.Sel, base, name, list)
	return nil
}

// noMember reports a name after a dot that nothing has, or that only some messages of a group have.
func (c *checker) noMember(at ast.Node, base Expr, name string, list []member) {
	messages := base.Type().Messages
	if len(messages) > 1 {
		for _, m := range messages {
			if _, ok := find(c.scope.message(m), name); ok {
				c.failf(at.Pos(), RuleName, "not every message that %s may be has %q: %s has it, %s has not",
					base, name, m.Name, c.without(messages, name))
				return
			}
		}
	}
	what := base.String()
	if r, ok := base.(*Root); ok && len(messages) == 1 && r.Name != "self" {
		what += fmt.Sprintf(" (message %q)", messages[0].Name)
	}
	c.failf(at.Pos(), RuleName, "%s has no %q%s", what, name, diag.DidYouMean(name, names(list)...))
}

func (c *checker) without(messages []*model.Message, name string) string {
	for _, m := range messages {
		if _, ok := find(c.scope.message(m), name); !ok {
			return m.Name
		}
	}
	return ""
}

func (c *checker) member(at ast.Node, base Expr, m member) Expr {
	t, optional := m.typ, m.optional || mayBeAbsent(base)
	if optional {
		t = t.orZero()
	}
	return &Member{
		node: node{t, c.position(at.Pos())}, X: base, Name: m.name, Optional: optional,
		Field: m.field, Bind: m.bind, Var: m.variable, Setting: m.setting, Code: m.code,
	}
}

// mayBeAbsent reports whether e may be absent, and so all that is in it.
func mayBeAbsent(e Expr) bool {
	switch e := e.(type) {
	case *Member:
		return e.Optional
	case *Index, *Call:
		return true
	}
	return false
}

// value checks a tree whose result is used as a value: a root that only has members is none.
func (c *checker) value(tree ast.Expr) Expr {
	e := c.expr(tree)
	if r, ok := e.(*Root); ok && r.Type() == anyType && r.Name != "it" {
		c.failf(tree.Pos(), RuleName, "%s is no value: name one of its members, such as %s", r, strings.Join(first(c.scope.rootMembers(r.Name), r.Name), ", "))
		return nil
	}
	return e
}

func (c *checker) index(x *ast.IndexExpr) Expr {
	base, i := c.value(x.X), c.value(x.Index)
	if base == nil || i == nil {
		return nil
	}
	want, elem := intType, base.Type().Elem
	switch base.Type().Kind {
	case Any:
		return &Index{c.node(x.Pos(), anyType), base, i}
	case Map:
		want = textType
	case Bytes:
		elem = intRange(zero, big.NewInt(255))
	case List:
	default:
		c.failf(x.Pos(), RuleType, "%s is %s, which has no elements", base, base.Type())
		return nil
	}
	if !i.Type().AssignableTo(want) {
		c.failf(x.Index.Pos(), RuleType, "%s is %s, and the index of %s is %s", i, i.Type(), base.Type(), want)
		return nil
	}
	return &Index{c.node(x.Pos(), elem.orZero()), base, i}
}

func (c *checker) unary(x *ast.UnaryExpr) Expr {
	e := c.value(x.X)
	if e == nil {
		return nil
	}
	t := e.Type()
	switch {
	case x.Op == token.NOT && (t.Kind == Bool || t.Kind == Any):
		return &Unary{c.node(x.Pos(), boolType), "!", e}
	case x.Op == token.SUB && (t.Kind == Int || t.Kind == Any || t.Kind == Duration):
		return c.ranged(&Unary{c.node(x.Pos(), t), "-", e}, x.Pos(), negate(t))
	case x.Op == token.XOR && (t.Kind == Int || t.Kind == Any):
		return c.ranged(&Unary{c.node(x.Pos(), t), "^", e}, x.Pos(), intRange(minInt64, maxInt64))
	}
	c.failf(x.OpPos, RuleType, "%s does not take %s", x.Op, t)
	return nil
}

func (c *checker) binary(x *ast.BinaryExpr) Expr {
	a, b := c.value(x.X), c.value(x.Y)
	if a == nil || b == nil {
		return nil
	}
	op := x.Op.String()
	if c.in[int(x.OpPos)-1] {
		return c.apply(functions["in"], x.OpPos, x.Pos(), []Expr{a, b})
	}
	switch x.Op {
	case token.LAND, token.LOR:
		if c.operands(x, a, b, Bool) {
			return &Binary{c.node(x.Pos(), boolType), op, a, b}
		}
		return nil
	case token.EQL, token.NEQ:
		if !a.Type().AssignableTo(b.Type()) && !b.Type().AssignableTo(a.Type()) || !comparable(a.Type()) || !comparable(b.Type()) {
			c.failf(x.OpPos, RuleType, "%s and %s cannot be compared: %s and %s", a, b, a.Type(), b.Type())
			return nil
		}
		c.enumerated(x, a, b)
		return &Binary{c.node(x.Pos(), boolType), op, a, b}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		if c.numbers(x, a, b, false) {
			return &Binary{c.node(x.Pos(), boolType), op, a, b}
		}
		return nil
	}
	return c.arithmetic(x, op, a, b)
}

// comparable reports whether values of t have == and !=.
func comparable(t *Type) bool {
	switch t.Kind {
	case Any, Bool, Int, Text, Bytes, Duration, Time:
		return true
	}
	return false
}

// enumerated reports a comparison of an enumeration with a text it never has.
func (c *checker) enumerated(x *ast.BinaryExpr, a, b Expr) {
	for _, pair := range [][2]Expr{{a, b}, {b, a}} {
		values := pair[0].Type().Values
		lit, ok := pair[1].(*Lit)
		if s, isText := "", false; ok && len(values) > 0 {
			if s, isText = lit.Value.(string); isText && !slices.Contains(values, s) {
				c.failf(x.OpPos, RuleType, "%s is never %q%s", pair[0], s, diag.DidYouMean(s, values...))
			}
		}
	}
}

// operands reports operands that are not of kind k.
func (c *checker) operands(x *ast.BinaryExpr, a, b Expr, k Kind) bool {
	for i, e := range []Expr{a, b} {
		if t := e.Type(); t.Kind != k && t.Kind != Any {
			c.failf([]ast.Expr{x.X, x.Y}[i].Pos(), RuleType, "%s takes %s, and %s is %s", x.Op, k, e, t)
			return false
		}
	}
	return true
}

// numbers reports operands that are not both integers or both durations; mixed allows a duration with an integer, in
// either order.
func (c *checker) numbers(x *ast.BinaryExpr, a, b Expr, mixed bool) bool {
	for i, e := range []Expr{a, b} {
		if t := e.Type(); t.Kind != Int && t.Kind != Duration && t.Kind != Any {
			c.failf([]ast.Expr{x.X, x.Y}[i].Pos(), RuleType, "%s takes numbers, and %s is %s", x.Op, e, t)
			return false
		}
	}
	if !mixed && !a.Type().AssignableTo(b.Type()) && !b.Type().AssignableTo(a.Type()) {
		c.failf(x.OpPos, RuleType, "%s takes two of a kind: %s is %s, %s is %s", x.Op, a, a.Type(), b, b.Type())
		return false
	}
	return true
}

// call checks a call of one of the functions.
func (c *checker) call(x *ast.CallExpr) Expr {
	id, ok := x.Fun.(*ast.Ident)
	if !ok {
		c.notFunction(x)
		return nil
	}
	name := c.name(id.Pos(), len(id.Name))
	f, ok := functions[name]
	if !ok || f.impure && !c.scope.Impure {
		c.failf(id.Pos(), RuleName, "no function %q%s", name, diag.DidYouMean(name, functionNames()...))
		return nil
	}
	if n := len(x.Args); n < f.Min || f.Max >= 0 && n > f.Max || x.Ellipsis.IsValid() {
		c.failf(x.Lparen, RuleCall, "%s: %s", name, f.Signature)
		return nil
	}
	args := make([]Expr, len(x.Args))
	for i, a := range x.Args {
		if f.each && i == 1 {
			args[i] = c.predicate(a, args[0])
		} else {
			args[i] = c.value(a)
		}
		if args[i] == nil {
			return nil
		}
	}
	return c.apply(f, id.Pos(), x.Pos(), args)
}

// notFunction reports a call of something that is no function's name.
func (c *checker) notFunction(x *ast.CallExpr) {
	if e := c.expr(x.Fun); e != nil {
		c.failf(x.Lparen, RuleSyntax, "%s is a value, not a function: leave the parentheses out", e)
	}
}

// predicate checks what all and any ask of every element of list, which is called it there.
func (c *checker) predicate(tree ast.Expr, list Expr) Expr {
	elem := anyType
	if list.Type().Kind == List {
		elem = list.Type().Elem
	}
	c.it = append(c.it, elem)
	defer func() { c.it = c.it[:len(c.it)-1] }()
	return c.value(tree)
}

// apply types the call of f at the function's name, the expression beginning at begin.
func (c *checker) apply(f *Function, at, begin token.Pos, args []Expr) Expr {
	t, problem := f.typ(args)
	if problem != "" {
		c.failf(at, RuleType, "%s: %s (%s)", f.Name, problem, f.Signature)
		return nil
	}
	return c.ranged(&Call{c.node(begin, t), f, args}, at, t)
}

func find(list []member, name string) (member, bool) {
	i := slices.IndexFunc(list, func(m member) bool { return m.name == name })
	if i < 0 {
		return member{}, false
	}
	return list[i], true
}

func names(list []member) []string {
	s := make([]string, len(list))
	for i, m := range list {
		s[i] = m.name
	}
	return s
}

// first are the first few members of a root, as a formula names them.
func first(list []member, root string) []string {
	var s []string
	for _, m := range list[:min(len(list), 3)] {
		s = append(s, root+"."+m.name)
	}
	return s
}
