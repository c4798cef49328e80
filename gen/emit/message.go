package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// messages is the Go view of a protocol's messages.
type messages struct {
	list  []*message
	byMsg map[*model.Message]*message
	heads []*head
	roots []*structure // the document elements, in the order messages name them
	codes *enum        // the enumeration that holds result codes; nil without codes
	// codeHead is the head that carries the code, codeList the field of it that the code stands in, codeAt and textAt where;
	// nil without codes.
	codeHead       *head
	codeList       *visible
	codeAt, textAt *place
}

// message is one message as Go sees it. All but its type and head is of xml.
type message struct {
	m       *model.Message
	enc     encoding
	typ     string
	root    *structure
	hops    []hop      // to the element it is told by; empty when that is the document element
	payload *structure // what that element holds, embedded in the message, or being it
	whole   bool       // the payload's type is the message's
	binds   []*binding
	head    *head
	fields  []*visible
}

// binding is a payload bound to a wildcard.
type binding struct {
	b        *model.Bind
	st       *structure
	embedded bool   // in a request; a reply may come without it and holds it by a pointer
	name     string // of the field
	key      string // of the payload, below the document element
	hops     []hop  // to the wildcard
}

// head is what several messages have in common.
type head struct {
	h      *model.Head
	typ    string
	fields []*visible
	at     *structure // the element that all fields stand in
	depth  int        // how many steps of a path lead to it
	prefix string     // those steps
}

// recv is the receiver of a message's methods: that of the other methods of the type where the type is an element's.
func (m *message) recv() string {
	if m.whole {
		return "v"
	}
	return "m"
}

// newMessages works out the messages of e's protocol; what cannot be is added to found.
func newMessages(e *emitter, found *diag.List) *messages {
	ms := &messages{byMsg: map[*model.Message]*message{}}
	for _, m := range e.p.Messages {
		enc := e.encoding(m)
		if msg := enc.message(ms, m, found); msg != nil {
			msg.enc = enc
			ms.list = append(ms.list, msg)
			ms.byMsg[m] = msg
		}
	}
	for _, enc := range e.encs {
		enc.settle(ms, found)
	}
	return ms
}

// fieldTypes gives formulas the types of fields that only the encoding knows.
func (ms *messages) fieldTypes(m *model.Message, f *model.Field) *formula.Type {
	if msg := ms.of(m); msg != nil {
		return msg.enc.fieldType(m, f)
	}
	return nil
}

// of is the Go view of a message.
func (ms *messages) of(m *model.Message) *message { return ms.byMsg[m] }

// headOf is the Go view of a head; nil for a head that no message has.
func (ms *messages) headOf(h *model.Head) *head {
	for _, have := range ms.heads {
		if have.h == h {
			return have
		}
	}
	return nil
}

// messageFile writes the messages.
func (e *emitter) messageFile() (File, error) {
	if len(e.msgs.list) == 0 {
		return e.file("message_gen.go")
	}
	d := decls(e.messageInterfaces())
	for _, enc := range e.encs {
		d.add(enc.readers()...)
	}
	if e.encodings["headers"] == nil {
		d.add(e.messageError()...)
	}
	for _, h := range e.msgs.heads {
		typ, methods := e.headEncoding(h.h).head(h)
		d.add(typ)
		if len(e.p.Machines) > 0 {
			d.add(e.headInterface(h))
		}
		d.add(methods...)
	}
	if e.msgs.codes != nil {
		d.add(e.codeMethods()...)
	}
	for _, m := range e.msgs.list {
		d.add(e.messageDecls(m)...)
	}
	for _, enc := range e.encs {
		d.add(enc.rest()...)
	}
	if e.encodings["xml"] == nil && e.encodings["headers"] == nil {
		if e.hasRules() {
			d.add(judgedFunc())
		}
		d.add(fielded{e}.numberMethods()...)
		d.add(e.tokenVars()...)
	}
	d.add(e.patternVars()...)
	return e.file("message_gen.go", d...)
}

// messageInterfaces emits
//
//	type Message interface {
//		MessageName() string
//		AppendXML(b []byte) ([]byte, error)
//		message()
//	}
func (e *emitter) messageInterfaces() []jen.Code {
	var names []string
	for _, m := range e.msgs.list {
		names = append(names, "[*"+m.typ+"]")
	}
	methods := block(
		doc("MessageName is the name that the specification gives the message."),
		jen.Id("MessageName").Params().String(),
	)
	if len(e.encs) == 1 {
		methods = append(methods, e.encs[0].writer()...)
	}
	d := decls{documented(
		doc("Message is a message of the protocol: %s.", enumerate(names, "or")),
		jen.Type().Id("Message").Interface(append(methods, jen.Id("message").Params())...),
	)}
	if len(e.encs) > 1 {
		for _, enc := range e.encs {
			name, what := enc.family()
			d.add(documented(doc("%s is a message that is %s.", name, what),
				jen.Type().Id(name).Interface(append(block(jen.Id("Message")), enc.writer()...)...)))
		}
		d.add(e.appendAny())
	}
	return d
}

// family is the interface that has the method which writes the messages of an encoding: Message, where there is one alone.
func (e *emitter) family(enc encoding) string {
	if len(e.encs) == 1 {
		return "Message"
	}
	name, _ := enc.family()
	return name
}

// appendAny emits
//
//	func AppendMessage(codec tree.Codec, b []byte, m Message) ([]byte, error) {
//		switch m := m.(type) {
//		case LineMessage:
//			return m.AppendText(b)
//		case TreeMessage:
//			return m.AppendTree(codec, b)
//		}
//		return b, nil
//	}
func (e *emitter) appendAny() jen.Code {
	var cases []jen.Code
	for _, enc := range e.encs {
		cases = append(cases, jen.Case(jen.Id(e.family(enc))).Block(jen.Return(enc.write(jen.Id("m"), jen.Id("b"), jen.Id("codec")))))
	}
	params := block(jen.Id("b").Index().Byte(), jen.Id("m").Id("Message"))
	text := "AppendMessage appends a message of any kind and returns the extended slice. On error b is returned as it was."
	if e.usesCodec() {
		params = append(block(jen.Id("codec").Add(rt("tree", "Codec"))), params...)
		text += " Messages that are no trees need no codec."
	}
	return documented(doc("%s", text), function("AppendMessage", params, block(jen.Index().Byte(), jen.Error()),
		jen.Switch(jen.Id("m").Op(":=").Id("m").Assert(jen.Type())).Block(cases...),
		jen.Return(jen.Id("b"), jen.Op("&").Id("MessageError").Add(inline(
			pair{jen.Id("Kind"), jen.Id("MessageUnknown")},
			pair{jen.Id("Err"), jen.Qual("errors", "New").Call(lit("no message"))})))))
}

// orRuleError ends the sentence on what is never written.
func (e *emitter) orRuleError() string {
	if e.hasRules() {
		return ", nor what breaks a rule of the specification, a [*RuleError]"
	}
	return ""
}

// described is the comment of a declaration that comes from a node of the specification: what the node says of itself
// becomes a sentence about the Go name, and otherwise stands in for what it does not say.
func described(goName string, n *model.Node, otherwise string) string {
	text := sentence(n.Doc)
	first, _, _ := strings.Cut(text, " ")
	switch {
	case text == "":
		text = otherwise
	case first == "Which", first == "How", first == "Whether":
		text = "says " + lowerFirst(text)
	case first == "What", first == "The", first == "A", first == "An", first == "Every":
		text = "is " + lowerFirst(text)
	case strings.HasSuffix(first, "s"):
		text = lowerFirst(text)
	default:
		text = otherwise + " " + text
	}
	return goName + " " + text + clause(n.Standard)
}

// headInterface emits what lets a session treat all messages with a head alike:
//
//	type hasCommandHead interface {
//		Message
//		commandHead() *CommandHead
//	}
//
//	func (h *CommandHead) commandHead() *CommandHead { return h }
func (e *emitter) headInterface(h *head) jen.Code {
	get := name.Unexported(h.typ)
	return documented(doc("has%s is a message that has the head [%s].", h.typ, h.typ),
		jen.Type().Id("has"+h.typ).Interface(jen.Id("Message"), jen.Id(get).Params().Op("*").Id(h.typ))).(*jen.Statement).
		Line().Line().
		Add(shortMethod("h", h.typ, get, nil, block(jen.Op("*").Id(h.typ)), jen.Return(jen.Id("h"))))
}

// messageDecls emits the struct and the methods of a message.
func (e *emitter) messageDecls(m *message) []jen.Code {
	var d decls
	typ, methods := m.enc.declare(m)
	if typ != nil {
		d.add(typ)
	}
	d.add(
		documented(doc("MessageName implements [Message]."),
			shortMethod(m.recv(), m.typ, "MessageName", nil, block(jen.String()), jen.Return(lit(m.m.Name)))),
		method(m.recv(), m.typ, "message", nil, nil),
	)
	return append(d, methods...)
}
