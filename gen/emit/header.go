package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// headersEncoding prints messages of a start line, header fields and a body. The header fields are those of the one head that
// all messages share; a message's own fields stand in its start line. The shapes of values are printed by headervalue.go and
// headerform.go, rules by headerrule.go.
type headersEncoding struct{ *emitter }

// message implements encoding.
func (e headersEncoding) message(ms *messages, m *model.Message, found *diag.List) *message {
	msg := &message{m: m, typ: m.Go}
	switch {
	case m.Head == nil:
		found.Errorf(m.Pos, "not-emitted", "message %q: messages of headers without a head are not emitted", m.Name)
		return nil
	case len(ms.heads) > 0 && ms.heads[0].h != m.Head:
		found.Errorf(m.Pos, "not-emitted", "message %q: messages of headers with different heads are not emitted", m.Name)
		return nil
	case len(ms.heads) == 0:
		ms.heads = append(ms.heads, &head{h: m.Head, typ: m.Head.Go})
	}
	msg.head = ms.heads[0]
	for _, f := range m.Fields {
		judgePart(f, found)
		if slices.ContainsFunc(m.Head.Fields, func(h *model.Field) bool { return h.Go == f.Go }) {
			found.Errorf(f.Pos, "name-clash", "message %q: the field %q has the name of a header field", m.Name, f.Name)
		}
	}
	if _, err := parseStart(m); err != nil {
		found.Errorf(m.Pos, "bad-form", "message %q: start %q: %v", m.Name, m.Start, err)
		return nil
	}
	return msg
}

// settle implements encoding: it judges what is shared.
func (e headersEncoding) settle(ms *messages, found *diag.List) {
	for _, m := range e.p.Machines {
		if m.Per != "transaction" {
			found.Errorf(m.Pos, "not-emitted", "machine %q: with messages of headers, only machines of transactions are emitted", m.Name)
		}
	}
	for _, t := range e.valueTypes() {
		e.judgeType(t, found)
	}
	for _, h := range ms.heads {
		for _, f := range h.h.Fields {
			e.judgeField(f, found)
		}
		if len(e.named(h.h)) > 127 {
			found.Errorf(h.h.Pos, "not-emitted", "head %q: more than 127 header fields are not emitted", h.h.Name)
		}
	}
	for i, m := range ms.list {
		for _, other := range ms.list[:i] {
			if a, b := e.marks(m.m), e.marks(other.m); a == b {
				found.Errorf(m.m.Pos, "tag-ambiguous", "messages %q and %q: nothing in their start lines tells them apart", other.m.Name, m.m.Name)
			}
		}
	}
}

// judgeField reports what of a header field cannot be emitted.
func (e headersEncoding) judgeField(f *model.Field, found *diag.List) {
	v := e.value(f)
	judgeExtras(f, found)
	switch {
	case f.Secret:
		found.Errorf(f.Pos, "not-emitted", "header field %q: secrets are emitted within values alone: say it of a field of the type", f.Name)
	case f.Is != nil && !e.isLength(f) && f.Is.Text != "req."+f.Name:
		found.Errorf(f.Is.Pos, "not-emitted", "header field %q: a reply takes it from the request's %s, or it is not derived", f.Name, f.Name)
	case v.kind == 0 && !e.isLength(f), v.kind == headerURI, v.kind == headerParams:
		found.Errorf(f.Pos, "not-emitted", "header field %q: the type %q is not emitted", f.Name, f.Type)
	case f.Key == "" && v.kind != headerOthers && v.kind != headerBytes:
		found.Errorf(f.Pos, "not-emitted", "header field %q has no key", f.Name)
	case f.Lenient && (isRepeated(f) || e.wraps(f)):
		found.Errorf(f.Pos, "not-emitted", "header field %q: lenient is not emitted for lists and optional numbers", f.Name)
	case isRepeated(f) && v.kind == headerNumber:
		found.Errorf(f.Pos, "not-emitted", "header field %q: a list of numbers is not emitted", f.Name)
	}
}

// isRepeated reports whether a header field may stand more than once.
func isRepeated(f *model.Field) bool { return f.Repeat == "comma" || f.Repeat == "lines" }

// named are the fields of a head that have a header field of their own.
func (e headersEncoding) named(h *model.Head) []*model.Field {
	return filter(h.Fields, func(f *model.Field) bool { return f.Key != "" })
}

// isLength reports whether f is the header field that says how long the body is.
func (e headersEncoding) isLength(f *model.Field) bool {
	return slices.ContainsFunc(e.p.Messages, func(m *model.Message) bool {
		return m.BodySize != nil && m.BodySize.Text == f.Name && m.Head != nil && headField(m.Head, f)
	})
}

// mandatory are the header fields that a message must have.
func (e headersEncoding) mandatory(h *model.Head) []*model.Field {
	return filter(e.named(h), func(f *model.Field) bool { return !f.Optional })
}

// others is the field that keeps what has no name, nil if there is none.
func (e headersEncoding) others(h *model.Head) *model.Field { return e.kindOfField(h, headerOthers) }

// body is the field that holds the body, nil if there is none.
func (e headersEncoding) body(h *model.Head) *model.Field { return e.kindOfField(h, headerBytes) }

func (e headersEncoding) kindOfField(h *model.Head, kind headerKind) *model.Field {
	for _, f := range h.Fields {
		if e.value(f).kind == kind && f.Key == "" {
			return f
		}
	}
	return nil
}

// wraps reports whether a header field is held by an Optional: it may be absent, and its zero value means something.
func (e headersEncoding) wraps(f *model.Field) bool {
	if !f.Optional || isRepeated(f) {
		return false
	}
	switch v := e.value(f); v.kind {
	case headerNumber:
		return true
	case headerStruct:
		return !e.tells(v.st)
	}
	return false
}

// tells reports whether a struct that is a value is never zero: some field of it never is.
func (e headersEncoding) tells(t *model.Type) bool {
	f, _ := parseForm(t)
	for _, field := range f.fields() {
		switch v := e.value(field); v.kind {
		case headerText, headerURI, headerArguments:
			if v.method != "Text" {
				return true
			}
		}
	}
	return false
}

// thereOf emits the condition that a header field is there, recv being the head or the message.
func (e headersEncoding) thereOf(f *model.Field, recv jen.Code) *jen.Statement {
	at, v := jen.Add(recv).Dot(f.Go), e.value(f)
	switch {
	case isRepeated(f):
		return jen.Len(at).Op("!=").Lit(0)
	case e.wraps(f):
		return at.Dot("Present")
	case v.kind == headerStruct:
		return at.Op("!=").Parens(jen.Id(v.st.Go).Values())
	}
	return v.there(at)
}

// absentOf emits the opposite of thereOf.
func (e headersEncoding) absentOf(f *model.Field, recv jen.Code) jen.Code {
	at, v := jen.Add(recv).Dot(f.Go), e.value(f)
	switch {
	case isRepeated(f):
		return jen.Len(at).Op("==").Lit(0)
	case e.wraps(f):
		return jen.Op("!").Add(at).Dot("Present")
	case v.kind == headerStruct:
		return at.Op("==").Parens(jen.Id(v.st.Go).Values())
	}
	return v.absent(at)
}

// writer implements encoding:
//
//	AppendMessage(b []byte) ([]byte, error)
//	Validate() error
func (e headersEncoding) writer() []jen.Code {
	return block(
		doc(`AppendMessage appends the message and returns the extended slice. On error b is returned as it was: what the grammar does not
			allow, a [*header.WriteError] or what is wrong with a URI, is never written. Rules are not looked at.`),
		jen.Id("AppendMessage").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
		doc(`Validate says what is wrong with the message: what reading it found, what is missing, what breaks a rule of the
			specification. The error is a [*header.ValidationError], which has the code that the sender deserves.`),
		jen.Id("Validate").Params().Error(),
	)
}

// readers implements encoding.
func (e headersEncoding) readers() []jen.Code {
	return append([]jen.Code{e.parseMessage(), e.decoder()}, e.framing()...)
}

// framing emits, for a protocol with frames of kind message,
//
//	func Framing(limits header.Limits) header.Framing {
//		return header.Framing{Length: "Content-Length", Short: "l", MaxHead: limits.Head, MaxBody: limits.Body}
//	}
func (e headersEncoding) framing() []jen.Code {
	framed := slices.ContainsFunc(e.p.Frames, func(f *model.Frame) bool { return f.Kind == "message" })
	if !framed || len(e.msgs.heads) == 0 {
		return nil
	}
	i := slices.IndexFunc(e.msgs.heads[0].h.Fields, e.isLength)
	if i < 0 {
		return nil
	}
	length := e.msgs.heads[0].h.Fields[i]
	values := []pair{{jen.Id("Length"), lit(length.Key)}}
	if length.Short != "" {
		values = append(values, pair{jen.Id("Short"), lit(length.Short)})
	}
	values = append(values, pair{jen.Id("MaxHead"), jen.Id("limits").Dot("Head")}, pair{jen.Id("MaxBody"), jen.Id("limits").Dot("Body")})
	return []jen.Code{documented(doc("Framing finds messages in a stream. A limit of zero is the default."),
		function("Framing", block(jen.Id("limits").Add(rt("header", "Limits"))), block(rt("header", "Framing")),
			jen.Return(rt("header", "Framing").Add(inline(values...)))))}
}

// parseMessage emits
//
//	func ParseMessage(data []byte) (Message, error) {
//		r := header.NewReader()
//		defer r.Free()
//		if err := r.Reset(bytes.Clone(data)); err != nil {
//			return nil, err
//		}
//		if r.Is("SIP/", "") {
//			m := new(Response)
//			m.read(r)
//			return m, nil
//		}
//		...
//		return nil, header.ErrNoMessage
//	}
func (e headersEncoding) parseMessage() jen.Code {
	body := block(
		jen.Id("r").Op(":=").Add(rt("header", "NewReader")).Call(),
		jen.Defer().Id("r").Dot("Free").Call(),
		ifErr(jen.Id("r").Dot("Reset").Call(jen.Qual("bytes", "Clone").Call(jen.Id("data"))), jen.Nil(), jen.Err()),
	)
	for _, m := range e.byMarks() {
		body = append(body, e.told(m, jen.New(jen.Id(m.typ))))
	}
	return documented(
		doc(`ParseMessage reads a message: all of a datagram, or a frame of a stream. It refuses nothing that it can represent; what is wrong with a
			message, its Validate tells, so that a bad request can be answered. The error is [header.ErrNoMessage]. data may be
			used again at once.`),
		function("ParseMessage", block(jen.Id("data").Index().Byte()), block(jen.Id("Message"), jen.Error()),
			append(body, jen.Return(jen.Nil(), rt("header", "ErrNoMessage")))...))
}

// told emits the reading of one kind of message, if it is one:
//
//	if r.Is("SIP/", "") {
//		m := new(Response)
//		m.read(r)
//		return m, nil
//	}
func (e headersEncoding) told(m *message, memory jen.Code) jen.Code {
	mark := e.marks(m.m)
	return jen.If(jen.Id("r").Dot("Is").Call(lit(mark.first), lit(mark.inside))).Block(
		jen.Id("m").Op(":=").Add(memory),
		jen.Id("m").Dot("read").Call(jen.Id("r")),
		jen.Return(jen.Id("m"), jen.Nil()),
	)
}

// mark is what tells a message by its start line: what it begins with, and what is somewhere in it.
type mark struct{ first, inside string }

// marks are the literals that a message is told by.
func (e headersEncoding) marks(m *model.Message) (k mark) {
	parts, _ := parseStart(m)
	for i, part := range parts {
		switch {
		case part.literal == "" || strings.TrimSpace(part.literal) == "":
		case i == 0:
			k.first = part.literal
		default:
			k.inside = part.literal
		}
	}
	return k
}

// byMarks are the messages, those first that are told by how they begin.
func (e headersEncoding) byMarks() []*message {
	list := slices.Clone(e.msgs.list)
	slices.SortStableFunc(list, func(a, b *message) int { return len(e.marks(b.m).first) - len(e.marks(a.m).first) })
	return list
}

// decoder emits
//
//	type Decoder struct {
//		Limits header.Limits
//
//		r        header.Reader
//		request  Request
//		response Response
//	}
//
//	func (d *Decoder) Decode(data []byte) (Message, error) { ... }
func (e headersEncoding) decoder() jen.Code {
	fields := block(jen.Id("Limits").Add(rt("header", "Limits")).Comment("// the zero value has the defaults"), jen.Line().Id("r").Add(rt("header", "Reader")))
	body := block(
		jen.Id("r").Op(":=").Op("&").Id("d").Dot("r"),
		jen.Id("r").Dot("Limits").Op("=").Id("d").Dot("Limits"),
		ifErr(jen.Id("r").Dot("Reset").Call(jen.Id("data")), jen.Nil(), jen.Err()),
	)
	for _, m := range e.byMarks() {
		held := lowerFirst(m.typ)
		fields = append(fields, jen.Id(held).Id(m.typ))
		body = append(body, e.told(m, jen.Op("&").Id("d").Dot(held)))
	}
	return documented(
		doc(`Decoder reads one message after another into the same memory, without allocating. The zero Decoder is ready. It is not for
			concurrent use.`),
		jen.Type().Id("Decoder").Struct(fields...)).(*jen.Statement).Line().Line().Add(documented(
		doc(`Decode is [ParseMessage] without a copy: the message holds parts of data, which must not change as long as it is used, and it is
			good until the next call.`),
		method("d", "Decoder", "Decode", block(jen.Id("data").Index().Byte()), block(jen.Id("Message"), jen.Error()),
			append(body, jen.Return(jen.Nil(), rt("header", "ErrNoMessage")))...)))
}

// rest implements encoding.
func (e headersEncoding) rest() []jen.Code { return nil }

// failure implements encoding.
func (e headersEncoding) failure() failure {
	return failure{
		unit:      "message",
		malformed: "the octets are no message",
		invalid:   "the message breaks a rule of the grammar or of the specification",
		unknown:   "the message is none of the protocol's",
		causes:    "[header.ErrNoMessage] or a *header.ValidationError",
		error:     block(jen.Return(lit(e.p.Name + ": ").Op("+").Id("e").Dot("Err").Dot("Error").Call())),
	}
}

// decode implements encoding.
func (e headersEncoding) decode(frame, _ jen.Code) *jen.Statement {
	return jen.Id("ParseMessage").Call(frame)
}

// write implements encoding.
func (e headersEncoding) write(m, b, _ jen.Code) *jen.Statement {
	return jen.Add(m).Dot("AppendMessage").Call(b)
}

// example implements encoding.
func (e headersEncoding) example(text jen.Code) *jen.Statement {
	return jen.Id("ParseMessage").Call(jen.Index().Byte().Call(text))
}

// family implements encoding.
func (e headersEncoding) family() (name, what string) {
	return "HeadersMessage", "lines with headers and a body"
}

// usesCodec implements encoding.
func (e headersEncoding) usesCodec() bool { return false }

// about implements encoding.
func (e headersEncoding) about() string {
	return `[ParseMessage] reads a [Message], a [Decoder] reads many into the same memory, and the AppendMessage method of a message writes it.
Reading refuses nothing that a message can hold: its Validate method says what is wrong, and with which code to answer that. Header fields that the
specification does not name are kept in order among the others.`
}

// fieldType implements access.
func (e headersEncoding) fieldType(*model.Message, *model.Field) *formula.Type { return nil }

// field implements access.
func (e headersEncoding) field(_ *model.Message, f *model.Field, recv jen.Code) jen.Code {
	return e.read(f, jen.Add(recv).Dot(f.Go))
}

// headField implements access.
func (e headersEncoding) headField(_ *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return e.read(f, jen.Add(recv).Dot(f.Go))
}

// read emits a field as formulas see it.
func (e headersEncoding) read(f *model.Field, at *jen.Statement) jen.Code {
	if e.wraps(f) {
		at = at.Dot("Value")
	}
	if v := e.value(f); v.kind == headerNumber && !isRepeated(f) {
		return jen.Int64().Call(at)
	}
	return at
}

// assign implements access.
func (e headersEncoding) assign(_ *model.Message, f *model.Field, recv, value jen.Code) []jen.Code {
	return e.set(f, recv, value)
}

// assignHead implements access.
func (e headersEncoding) assignHead(_ *model.Head, f *model.Field, recv, value jen.Code) []jen.Code {
	return e.set(f, recv, value)
}

func (e headersEncoding) set(f *model.Field, recv, value jen.Code) []jen.Code {
	v := jen.Add(value)
	if k := e.value(f); k.kind == headerNumber {
		v = k.goType().Call(v)
	}
	if e.wraps(f) {
		v = rt("header", "Some").Call(v)
	}
	return block(jen.Add(recv).Dot(f.Go).Op("=").Add(v))
}

// unset implements access.
func (e headersEncoding) unset(_ *model.Message, f *model.Field, recv jen.Code) jen.Code {
	return jen.Op("!").Parens(e.thereOf(f, recv))
}

// unsetHead implements access.
func (e headersEncoding) unsetHead(_ *model.Head, f *model.Field, recv jen.Code) jen.Code {
	return jen.Op("!").Parens(e.thereOf(f, recv))
}
