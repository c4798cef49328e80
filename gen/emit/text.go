package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/pattern"
)

// textEncoding prints messages that are lines of text.
type textEncoding struct {
	fielded
	// lines are the patterns, in the order in which they are tried.
	lines []*pattern.Line
}

func newTextEncoding(e *emitter) encoding { return &textEncoding{fielded: fielded{e}} }

// message implements encoding.
func (e *textEncoding) message(ms *messages, m *model.Message, found *diag.List) *message {
	if m.Head != nil {
		found.Errorf(m.Pos, "not-emitted", "message %q: a line has no place for the fields of a head", m.Name)
		return nil
	}
	return e.plainMessage(ms, m, found)
}

// settle implements encoding: it parses the patterns.
func (e *textEncoding) settle(_ *messages, found *diag.List) {
	lines, faults := pattern.Lines(e.p)
	e.lines = lines
	*found = append(*found, faults...)
}

// line is the pattern of a message.
func (e *textEncoding) line(m *model.Message) *pattern.Line {
	i := slices.IndexFunc(e.lines, func(l *pattern.Line) bool { return l.Message == m })
	return e.lines[i]
}

// writer implements encoding:
//
//	AppendText(b []byte) ([]byte, error)
func (e *textEncoding) writer() []jen.Code {
	return block(
		doc(`AppendText appends the line, without its end, and returns the extended slice. On error b is returned as it was: what a
			field cannot say in its place, a [*line.Error], is never written%s.`, e.orRuleError()),
		jen.Id("AppendText").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
	)
}

// readers implements encoding.
func (e *textEncoding) readers() []jen.Code { return block(e.decodeLine(), lineError()) }

// decodeLine emits
//
//	func DecodeLine(text []byte) (Message, error) {
//		switch string(text) {
//		case "HELLO":
//			return new(Hello), nil
//		}
//		r := line.NewReader(text)
//		if r.Begin("iam", "IAM ") {
//			if m := new(Iam); m.readLine(&r) {
//				return m, nil
//			}
//		}
//		return nil, lineError(r.Err())
//	}
func (e *textEncoding) decodeLine() jen.Code {
	var whole, tries []jen.Code
	for _, l := range e.lines {
		m := jen.New(jen.Id(l.Message.Go))
		if l.Whole() {
			whole = append(whole, jen.Case(jen.Lit(l.Prefix())).Block(e.acceptedNew(l.Message, m)))
			continue
		}
		tries = append(tries, jen.If(jen.Id("r").Dot("Begin").Call(lit(l.Message.Name), lit(l.Prefix()))).Block(
			jen.If(jen.Id("m").Op(":=").Add(m), jen.Id("m").Dot("readLine").Call(jen.Op("&").Id("r"))).Block(e.accepted(l.Message))))
	}
	var body []jen.Code
	if whole != nil {
		body = append(body, jen.Switch(jen.String().Call(jen.Id("text"))).Block(whole...))
	}
	body = append(body, jen.Id("r").Op(":=").Add(rt("line", "NewReader")).Call(jen.Id("text")))
	body = append(body, tries...)
	body = append(body, jen.Return(jen.Nil(), jen.Id("lineError").Call(jen.Id("r").Dot("Err").Call())))
	return documented(
		doc(`DecodeLine reads the message that a line is, without its end. The message keeps nothing of text. The error is a
			[*MessageError]. Any number of goroutines may call it.`),
		function("DecodeLine", block(jen.Id("text").Index().Byte()), block(jen.Id("Message"), jen.Error()), body...))
}

// acceptedNew emits the return of a message without fields.
func (e *textEncoding) acceptedNew(m *model.Message, v *jen.Statement) jen.Code {
	if len(e.rules(m)) > 0 {
		return jen.Id("m").Op(":=").Add(v).Line().Add(e.accepted(m))
	}
	return jen.Return(v, jen.Nil())
}

// lineError emits
//
//	func lineError(err *line.Error) *MessageError {
//		e := &MessageError{Kind: MessageInvalid, Err: err, Message: err.Message}
//		if err.Fault == line.Strange {
//			e.Kind = MessageUnknown
//		}
//		return e
//	}
func lineError() jen.Code {
	return documented(doc("lineError says what kind of error err is."),
		function("lineError", block(jen.Err().Op("*").Add(rt("line", "Error"))), block(jen.Op("*").Id("MessageError")),
			jen.Id("e").Op(":=").Op("&").Id("MessageError").Add(inline(
				pair{jen.Id("Kind"), jen.Id("MessageInvalid")}, pair{jen.Id("Err"), jen.Err()}, pair{jen.Id("Message"), jen.Err().Dot("Message")})),
			jen.If(jen.Err().Dot("Fault").Op("==").Add(rt("line", "Strange"))).Block(jen.Id("e.Kind").Op("=").Id("MessageUnknown")),
			jen.Return(jen.Id("e"))))
}

// declare implements encoding.
func (e *textEncoding) declare(m *message) (typ jen.Code, methods []jen.Code) {
	l := e.line(m.m)
	methods = append(methods, e.appendText(m, l))
	if !l.Whole() {
		methods = append(methods, e.readLine(m, l))
	}
	return e.plainStruct(m), append(methods, e.plainMethods(m)...)
}

// appendText emits
//
//	func (m *Iam) AppendText(b []byte) ([]byte, error) {
//		w := line.NewWriter("iam", b)
//		w.Literal("IAM ")
//		w.Word("name", &kernelNameToken, m.Name)
//		return w.Finish()
//	}
func (e *textEncoding) appendText(m *message, l *pattern.Line) jen.Code {
	comment := doc("AppendText implements [%s].", e.emitter.family(e))
	params, results := block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error())
	body := e.refuseBroken(m)
	if l.Whole() {
		value := jen.Return(jen.Append(jen.Id("b"), jen.Lit(l.Prefix()).Op("...")), jen.Nil())
		if body == nil {
			return documented(comment, shortMethod("m", m.typ, "AppendText", params, results, value))
		}
		return documented(comment, method("m", m.typ, "AppendText", params, results, append(body, value)...))
	}
	body = append(body, jen.Id("w").Op(":=").Add(rt("line", "NewWriter")).Call(lit(m.m.Name), jen.Id("b")))
	for _, part := range l.Parts {
		switch {
		case part.Field != nil:
			body = append(body, e.writeWord(part.Field))
		case part.Literal != "":
			body = append(body, jen.Id("w").Dot("Literal").Call(lit(part.Literal)))
		default:
			body = append(body, e.writeParameters(m.m, part.Parameters)...)
		}
	}
	return documented(comment, method("m", m.typ, "AppendText", params, results, append(body, jen.Return(jen.Id("w").Dot("Finish").Call()))...))
}

// writeWord emits
//
//	w.Word("name", &kernelNameToken, m.Name)
func (e *textEncoding) writeWord(f *model.Field) jen.Code {
	v := jen.Id("m").Dot(f.Go)
	if e.byPointer(f) {
		v = jen.Op("*").Add(v)
	}
	if w := e.word(f); w.Number {
		verb, args := intVerb(w.Low, w.High)
		return jen.Id("w").Dot(verb).Call(append(append(block(lit(f.Name)), args...), v)...)
	}
	return jen.Id("w").Dot("Word").Call(lit(f.Name), e.token(f), v)
}

// writeParameters emits
//
//	w.Parameters(";", "=")
//	if len(m.Freezers) > 0 {
//		w.Key("FREEZER")
//		w.Values("freezers", &line.Any, ",", m.Freezers)
//	}
func (e *textEncoding) writeParameters(m *model.Message, fields []*model.Field) []jen.Code {
	out := block(jen.Id("w").Dot("Parameters").Call(lit(m.Parameters.Separator), lit(m.Parameters.Assign)))
	for _, f := range fields {
		key := jen.Id("w").Dot("Key").Call(lit(f.Key))
		var value jen.Code
		switch {
		case isList(f):
			value = jen.Id("w").Dot("Values").Call(lit(f.Name), e.token(f), lit(m.Parameters.List), jen.Id("m").Dot(f.Go))
		case e.word(f).Number:
			value = e.writeWord(f)
		default:
			value = jen.Id("w").Dot("Value").Call(lit(f.Name), e.token(f), jen.Id("m").Dot(f.Go))
		}
		if f.Optional {
			out = append(out, jen.If(e.present(f, jen.Id("m").Dot(f.Go))).Block(key, value))
		} else {
			out = append(out, key, value)
		}
	}
	return out
}

// readLine emits
//
//	func (m *Iam) readLine(r *line.Reader) bool {
//		m.Name = r.Word("name", &kernelNameToken)
//		return r.End()
//	}
func (e *textEncoding) readLine(m *message, l *pattern.Line) jen.Code {
	var body []jen.Code
	for i, part := range l.Parts {
		switch {
		case part.Field != nil:
			if part.Field.Lenient {
				body = append(body, jen.Id("r").Dot("Spaces").Call())
			}
			body = append(body, jen.Id("m").Dot(part.Field.Go).Op("=").Add(e.readWord(part.Field)))
		case part.Literal != "" && i > 0:
			body = append(body, jen.Id("r").Dot("Literal").Call(lit(part.Literal)))
		case part.Literal == "":
			body = append(body, e.readParameters(m.m, part.Parameters)...)
		}
	}
	return documented(doc("readLine reads the rest of the line, and reports whether it is the message."),
		method("m", m.typ, "readLine", block(jen.Id("r").Op("*").Add(rt("line", "Reader"))), block(jen.Bool()),
			append(body, jen.Return(jen.Id("r").Dot("End").Call()))...))
}

// readWord emits
//
//	r.Word("name", &kernelNameToken)
func (e *textEncoding) readWord(f *model.Field) *jen.Statement {
	if w := e.word(f); w.Number {
		verb, args := intVerb(w.Low, w.High)
		return jen.Id("r").Dot(verb).Call(append(block(lit(f.Name)), args...)...)
	}
	return jen.Id("r").Dot("Word").Call(lit(f.Name), e.token(f))
}

// readParameters emits
//
//	for r.Parameter(";", "=") {
//		switch string(r.Key()) {
//		case "KERNEL":
//			m.Kernels = r.Words("kernels", &line.Any, ",", m.Kernels)
//		default:
//			r.Stray()
//		}
//	}
//	r.Need("kernels", len(m.Kernels) > 0)
func (e *textEncoding) readParameters(m *model.Message, fields []*model.Field) []jen.Code {
	var cases, needs []jen.Code
	for _, f := range fields {
		v := jen.Id("m").Dot(f.Go)
		value := e.readWord(f)
		switch {
		case isList(f):
			value = jen.Id("r").Dot("Words").Call(lit(f.Name), e.token(f), lit(m.Parameters.List), v)
		case e.byPointer(f):
			value = jen.New(value)
		}
		steps := block(v.Clone().Op("=").Add(value))
		if !f.Optional && e.word(f).Number && !isList(f) {
			seen := jen.Id("has" + f.Go)
			needs = append(needs, jen.Id("r").Dot("Need").Call(lit(f.Name), seen))
			steps = append(steps, seen.Clone().Op("=").True())
		} else if !f.Optional {
			needs = append(needs, jen.Id("r").Dot("Need").Call(lit(f.Name), e.present(f, v.Clone())))
		}
		cases = append(cases, jen.Case(lit(f.Key)).Block(steps...))
	}
	cases = append(cases, jen.Default().Block(jen.Id("r").Dot("Stray").Call()))
	var out []jen.Code
	for _, f := range fields {
		if !f.Optional && e.word(f).Number && !isList(f) {
			out = append(out, jen.Id("has"+f.Go).Op(":=").False())
		}
	}
	out = append(out, jen.For(jen.Id("r").Dot("Parameter").Call(lit(m.Parameters.Separator), lit(m.Parameters.Assign))).Block(
		jen.Switch(jen.String().Call(jen.Id("r").Dot("Key").Call())).Block(cases...)))
	return append(out, needs...)
}

// word is what the words of a field are.
func (e fielded) word(f *model.Field) *pattern.Word {
	w, err := pattern.WordOf(e.p, f)
	if err != nil { // which has been found
		return new(pattern.Word)
	}
	return w
}

// token emits a pointer to the token of a field.
func (e fielded) token(f *model.Field) jen.Code {
	switch {
	case f.Named != nil:
		e.tokens[f.Named] = true
		return jen.Op("&").Id(name.Token(f.Named))
	case f.Type == "text" || f.Type == "[]text":
		return jen.Op("&").Add(rt("line", "Any"))
	}
	return jen.Op("&").Add(rt("line", "Solid"))
}

// tokenVars emits, for every token that is used,
//
//	var kernelNameToken = line.Token{
//		Name:  "kernelName",
//		Class: line.Class{}.Range('-', '.').Range('0', ':'),
//		Min:   1,
//		Max:   255,
//	}
func (e *emitter) tokenVars() []jen.Code {
	var out []jen.Code
	for _, t := range e.p.Types {
		if !e.tokens[t] {
			continue
		}
		w, err := pattern.WordOf(e.p, &model.Field{Type: t.Name, Named: t})
		if err != nil {
			continue
		}
		class := jen.Add(rt("line", "Class")).Values()
		for _, r := range w.Ranges() {
			class.Dot("Range").Call(octet(r[0]), octet(r[1]))
		}
		rows := []pair{{jen.Id("Name"), lit(t.Name)}, {jen.Id("Class"), class}}
		if w.Min > 0 {
			rows = append(rows, pair{jen.Id("Min"), lit(w.Min)})
		}
		if w.Max > 0 {
			rows = append(rows, pair{jen.Id("Max"), lit(w.Max)})
		}
		if w.Match != "" {
			rows = append(rows, pair{jen.Id("Match"), jen.Qual("regexp", "MustCompile").Call(rawString(`\A` + w.Match + `\z`))})
		}
		out = append(out, documented(doc("%s", described(name.Token(t), &t.Node, "is what words of the type "+t.Name+" look like: "+w.String()+".")),
			jen.Var().Id(name.Token(t)).Op("=").Add(rt("line", "Token")).Add(keyed(rows...))))
	}
	return out
}

// octet emits an octet as people write it.
func octet(c byte) jen.Code {
	if c < 0x80 {
		return jen.LitRune(rune(c))
	}
	return jen.Lit(int(c))
}

// rawString emits a string between backquotes where that can be.
func rawString(s string) jen.Code {
	if strings.ContainsRune(s, '`') {
		return lit(s)
	}
	return jen.Id("`" + s + "`")
}

// rest implements encoding.
func (e *textEncoding) rest() []jen.Code { return nil }

// failure implements encoding.
func (e *textEncoding) failure() failure {
	return e.plainFailure("line", "",
		"the line begins like a message and goes on as it must not",
		"the line begins like none of the protocol's messages", "*line.Error")
}

// tests implements encoding. Messages without fields seed the fuzz target as they are.
func (e *textEncoding) tests() []jen.Code {
	c := codecTests{
		table: "lineExamples", test: "TestLines", again: "lineAgain", fuzz: "FuzzDecodeLine",
		read:  jen.Id("DecodeLine").Call(jen.Id("in")),
		write: jen.Id("m").Assert(jen.Id(e.emitter.family(e))).Dot("AppendText").Call(jen.Nil()),
	}
	if e.emitter.family(e) == "Message" {
		c.write = jen.Id("m").Dot("AppendText").Call(jen.Nil())
	}
	for _, l := range e.lines {
		if l.Whole() {
			c.seeds = append(c.seeds, jen.Id("f").Dot("Add").Call(bytesOf(lit(l.Prefix()))))
		}
	}
	return c.emit(e.exampleRows(e))
}

// decode implements encoding.
func (*textEncoding) decode(frame, _ jen.Code) *jen.Statement {
	return jen.Id("DecodeLine").Call(frame)
}

// write implements encoding.
func (*textEncoding) write(m, b, _ jen.Code) *jen.Statement {
	return jen.Add(m).Dot("AppendText").Call(b)
}

// example implements encoding.
func (*textEncoding) example(text jen.Code) *jen.Statement {
	return jen.Id("DecodeLine").Call(jen.Index().Byte().Call(text))
}

// family implements encoding.
func (*textEncoding) family() (name, what string) { return "LineMessage", "a line of text" }

// usesCodec implements encoding.
func (*textEncoding) usesCodec() bool { return false }

// about implements encoding.
func (e *textEncoding) about() string {
	return "[DecodeLine] reads a line, and the AppendText method of a message that is one writes it. What a field cannot say in its place is never written."
}
