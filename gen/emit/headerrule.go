package emit

import (
	"go/token"
	"math/big"
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// constant is the text that a field of a start line has when the program leaves it empty.
func (e headersEncoding) constant(f *model.Field) (string, bool) {
	if f.Is == nil || e.value(f).kind != headerText {
		return "", false
	}
	text, err := strconv.Unquote(f.Is.Text)
	return text, err == nil
}

// validate emits
//
//	func (m *Request) Validate() error {
//		var v header.Verdict
//		v.Begin(m.faults)
//		v.Start(cmp.Or(m.Version, "2.0") == "2.0", "RFC 3261 7.1", 505, "the version is not 2.0")
//		v.Need(len(m.Via) != 0, "Via", 400)
//		v.Rule(m.CSeq.Method == m.Method, "RFC 3261 8.1.1.5", 400, "CSeq names another method", "CSeq")
//		return v.Err()
//	}
func (e headersEncoding) validate(m *message) jen.Code {
	var start, rules []jen.Code
	owed := rt("header", "StatusBadRequest")
	if m.m.Class == "reply" {
		owed = lit(0) // a reply gets none
	}
	rule := func(r *model.Rule, absent jen.Code) {
		p := &headerPrinter{e: e, m: m, head: m.head.h, recv: "m"}
		cond := p.unless(absent, r.Rule, formula.ForMessage(e.p, m.m, nil))
		if len(p.keys) == 0 {
			start = append(start, jen.Id("v").Dot("Start").Call(cond, lit(ruleName(r)), e.codeOf(r.Code, owed), lit(ruleText(r))))
			return
		}
		rules = append(rules, e.ruleCall("v", r, owed, cond, collect(p.keys, func(key string) jen.Code { return lit(key) })...))
	}
	for _, r := range m.m.Valid {
		rule(r, nil)
	}
	for _, f := range m.m.Fields {
		for _, r := range e.conditions(f) {
			var absent jen.Code
			if f.Optional {
				absent = e.value(f).absent(jen.Id("m").Dot(f.Go))
			}
			rule(r, absent)
		}
	}
	body := append(block(jen.Var().Id("v").Add(rt("header", "Verdict")), jen.Id("v").Dot("Begin").Call(jen.Id("m").Dot("faults"))), start...)
	for _, f := range e.mandatory(m.head.h) {
		body = append(body, jen.Id("v").Dot("Need").Call(e.thereOf(f, jen.Id("m")), lit(f.Key), rt("header", "StatusBadRequest")))
	}
	if slices.ContainsFunc(m.head.h.Fields, e.hasConditions) {
		body = append(body, jen.Id("m").Dot("judge").Call(jen.Op("&").Id("v")))
	}
	body = append(append(body, rules...), jen.Return(jen.Id("v").Dot("Err").Call()))
	return documented(doc("Validate implements [Message]."), method("m", m.typ, "Validate", nil, block(jen.Error()), body...))
}

// ruleName is what a fault calls a rule: the clause of the standard.
func ruleName(r *model.Rule) string {
	if r.Standard != "" {
		return r.Standard
	}
	return "rule"
}

// ruleText is what whoever breaks a rule is told.
func ruleText(r *model.Rule) string {
	if r.Doc != "" {
		return r.Doc
	}
	return "not " + r.Rule.Text
}

// codeOf emits the code that a broken rule earns; it is owed where the rule names none.
func (e headersEncoding) codeOf(name string, owed jen.Code) jen.Code {
	if c := e.code(name); c != nil {
		return jen.Int().Call(jen.Id(c.Go))
	}
	return owed
}

// headerPrinter prints the rules of a message. Values are what the structs hold, not what formulas elsewhere see.
type headerPrinter struct {
	e     headersEncoding
	recv  string      // what emitted code calls the message, head or value
	m     *message    // of rules of a message
	head  *model.Head // of a head, and of a message that has it
	value *model.Type // of the parts of a value
	keys  []string    // the header fields that were named
}

func (p *headerPrinter) expr(x formula.Expr) *jen.Statement {
	switch x := plain(x).(type) {
	case *formula.Lit:
		if n, ok := x.Value.(int64); ok {
			return jen.Lit(int(n))
		}
		return lit(x.Value)
	case *formula.Root:
		if x.Name == "it" {
			return jen.Id("it")
		}
		return jen.Id(p.recv)
	case *formula.Member:
		return p.member(x)
	case *formula.Index:
		at := rt("header", "At").Call(p.expr(x.X), p.expr(x.I))
		if x.Type().Kind == formula.Struct {
			return at
		}
		return jen.Op("*").Add(at)
	case *formula.Unary:
		return jen.Op(x.Op).Add(p.operand(x.X, 5))
	case *formula.Binary:
		return p.binary(x)
	case *formula.Call:
		return p.call(x)
	}
	return p.refuse(x)
}

func (p *headerPrinter) refuse(x formula.Expr) *jen.Statement {
	p.e.found.Errorf(x.Pos(), "not-emitted", "%s is not emitted in a rule of a message of headers", x)
	return jen.Nil()
}

// member prints a field of the message or of a value: a parameter is a method, an absent value reads as zero.
func (p *headerPrinter) member(x *formula.Member) *jen.Statement {
	if x.Field == nil {
		return p.refuse(x)
	}
	root, ok := x.X.(*formula.Root)
	at := p.expr(x.X).Dot(x.Field.Go)
	self := ok && root.Name == "self"
	switch {
	case self && p.m != nil && slices.Contains(p.m.m.Fields, x.Field):
		if _, constant := p.e.constant(x.Field); constant {
			return p.e.startField(p.m.m, x.Field)
		}
		return at
	case self && p.head != nil && p.e.isLength(x.Field):
		return jen.Len(jen.Id(p.recv).Dot(p.e.body(p.head).Go))
	case self && p.head != nil && headField(p.head, x.Field):
		if x.Field.Key != "" && !slices.Contains(p.keys, x.Field.Key) {
			p.keys = append(p.keys, x.Field.Key)
		}
		if p.e.wraps(x.Field) {
			return at.Dot("Value")
		}
		return at
	case self && p.value == nil:
		return p.refuse(x)
	case isParam(x.Field) && p.e.value(x.Field).kind == headerNumber:
		return rt("header", "Value").Call(at.Call())
	case isParam(x.Field):
		return at.Call()
	}
	return at
}

func (p *headerPrinter) binary(x *formula.Binary) *jen.Statement {
	prec := precedence(x.Op)
	l, r := p.operand(x.X, prec), p.operand(x.Y, prec+1)
	if x.X.Type().Kind == formula.Int && !fits(x) {
		l, r = p.wideOperand(x.X, prec), p.wideOperand(x.Y, prec+1)
	}
	return l.Op(x.Op).Add(r)
}

// fits reports whether x compares a number with a constant that has a place in the number's own type.
func fits(x *formula.Binary) bool {
	l, constant := x.Y.(*formula.Lit)
	n, whole := int64(0), false
	if constant {
		n, whole = l.Value.(int64)
	}
	t := x.X.Type()
	return whole && opposites[x.Op] != "" && big.NewInt(n).Cmp(t.Min) >= 0 && big.NewInt(n).Cmp(t.Max) <= 0
}

func (p *headerPrinter) operand(x formula.Expr, prec int) *jen.Statement {
	x = plain(x)
	b, ok := x.(*formula.Binary)
	c, call := x.(*formula.Call)
	if ok && precedence(b.Op) < prec || call && c.Func.Name == "in" && len(c.Args) > 2 && precedence("||") < prec {
		return jen.Parens(p.expr(x))
	}
	return p.expr(x)
}

func (p *headerPrinter) call(x *formula.Call) *jen.Statement {
	switch x.Func.Name {
	case "has":
		return p.has(x)
	case "all", "any":
		return p.each(x)
	case "serial", "now", "number":
		return p.refuse(x)
	}
	arg := p.expr(x.Args[0])
	switch x.Func.Name {
	case "len", "size", "count":
		return jen.Len(arg)
	case "lower":
		return rt("formula", "Lower").Call(arg)
	case "hasPrefix":
		return jen.Qual("strings", "HasPrefix").Call(arg, p.expr(x.Args[1]))
	case "match":
		return p.e.pattern(x.Args[0]).Dot("MatchString").Call(p.expr(x.Args[1]))
	case "in":
		return p.in(x)
	case "min", "max":
		return jen.Id(x.Func.Name).Call(p.wide(x.Args)...)
	case "pow":
		return rt("formula", "Pow").Call(p.wide(x.Args)...)
	case "crc32":
		return crc32Of(x.Args[0], arg)
	case "text":
		return textOf(x.Args[0], arg)
	case "cond":
		return rt("session", "Cond").Call(append(block(arg), p.wide(x.Args[1:])...)...)
	}
	return p.refuse(x)
}

// wide prints numbers as int64.
func (p *headerPrinter) wide(args []formula.Expr) []jen.Code {
	return collect(args, func(x formula.Expr) jen.Code { return p.wideOperand(x, token.LowestPrec) })
}

// wideOperand prints a number as an int64 or a constant, in parentheses when it binds less than prec.
func (p *headerPrinter) wideOperand(x formula.Expr, prec int) *jen.Statement {
	narrow := x.Type().Kind == formula.Int
	switch x := x.(type) {
	case *formula.Lit, *formula.Binary:
		narrow = false
	case *formula.Call:
		narrow = narrow && slices.Contains([]string{"len", "size", "count"}, x.Func.Name)
	}
	if narrow {
		return jen.Int64().Call(p.expr(x))
	}
	return p.operand(x, prec)
}

// in prints membership in a list of texts, or in the values listed.
func (p *headerPrinter) in(x *formula.Call) *jen.Statement {
	if len(x.Args) == 2 && x.Args[1].Type().Kind == formula.List {
		return jen.Qual("slices", "Contains").Call(p.expr(x.Args[1]), p.expr(x.Args[0]))
	}
	s := jen.Null()
	for i, value := range x.Args[1:] {
		if i > 0 {
			s.Op("||")
		}
		s.Add(p.binary(&formula.Binary{Op: "==", X: x.Args[0], Y: value}))
	}
	return s
}

// has prints whether a header field, or a part of its value, is there.
func (p *headerPrinter) has(x *formula.Call) *jen.Statement {
	m, ok := x.Args[0].(*formula.Member)
	if !ok || m.Field == nil || p.e.isLength(m.Field) {
		return p.refuse(x)
	}
	at, v := p.expr(m), p.e.value(m.Field)
	switch {
	case isParam(m.Field) && v.kind == headerNumber:
		return rt("header", "Given").Call(p.expr(m.X).Dot(m.Field.Go).Call())
	case isRepeated(m.Field):
		return jen.Len(at).Op("!=").Lit(0)
	case p.e.wraps(m.Field), v.kind == headerStruct:
		return p.e.thereOf(m.Field, p.expr(m.X))
	}
	return v.there(at)
}

// each emits whether some element meets a condition, or none its opposite:
//
//	!slices.ContainsFunc(m.Contact, func(it Contact) bool { return !(cond) })
func (p *headerPrinter) each(x *formula.Call) *jen.Statement {
	list, ok := x.Args[0].(*formula.Member)
	if !ok || list.Field == nil {
		return p.refuse(x)
	}
	contains := func(cond jen.Code) *jen.Statement {
		return jen.Qual("slices", "ContainsFunc").Call(p.expr(list),
			jen.Func().Params(jen.Id("it").Add(p.e.value(list.Field).goType())).Bool().Add(line(jen.Return(cond))))
	}
	if x.Func.Name == "any" {
		return contains(p.expr(x.Args[1]))
	}
	return jen.Op("!").Add(contains(p.expr(negation(x.Args[1]))))
}
