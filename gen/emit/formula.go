package emit

import (
	"go/token"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// printer prints the formulas of one place as Go. A formula's values are int64, string, bool, []string, time.Duration,
// time.Time and messages there, whatever the types they are read from.
type printer struct {
	e     *emitter
	scope *formula.Scope
	// roots says how emitted code names what formulas begin with: "msg", "req", "result", "call", "error".
	roots map[string]string
	// config and vars are what settings and variables are fields of, session what has the peer and serial numbers.
	config, vars, session string
	// request reads a field of whatever is being answered; nil where req is a message of known kind.
	request func(f *model.Field) jen.Code
	found   *diag.List
	uses    map[string]bool // helpers that what was printed needs
	named   map[string]bool // roots that were named
	garbled bool            // error is about the stream and has a text alone
	// transaction is the machine of a transaction, whose variables that are messages are kept by its engine; else nil.
	transaction *machine
}

// rootName is how emitted code names a root; empty when it cannot.
func (p *printer) rootName(root string) string {
	p.named[root] = true
	return p.roots[root]
}

// parse types f, which must be assignable to want; nil stands for any type. It returns nil when there are findings.
func (p *printer) parse(f *model.Formula, want *formula.Type) formula.Expr {
	x, found := formula.Parse(f, p.scope, want)
	if found.HasErrors() {
		*p.found = append(*p.found, found...)
		return nil
	}
	return x
}

// value prints f, which must be assignable to want; nil stands for any type. A finding stands for a formula that cannot
// be printed.
func (p *printer) value(f *model.Formula, want *formula.Type) *jen.Statement {
	x := p.parse(f, want)
	if x == nil {
		return jen.Nil()
	}
	return p.expr(x)
}

// condition prints a guard.
func (p *printer) condition(f *model.Formula) *jen.Statement { return p.value(f, formula.BoolType) }

// plainInt prints f as a Go int.
func (p *printer) plainInt(f *model.Formula) *jen.Statement {
	x := p.parse(f, formula.IntType)
	if x == nil {
		return jen.Nil()
	}
	if l, ok := x.(*formula.Lit); ok {
		return p.literal(l)
	}
	if m, ok := x.(*formula.Member); ok && m.Setting != nil {
		return jen.Id(p.config).Dot(m.Setting.Go)
	}
	return jen.Int().Call(p.number(x))
}

// number prints x as an int64 or a constant, also where it is a reply code.
func (p *printer) number(x formula.Expr) *jen.Statement {
	if x.Type().Code && p.transaction == nil {
		return jen.Int64().Call(p.expr(x))
	}
	return p.expr(x)
}

func (p *printer) expr(x formula.Expr) *jen.Statement {
	switch x := plain(x).(type) {
	case *formula.Lit:
		return p.literal(x)
	case *formula.Root:
		return p.root(x)
	case *formula.Member:
		return p.member(x)
	case *formula.Index:
		return rt("session", "At").Call(p.expr(x.X), p.number(x.I))
	case *formula.Unary:
		if c, ok := x.X.(*formula.Call); ok && x.Op == "!" {
			switch c.Func.Name {
			case "all":
				return p.each(c, true)
			case "has":
				return p.has(c.Args[0], false)
			}
		}
		return jen.Op(x.Op).Add(p.operand(x.X, token.UnaryPrec))
	case *formula.Binary:
		return p.binary(x)
	case *formula.Call:
		return p.call(x)
	}
	return p.refuse(x, "this kind of expression")
}

// refuse reports what has no Go form yet.
func (p *printer) refuse(x formula.Expr, what string) *jen.Statement {
	p.found.Errorf(x.Pos(), "not-emitted", "%s: %s is not emitted yet", x, what)
	return jen.Nil()
}

func (p *printer) literal(x *formula.Lit) *jen.Statement {
	if x.Type().Kind == formula.Duration {
		return duration(x.Value)
	}
	if n, ok := x.Value.(int64); ok {
		return jen.Lit(int(n))
	}
	return lit(x.Value)
}

func (p *printer) root(x *formula.Root) *jen.Statement {
	if x.Name == "it" {
		return jen.Id("it")
	}
	if name := p.rootName(x.Name); name != "" {
		return jen.Id(name)
	}
	return p.refuse(x, "this name")
}

// member prints a part of a root or of a message.
func (p *printer) member(x *formula.Member) *jen.Statement {
	switch {
	case x.Var != nil:
		return jen.Id(p.vars).Dot(varName(x.Var))
	case x.Setting != nil:
		s := jen.Id(p.config).Dot(x.Setting.Go)
		switch {
		case x.Setting.Type == "int":
			return jen.Int64().Call(s)
		case x.Setting.Value == true:
			return jen.Op("*").Add(s)
		}
		return s
	case x.Code != nil:
		return jen.Id(x.Code.Go)
	}
	root, ok := x.X.(*formula.Root)
	if !ok && p.transaction != nil && x.Field != nil {
		return p.partOfValue(x)
	}
	if !ok {
		return p.refuse(x, "a field of a field")
	}
	switch root.Name {
	case "peer":
		return p.peer(x)
	case "link":
		if x.Name == "name" {
			return jen.Id(p.session).Dot("LinkName").Call()
		}
		if p.transaction != nil {
			return jen.Id("s").Dot("Link").Call().Dot("Reliable")
		}
		return lit(!lossy(p.e.p))
	case "error":
		return p.errorMember(x)
	}
	return p.messageMember(root, x)
}

func (p *printer) peer(x *formula.Member) *jen.Statement {
	if x.Name == "verified" {
		return jen.Id(p.session).Dot("Peer").Call().Dot("Verified")
	}
	return jen.Id(p.session).Dot("Peer").Call().Dot("Address").Call()
}

// errorMember prints what is known of a message that could not be read.
func (p *printer) errorMember(x *formula.Member) *jen.Statement {
	e := jen.Id(p.rootName("error"))
	switch {
	case p.garbled && x.Name == "text":
		return e.Dot("Error").Call()
	case p.garbled:
		return p.refuse(x, "what a lost stream does not say")
	}
	switch x.Name {
	case "text":
		p.uses["errorText"] = true
		return jen.Id("errorText").Call(e)
	case "node":
		return e.Dot("Node")
	case "message":
		return e.Dot("Message")
	case "malformed", "invalid", "unknown":
		return e.Dot("Kind").Op("==").Id("Message" + exported(x.Name))
	case "rule":
		return p.ruleHelper("breaksRule", e)
	case "code":
		return p.ruleHelper("ruleCode", e)
	}
	return e.Dot(x.Field.Go)
}

// ruleHelper prints what is known of the rule that a message breaks; nothing is when messages have no rules.
func (p *printer) ruleHelper(name string, e *jen.Statement) *jen.Statement {
	switch {
	case p.e.hasRules():
		p.uses[name] = true
		return jen.Id(name).Call(e)
	case name == "breaksRule":
		return jen.False()
	}
	return jen.Id(p.e.msgs.codes.name).Call(lit(0))
}

// messageMember prints a field of a message. A field that several kinds of message share is one of their head.
func (p *printer) messageMember(root *formula.Root, x *formula.Member) *jen.Statement {
	if p.request != nil && root.Name == "req" && x.Field != nil {
		return jen.Add(p.request(x.Field))
	}
	recv := p.rootName(root.Name)
	if recv == "" {
		return p.refuse(x, "this name")
	}
	messages := root.Type().Messages
	if x.Type().Code && len(messages) > 0 && p.transaction == nil {
		if h := sharedHead(messages); h != nil && len(messages) > 1 {
			return jen.Id(recv).Dot(headMethod(h)).Call().Dot("Code").Call()
		}
		return jen.Id(recv).Dot("Code").Call()
	}
	if x.Field == nil {
		return p.refuse(x, "this part of a message")
	}
	if len(messages) == 1 {
		return jen.Add(p.e.field(messages[0], x.Field, jen.Id(recv)))
	}
	if h := sharedHead(messages); h != nil && headField(h, x.Field) {
		return jen.Add(p.e.headField(h, x.Field, jen.Id(recv).Dot(headMethod(h)).Call()))
	}
	return p.refuse(x, "a field that several messages have outside their head")
}

// binary prints an operator. Two reply codes compare as they are; otherwise numbers are int64.
func (p *printer) binary(x *formula.Binary) *jen.Statement {
	prec := precedence(x.Op)
	l, r := p.operand(x.X, prec), p.operand(x.Y, prec+1)
	if codes := x.X.Type().Code && x.Y.Type().Code; !codes {
		if x.X.Type().Code {
			l = p.number(x.X)
		}
		if x.Y.Type().Code {
			r = p.number(x.Y)
		}
	}
	if x.Type().Kind == formula.Duration {
		l, r = asDuration(x.X, l), asDuration(x.Y, r)
	}
	return l.Op(x.Op).Add(r)
}

// asDuration is a factor of a duration as Go wants it: a number that is no constant becomes a duration too.
func asDuration(x formula.Expr, printed *jen.Statement) *jen.Statement {
	if _, constant := x.(*formula.Lit); constant || x.Type().Kind != formula.Int {
		return printed
	}
	return jen.Qual("time", "Duration").Call(printed)
}

// opposites are the operators that hold when others do not.
var opposites = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "&&": "||", "||": "&&"}

// negation is the opposite of the condition x, with the "!" moved inwards: not (a or b) is not a and not b.
func negation(x formula.Expr) formula.Expr {
	switch x := x.(type) {
	case *formula.Unary:
		return x.X
	case *formula.Binary:
		opposite := *x
		opposite.Op = opposites[x.Op]
		if x.Op == "&&" || x.Op == "||" {
			opposite.X, opposite.Y = negation(x.X), negation(x.Y)
		}
		return &opposite
	}
	return formula.Not(x)
}

// plain is x, without the "!" where a negation has a form without.
func plain(x formula.Expr) formula.Expr {
	not, ok := x.(*formula.Unary)
	if !ok || not.Op != "!" {
		return x
	}
	switch not.X.(type) {
	case *formula.Binary, *formula.Unary:
		return negation(not.X)
	}
	return x
}

// operand prints x in parentheses when it binds less than prec.
func (p *printer) operand(x formula.Expr, prec int) *jen.Statement {
	x = plain(x)
	if b, ok := x.(*formula.Binary); ok && precedence(b.Op) < prec || compares(x) && token.EQL.Precedence() < prec {
		return jen.Parens(p.expr(x))
	}
	return p.expr(x)
}

// compares reports whether x is a function that is printed as a comparison.
func compares(x formula.Expr) bool {
	if not, ok := x.(*formula.Unary); ok {
		x = not.X
	}
	c, ok := x.(*formula.Call)
	return ok && c.Func.Name == "has"
}

// precedence is how strongly an operator binds in Go.
func precedence(op string) int {
	for t := token.ADD; t <= token.GEQ; t++ {
		if t.String() == op {
			return t.Precedence()
		}
	}
	return token.LowestPrec
}

// call prints a function.
func (p *printer) call(x *formula.Call) *jen.Statement {
	args := make([]jen.Code, len(x.Args))
	for i, a := range x.Args {
		args[i] = p.expr(a)
	}
	switch x.Func.Name {
	case "len", "size", "count":
		return jen.Int64().Call(jen.Len(args[0]))
	case "has":
		return p.has(x.Args[0], true)
	case "in":
		return p.in(x, args)
	case "min", "max":
		return jen.Id(x.Func.Name).Call(args...)
	case "cond":
		return rt("session", "Cond").Call(args...)
	case "lower":
		return rt("formula", "Lower").Call(args...)
	case "match":
		return p.e.pattern(x.Args[0]).Dot("MatchString").Call(args[1])
	case "pow":
		return rt("formula", "Pow").Call(args...)
	case "crc32":
		return crc32Of(x.Args[0], args[0])
	case "text":
		return textOf(x.Args[0], p.expr(x.Args[0]))
	case "hasPrefix":
		return jen.Qual("strings", "HasPrefix").Call(args...)
	case "all", "any":
		if x.Func.Name == "all" {
			return jen.Op("!").Add(p.each(x, true))
		}
		return p.each(x, false)
	case "first":
		return rt("session", "At").Call(args[0], lit(0))
	case "last":
		return rt("session", "Last").Call(args...)
	case "init":
		return rt("session", "Init").Call(args...)
	case "rest":
		return rt("session", "Rest").Call(args...)
	case "common":
		return rt("session", "Common").Call(args...)
	case "number":
		return jen.Id(p.session).Dot("Number").Call()
	case "append":
		return jen.Qual("slices", "Concat").Call(args[0], jen.Index().Add(p.elem(x.Args[0])).Values(args[1:]...))
	case "closes":
		return p.closes(x.Args[0])
	case "serial":
		return jen.Id(p.session).Dot("Serial").Call()
	case "now":
		return jen.Qual("time", "Now").Call().Dot("UTC").Call()
	}
	return p.refuse(x, "the function "+x.Func.Name)
}

// pattern is a pattern, which is a literal, compiled for the whole of a text.
func (e *emitter) pattern(x formula.Expr) *jen.Statement {
	text, _ := x.(*formula.Lit).Value.(string)
	i := slices.Index(e.patterns, text)
	if i < 0 {
		i = len(e.patterns)
		e.patterns = append(e.patterns, text)
	}
	return jen.Id("patterns").Index(lit(i))
}

// patternVars emits
//
//	// patterns are what formulas match texts with.
//	var patterns = [...]*regexp.Regexp{
//		regexp.MustCompile(`^(?:[a-z]+)$`),
//	}
func (e *emitter) patternVars() []jen.Code {
	if len(e.patterns) == 0 {
		return nil
	}
	rows := collect(e.patterns, func(text string) jen.Code {
		return jen.Qual("regexp", "MustCompile").Call(rawString("^(?:" + text + ")$"))
	})
	return []jen.Code{documented(doc("patterns are what formulas match texts with."),
		jen.Var().Id("patterns").Op("=").Index(jen.Op("...")).Op("*").Qual("regexp", "Regexp").Add(lines(rows...)))}
}

// crc32Of prints the checksum of a text or of bytes.
func crc32Of(x formula.Expr, printed jen.Code) *jen.Statement {
	if x.Type().Kind == formula.Text {
		printed = jen.Index().Byte().Call(printed)
	}
	return jen.Int64().Call(jen.Qual("hash/crc32", "ChecksumIEEE").Call(printed))
}

// textOf prints a number in decimal, or bytes or a text as a text.
func textOf(x formula.Expr, printed *jen.Statement) *jen.Statement {
	switch x.Type().Kind {
	case formula.Int:
		return jen.Qual("strconv", "FormatInt").Call(jen.Int64().Call(printed), lit(10))
	case formula.Bytes:
		return jen.String().Call(printed)
	}
	return printed
}

// closes prints whether the connection is closed after a code.
func (p *printer) closes(code formula.Expr) *jen.Statement {
	if !slices.ContainsFunc(p.e.p.Codes, func(c *model.Code) bool { return c.Closes }) {
		return jen.False()
	}
	if code.Type().Code {
		return p.expr(code).Dot("Closes").Call()
	}
	return jen.Id(p.e.msgs.codes.name).Call(p.expr(code)).Dot("Closes").Call()
}

// has prints whether something is there, or is not.
func (p *printer) has(x formula.Expr, there bool) *jen.Statement {
	differs := "!="
	if !there {
		differs = "=="
	}
	if m, ok := x.(*formula.Member); ok && m.X.String() == "error" && m.Name == "node" {
		return p.expr(x).Op(differs).Nil()
	}
	if m, ok := x.(*formula.Member); ok && m.Var != nil && p.transaction != nil {
		return p.transaction.isKept(m.Var, there)
	}
	switch x.Type().Kind {
	case formula.Text:
		return p.expr(x).Op(differs).Lit("")
	case formula.List, formula.Bytes, formula.Map:
		return jen.Len(p.expr(x)).Op(differs).Lit(0)
	case formula.Message:
		return p.expr(x).Op(differs).Nil()
	case formula.Time:
		zero := p.expr(x).Dot("IsZero").Call()
		if there {
			return jen.Op("!").Add(zero)
		}
		return zero
	}
	return p.refuse(x, "has of a "+x.Type().String())
}

// in prints membership in a list, or in the values listed.
func (p *printer) in(x *formula.Call, args []jen.Code) *jen.Statement {
	if len(args) == 2 && x.Args[1].Type().Kind == formula.List {
		return jen.Qual("slices", "Contains").Call(args[1], args[0])
	}
	s := jen.Null()
	for i, a := range x.Args[1:] {
		if i > 0 {
			s.Op("||")
		}
		s.Add(p.expr(x.Args[0])).Op("==").Add(p.expr(a))
	}
	return jen.Parens(s)
}

// each emits whether some element meets the condition, or its opposite:
//
//	slices.ContainsFunc(list, func(it string) bool { return !cond })
func (p *printer) each(x *formula.Call, opposite bool) *jen.Statement {
	cond := p.expr(x.Args[1])
	if opposite {
		cond = jen.Op("!").Add(p.operand(x.Args[1], token.UnaryPrec))
	}
	return jen.Qual("slices", "ContainsFunc").Call(
		p.expr(x.Args[0]),
		jen.Func().Params(jen.Id("it").Add(p.elem(x.Args[0]))).Bool().Block(jen.Return(cond)),
	)
}

// elem is the Go type of a list's elements.
func (p *printer) elem(list formula.Expr) *jen.Statement {
	if t := list.Type(); t.Kind == formula.List {
		return goType(t.Elem)
	}
	return p.refuse(list, "a list whose elements have no type")
}

// goType is the Go type of a formula's values.
func goType(t *formula.Type) *jen.Statement {
	switch t.Kind {
	case formula.Bool:
		return jen.Bool()
	case formula.Int:
		return jen.Int64()
	case formula.Text:
		return jen.String()
	case formula.Bytes:
		return jen.Index().Byte()
	case formula.Duration:
		return jen.Qual("time", "Duration")
	case formula.Time:
		return jen.Qual("time", "Time")
	case formula.List:
		return jen.Index().Add(goType(t.Elem))
	case formula.Message:
		return jen.Id("Message")
	}
	return jen.Any()
}

// lossy reports whether some transport of p may lose what is sent.
func lossy(p *model.Protocol) bool {
	for _, t := range p.Transports {
		if t.Lossy {
			return true
		}
	}
	return false
}

// headField reports whether f is a field of h.
func headField(h *model.Head, f *model.Field) bool {
	for _, other := range h.Fields {
		if other == f {
			return true
		}
	}
	return false
}

// sharedHead is the head that all messages have, nil if there is none.
func sharedHead(messages []*model.Message) *model.Head {
	h := messages[0].Head
	for _, m := range messages[1:] {
		if m.Head != h {
			return nil
		}
	}
	return h
}
