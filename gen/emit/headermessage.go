package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// startPart is a part of a start line: a literal, or a field.
type startPart struct {
	literal string
	field   *model.Field
}

// parseStart reads the pattern of a message's start line.
func parseStart(m *model.Message) (parts []startPart, err error) {
	rest := m.Start
	for rest != "" {
		before, after, found := strings.Cut(rest, "{")
		for before != "" { // a space is a part of its own
			size := strings.IndexByte(before, ' ')
			switch {
			case size < 0:
				size = len(before)
			case size == 0:
				size = 1
			}
			parts = append(parts, startPart{literal: before[:size]})
			before = before[size:]
		}
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		i := slices.IndexFunc(m.Fields, func(f *model.Field) bool { return f.Name == name })
		if !closed || i < 0 {
			return nil, fmt.Errorf("there is no field %q", name)
		}
		parts = append(parts, startPart{field: m.Fields[i]})
		rest = behind
	}
	for _, f := range m.Fields {
		if !slices.ContainsFunc(parts, func(p startPart) bool { return p.field == f }) {
			return nil, fmt.Errorf("the field %q is not in it", f.Name)
		}
	}
	return parts, nil
}

// head implements encoding: the struct of what messages have in common, and its methods.
func (e headersEncoding) head(h *head) (typ jen.Code, methods []jen.Code) {
	methods = []jen.Code{e.fieldNumbers(h), e.fieldNames(h), e.readHead(h), e.resetHead(h), e.writeHead(h)}
	if judge := e.judgeHead(h); judge != nil {
		methods = append(methods, judge)
	}
	return e.headStruct(h), append(methods, e.brokenMethod(h))
}

// headStruct emits
//
//	type MessageHead struct {
//		Via  []Via
//		From NameAddr
//
//		faults []header.Fault
//		broken header.Fields
//	}
func (e headersEncoding) headStruct(h *head) jen.Code {
	var fields []jen.Code
	for _, f := range h.h.Fields {
		if e.isLength(f) {
			continue
		}
		comment := []string{}
		if f.Key != "" {
			comment = append(comment, f.Key)
		}
		if f.Doc != "" {
			comment = append(comment, lowerFirst(strings.TrimSuffix(f.Doc, ".")))
		}
		if f.Standard != "" {
			comment = append(comment, f.Standard)
		}
		field := jen.Id(f.Go).Add(e.headFieldType(f))
		if len(comment) > 0 {
			field.Comment("// " + strings.Join(comment, "; "))
		}
		fields = append(fields, field)
	}
	fields = append(fields,
		jen.Line().Id("faults").Index().Add(rt("header", "Fault")).Comment("// that reading found"),
		jen.Id("broken").Add(rt("header", "Fields")).Comment("// that could not be read"))
	return documented(doc("%s", described(h.typ, &h.h.Node, "is what several messages have in common.")), jen.Type().Id(h.typ).Struct(fields...))
}

// headFieldType is the Go type of a header field.
func (e headersEncoding) headFieldType(f *model.Field) *jen.Statement {
	typ := e.value(f).goType()
	switch {
	case isRepeated(f):
		return jen.Index().Add(typ)
	case e.wraps(f):
		return rt("header", "Optional").Types(typ)
	}
	return typ
}

// fieldNumbers emits
//
//	const (
//		fieldVia = iota + 1
//		fieldRoute
//	)
func (e headersEncoding) fieldNumbers(h *head) jen.Code {
	var consts []jen.Code
	for i, f := range e.named(h.h) {
		c := jen.Id("field" + f.Go)
		if i == 0 {
			c.Op("=").Iota().Op("+").Lit(1)
		}
		consts = append(consts, c)
	}
	return documented(doc("The numbers of the header fields."), jen.Const().Defs(consts...))
}

// fieldNames emits
//
//	var fieldNames = header.NewNames(
//		header.Name{Field: fieldVia, Name: "Via", Short: "v"},
//	)
func (e headersEncoding) fieldNames(h *head) jen.Code {
	var rows []jen.Code
	for _, f := range e.named(h.h) {
		row := []pair{{jen.Id("Field"), jen.Id("field" + f.Go)}, {jen.Id("Name"), lit(f.Key)}}
		if f.Short != "" {
			row = append(row, pair{jen.Id("Short"), lit(f.Short)})
		}
		rows = append(rows, rt("header", "Name").Add(inline(row...)))
	}
	return documented(doc("fieldNames finds header fields by their names, in full or compact."),
		jen.Var().Id("fieldNames").Op("=").Add(rt("header", "NewNames")).Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, rows...))
}

// readHead emits
//
//	func (h *MessageHead) read(r *header.Reader) {
//		h.reset()
//		for r.Next(fieldNames) {
//			switch r.Field() {
//			case fieldVia:
//				h.Via = header.List(r, "Via", h.Via, (*Via).read)
//			default:
//				r.Keep(&h.Others)
//			}
//		}
//		h.Body = r.Body()
//		h.faults, h.broken = r.Found(h.faults, h.broken)
//	}
func (e headersEncoding) readHead(h *head) jen.Code {
	var cases []jen.Code
	for _, f := range e.named(h.h) {
		cases = append(cases, jen.Case(jen.Id("field"+f.Go)).Block(e.readHeader(h.h, f)))
	}
	if others := e.others(h.h); others != nil {
		cases = append(cases, jen.Default().Block(jen.Id("r").Dot("Keep").Call(jen.Op("&").Id("h").Dot(others.Go))))
	}
	body := block(
		jen.Id("h").Dot("reset").Call(),
		jen.For(jen.Id("r").Dot("Next").Call(jen.Id("fieldNames"))).Block(jen.Switch(jen.Id("r").Dot("Field").Call()).Block(cases...)),
	)
	if b := e.body(h.h); b != nil {
		body = append(body, jen.Id("h").Dot(b.Go).Op("=").Id("r").Dot("Body").Call())
	}
	body = append(body, jen.List(jen.Id("h.faults"), jen.Id("h.broken")).Op("=").Id("r").Dot("Found").Call(jen.Id("h.faults"), jen.Id("h.broken")))
	return documented(doc("read reads header fields and body into the memory that h holds."),
		method("h", h.typ, "read", block(jen.Id("r").Op("*").Add(rt("header", "Reader"))), nil, body...))
}

// lists are the names of the fields of a head that are slices of its own.
func (e headersEncoding) lists(h *model.Head) []string {
	var names []string
	for _, f := range h.Fields {
		if isRepeated(f) || e.value(f).kind == headerOthers {
			names = append(names, f.Go)
		}
	}
	return append(names, "faults", "broken")
}

// resetHead emits
//
//	func (h *MessageHead) reset() {
//		via, route := h.Via[:0], h.Route[:0]
//		*h = MessageHead{}
//		h.Via, h.Route = via, route
//	}
func (e headersEncoding) resetHead(h *head) jen.Code {
	var names, empty, fields []jen.Code
	for _, list := range e.lists(h.h) {
		at := jen.Id("h").Dot(list)
		names = append(names, jen.Id(name.Unexported(list)))
		empty = append(empty, at.Clone().Index(jen.Op(":").Lit(0)))
		fields = append(fields, at)
	}
	return documented(doc("reset makes h empty but for the memory of its lists."), method("h", h.typ, "reset", nil, nil,
		jen.List(names...).Op(":=").List(empty...),
		jen.Op("*").Id("h").Op("=").Id(h.typ).Values(),
		jen.List(fields...).Op("=").List(names...)))
}

// readHeader emits the reading of one header field.
func (e headersEncoding) readHeader(h *model.Head, f *model.Field) jen.Code {
	at, v := jen.Id("h").Dot(f.Go), e.value(f)
	reader := v.reader
	args := func(dst jen.Code) []jen.Code { return block(jen.Id("r"), lit(f.Key), dst, reader()) }
	switch others := e.others(h); {
	case e.isLength(f):
		return jen.Id("r").Dot("Length").Call(lit(f.Key))
	case f.Repeat == "comma":
		return at.Clone().Op("=").Add(rt("header", "List")).Call(args(at)...)
	case f.Repeat == "lines":
		return at.Clone().Op("=").Add(rt("header", "Lines")).Call(args(at)...)
	case e.wraps(f):
		return rt("header", "Maybe").Call(args(jen.Op("&").Add(at))...)
	case f.Lenient && others != nil:
		return rt("header", "Lenient").Call(jen.Id("r"), lit(f.Key), jen.Op("&").Id("h").Dot(others.Go), jen.Op("&").Add(at), reader())
	}
	return rt("header", "One").Call(args(jen.Op("&").Add(at))...)
}

// writeHead emits
//
//	func (h *MessageHead) write(w *header.Writer) {
//		header.Each(w, "Via", h.Via, (*Via).write)
//		if h.MaxForwards.Present {
//			w.Begin("Max-Forwards")
//			w.Integer(uint64(h.MaxForwards.Value))
//			w.End()
//		}
//		w.Fields(h.Others, "Content-Length", "l")
//		w.Body("Content-Length", h.Body)
//	}
func (e headersEncoding) writeHead(h *head) jen.Code {
	var body []jen.Code
	length := ""
	var lengths []jen.Code // the names of the field with the length, which the program does not write
	for _, f := range e.named(h.h) {
		at, v := jen.Id("h").Dot(f.Go), e.value(f)
		switch {
		case e.isLength(f):
			length, lengths = f.Key, block(lit(f.Key))
			if f.Short != "" {
				lengths = append(lengths, lit(f.Short))
			}
		case isRepeated(f):
			body = append(body, rt("header", "Each").Call(jen.Id("w"), lit(f.Key), at, v.writer()))
		default:
			value := at
			if e.wraps(f) {
				value = at.Clone().Dot("Value")
			}
			body = append(body, jen.If(e.thereOf(f, jen.Id("h"))).Block(
				jen.Id("w").Dot("Begin").Call(lit(f.Key)), v.write(value), jen.Id("w").Dot("End").Call()))
		}
	}
	if others := e.others(h.h); others != nil {
		body = append(body, jen.Id("w").Dot("Fields").Call(append(block(jen.Id("h").Dot(others.Go)), lengths...)...))
	}
	if b := e.body(h.h); b != nil {
		body = append(body, jen.Id("w").Dot("Body").Call(lit(length), jen.Id("h").Dot(b.Go)))
	}
	return documented(doc("write writes header fields and body."),
		method("h", h.typ, "write", block(jen.Id("w").Op("*").Add(rt("header", "Writer"))), nil, body...))
}

// brokenMethod emits what tells of header fields that could not be read.
func (e headersEncoding) brokenMethod(h *head) jen.Code {
	return documented(
		doc(`Broken are the header fields that the specification names and that could not be read, under their full names, as they came. They are not
			written. The slice is the message's.`),
		shortMethod("h", h.typ, "Broken", nil, block(rt("header", "Fields")), jen.Return(jen.Id("h").Dot("broken"))))
}

// declare implements encoding: the struct of a message, and its methods.
func (e headersEncoding) declare(m *message) (typ jen.Code, methods []jen.Code) {
	var fields []jen.Code
	for _, f := range m.m.Fields {
		s := jen.Id(f.Go).Add(e.value(f).goType())
		if f.Doc != "" {
			s.Comment("// " + lowerFirst(strings.TrimSuffix(f.Doc, ".")))
		}
		fields = append(fields, s)
	}
	fields = append(fields, jen.Id(m.head.typ))
	typ = documented(doc("%s", described(m.typ, &m.m.Node, "is the message "+m.m.Name+".")), jen.Type().Id(m.typ).Struct(fields...))
	methods = []jen.Code{e.readMessage(m), e.appendMessage(m), e.validate(m)}
	return typ, append(methods, e.answers(m)...)
}

// readMessage emits
//
//	func (m *Request) read(r *header.Reader) {
//		s := r.Start()
//		m.Method = s.Token()
//		s.One()
//		...
//		r.StartDone()
//		m.MessageHead.read(r)
//	}
func (e headersEncoding) readMessage(m *message) jen.Code {
	parts, _ := parseStart(m.m)
	s := jen.Id("s")
	body := block(jen.Id("s").Op(":=").Id("r").Dot("Start").Call())
	for _, part := range parts {
		switch {
		case part.field != nil:
			body = append(body, e.value(part.field).read(jen.Id("m").Dot(part.field.Go)))
		case part.literal == " ":
			body = append(body, s.Clone().Dot("One").Call())
		default:
			body = append(body, s.Clone().Dot("Literal").Call(lit(part.literal)))
		}
	}
	body = append(body, jen.Id("r").Dot("StartDone").Call(), jen.Id("m").Dot(m.head.typ).Dot("read").Call(jen.Id("r")))
	return method("m", m.typ, "read", block(jen.Id("r").Op("*").Add(rt("header", "Reader"))), nil, body...)
}

// appendMessage emits
//
//	func (m *Request) AppendMessage(b []byte) ([]byte, error) {
//		w := header.NewWriter(b)
//		w.Token(m.Method)
//		w.Literal(" ")
//		...
//		w.End()
//		m.MessageHead.write(w)
//		return w.Done()
//	}
func (e headersEncoding) appendMessage(m *message) jen.Code {
	parts, _ := parseStart(m.m)
	body := block(jen.Id("w").Op(":=").Add(rt("header", "NewWriter")).Call(jen.Id("b")))
	literal := ""
	flush := func() {
		if literal != "" {
			body = append(body, jen.Id("w").Dot("Literal").Call(lit(literal)))
			literal = ""
		}
	}
	for _, part := range parts {
		if part.field == nil {
			literal += part.literal
			continue
		}
		flush()
		body = append(body, e.value(part.field).write(e.startField(m.m, part.field)))
	}
	flush()
	body = append(body, jen.Id("w").Dot("End").Call(), jen.Id("m").Dot(m.head.typ).Dot("write").Call(jen.Id("w")), jen.Return(jen.Id("w").Dot("Done").Call()))
	return documented(doc("AppendMessage implements [Message]."),
		method("m", m.typ, "AppendMessage", block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()), body...))
}

// startField emits a field of the start line with what stands for it while it is empty: the specification's constant, or the text of the
// code before it.
func (e headersEncoding) startField(m *model.Message, f *model.Field) *jen.Statement {
	at := jen.Id("m").Dot(f.Go)
	if text, ok := e.constant(f); ok {
		return jen.Qual("cmp", "Or").Call(at, lit(text))
	}
	if i := slices.Index(m.Fields, f); f.Type == "text" && i > 0 && m.Fields[i-1].Type == "code" {
		return jen.Qual("cmp", "Or").Call(at, jen.Id("m").Dot(m.Fields[i-1].Go).Dot("Text").Call())
	}
	return at
}

// answers emits, of a reply, what makes it answer a request:
//
//	func NewResponse(req *Request, code Code) *Response {
//		m := new(Response)
//		m.Answer(req, code)
//		return m
//	}
//
//	func (m *Response) Answer(req *Request, code Code) {
//		m.reset()
//		m.Status = code
//		m.Via = slices.Clip(req.Via)
//		...
//	}
func (e headersEncoding) answers(m *message) []jen.Code {
	coded := slices.ContainsFunc(m.m.Fields, func(f *model.Field) bool { return f.Type == "code" })
	requests := filter(e.msgs.list, func(o *message) bool { return o.m.Class == "request" })
	derived := filter(m.head.h.Fields, func(f *model.Field) bool { return f.Is != nil && strings.HasPrefix(f.Is.Text, "req.") })
	if m.m.Class != "reply" || !coded || len(requests) != 1 || len(derived) == 0 {
		return nil
	}
	answer := block(jen.Id("m").Dot("reset").Call())
	for _, f := range m.m.Fields {
		value := lit("")
		if f.Type == "code" {
			value = jen.Id("code")
		}
		answer = append(answer, jen.Id("m").Dot(f.Go).Op("=").Add(value))
	}
	for _, f := range derived {
		from := jen.Id("req").Dot(f.Go)
		if isRepeated(f) {
			from = jen.Qual("slices", "Clip").Call(from)
		}
		answer = append(answer, jen.Id("m").Dot(f.Go).Op("=").Add(from))
	}
	params := block(jen.Id("req").Op("*").Id(requests[0].typ), jen.Id("code").Id("Code"))
	var names []jen.Code
	for _, f := range derived {
		names = append(names, lit(f.Key))
	}
	fn := "New" + m.typ
	if others := e.others(m.head.h); others != nil {
		answer = append(answer, jen.Id("m").Dot(others.Go).Op("=").Id("req").Dot("broken").Dot("Append").Call(append(block(jen.Id("m").Dot(others.Go)), names...)...))
	}
	return []jen.Code{
		documented(doc(`%s makes the answer to req: it has those of the request's header fields that a response takes over, and shares their memory. What
			of them could not be read goes back as it came.`, fn),
			function(fn, params, block(jen.Op("*").Id(m.typ)),
				jen.Id("m").Op(":=").New(jen.Id(m.typ)), jen.Id("m").Dot("Answer").Call(jen.Id("req"), jen.Id("code")), jen.Return(jen.Id("m")))),
		documented(doc("Answer is [%s] in the memory of m.", fn), method("m", m.typ, "Answer", params, nil, answer...)),
	}
}
