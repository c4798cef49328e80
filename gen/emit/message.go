package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
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

// message is one message as Go sees it.
type message struct {
	m       *model.Message
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
		if msg := e.newMessage(ms, m, found); msg != nil {
			ms.list = append(ms.list, msg)
			ms.byMsg[m] = msg
			if !slices.Contains(ms.roots, msg.root) {
				ms.roots = append(ms.roots, msg.root)
			}
		}
	}
	for _, msg := range ms.list {
		for _, f := range msg.m.Fields {
			if f.Key != "" && !msg.projected(f.Key) {
				if v := resolve(msg.root, f, found); v != nil {
					msg.fields = append(msg.fields, v)
				}
			}
		}
	}
	e.findCodes(ms)
	return ms
}

// newMessage is one message, its own fields apart.
func (e *emitter) newMessage(ms *messages, m *model.Message, found *diag.List) *message {
	var el *xsd.Element
	if e.set != nil {
		el = e.set.Element(xsd.Name{Space: m.Element.Namespace, Local: m.Element.Local})
	}
	if el == nil {
		found.Errorf(m.Pos, "unknown-element", "message %q: no schema declares the element %q of namespace %q", m.Name, m.Element.Local, m.Element.Namespace)
		return nil
	}
	msg := &message{m: m, typ: m.Go, root: e.shapes.globals[el]}
	at := msg.root
	if m.At != "" {
		hops, err := walk(msg.root, m.At)
		if err != nil {
			found.Errorf(m.Pos, "unknown-path", "message %q: at %q: %v", m.Name, m.At, err)
			return nil
		}
		msg.hops, at = hops, last(hops).val.of
	}
	if whole := e.names.Whole(m); whole != nil {
		msg.payload, msg.whole = at, true
		msg.typ = msg.payload.name
	} else if at != nil && len(m.Bind) == 0 && at.ct != nil && !e.names.Envelope(at.ct) {
		msg.payload = at
	}
	for _, b := range m.Bind {
		if bound := e.newBinding(msg, b, found); bound != nil {
			msg.binds = append(msg.binds, bound)
		}
	}
	if m.Head != nil {
		msg.head = e.newHead(ms, msg, found)
	}
	return msg
}

// newBinding is a payload bound to a wildcard of msg.
func (e *emitter) newBinding(msg *message, b *model.Bind, found *diag.List) *binding {
	el := e.set.Element(xsd.Name{Space: b.Element.Namespace, Local: b.Element.Local})
	path := strings.Trim(msg.m.At+"/"+b.Path, "/")
	hops, err := walk(msg.root, strings.TrimPrefix(path+"/*", "/"))
	switch {
	case el == nil:
		found.Errorf(b.Pos, "unknown-element", "message %q: no schema declares the element %q of namespace %q", msg.m.Name, b.Element.Local, b.Element.Namespace)
		return nil
	case err != nil:
		found.Errorf(b.Pos, "unknown-path", "message %q: bind %q: %q leads to no wildcard: %v", msg.m.Name, b.Name, path, err)
		return nil
	}
	return &binding{
		b: b, st: e.shapes.globals[el], embedded: msg.m.Class != "reply" && len(msg.m.Bind) == 1, name: b.Go,
		key: path + "/" + b.Element.Local, hops: hops,
	}
}

// newHead is the head of msg, made when the first message that has it is seen.
func (e *emitter) newHead(ms *messages, msg *message, found *diag.List) *head {
	for _, h := range ms.heads {
		if h.h == msg.m.Head {
			return h
		}
	}
	h := &head{h: msg.m.Head, typ: msg.m.Head.Go}
	ms.heads = append(ms.heads, h)
	for _, f := range h.h.Fields {
		if f.Key == "" || h.projected(f.Key) {
			continue
		}
		if v := resolve(msg.root, f, found); v != nil {
			h.fields = append(h.fields, v)
		}
	}
	h.at = msg.root
	if len(h.fields) > 0 {
		h.prefix = commonPath(h.fields)
		if h.prefix != "" {
			h.depth = strings.Count(h.prefix, "/") + 1
			h.at = h.fields[0].hops[h.depth-1].f.val.of
		}
	}
	return h
}

// resolve finds the place of a field in the document.
func resolve(root *structure, f *model.Field, found *diag.List) *visible {
	hops, err := walk(root, f.Key)
	if err != nil {
		found.Errorf(f.Pos, "unknown-path", "field %q: key %q: %v", f.Name, f.Key, err)
		return nil
	}
	return &visible{f: f, name: f.Go, key: f.Key, hops: hops}
}

// commonPath is the longest path that all fields stand below.
func commonPath(fields []*visible) string {
	common := strings.Split(fields[0].key, "/")
	common = common[:len(common)-1]
	for _, f := range fields[1:] {
		steps := strings.Split(f.key, "/")
		n := 0
		for n < len(common) && n < len(steps)-1 && common[n] == steps[n] {
			n++
		}
		common = common[:n]
	}
	return strings.Join(common, "/")
}

// below reports whether key stands inside the element at path, or is it.
func below(key, path string) bool {
	return path == "" || key == path || strings.HasPrefix(key, path+"/")
}

// projected reports whether a key stands inside something that the message has anyway.
func (msg *message) projected(key string) bool {
	if msg.payload != nil && below(key, msg.m.At) {
		return true
	}
	for _, b := range msg.binds {
		if below(key, b.key) {
			return true
		}
	}
	return msg.head != nil && msg.head.projected(key) ||
		slices.ContainsFunc(msg.fields, func(v *visible) bool { return below(key, v.key) })
}

// projected reports whether a key stands inside a field of the head.
func (h *head) projected(key string) bool {
	return slices.ContainsFunc(h.fields, func(v *visible) bool { return below(key, v.key) })
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
	d := decls{e.messageInterface()}
	d.add(e.decodeMessage()...)
	for _, h := range e.msgs.heads {
		d.add(e.headType(h))
		if len(e.p.Machines) > 0 {
			d.add(e.headInterface(h))
		}
		d.add(e.headAccess(h))
	}
	if e.msgs.codes != nil {
		d.add(e.codeMethods()...)
	}
	for _, m := range e.msgs.list {
		if !m.whole {
			d.add(e.messageType(m))
		}
		d.add(e.messageMethods(m)...)
	}
	for _, root := range e.msgs.roots {
		d.add(e.documentCodec(root)...)
	}
	for _, s := range e.findSecrets() {
		d.add(e.secretMethods(s)...)
	}
	d.add(e.projections()...)
	return e.file("message_gen.go", d...)
}

// messageInterface emits
//
//	type Message interface {
//		MessageName() string
//		AppendXML(b []byte) ([]byte, error)
//		message()
//	}
func (e *emitter) messageInterface() jen.Code {
	var names []string
	for _, m := range e.msgs.list {
		names = append(names, "[*"+m.typ+"]")
	}
	return documented(
		doc("Message is a message of the protocol: %s.", enumerate(names, "or")),
		jen.Type().Id("Message").Interface(
			doc("MessageName is the name that the specification gives the message."),
			jen.Id("MessageName").Params().String(),
			doc(`AppendXML appends the document that carries the message and returns the extended slice. On error b is returned as
				it was: what the schemas do not allow, an [*xsdrun.EncodeError], is never written%s.`, e.orRuleError()),
			jen.Id("AppendXML").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
			jen.Id("message").Params(),
		),
	)
}

// orRuleError ends the sentence on what is never written.
func (e *emitter) orRuleError() string {
	if e.hasRules() {
		return ", nor what breaks a rule of the specification, a [*RuleError]"
	}
	return ""
}

// headType emits
//
//	type CommandHead struct {
//		Extensions []Element // command/extension/*
//		ClTRID     string    // command/clTRID
//	}
func (e *emitter) headType(h *head) jen.Code {
	fields := make([]jen.Code, len(h.fields))
	for i, v := range h.fields {
		fields[i] = v.decl()
	}
	return documented(doc("%s", described(h.typ, &h.h.Node, "is what several messages have in common.")), jen.Type().Id(h.typ).Struct(fields...))
}

// decl emits a field of a message or head.
func (v *visible) decl() jen.Code {
	s := jen.Id(v.name).Add(v.goType()).Comment("// " + v.key)
	if v.f.Doc != "" {
		return doc("%s", sentence(v.f.Doc)+clause(v.f.Standard)).Line().Add(s)
	}
	return s
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

// headAccess emits what moves a head in and out of a document:
//
//	func (h *CommandHead) read(v *commandDoc) { ... }
//
//	func (h *CommandHead) write(v *commandDoc) { ... }
func (e *emitter) headAccess(h *head) jen.Code {
	var read, write []jen.Code
	for _, v := range h.fields {
		rest := v.hops[h.depth:]
		read = append(read, take(jen.Id("h").Dot(v.name), jen.Id("v"), rest)...)
		write = append(write, put(jen.Id("v"), rest, jen.Id("h").Dot(v.name))...)
	}
	if h == e.msgs.codeHead {
		write = append(write, e.defaultCode())
	}
	at := jen.Id("v").Op("*").Id(h.at.name)
	return documented(doc("read takes the head out of a document."), method("h", h.typ, "read", block(at), nil, read...)).(*jen.Statement).
		Line().Line().
		Add(documented(doc("write puts the head into a document."), method("h", h.typ, "write", block(at.Clone()), nil, write...)))
}

// messageType emits
//
//	type DomainTransferRequest struct {
//		DomainTransfer
//		Op TransferOp // command/transfer/@op
//		CommandHead
//	}
func (e *emitter) messageType(m *message) jen.Code {
	var fields []jen.Code
	if m.payload != nil {
		fields = append(fields, jen.Id(m.payload.name))
	}
	for _, b := range m.binds {
		switch {
		case b.embedded:
			fields = append(fields, jen.Id(b.st.name))
		default:
			fields = append(fields, jen.Id(b.name).Op("*").Id(b.st.name).Comment("// "+b.key+", optional"))
		}
	}
	for _, v := range m.fields {
		fields = append(fields, v.decl())
	}
	if m.head != nil {
		fields = append(fields, jen.Id(m.head.typ))
	}
	return documented(doc("%s", described(m.typ, &m.m.Node, "is the message "+m.m.Name+".")), jen.Type().Id(m.typ).Struct(fields...))
}

// messageMethods emits the methods of Message.
func (e *emitter) messageMethods(m *message) []jen.Code {
	out := []jen.Code{
		documented(doc("MessageName implements [Message]."),
			shortMethod(m.recv(), m.typ, "MessageName", nil, block(jen.String()), jen.Return(lit(m.m.Name)))),
		method(m.recv(), m.typ, "message", nil, nil),
	}
	if !m.whole || m.payload.element == nil { // else it is an element, whose AppendXML does as much
		out = append(out, documented(doc("AppendXML implements [Message]."),
			method(m.recv(), m.typ, "AppendXML", block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()), e.appendMessage(m)...)))
	}
	if carriesSecrets(m.m) && !m.whole {
		out = append(out, e.logMethod(m))
	}
	if c := e.ruleCheck(m); c != nil {
		out = append(out, c)
	}
	return out
}
