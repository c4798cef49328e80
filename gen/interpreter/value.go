package interpreter

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// read reads one value of f.
func (h *Headers) read(f *model.Field, s *header.Scanner) any {
	switch f.Type {
	case "token":
		return s.Token()
	case "text":
		return s.Text()
	case "host":
		return s.Host()
	case "callID":
		return s.CallID()
	case "word":
		return s.Word()
	case "comment":
		return s.Comment()
	case "decimal":
		return s.Decimal()
	case "quoted":
		return s.Quoted()
	case "params":
		return string(s.Params())
	case "arguments":
		return string(s.Arguments())
	case "date":
		return s.Date()
	case "code":
		return int64(s.Integer(999))
	}
	switch t := f.Named; {
	case t == nil, t.Kind == "integer":
		return int64(s.Integer(h.most(f)))
	case t.Form == "uri":
		var u uri.URI
		s.URI(&u)
		return ofURI(t, &u)
	case t.Kind == "struct":
		return h.readStruct(t, s)
	}
	return s.Token()
}

// most is the largest number that f may be.
func (h *Headers) most(f *model.Field) uint64 {
	t, _ := formula.TypeOf(h.p, f.Type)
	return t.Max.Uint64()
}

// write writes one value of f.
func (h *Headers) write(f *model.Field, v any, w *header.Writer) {
	text, _ := v.(string)
	number, _ := v.(int64)
	date, _ := v.(time.Time)
	switch f.Type {
	case "token":
		w.Token(text)
	case "text":
		w.Text(text)
	case "host":
		w.Host(text)
	case "callID":
		w.CallID(text)
	case "word":
		w.Word(text)
	case "comment":
		w.Comment(text)
	case "decimal":
		w.Decimal(text)
	case "quoted":
		w.Quoted(text)
	case "params":
		w.Params(header.Params(text))
	case "arguments":
		w.Arguments(header.Arguments(text))
	case "date":
		w.Date(date)
	case "code":
		w.Integer(uint64(number))
	default:
		h.writeNamed(f.Named, v, w)
	}
}

// writeNamed writes a value of a declared type, or a number.
func (h *Headers) writeNamed(t *model.Type, v any, w *header.Writer) {
	parts, _ := v.(map[string]any)
	text, _ := v.(string)
	number, _ := v.(int64)
	switch {
	case t == nil, t.Kind == "integer":
		w.Integer(uint64(number))
	case t.Form == "uri":
		w.URI(toURI(t, parts))
	case t.Kind == "struct":
		h.writeStruct(t, parts, w)
	default:
		w.Token(text)
	}
}

// ofURI is a URI by the names of its parts.
func ofURI(t *model.Type, u *uri.URI) map[string]any {
	parts := map[string]any{}
	for _, f := range t.Fields {
		switch part := reflect.ValueOf(*u).FieldByName(upper(f.Name)); part.Kind() {
		case reflect.String:
			parts[f.Name] = part.String()
		case reflect.Uint16:
			parts[f.Name] = int64(part.Uint())
		}
	}
	return parts
}

// toURI is the opposite of ofURI.
func toURI(t *model.Type, parts map[string]any) *uri.URI {
	u := new(uri.URI)
	for _, f := range t.Fields {
		part := reflect.ValueOf(u).Elem().FieldByName(upper(f.Name))
		switch v := parts[f.Name].(type) {
		case string:
			part.SetString(v)
		case int64:
			part.SetUint(uint64(v))
		}
	}
	return u
}

func upper(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// readStruct reads a value along its form.
func (h *Headers) readStruct(t *model.Type, s *header.Scanner) map[string]any {
	v := map[string]any{}
	form, starred := strings.CutPrefix(t.Form, "*|")
	if u := new(uri.URI); starred && s.Star(u) {
		f := uriField(t)
		v[f.Name] = ofURI(f.Named, u)
		return v
	}
	for form != "" {
		form = h.readPart(t, form, s, v)
	}
	h.unpack(t, v)
	return v
}

// readPart reads the first part of form into v, and returns the rest of form.
func (h *Headers) readPart(t *model.Type, form string, s *header.Scanner, v map[string]any) (rest string) {
	if display, u, rest, ok := angled(t, form); ok {
		var name string
		address := new(uri.URI)
		if display == nil {
			s.BracketedURI(address)
		} else {
			s.NameAddr(&name, address)
			v[display.Name] = name
		}
		v[u.Name] = ofURI(u.Named, address)
		return rest
	}
	switch form[0] {
	case '{':
		end := strings.IndexByte(form, '}') + 1
		f := fieldOf(t.Fields, form[:end])
		v[f.Name] = h.read(f, s)
		return form[end:]
	case '[':
		end := strings.IndexByte(form, ']')
		separator, f := form[1], fieldOf(t.Fields, form[2:end])
		if follows(s, separator, f) {
			v[f.Name] = h.read(f, s)
		}
		return form[end+1:]
	case ' ':
		s.Blank()
	default:
		s.Separator(form[0])
	}
	return form[1:]
}

// follows reports whether what is optional is there, behind its separator, which is read. Of spaces there may be any number.
func follows(s *header.Scanner, separator byte, f *model.Field) bool {
	switch {
	case separator != ' ':
		return s.Accept(separator)
	case f.Type == "comment":
		return s.Is('(')
	}
	return s.More()
}

// angled takes "{display} <{uri}>" or "<{uri}>" off a form.
func angled(t *model.Type, form string) (display, u *model.Field, rest string, ok bool) {
	before, after, ok := strings.Cut(form, "<")
	if !ok || before != "" && !(strings.HasPrefix(before, "{") && strings.Index(before, "} ") == len(before)-2) {
		return nil, nil, form, false
	}
	if before != "" {
		display = fieldOf(t.Fields, strings.TrimSuffix(before, " "))
	}
	inner, rest, _ := strings.Cut(after, ">")
	return display, fieldOf(t.Fields, inner), rest, true
}

func uriField(t *model.Type) *model.Field {
	i := slices.IndexFunc(t.Fields, func(f *model.Field) bool { return f.Named != nil && f.Named.Form == "uri" })
	return t.Fields[i]
}

// unpackAll gives v, the values of fields, the parameters that the specification names.
func (h *Headers) unpackAll(fields []*model.Field, v map[string]any) {
	for _, f := range fields {
		if f.Named == nil || f.Named.Kind != "struct" || f.Named.Form == "uri" {
			continue
		}
		for _, one := range values(v[f.Name]) {
			if parts, ok := one.(map[string]any); ok {
				h.unpackAll(f.Named.Fields, parts)
				h.unpack(f.Named, parts)
			}
		}
	}
}

// unpack gives v the parameters that the specification names.
func (h *Headers) unpack(t *model.Type, v map[string]any) {
	for _, f := range t.Fields {
		key, isParam := strings.CutPrefix(f.Key, ";")
		if !isParam {
			continue
		}
		text, ok := h.params(t, v).Get(key)
		typ, _ := formula.TypeOf(h.p, f.Type)
		switch n, err := strconv.ParseUint(text, 10, 32); {
		case !ok:
		case typ.Kind == formula.Text:
			v[f.Name] = text
		case err == nil && !strings.HasPrefix(text, "+"):
			if room := roomFor(typ.Max.Uint64()); n <= room {
				v[f.Name] = int64(n)
			}
		}
	}
}

// roomFor is the largest number of the octets, 1, 2 or 4 of them, that most needs.
func roomFor(most uint64) uint64 {
	for _, bits := range []int{8, 16} {
		if most < 1<<bits {
			return 1<<bits - 1
		}
	}
	return 1<<32 - 1
}

// params are the parameters of a value.
func (h *Headers) params(t *model.Type, v map[string]any) header.Params {
	for _, f := range t.Fields {
		if f.Type == "params" {
			text, _ := v[f.Name].(string)
			return header.Params(text)
		}
	}
	return ""
}

// writeStruct writes a value along its form.
func (h *Headers) writeStruct(t *model.Type, v map[string]any, w *header.Writer) {
	form, starred := strings.CutPrefix(t.Form, "*|")
	if starred {
		f := uriField(t)
		parts, _ := v[f.Name].(map[string]any)
		if w.Star(toURI(f.Named, parts)) {
			return
		}
	}
	for form != "" {
		form = h.writePart(t, form, v, w)
	}
}

// writePart writes the first part of form, and returns the rest of form.
func (h *Headers) writePart(t *model.Type, form string, v map[string]any, w *header.Writer) (rest string) {
	if display, u, rest, ok := angled(t, form); ok {
		parts, _ := v[u.Name].(map[string]any)
		if display == nil {
			w.BracketedURI(toURI(u.Named, parts))
			return rest
		}
		name, _ := v[display.Name].(string)
		w.NameAddr(name, toURI(u.Named, parts))
		return rest
	}
	switch form[0] {
	case '{':
		end := strings.IndexByte(form, '}') + 1
		f := fieldOf(t.Fields, form[:end])
		h.write(f, v[f.Name], w)
		return form[end:]
	case '[':
		end := strings.IndexByte(form, ']')
		if f := fieldOf(t.Fields, form[2:end]); !isZero(v[f.Name]) {
			w.Literal(form[1:2])
			h.write(f, v[f.Name], w)
		}
		return form[end+1:]
	}
	w.Literal(form[:1])
	return form[1:]
}

// isZero reports whether v is absent, or the zero value of its type.
func isZero(v any) bool {
	if t, ok := v.(time.Time); ok {
		return t.IsZero()
	}
	return v == nil || reflect.ValueOf(v).IsZero()
}

// there reports whether a header field is: a list that has values, a value that is not zero. A number that is 0 says something, and so
// does a structure of nothing else.
func (h *Headers) there(f *model.Field, v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	case int64:
		return true
	case map[string]any:
		return !h.tells(f.Named) || !isEmpty(v)
	}
	return !isZero(v)
}

// isEmpty reports whether all parts of a structure are zero.
func isEmpty(v map[string]any) bool {
	for _, part := range v {
		if inner, ok := part.(map[string]any); ok && isEmpty(inner) {
			continue
		}
		if !isZero(part) {
			return false
		}
	}
	return true
}

// tells reports whether a value of the type t is never zero, because a part of it that is always there is never empty.
func (h *Headers) tells(t *model.Type) bool {
	for _, braced := range inForm.FindAllString(optionalPart.ReplaceAllString(t.Form, ""), -1) {
		f := fieldOf(t.Fields, braced)
		typ, _ := formula.TypeOf(h.p, f.Type)
		isURI := f.Named != nil && f.Named.Form == "uri"
		if isURI || typ.Kind == formula.Text && f.Type != "text" && f.Type != "params" {
			return true
		}
	}
	return false
}

var (
	inForm       = regexp.MustCompile(`[{][^}]*[}]`)
	optionalPart = regexp.MustCompile(`[[][^]]*[]]`)
)
