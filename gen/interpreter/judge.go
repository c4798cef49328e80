package interpreter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/runtime/header"
)

// Validate says what is wrong with the message: what reading it found, what is missing, which conditions and rules it breaks. The
// error is a [*header.ValidationError].
func (m *Message) Validate() error {
	j := &judge{m: m}
	j.Begin(m.faults)
	var rest []func()
	later := func(note func()) { rest = append(rest, note) }
	for _, r := range m.Model.Valid {
		j.rule(r, m.holds(r.Rule), later)
	}
	for _, f := range m.Model.Fields {
		for _, r := range j.broken(f, m.start(f), formula.ForMessage(m.h.p, m.Model, nil), m.env()) {
			j.rule(r, false, later)
		}
	}
	for _, f := range m.h.head.Fields {
		if f.Key != "" && !f.Optional {
			j.Need(m.h.there(f, m.Values[f.Name]), f.Key, header.StatusBadRequest)
		}
	}
	for _, f := range m.h.head.Fields {
		j.field(f)
	}
	for _, note := range rest {
		note()
	}
	return j.Err()
}

// judge is one run of Validate.
type judge struct {
	header.Verdict
	m *Message
}

// rule notes a rule of the message: those about the start line at once, others later.
func (j *judge) rule(r *model.Rule, ok bool, later func(func())) {
	names := j.m.named(r.Rule)
	code := j.code(r.Code)
	if j.m.Model.Class == "reply" && r.Code == "" {
		code = 0
	}
	if len(names) == 0 {
		j.Start(ok, clause(r.Standard), code, said(r))
		return
	}
	later(func() { j.Rule(ok, clause(r.Standard), code, said(r), names...) })
}

// named are the header fields that a rule names, by their full names.
func (m *Message) named(rule *model.Formula) (names []string) {
	x, found := formula.Parse(rule, formula.ForMessage(m.h.p, m.Model, nil), formula.BoolType)
	if found.HasErrors() {
		return nil
	}
	formula.Walk(x, func(x formula.Expr) bool {
		if f, ok := x.(*formula.Member); ok && f.Field != nil && f.Field.Key != "" && slices.Contains(m.h.head.Fields, f.Field) &&
			!m.h.isLength(m.Model, f.Field) && !slices.Contains(names, f.Field.Key) {
			names = append(names, f.Field.Key)
		}
		return true
	})
	return names
}

// field notes the conditions that a header field and its values do not meet.
func (j *judge) field(f *model.Field) {
	v := j.m.Values[f.Name]
	if f.Key == "" || j.m.h.isLength(j.m.Model, f) {
		return
	}
	there := j.m.h.there(f, v)
	if there || !f.Optional && f.Repeat == "no" {
		for _, r := range j.broken(f, v, formula.ForHead(j.m.h.p, j.m.h.head, nil), j.m.env()) {
			names := []string{f.Key}
			for _, name := range j.m.named(r.Rule) {
				if name != f.Key {
					names = append(names, name)
				}
			}
			j.Rule(false, clause(r.Standard), j.code(r.Code), said(r), names...)
		}
	}
	if there && f.Named != nil && f.Named.Kind == "struct" && f.Named.Form != "uri" {
		for _, one := range values(v) {
			parts, _ := one.(map[string]any)
			j.parts(f.Named, parts, f.Key)
		}
	}
}

// parts notes the conditions that the parts of a value of the header field name do not meet.
func (j *judge) parts(t *model.Type, v map[string]any, name string) {
	for _, f := range t.Fields {
		absent := strings.Contains(t.Form, "{"+f.Name+"}]") && isZero(v[f.Name])
		if key, isParam := strings.CutPrefix(f.Key, ";"); isParam {
			absent = !j.m.h.params(t, v).Has(key)
		}
		if !absent {
			for _, r := range j.broken(f, v[f.Name], formula.ForStruct(j.m.h.p, t), formula.Env{"self": v}) {
				j.Rule(false, clause(r.Standard), j.code(r.Code), said(r), name)
			}
		}
		if f.Named != nil && f.Named.Kind == "struct" && f.Named.Form != "uri" {
			inner, _ := v[f.Name].(map[string]any)
			j.parts(f.Named, inner, name)
		}
	}
}

// broken are the conditions of f and of its type that its value v does not meet.
func (j *judge) broken(f *model.Field, v any, scope *formula.Scope, env formula.Env) (broken []*model.Rule) {
	if len(j.m.Model.Fields) > 0 && slices.Contains(j.m.Model.Fields, f) && f.Optional && isZero(v) {
		return nil
	}
	condition := func(text, wrong string) {
		if f.Wrong != "" {
			wrong = f.Wrong
		}
		broken = append(broken, &model.Rule{
			Node: model.Node{Doc: wrong, Standard: f.Standard}, Code: f.Code, Rule: &model.Formula{Text: text},
		})
	}
	for range ofType(f, v) {
		condition(f.Name+` == `+f.Name, f.Name+": not of the type "+f.Named.Name)
	}
	if f.Valid != nil && !holds(f.Valid, scope, env) {
		condition(f.Valid.Text, f.Name+": "+f.Valid.Text)
	}
	return broken
}

// ofType counts what the type of f asks of its value or values and does not get.
func ofType(f *model.Field, v any) (broken int) {
	t := f.Named
	if t == nil {
		return 0
	}
	some := func(is bool, wrong func(v any) bool) {
		if is && slices.ContainsFunc(values(v), wrong) {
			broken++
		}
	}
	text := func(v any) string { s, _ := v.(string); return s }
	number := func(v any) int64 { n, _ := v.(int64); return n }
	some(t.Kind == "token", func(v any) bool { return !regexp.MustCompile(`\A(?:` + t.Match + `)\z`).MatchString(text(v)) })
	some(t.Kind == "token" && t.Min != nil, func(v any) bool { return int64(len(text(v))) < *t.Min })
	some(t.Kind == "token" && t.Max != nil, func(v any) bool { return int64(len(text(v))) > *t.Max })
	some(t.Kind == "enum" && t.Unknown != "keep", func(v any) bool { return !slices.Contains(t.Values, text(v)) })
	some(t.Kind == "integer" && t.Min != nil, func(v any) bool { return number(v) < *t.Min })
	some(t.Kind == "integer" && t.Max != nil, func(v any) bool { return number(v) > *t.Max })
	return broken
}

// holds reports whether a rule of the message does.
func (m *Message) holds(rule *model.Formula) bool {
	return holds(rule, formula.ForMessage(m.h.p, m.Model, nil), m.env())
}

// holds computes a condition; one that cannot be computed does not hold.
func holds(rule *model.Formula, scope *formula.Scope, env formula.Env) bool {
	x, found := formula.Parse(rule, scope, formula.BoolType)
	if found.HasErrors() {
		return false
	}
	ok, err := formula.EvalBool(x, env)
	return ok && err == nil
}

// env is what the rules of the message see: its values, with what stands for what is empty, those that have nothing left out, and
// the length of the body.
func (m *Message) env() formula.Env {
	self := map[string]any{}
	for _, f := range m.Model.Fields {
		if f.Type != "text" {
			self[f.Name] = m.start(f)
		} else if v := m.Values[f.Name]; !isZero(v) {
			self[f.Name] = v
		}
	}
	for _, f := range m.h.head.Fields {
		v := m.Values[f.Name]
		switch {
		case m.h.isLength(m.Model, f):
			self[f.Name] = int64(m.bodySize())
		case f.Key == "" || m.h.there(f, v):
			self[f.Name] = v
		}
	}
	return formula.Env{"self": self}
}

// bodySize is the number of octets of the body.
func (m *Message) bodySize() int {
	for _, f := range m.h.head.Fields {
		if f.Key == "" && f.Type == "bytes" {
			body, _ := m.Values[f.Name].([]byte)
			return len(body)
		}
	}
	return 0
}

// constant is what an empty field of a start line stands for.
func constant(f *model.Field) (string, bool) {
	if f.Is == nil {
		return "", false
	}
	text, err := strconv.Unquote(f.Is.Text)
	return text, err == nil
}

// code is the status code of that name, 400 for none.
func (j *judge) code(name string) int {
	for _, c := range j.m.h.p.Codes {
		if c.Name == name {
			return int(c.Value)
		}
	}
	return header.StatusBadRequest
}

func clause(standard string) string {
	if standard == "" {
		return "rule"
	}
	return standard
}

func said(r *model.Rule) string {
	if r.Doc == "" {
		return "not " + r.Rule.Text
	}
	return r.Doc
}
