package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// derived are the messages that the machine sends or its operations give and that have derived fields, their own or their
// head's.
func (m *machine) derived() []*model.Message {
	made := m.sends()
	return filter(m.e.p.Messages, func(msg *model.Message) bool {
		sent := msg.Class == "reply" || slices.Contains(made, msg)
		return sent && slices.Contains(msg.From, m.Role) && m.derives(msg)
	})
}

// derives reports whether something in msg is derived.
func (m *machine) derives(msg *model.Message) bool {
	return slices.ContainsFunc(msg.Fields, derivedIn(msg)) || msg.Head != nil && slices.ContainsFunc(msg.Head.Fields, isDerived)
}

func isDerived(f *model.Field) bool { return f.Is != nil }

// derivedIn is isDerived for the fields of msg. What is always the same is no part of messages but those of xml.
func derivedIn(msg *model.Message) func(*model.Field) bool {
	return func(f *model.Field) bool {
		return isDerived(f) && (msg.Encoding == "xml" || !strings.HasPrefix(f.Is.Text, `"`))
	}
}

// makers emits the functions that make the messages which the machine sends by itself, and the one that derives their
// fields.
func (m *machine) makers() []jen.Code {
	var d decls
	for _, msg := range m.sends() {
		for _, withCode := range []bool{true, false} {
			if m.makes(msg, withCode) {
				d.add(m.makerFunc(msg, withCode))
			}
		}
	}
	if len(m.derived()) > 0 {
		d.add(m.derive())
	}
	return d
}

// makes reports whether a move sends msg with, or without, a reply code of its own.
func (m *machine) makes(msg *model.Message, withCode bool) (found bool) {
	m.eachSend(func(send *model.Send) { found = found || send.Message == msg && hasCode(send) == withCode })
	return found
}

// hasCode reports whether a code is given to what is sent.
func hasCode(send *model.Send) bool {
	return slices.ContainsFunc(send.With, isCode)
}

// isCode reports whether w gives the reply code, isText whether it gives the text beside it.
func isCode(w *model.With) bool { return w.Name == "code" }
func isText(w *model.With) bool { return w.Name == "text" }

// hasText reports whether some move gives msg a text beside its code.
func (m *machine) hasText(msg *model.Message) (found bool) {
	m.eachSend(func(send *model.Send) {
		found = found || send.Message == msg && hasCode(send) && slices.ContainsFunc(send.With, isText)
	})
	return found
}

// maker is the method that makes a message.
func (m *machine) maker(msg *model.Message, withCode bool) string {
	if withCode && m.makes(msg, false) {
		return "new" + exported(msg.Name) + "WithCode"
	}
	return "new" + exported(msg.Name)
}

// makerFunc emits
//
//	// newResponse makes the message response, with a code, in answer to req.
//	func (s *serverMachine) newResponse(code ResultCode, req any) *Response {
//		m := new(Response)
//		m.SetCode(code, "")
//		s.derive(m, req)
//		return m
//	}
func (m *machine) makerFunc(msg *model.Message, withCode bool) jen.Code {
	typ := m.e.msgs.of(msg).typ
	text := "makes the message " + msg.Name
	var params []jen.Code
	body := []jen.Code{jen.Id("m").Op(":=").New(jen.Id(typ))}
	if withCode {
		params = append(params, jen.Id("code").Id(m.e.msgs.codes.name))
		given := lit("")
		if m.hasText(msg) {
			params = append(params, jen.Id("text").String())
			given = jen.Id("text")
			text += ", with a code and a text; empty for the code's"
		} else {
			text += ", with a code"
		}
		body = append(body, jen.Id("m").Dot("SetCode").Call(jen.Id("code"), given))
	}
	if m.derives(msg) {
		params = append(params, jen.Id("req").Any())
		body = append(body, jen.Id("s").Dot("derive").Call(jen.Id("m"), jen.Id("req")))
		text += ", in answer to req"
	}
	if len(body) == 1 {
		body = block(jen.Return(jen.New(jen.Id(typ))))
	} else {
		body = append(body, jen.Return(jen.Id("m")))
	}
	fn := m.maker(msg, withCode)
	return documented(doc("%s %s.", fn, text), m.method(fn, params, block(jen.Op("*").Id(typ)), body...))
}

// derive emits
//
//	// derive gives m, which answers req, the values that the specification derives where it has none. Any goroutine.
//	func (s *serverMachine) derive(m session.Message, req any) {
//		switch m := m.(type) {
//		case *Greeting:
//			if m.SvID == "" {
//				m.SvID = s.config.ServerID
//			}
//		case hasResponseHead:
//			h := m.responseHead()
//			...
//		}
//	}
func (m *machine) derive() jen.Code {
	var cases []jen.Code
	var heads []*model.Head
	for _, msg := range m.derived() {
		if !slices.ContainsFunc(msg.Fields, derivedIn(msg)) {
			if !slices.Contains(heads, msg.Head) {
				heads = append(heads, msg.Head)
			}
			continue
		}
		p := m.derivePrinter(formula.ForMessage(m.e.p, msg, m.e.msgs.fieldTypes))
		body := m.deriveFields(filter(msg.Fields, derivedIn(msg)), func(f *model.Field) (jen.Code, []jen.Code) {
			return m.e.unset(msg, f, jen.Id("m")), m.e.assign(msg, f, jen.Id("m"), m.derivedValue(p, msg, f))
		})
		if msg.Head != nil {
			body = append(body, m.deriveHead(msg.Head)...)
		}
		cases = append(cases, jen.Case(jen.Op("*").Id(m.e.msgs.of(msg).typ)).Block(body...))
	}
	for _, h := range heads {
		cases = append(cases, jen.Case(jen.Id(headInterface(h))).Block(m.deriveHead(h)...))
	}
	return documented(
		doc("derive gives m, which answers req, the values that the specification derives where it has none. Any goroutine."),
		m.method("derive", block(jen.Id("m").Add(rt("session", "Message")), jen.Id("req").Any()), nil,
			jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...)))
}

// deriveHead emits what gives a head its derived fields.
func (m *machine) deriveHead(h *model.Head) []jen.Code {
	p := m.derivePrinter(formula.ForHead(m.e.p, h, m.e.msgs.fieldTypes))
	body := m.deriveFields(h.Fields, func(f *model.Field) (jen.Code, []jen.Code) {
		return m.e.unsetHead(h, f, jen.Id("h")), m.e.assignHead(h, f, jen.Id("h"), m.derivedValue(p, nil, f))
	})
	if len(body) == 0 {
		return nil
	}
	return append(block(jen.Id("h").Op(":=").Id("m").Dot(headMethod(h)).Call()), body...)
}

// derivePrinter prints derived values, whose req may be any message or what is known of one that could not be read.
func (m *machine) derivePrinter(scope *formula.Scope) *printer {
	p := m.printer(scope)
	p.request = func(f *model.Field) jen.Code {
		m.uses["request:"+f.Name] = true
		return jen.Id("request" + name.Exported(f.Name)).Call(jen.Id("req"))
	}
	return p
}

// derivedValue prints what a field is derived from. One text stands for a list of one.
func (m *machine) derivedValue(p *printer, msg *model.Message, f *model.Field) jen.Code {
	x := p.parse(f.Is, nil)
	if x == nil {
		return jen.Nil()
	}
	v := p.expr(x)
	if msg == nil || x.Type().Kind != formula.Text {
		return v
	}
	if t := m.e.msgs.fieldTypes(msg, f); t != nil && t.Kind == formula.List {
		return single{v}
	}
	return v
}

// deriveFields emits, for each derived field,
//
//	if m.SvID == "" {
//		m.SvID = s.config.ServerID
//	}
func (m *machine) deriveFields(fields []*model.Field, of func(*model.Field) (unset jen.Code, set []jen.Code)) []jen.Code {
	var body []jen.Code
	for _, f := range fields {
		if !isDerived(f) {
			continue
		}
		unset, set := of(f)
		body = append(body, jen.If(unset).Block(set...))
	}
	return body
}

// requestFields emits the functions that read a field of whatever is being answered, for the fields that uses names:
//
//	// requestClTRID is clTRID of the message that is answered, as far as it could be read.
//	func requestClTRID(req any) string {
//		switch req := req.(type) {
//		case hasCommandHead:
//			return req.commandHead().ClTRID
//		case *MessageError:
//			return req.ClTRID
//		}
//		return ""
//	}
func (e *emitter) requestFields(uses map[string]bool) []jen.Code {
	var d decls
	done := map[string]bool{}
	for _, f := range e.ownRequestFields(uses) {
		if !done[f.Name] {
			done[f.Name] = true
			d.add(e.requestField(f))
		}
	}
	for _, h := range e.p.Heads {
		for _, f := range h.Fields {
			if !uses["request:"+f.Name] || done[f.Name] || isDerived(f) {
				continue
			}
			done[f.Name] = true
			fn := "request" + name.Exported(f.Name)
			d.add(documented(doc("%s is %s of the message that is answered, as far as it could be read.", fn, f.Name),
				function(fn, block(jen.Id("req").Any()), block(jen.String()),
					jen.Switch(jen.Id("req").Op(":=").Id("req").Assert(jen.Type())).Block(
						jen.Case(jen.Id(headInterface(h))).Block(jen.Return(e.headField(h, f, jen.Id("req").Dot(headMethod(h)).Call()))),
						jen.Case(jen.Op("*").Id("MessageError")).Block(jen.Return(jen.Id("req").Dot(f.Go))),
					),
					jen.Return(lit("")))))
		}
	}
	return d
}

// ownRequestFields are the fields that uses names and that are the messages' own.
func (e *emitter) ownRequestFields(uses map[string]bool) (fields []*model.Field) {
	for _, msg := range e.p.Messages {
		if msg.Class == "request" {
			fields = append(fields, filter(msg.Fields, func(f *model.Field) bool { return uses["request:"+f.Name] })...)
		}
	}
	return fields
}

// requestField emits the function that reads a field which requests have of their own, each for itself:
//
//	// requestID is id of the message that is answered, as far as it could be read.
//	func requestID(req any) int64 {
//		switch req := req.(type) {
//		case *PublishRequest:
//			return req.ID
//		...
//		}
//		return 0
//	}
func (e *emitter) requestField(f *model.Field) jen.Code {
	fn := "request" + name.Exported(f.Name)
	var cases []jen.Code
	for _, msg := range e.p.Messages {
		for _, own := range msg.Fields {
			if msg.Class == "request" && own.Name == f.Name {
				cases = append(cases, jen.Case(e.typeList([]*model.Message{msg})...).Block(jen.Return(e.field(msg, own, jen.Id("req")))))
			}
		}
	}
	t, _ := formula.TypeOf(e.p, f.Type)
	return documented(doc("%s is %s of the message that is answered, as far as it could be read.", fn, f.Name),
		function(fn, block(jen.Id("req").Any()), block(jen.Parens(jen.Id("v").Add(goType(t)))),
			jen.Switch(jen.Id("req").Op(":=").Id("req").Assert(jen.Type())).Block(cases...),
			jen.Return(jen.Id("v"))))
}
