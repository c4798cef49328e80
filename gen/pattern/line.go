package pattern

import (
	"regexp"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
)

// Rule is the rule of every finding that this package makes.
const Rule = "line-pattern"

// Line is the pattern of one message.
type Line struct {
	Message *model.Message
	Parts   []Part
}

// Part is a part of a pattern: a literal, a field, or the parameters.
type Part struct {
	Literal    string
	Field      *model.Field
	Parameters []*model.Field
}

// Lines parses the patterns of all text messages of p and finds what is wrong with each. A pattern with faults is left out. They come in
// the order in which a reader must try them: one that is a special case of another before that, the others as they are declared.
func Lines(p *model.Protocol) ([]*Line, diag.List) {
	var lines []*Line
	var found diag.List
	for _, m := range p.Messages {
		if m.Encoding != "text" {
			continue
		}
		x := parser{p: p, line: &Line{Message: m}}
		x.parse(m.Line)
		x.judge()
		found = append(found, x.found...)
		if !x.found.HasErrors() {
			lines = append(lines, x.line)
		}
	}
	return specialFirst(p, lines), found
}

// specialFirst puts every pattern before those that it is a special case of, and leaves the others in their order.
func specialFirst(p *model.Protocol, lines []*Line) []*Line {
	languages := make(map[*Line]*Language, len(lines))
	for _, l := range lines {
		languages[l], _ = NewLanguage(Regexp(p, l.Message, l.Message.Line))
	}
	special := func(a, b *Line) bool {
		if languages[a] == nil || languages[b] == nil || !strings.HasPrefix(a.Prefix(), b.Prefix()) {
			return false
		}
		c, ok := Compare(languages[a], languages[b])
		return ok && c.Both != nil && c.First == nil && c.Second != nil
	}
	var ordered []*Line
	for _, l := range lines {
		at := slices.IndexFunc(ordered, func(before *Line) bool { return special(l, before) })
		if at < 0 {
			at = len(ordered)
		}
		ordered = slices.Insert(ordered, at, l)
	}
	return ordered
}

// Prefix is the literal that the line begins with.
func (l *Line) Prefix() string {
	if len(l.Parts) == 0 {
		return ""
	}
	return l.Parts[0].Literal
}

// Whole reports whether the line is a literal and nothing else.
func (l *Line) Whole() bool { return len(l.Parts) == 1 && l.Parts[0].Literal != "" }

// Regexp is the regular expression, for [NewLanguage], of the lines that a pattern of m matches: its literals quoted, its fields
// those of their types. It does not ask whether the pattern is sound.
func Regexp(p *model.Protocol, m *model.Message, pattern string) string {
	x := parser{p: p, line: &Line{Message: m}}
	x.parse(pattern)
	var b strings.Builder
	for _, part := range x.line.Parts {
		switch {
		case part.Field != nil:
			b.WriteString(wordRegexp(p, part.Field))
		case part.Literal != "":
			b.WriteString(regexp.QuoteMeta(part.Literal))
		default:
			b.WriteString(parametersRegexp(p, m, part.Parameters))
		}
	}
	return b.String()
}

// wordRegexp is that of one word of a field; of a type that words cannot have, any text.
func wordRegexp(p *model.Protocol, f *model.Field) string {
	w, err := WordOf(p, f)
	switch {
	case err != nil:
		return ".*"
	case f.Lenient:
		return " *" + w.regexp
	}
	return w.regexp
}

// parametersRegexp is that of parameters in any order, each as often as one likes.
func parametersRegexp(p *model.Protocol, m *model.Message, fields []*model.Field) string {
	if m.Parameters == nil || len(fields) == 0 {
		return ".*"
	}
	quote := regexp.QuoteMeta
	var keys []string
	for _, f := range fields {
		word := wordRegexp(p, f)
		if isList(f) {
			word = "(?:" + word + "(?:" + quote(m.Parameters.List) + word + ")*)"
		}
		keys = append(keys, quote(f.Key+m.Parameters.Assign)+word)
	}
	one := "(?:" + strings.Join(keys, "|") + ")"
	separator := quote(m.Parameters.Separator)
	return one + "(?:" + separator + one + ")*(?:" + separator + ")?"
}

// parser parses one pattern.
type parser struct {
	p     *model.Protocol
	line  *Line
	found diag.List
}

func (x *parser) errorf(pos model.Pos, format string, args ...any) {
	x.found.Errorf(pos, Rule, "message %q: "+format, append([]any{x.line.Message.Name}, args...)...)
}

// parse cuts a pattern into its parts.
func (x *parser) parse(pattern string) {
	m := x.line.Message
	for pattern != "" {
		literal, rest, opened := strings.Cut(pattern, "{")
		if literal != "" {
			x.line.Parts = append(x.line.Parts, Part{Literal: literal})
		}
		if !opened {
			return
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			x.errorf(m.Pos, "the brace before %q is not closed", rest)
			return
		}
		if name == "*" {
			x.line.Parts = append(x.line.Parts, Part{Parameters: slices.DeleteFunc(slices.Clone(m.Fields), isPlaced)})
		} else if f := x.field(name); f != nil {
			x.line.Parts = append(x.line.Parts, Part{Field: f})
		}
		pattern = after
	}
}

// isPlaced reports whether a field has a place in the pattern rather than a key.
func isPlaced(f *model.Field) bool { return f.Key == "" }

// field is the field that a pattern names.
func (x *parser) field(name string) *model.Field {
	m := x.line.Message
	i := slices.IndexFunc(m.Fields, func(f *model.Field) bool { return f.Name == name })
	if i < 0 {
		x.errorf(m.Pos, "the line names a field %q that the message has not%s", name, diag.DidYouMean(name, names(m.Fields)...))
		return nil
	}
	return m.Fields[i]
}

func names(fields []*model.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// judge finds what is wrong with a pattern.
func (x *parser) judge() {
	m := x.line.Message
	seen := map[*model.Field]bool{}
	for i, part := range x.line.Parts {
		last := i == len(x.line.Parts)-1
		switch {
		case part.Field != nil:
			if seen[part.Field] {
				x.errorf(part.Field.Pos, "the line has {%s} twice", part.Field.Name)
			}
			seen[part.Field] = true
			x.word(part.Field)
			if !last {
				x.parted(part.Field, x.line.Parts[i+1])
			}
		case part.Parameters != nil || part.Literal == "":
			x.parameters(part.Parameters, last)
			for _, f := range part.Parameters {
				seen[f] = true
			}
		}
	}
	if x.found.HasErrors() { // which may be why a field has no place
		return
	}
	for _, f := range m.Fields {
		switch {
		case seen[f]:
		case f.Key != "":
			x.errorf(f.Pos, "field %q has a key, and the line has no {*} for it", f.Name)
		default:
			x.errorf(f.Pos, "field %q has no place in the line", f.Name)
		}
	}
}

// word judges a field with a place of its own.
func (x *parser) word(f *model.Field) {
	switch {
	case f.Optional || f.When != nil:
		x.errorf(f.Pos, "field %q stands in the line and cannot be optional", f.Name)
	case isList(f):
		x.errorf(f.Pos, "field %q stands in the line and cannot repeat; only a parameter can", f.Name)
	case f.Key != "":
		x.errorf(f.Pos, "field %q stands in the line and needs no key", f.Name)
	}
	x.typed(f)
}

// isList reports whether a field holds any number of words.
func isList(f *model.Field) bool {
	return strings.HasPrefix(f.Type, "[]") || f.Repeat == "comma" || f.Repeat == "lines"
}

// typed judges the type of a field.
func (x *parser) typed(f *model.Field) {
	if _, err := WordOf(x.p, f); err != nil {
		x.errorf(f.Pos, "field %q: %v", f.Name, err)
	}
}

// parted finds a field that nothing parts from what follows it.
func (x *parser) parted(f *model.Field, next Part) {
	if next.Literal == "" {
		x.errorf(f.Pos, "nothing stands between {%s} and what follows it", f.Name)
		return
	}
	w, err := WordOf(x.p, f)
	if err == nil && w.Class[next.Literal[0]] {
		x.errorf(f.Pos, "{%s} may hold %q, with which the literal that ends it begins", f.Name, next.Literal[:1])
	}
}

// parameters judges {*}.
func (x *parser) parameters(fields []*model.Field, last bool) {
	m := x.line.Message
	switch {
	case len(fields) == 0:
		x.errorf(m.Pos, "the line has {*}, and no field has a key")
	case m.Parameters == nil:
		x.errorf(m.Pos, "the line has {*}: parameters must say what parts them")
	case m.Parameters.Separator == "" || m.Parameters.Assign == "" || m.Parameters.List == "":
		x.errorf(m.Pos, "parameters: separator, assign and list must not be empty")
	case !last:
		x.errorf(m.Pos, "{*} must end the line")
	}
	keys := map[string]bool{}
	for _, f := range fields {
		if keys[f.Key] {
			x.errorf(f.Pos, "two fields have the key %q", f.Key)
		}
		keys[f.Key] = true
		if m.Parameters != nil && strings.Contains(f.Key, m.Parameters.Assign) {
			x.errorf(f.Pos, "the key %q holds %q, which ends it", f.Key, m.Parameters.Assign)
		}
		x.typed(f)
	}
}
