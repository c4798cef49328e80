package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

// xmlEncoding prints messages that are XML documents with a schema. How fields of a document are reached stands in
// projection.go, how documents become messages in document.go.
type xmlEncoding struct{ *emitter }

// message implements encoding; the message's own fields are left to settle.
func (e xmlEncoding) message(ms *messages, m *model.Message, found *diag.List) *message {
	var el *xsd.Element
	if e.set != nil {
		el = e.set.Element(xsd.Name{Space: m.Element.Namespace, Local: m.Element.Local})
	}
	if el == nil {
		found.Errorf(m.Pos, "unknown-element", "message %q: no schema declares the element %q of namespace %q", m.Name, m.Element.Local, m.Element.Namespace)
		return nil
	}
	msg := &message{m: m, typ: m.Go, root: e.shapes.globals[el]}
	if !slices.Contains(ms.roots, msg.root) {
		ms.roots = append(ms.roots, msg.root)
	}
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

// settle implements encoding: it finds the fields of messages and the places of codes.
func (e xmlEncoding) settle(ms *messages, found *diag.List) {
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

// writer implements encoding:
//
//	AppendXML(b []byte) ([]byte, error)
func (e xmlEncoding) writer() []jen.Code {
	return block(
		doc(`AppendXML appends the document that carries the message and returns the extended slice. On error b is returned as
			it was: what the schemas do not allow, an [*xsdrun.EncodeError], is never written%s.`, e.orRuleError()),
		jen.Id("AppendXML").Params(jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
	)
}

// readers implements encoding.
func (e xmlEncoding) readers() []jen.Code { return e.decodeMessage() }

// head implements encoding.
func (e xmlEncoding) head(h *head) (typ jen.Code, methods []jen.Code) {
	return e.headType(h), block(e.headAccess(h))
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

// declare implements encoding.
func (e xmlEncoding) declare(m *message) (typ jen.Code, methods []jen.Code) {
	if !m.whole {
		typ = e.messageType(m)
	}
	if !m.whole || m.payload.element == nil { // else it is an element, whose AppendXML does as much
		methods = append(methods, documented(doc("AppendXML implements [Message]."),
			method(m.recv(), m.typ, "AppendXML", block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()), e.appendMessage(m)...)))
	}
	if carriesSecrets(m.m) && !m.whole {
		methods = append(methods, e.logMethod(m))
	}
	if c := e.ruleCheck(m); c != nil {
		methods = append(methods, c)
	}
	return typ, methods
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

// rest implements encoding: what goes between documents and messages, and what formulas and logs need.
func (e xmlEncoding) rest() []jen.Code {
	var d decls
	for _, root := range e.msgs.roots {
		d.add(e.documentCodec(root)...)
	}
	for _, s := range e.findSecrets() {
		d.add(e.secretMethods(s)...)
	}
	return append(d, e.projections()...)
}

// tests implements encoding.
func (e xmlEncoding) tests() []jen.Code {
	rows := e.exampleRows(e)
	if len(rows) == 0 {
		return nil
	}
	return block(exampleTable("examples", rows), e.testExamples(), testPrefixes(), fuzzMessage(), again())
}

// decode implements encoding.
func (xmlEncoding) decode(frame, _ jen.Code) *jen.Statement {
	return jen.Id("DecodeMessage").Call(frame)
}

// write implements encoding.
func (xmlEncoding) write(m, b, _ jen.Code) *jen.Statement { return jen.Add(m).Dot("AppendXML").Call(b) }

// example implements encoding.
func (xmlEncoding) example(text jen.Code) *jen.Statement {
	return jen.Id("DecodeMessage").Call(jen.Index().Byte().Call(text))
}

// family implements encoding.
func (xmlEncoding) family() (name, what string) { return "XMLMessage", "a document of XML" }

// usesCodec implements encoding.
func (xmlEncoding) usesCodec() bool { return false }

// about implements encoding.
func (xmlEncoding) about() string {
	return `[DecodeMessage] reads a document into a [Message], validating it on the way, and the AppendXML method of a message
writes one. [Validate] only judges. What the schemas describe is in types named after elements; an [Element] stands wherever a
schema leaves room for any.`
}
