package emit

import (
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
	for _, r := range m.m.Valid {
		p := &headerPrinter{e: e, m: m}
		x, found := formula.Parse(r.Rule, formula.ForMessage(e.p, m.m, nil), formula.BoolType)
		if found.HasErrors() {
			e.found = append(e.found, found...)
			continue
		}
		args := block(p.expr(x), lit(ruleName(r)), e.codeOf(r.Code), lit(ruleText(r)))
		if len(p.keys) == 0 {
			start = append(start, jen.Id("v").Dot("Start").Call(args...))
			continue
		}
		for _, key := range p.keys {
			args = append(args, lit(key))
		}
		rules = append(rules, jen.Id("v").Dot("Rule").Call(args...))
	}
	body := append(block(jen.Var().Id("v").Add(rt("header", "Verdict")), jen.Id("v").Dot("Begin").Call(jen.Id("m").Dot("faults"))), start...)
	for _, f := range e.mandatory(m.head.h) {
		body = append(body, jen.Id("v").Dot("Need").Call(e.thereOf(f, jen.Id("m")), lit(f.Key), rt("header", "StatusBadRequest")))
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

// codeOf emits the code that a broken rule earns, 0 for none.
func (e headersEncoding) codeOf(name string) jen.Code {
	if c := e.code(name); c != nil {
		return jen.Int().Call(jen.Id(c.Go))
	}
	return lit(0)
}

// headerPrinter prints the rules of a message. Values are what the structs hold, not what formulas elsewhere see.
type headerPrinter struct {
	e    headersEncoding
	m    *message
	keys []string // the header fields that were named
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
		return jen.Id("m")
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
	switch {
	case ok && root.Name == "self" && slices.Contains(p.m.m.Fields, x.Field):
		if _, constant := p.e.constant(x.Field); constant {
			return p.e.startField(p.m.m, x.Field)
		}
		return at
	case ok && root.Name == "self":
		if x.Field.Key != "" && !slices.Contains(p.keys, x.Field.Key) {
			p.keys = append(p.keys, x.Field.Key)
		}
		if p.e.wraps(x.Field) {
			return at.Dot("Value")
		}
		return at
	case isParam(x.Field):
		return at.Call()
	}
	return at
}

func (p *headerPrinter) binary(x *formula.Binary) *jen.Statement {
	prec := precedence(x.Op)
	l, r := p.operand(x.X, prec), p.operand(x.Y, prec+1)
	if _, constant := x.Y.(*formula.Lit); x.X.Type().Kind == formula.Int && !constant {
		l, r = jen.Int64().Call(l), jen.Int64().Call(r)
	}
	return l.Op(x.Op).Add(r)
}

func (p *headerPrinter) operand(x formula.Expr, prec int) *jen.Statement {
	x = plain(x)
	if b, ok := x.(*formula.Binary); ok && precedence(b.Op) < prec {
		return jen.Parens(p.expr(x))
	}
	return p.expr(x)
}

func (p *headerPrinter) call(x *formula.Call) *jen.Statement {
	switch arg := x.Args[0]; x.Func.Name {
	case "len", "size", "count":
		return jen.Len(p.expr(arg))
	case "lower":
		return jen.Qual("strings", "ToLower").Call(p.expr(arg))
	case "hasPrefix":
		return jen.Qual("strings", "HasPrefix").Call(p.expr(arg), p.expr(x.Args[1]))
	case "has":
		if m, ok := arg.(*formula.Member); ok && m.Field != nil {
			there := p.expr(arg)
			switch {
			case p.e.wraps(m.Field):
				return p.e.thereOf(m.Field, jen.Id("m"))
			case isRepeated(m.Field):
				return jen.Len(there).Op("!=").Lit(0)
			case p.e.value(m.Field).kind == headerStruct:
				return p.e.thereOf(m.Field, jen.Id("m"))
			}
			return p.e.value(m.Field).there(there)
		}
	case "all", "any":
		return p.each(x)
	}
	return p.refuse(x)
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
