package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// conditions are what a field must meet beyond what reading it asks for: the field's own, and those of its type, which stand in the
// words of the field.
func (e headersEncoding) conditions(f *model.Field) []*model.Rule {
	var rules []*model.Rule
	for _, x := range typeConditions(f) {
		if isRepeated(f) {
			x = "all(" + f.Name + ", " + strings.ReplaceAll(x, "$", "it") + ")"
		}
		typed := *f
		typed.Valid = &model.Formula{Text: strings.ReplaceAll(x, "$", f.Name), Pos: f.Named.Pos}
		if f.Wrong == "" {
			typed.Wrong = f.Name + ": not of the type " + f.Named.Name
		}
		rules = append(rules, fieldRule(&typed))
	}
	if f.Valid != nil {
		rules = append(rules, fieldRule(f))
	}
	return rules
}

// typeConditions are what the type of a field asks of its value, called $.
func typeConditions(f *model.Field) (conditions []string) {
	t := f.Named
	if t == nil {
		return nil
	}
	switch t.Kind {
	case "token":
		conditions = append(conditions, "match("+strconv.Quote(t.Match)+", $)")
		if t.Min != nil {
			conditions = append(conditions, "len($) >= "+strconv.FormatInt(*t.Min, 10))
		}
		if t.Max != nil {
			conditions = append(conditions, "len($) <= "+strconv.FormatInt(*t.Max, 10))
		}
	case "enum":
		if t.Unknown != "keep" {
			var values []string
			for _, v := range t.Values {
				values = append(values, strconv.Quote(v))
			}
			conditions = append(conditions, "in($, "+strings.Join(values, ", ")+")")
		}
	case "integer":
		if t.Min != nil && *t.Min > 0 {
			conditions = append(conditions, "$ >= "+strconv.FormatInt(*t.Min, 10))
		}
		if t.Max != nil && !wholeRoom(uint64(*t.Max)) {
			conditions = append(conditions, "$ <= "+strconv.FormatInt(*t.Max, 10))
		}
	}
	return conditions
}

// wholeRoom reports whether most is the largest number of its Go type, so that no other needs to be asked for.
func wholeRoom(most uint64) bool { return most == 1<<8-1 || most == 1<<16-1 || most == 1<<32-1 }

// judged reports whether values of type t have conditions.
func (e headersEncoding) judged(t *model.Type) bool {
	return slices.ContainsFunc(t.Fields, e.hasConditions)
}

// hasConditions reports whether f has conditions, or its value has.
func (e headersEncoding) hasConditions(f *model.Field) bool {
	v := e.value(f)
	return len(e.conditions(f)) > 0 || v.kind == headerStruct && e.judged(v.st)
}

// judgeValue emits what judges a value; nil for one without conditions.
//
//	func (v *Contact) judge(to *header.Verdict, field string) {
//		to.Rule(!v.Params.Has("q") || patterns[0].MatchString(v.Q()), "RFC 3261 20.10", int(CodeBadRequest), "q is 0 to 1", field)
//	}
func (e headersEncoding) judgeValue(t *model.Type, f form) jen.Code {
	var body []jen.Code
	for _, field := range t.Fields {
		absent := e.absentPart(t, f, field)
		for _, r := range e.conditions(field) {
			p := &headerPrinter{e: e, value: t, recv: "v"}
			cond := p.unless(absent, r.Rule, formula.ForStruct(e.p, t))
			body = append(body, e.ruleCall("to", r, rt("header", "StatusBadRequest"), cond, jen.Id("field")))
		}
		if v := e.value(field); v.kind == headerStruct && e.judged(v.st) {
			body = append(body, jen.Id("v").Dot(field.Go).Dot("judge").Call(jen.Id("to"), jen.Id("field")))
		}
	}
	if body == nil {
		return nil
	}
	return documented(doc("judge tells of the conditions that v does not meet, v being a value of the header field called field."),
		method("v", t.Go, "judge", block(jen.Id("to").Op("*").Add(rt("header", "Verdict")), jen.Id("field").String()), nil, body...))
}

// absentPart emits the condition that a part of a value is not there; nil for one that always is.
func (e headersEncoding) absentPart(t *model.Type, f form, field *model.Field) jen.Code {
	at := jen.Id("v").Dot(field.Go)
	switch {
	case isParam(field):
		return jen.Op("!").Id("v").Dot(e.paramsField(t).Go).Dot("Has").Call(lit(strings.TrimPrefix(field.Key, ";")))
	case slices.Contains(f.fields(), field):
		return nil
	}
	return e.value(field).absent(at)
}

// judgeHead emits what judges the header fields; nil if none of them has conditions.
//
//	func (h *MessageHead) judge(to *header.Verdict) {
//		to.Rule(!h.RSeq.Present || h.RSeq.Value >= 1, "RFC 3262 7.1", int(CodeBadRequest), "RSeq is not 0", "RSeq")
//		for i := range h.Contact {
//			h.Contact[i].judge(to, "Contact")
//		}
//	}
func (e headersEncoding) judgeHead(h *head) jen.Code {
	var body []jen.Code
	for _, f := range h.h.Fields {
		for _, r := range e.conditions(f) {
			p := &headerPrinter{e: e, head: h.h, recv: "h"}
			var absent jen.Code
			if f.Optional || isRepeated(f) {
				absent = e.absentOf(f, jen.Id("h"))
			}
			cond := p.unless(absent, r.Rule, formula.ForHead(e.p, h.h, nil))
			names := block(lit(f.Key))
			for _, key := range p.keys {
				if key != f.Key {
					names = append(names, lit(key))
				}
			}
			body = append(body, e.ruleCall("to", r, rt("header", "StatusBadRequest"), cond, names...))
		}
		if v := e.value(f); v.kind == headerStruct && e.judged(v.st) {
			body = append(body, e.judgeValues(f))
		}
	}
	if body == nil {
		return nil
	}
	return documented(doc("judge tells of the conditions that header fields do not meet."),
		method("h", h.typ, "judge", block(jen.Id("to").Op("*").Add(rt("header", "Verdict"))), nil, body...))
}

// judgeValues emits the judging of the value of a header field, or of each of its values.
func (e headersEncoding) judgeValues(f *model.Field) jen.Code {
	at := jen.Id("h").Dot(f.Go)
	judge := func(value *jen.Statement) jen.Code {
		return value.Dot("judge").Call(jen.Id("to"), lit(f.Key))
	}
	switch {
	case isRepeated(f):
		return jen.For(jen.Id("i").Op(":=").Range().Add(at)).Block(judge(at.Clone().Index(jen.Id("i"))))
	case e.wraps(f):
		return jen.If(at.Clone().Dot("Present")).Block(judge(at.Clone().Dot("Value")))
	}
	return jen.If(e.thereOf(f, jen.Id("h"))).Block(judge(at))
}

// ruleCall emits the noting of a rule about header fields, unless cond holds.
func (e headersEncoding) ruleCall(verdict string, r *model.Rule, owed, cond jen.Code, names ...jen.Code) jen.Code {
	args := block(cond, lit(ruleName(r)), e.codeOf(r.Code, owed), lit(ruleText(r)))
	return jen.Id(verdict).Dot("Rule").Call(append(args, names...)...)
}

// unless prints that a condition holds, or absent does, which may be nil.
func (p *headerPrinter) unless(absent jen.Code, rule *model.Formula, scope *formula.Scope) jen.Code {
	x, found := formula.Parse(rule, scope, formula.BoolType)
	if found.HasErrors() {
		p.e.found = append(p.e.found, found...)
		return jen.Nil()
	}
	if absent == nil {
		return p.expr(x)
	}
	return jen.Add(absent).Op("||").Add(p.operand(x, precedence("||")))
}
