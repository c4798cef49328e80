package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
)

// formPart is a part of the form of a header value: a field, a separator, a space, or what is optional.
type formPart struct {
	field   *model.Field
	display *model.Field // beside a field in angle brackets: the name before them
	angled  bool         // the field stands in angle brackets
	literal byte         // a separator, a space among them; 0 for a field or a group
	group   []formPart   // an optional separator and field
}

// form is what a value of a struct type looks like.
type form struct {
	star  *model.Field // the field that a star alone fills; nil if that is no value
	parts []formPart
}

// parseForm reads the form of t.
func parseForm(t *model.Type) (form, error) {
	p := formParser{t: t, rest: t.Form}
	var f form
	if rest, ok := strings.CutPrefix(p.rest, "*|"); ok {
		p.rest = rest
		for _, field := range t.Fields {
			if isURI(field) {
				f.star = field
			}
		}
	}
	f.parts = p.parts()
	if p.err == nil && p.rest != "" {
		p.err = fmt.Errorf("%q closes nothing", p.rest)
	}
	return f, p.err
}

// formParser is one run of parseForm.
type formParser struct {
	t    *model.Type
	rest string
	err  error
}

func (p *formParser) parts() (parts []formPart) {
	for p.err == nil && p.rest != "" && p.rest[0] != ']' {
		switch {
		case p.angled(&parts):
		case p.rest[0] == '{':
			parts = append(parts, formPart{field: p.field()})
		case p.rest[0] == '[':
			p.rest = p.rest[1:]
			group := p.parts()
			if !strings.HasPrefix(p.rest, "]") || len(group) != 2 || group[0].literal == 0 || group[1].field == nil {
				p.err = fmt.Errorf("an optional part is a separator and a field in brackets")
				return nil
			}
			p.rest = p.rest[1:]
			parts = append(parts, formPart{group: group})
		default:
			parts = append(parts, formPart{literal: p.rest[0]})
			p.rest = p.rest[1:]
		}
	}
	return parts
}

// angled reads "<{uri}>" and "{display} <{uri}>".
func (p *formParser) angled(parts *[]formPart) bool {
	before, after, ok := strings.Cut(p.rest, "<{")
	if !ok || before != "" && (before[0] != '{' || strings.Index(before, "} ") != len(before)-2) {
		return false
	}
	part := formPart{angled: true}
	if before != "" {
		part.display = p.field()
	}
	p.rest = "{" + after
	part.field = p.field()
	if !strings.HasPrefix(p.rest, ">") {
		p.err = fmt.Errorf("angle brackets hold more than a field")
		return true
	}
	p.rest = p.rest[1:]
	*parts = append(*parts, part)
	return true
}

// field reads "{name}".
func (p *formParser) field() *model.Field {
	name, rest, _ := strings.Cut(p.rest[1:], "}")
	p.rest = rest
	for _, f := range p.t.Fields {
		if f.Name == name {
			return f
		}
	}
	if p.err == nil {
		p.err = fmt.Errorf("there is no field %q", name)
	}
	return &model.Field{}
}

// fields are the fields of parts that are always there.
func (f form) fields() (fields []*model.Field) {
	for _, part := range f.parts {
		if part.field != nil {
			fields = append(fields, part.field)
		}
	}
	return fields
}

// readForm emits what reads the parts of a value from s:
//
//	v.Number = uint32(s.Integer(2147483647))
//	s.Blank()
//	v.Method = s.Token()
func (e headersEncoding) readForm(parts []formPart) []jen.Code {
	var body []jen.Code
	v, s := func(f *model.Field) *jen.Statement { return jen.Id("v").Dot(f.Go) }, jen.Id("s")
	for _, part := range parts {
		switch {
		case part.display != nil:
			body = append(body, s.Clone().Dot("NameAddr").Call(jen.Op("&").Add(v(part.display)), jen.Op("&").Add(v(part.field))))
		case part.angled:
			body = append(body, s.Clone().Dot("BracketedURI").Call(jen.Op("&").Add(v(part.field))))
		case part.field != nil:
			body = append(body, e.value(part.field).read(v(part.field)))
		case part.literal == ' ':
			body = append(body, s.Clone().Dot("Blank").Call())
		case part.literal != 0:
			body = append(body, s.Clone().Dot("Separator").Call(jen.LitRune(rune(part.literal))))
		default:
			body = append(body, jen.If(e.follows(part.group)).Block(e.readForm(part.group[1:])...))
		}
	}
	return body
}

// follows emits the condition that an optional part is there: its separator, or anything behind a space.
func (e headersEncoding) follows(group []formPart) jen.Code {
	first := group[0]
	switch {
	case first.literal == ' ' && group[1].field.Type == "comment":
		return jen.Id("s").Dot("Is").Call(jen.LitRune('('))
	case first.literal == ' ':
		return jen.Id("s").Dot("More").Call()
	}
	return jen.Id("s").Dot("Accept").Call(jen.LitRune(rune(first.literal)))
}

// writeForm emits what writes the parts of a value to w:
//
//	w.Integer(uint64(v.Number))
//	w.Literal(" ")
//	w.Token(v.Method)
func (e headersEncoding) writeForm(parts []formPart) []jen.Code {
	var body []jen.Code
	v, w := func(f *model.Field) *jen.Statement { return jen.Id("v").Dot(f.Go) }, jen.Id("w")
	for _, part := range parts {
		switch {
		case part.display != nil:
			body = append(body, w.Clone().Dot("NameAddr").Call(v(part.display), jen.Op("&").Add(v(part.field))))
		case part.angled:
			body = append(body, w.Clone().Dot("BracketedURI").Call(jen.Op("&").Add(v(part.field))))
		case part.field != nil:
			body = append(body, e.value(part.field).write(v(part.field)))
		case part.literal != 0:
			body = append(body, w.Clone().Dot("Literal").Call(lit(string(part.literal))))
		default:
			f := part.group[1].field
			body = append(body, jen.If(e.value(f).there(v(f))).Block(e.writeForm(part.group)...))
		}
	}
	return body
}
