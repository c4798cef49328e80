package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/xsd"
)

// appendMessage emits what puts a message into its document and writes that:
//
//	var doc eppDoc
//	doc.Command = new(commandDoc)
//	doc.Command.Check = &m.DomainCheck
//	m.CommandHead.write(doc.Command)
//	return doc.AppendXML(b)
func (e *emitter) appendMessage(m *message) []jen.Code {
	root := jen.Id("doc")
	out := append(e.refuseBroken(m), jen.Var().Add(root).Id(m.root.name))
	at := root
	for i, h := range m.hops {
		if !h.inside {
			at = at.Clone().Dot(h.f.name)
		}
		switch {
		case i == len(m.hops)-1 && m.whole:
			out = append(out, at.Clone().Op("=").Add(held(h.f, jen.Id(m.recv()))))
		case i == len(m.hops)-1 && m.payload != nil:
			out = append(out, at.Clone().Op("=").Add(pointed(h.f, jen.Id("m").Dot(m.payload.name))))
		case h.f.pointer:
			out = append(out, at.Clone().Op("=").New(h.f.val.goType()))
		case h.f.val.any:
			out = append(out, at.Clone().Op("=").New(rt("xmlstream", "Any")))
		}
	}
	for _, b := range m.binds {
		out = append(out, e.putBinding(m, b, at)...)
	}
	for _, v := range m.fields {
		out = append(out, put(at, v.hops[len(m.hops):], jen.Id("m").Dot(v.name))...)
	}
	if m.head != nil {
		place := selector(root, m.hops[:m.head.depth])
		if m.head.depth == 0 || !m.hops[m.head.depth-1].f.pointer {
			place = jen.Op("&").Add(place)
		}
		out = append(out, jen.Id("m").Dot(m.head.typ).Dot("write").Call(place))
	}
	return append(out, jen.Return(jen.Id("doc").Dot("AppendXML").Call(jen.Id("b"))))
}

// held is what the pointer p points to, as the field holds it.
func held(f *field, p *jen.Statement) *jen.Statement {
	if f.pointer {
		return p
	}
	return jen.Op("*").Add(p)
}

// pointed is v as the field holds it: by a pointer if it may be absent.
func pointed(f *field, v *jen.Statement) *jen.Statement {
	if f.pointer {
		return jen.Op("&").Add(v)
	}
	return v
}

// putBinding emits what puts a bound payload in its place: a command's always, a reply's if there is one.
func (e *emitter) putBinding(m *message, b *binding, at *jen.Statement) []jen.Code {
	v := jen.Op("&").Id("m").Dot(b.st.name)
	if !b.embedded {
		v = jen.Id("m").Dot(b.name)
	}
	value := jen.Code(v)
	if last(b.hops).many {
		value = jen.Index().Id("Element").Values(v)
	}
	set := put(at, b.hops[len(m.hops):], value)
	if b.embedded {
		return set
	}
	return []jen.Code{jen.If(jen.Id("m").Dot(b.name).Op("!=").Nil()).Block(set...)}
}

// documentCodec emits what goes between a document element and the messages it may carry.
func (e *emitter) documentCodec(root *structure) []jen.Code {
	out := e.messageOf(root, 0, nil)
	if body := e.recoverFields(root); len(body) > 0 {
		out = append(out, documented(
			doc("recoverTo keeps what could be read of a message that is not valid, as far as it is valid itself."),
			method("v", root.name, "recoverTo", block(jen.Id("e").Op("*").Id("MessageError")), nil, body...)))
	}
	return out
}

// messageOf emits, for an element on the way to messages, what finds out which it holds:
//
//	func (v *commandDoc) messageIn(old Message) Message {
//		var head CommandHead
//		head.read(v)
//		switch {
//		case v.Check != nil:
//			...
//		}
//		return nil
//	}
//
// and the same for the elements on the way below it.
func (e *emitter) messageOf(st *structure, depth int, prefix []hop) []jen.Code {
	var body, cases, rest, deeper []jen.Code
	for _, h := range e.msgs.heads {
		if h.at == st && h.depth == depth {
			body = append(body, jen.Var().Id("head").Id(h.typ), jen.Id("head").Dot("read").Call(jen.Id("v")))
		}
	}
	done := false // rest ends in a return
	for _, b := range e.branches(st, depth, prefix) {
		f := b.hop.f
		v := jen.Id("v").Dot(f.name)
		steps, ends := e.arrived(b.ends, v, f.pointer, depth+1)
		if b.inner {
			steps, ends = append(steps, jen.Return(v.Clone().Dot("messageIn").Call(jen.Id("old")))), true
			deeper = append(deeper, e.messageOf(f.val.of, depth+1, append(prefix[:depth:depth], b.hop))...)
		}
		if f.optional {
			cases = append(cases, jen.Case(f.present(v)).Block(steps...))
		} else {
			rest, done = append(rest, steps...), done || ends
		}
	}
	if len(cases) > 0 {
		body = append(body, jen.Switch().Block(cases...))
	}
	body = append(body, rest...)
	if depth == 0 && !done {
		steps, ends := e.arrived(e.endAt(st), jen.Id("v"), true, 0)
		body, done = append(body, steps...), ends
	}
	if !done {
		body = append(body, jen.Return(jen.Nil()))
	}
	own := documented(
		doc(`messageIn is the message that the element is or holds, in old if that is of its kind; nil if the specification knows
			none like it.`),
		method("v", st.name, "messageIn", block(jen.Id("old").Id("Message")), block(jen.Id("Message")), body...))
	return append([]jen.Code{own}, deeper...)
}

// endAt are the messages that a document element is as such.
func (e *emitter) endAt(root *structure) []*message {
	var out []*message
	for _, m := range e.msgs.list {
		if m.root == root && len(m.hops) == 0 {
			out = append(out, m)
		}
	}
	return out
}

// branch is a child on the way to messages.
type branch struct {
	hop   hop
	inner bool       // messages are told apart below it, by children of its own
	ends  []*message // messages whose way ends here
}

// branches are the ways on from st, in the order messages name them.
func (e *emitter) branches(st *structure, depth int, prefix []hop) []*branch {
	var out []*branch
	for _, m := range e.msgs.list {
		if len(m.hops) <= depth || !samePath(m.hops[:depth], prefix) || depth == 0 && m.root != st {
			continue
		}
		var b *branch
		for _, have := range out {
			if have.hop.f == m.hops[depth].f {
				b = have
			}
		}
		if b == nil {
			b = &branch{hop: m.hops[depth]}
			out = append(out, b)
		}
		if len(m.hops) == depth+1 {
			b.ends = append(b.ends, m)
		} else {
			b.inner = true
		}
	}
	return out
}

func samePath(a, b []hop) bool {
	for i := range a {
		if a[i].f != b[i].f {
			return false
		}
	}
	return true
}

// arrived emits what tells apart the messages whose way ends at the same element, which v holds, by a pointer or not: by
// what is bound to its wildcards, and then the one that binds nothing. It reports whether what it emits ends in a return.
func (e *emitter) arrived(ends []*message, v *jen.Statement, pointer bool, depth int) (out []jen.Code, returns bool) {
	for _, m := range ends {
		if m.head != nil && m.head.depth == depth && depth > 0 {
			at := v
			if !pointer {
				at = jen.Op("&").Add(v)
			}
			out = append(out, jen.Var().Id("head").Id(m.head.typ), jen.Id("head").Dot("read").Call(at))
			break
		}
	}
	done := map[*field]bool{}
	var plain *message
	for _, m := range ends {
		if len(m.binds) == 0 {
			plain = m
			continue
		}
		wild := last(m.binds[0].hops)
		if !done[wild] {
			done[wild] = true
			out = append(out, e.bound(ends, wild, v, depth)...)
		}
	}
	if plain != nil {
		out = append(out, e.made(plain, v, pointer, depth, nil)...)
	}
	return out, plain != nil
}

// bound emits the switch over what stands at a wildcard:
//
//	switch p := v.Check.(type) {
//	case *DomainCheck:
//		return &DomainCheckRequest{DomainCheck: *p, CommandHead: head}
//	}
func (e *emitter) bound(ends []*message, wild *field, v *jen.Statement, depth int) []jen.Code {
	var cases []jen.Code
	var at *jen.Statement
	seen := map[string]bool{}
	for _, m := range ends {
		if len(m.binds) == 0 || last(m.binds[0].hops) != wild || seen[m.binds[0].st.name] {
			continue
		}
		bind := m.binds[0]
		seen[bind.st.name] = true
		at = selector(v, bind.hops[depth:])
		cases = append(cases, jen.Case(jen.Op("*").Id(bind.st.name)).Block(e.made(m, v, false, depth, jen.Id("p"))...))
	}
	if !wild.many {
		return []jen.Code{jen.Switch(jen.Id("p").Op(":=").Add(at).Assert(jen.Type())).Block(cases...)}
	}
	return []jen.Code{jen.If(jen.Len(at).Op("==").Lit(1)).Block(
		jen.Switch(jen.Id("p").Op(":=").Add(at.Clone().Index(lit(0))).Assert(jen.Type())).Block(cases...))}
}

// made emits
//
//	return renew(old, DomainTransferRequest{DomainTransfer: *p, Op: v.Transfer.Op, CommandHead: head})
func (e *emitter) made(m *message, v *jen.Statement, pointer bool, depth int, p *jen.Statement) []jen.Code {
	switch {
	case m.whole && len(m.hops) > 0 && pointer: // the document lets go of it
		return []jen.Code{jen.Return(v)}
	case m.whole:
		if pointer {
			v = jen.Op("*").Add(v)
		}
		return []jen.Code{jen.Return(jen.Id("renew").Call(jen.Id("old"), v))}
	}
	var inits []jen.Code
	init := func(field string, value jen.Code) { inits = append(inits, jen.Id(field).Op(":").Add(value)) }
	if m.payload != nil {
		if pointer {
			v = jen.Op("*").Add(v)
		}
		init(m.payload.name, v)
	}
	if p != nil && m.binds[0].embedded {
		init(m.binds[0].st.name, jen.Op("*").Add(p))
	} else if p != nil {
		init(m.binds[0].name, p)
	}
	var late []jen.Code
	for _, f := range m.fields {
		if rest := f.hops[depth:]; direct(rest) {
			init(f.name, selector(v, rest))
		} else {
			late = append(late, take(jen.Id("m").Dot(f.name), v, rest)...)
		}
	}
	if m.head != nil {
		init(m.head.typ, jen.Id("head"))
	}
	literal := jen.Id(m.typ).Values(inits...)
	if late == nil {
		return []jen.Code{jen.Return(jen.Id("renew").Call(jen.Id("old"), literal))}
	}
	return append(append([]jen.Code{jen.Id("m").Op(":=").Add(literal)}, late...),
		jen.Return(jen.Id("renew").Call(jen.Id("old"), jen.Id("m"))))
}

// decodeMessage emits what reads messages.
func (e *emitter) decodeMessage() []jen.Code {
	out := append(e.decodeMessageFuncs(), e.decoderType()...)
	out = append(out, e.readerType()...)
	out = append(out, e.renewFunc())
	return append(out, e.documentsType()...)
}

// decodeMessageFuncs emits
//
//	func DecodeMessage(doc []byte) (Message, error) {
//		r := readers.Get().(*reader)
//		defer r.release()
//		return r.read(doc, nil)
//	}
//
//	func Validate(doc []byte) error {
//		_, err := DecodeMessage(doc)
//		return err
//	}
func (e *emitter) decodeMessageFuncs() []jen.Code {
	params := block(jen.Id("doc").Index().Byte())
	return []jen.Code{
		documented(
			doc(`DecodeMessage reads the message that a document carries, and judges it by its schema and by the rules of the
				specification. The message keeps nothing of doc. The error is a [*MessageError]. Any number of goroutines may
				call it.`),
			function("DecodeMessage", params, block(jen.Id("Message"), jen.Error()),
				jen.Id("r").Op(":=").Id("readers").Dot("Get").Call().Assert(jen.Op("*").Id("reader")),
				jen.Defer().Id("r").Dot("release").Call(),
				jen.Return(jen.Id("r").Dot("read").Call(jen.Id("doc"), jen.Nil())),
			)),
		documented(
			doc(`Validate reports what keeps a document from being a message of the protocol. The error is that of
				[DecodeMessage]; [errors.As] finds an [*xsdrun.ValidationError] in it, with every fault: line, column, path, rule.`),
			function("Validate", params, block(jen.Error()),
				jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("DecodeMessage").Call(jen.Id("doc")),
				jen.Return(jen.Err()))),
	}
}

// decoderType emits
//
//	type Decoder struct {
//		r    *reader
//		last Message
//	}
func (e *emitter) decoderType() []jen.Code {
	return []jen.Code{
		documented(
			doc(`Decoder reads messages one after the other into the same memory. What it returns, strings included, is valid
				until the next Decode and as long as the document is left alone. It belongs to one goroutine at a time.`),
			jen.Type().Id("Decoder").Struct(
				jen.Id("r").Op("*").Id("reader"),
				jen.Id("last").Id("Message"),
			)),
		documented(doc("NewDecoder returns a Decoder."),
			function("NewDecoder", nil, block(jen.Op("*").Id("Decoder")),
				jen.Return(jen.Op("&").Id("Decoder").Add(inline(pair{jen.Id("r"), e.newReader(pair{jen.Id("Alias"), jen.True()})}))))),
		documented(doc("Decode is [DecodeMessage] in the memory of the last message."),
			method("d", "Decoder", "Decode", block(jen.Id("doc").Index().Byte()), block(jen.Id("Message"), jen.Error()),
				jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("d.r").Dot("read").Call(jen.Id("doc"), jen.Id("d.last")),
				jen.If(jen.Err().Op("==").Nil()).Block(jen.Id("d").Dot("last").Op("=").Id("m")),
				jen.Return(jen.Id("m"), jen.Err()))),
	}
}

// documentsType emits the document elements that messages come in:
//
//	type documents struct {
//		root   int
//		eppDoc eppDoc
//	}
//
// with what finds the message in them, and what of it could be read if it is none.
func (e *emitter) documentsType() []jen.Code {
	fields := block(jen.Id("root").Int().Comment("// which of them was read last, from 1; 0 for none"))
	var message, recovered []jen.Code
	for i, root := range e.msgs.roots {
		v := jen.Id("in").Dot(root.name)
		fields = append(fields, jen.Id(root.name).Id(root.name))
		message = append(message, jen.Case(lit(i+1)).Block(jen.Return(v.Clone().Dot("messageIn").Call(jen.Id("old")))))
		if len(e.recoverFields(root)) > 0 {
			recovered = append(recovered, jen.Case(lit(i+1)).Block(v.Clone().Dot("recoverTo").Call(jen.Id("e"))))
		}
	}
	out := []jen.Code{
		documented(doc("documents are the elements that messages are documents of."), jen.Type().Id("documents").Struct(fields...)),
		documented(doc("message is the message that was read, in old if that is of its kind; nil for none."),
			method("in", "documents", "message", block(jen.Id("old").Id("Message")), block(jen.Id("Message")),
				jen.Switch(jen.Id("in").Dot("root")).Block(message...), jen.Return(jen.Nil()))),
	}
	if len(recovered) > 0 {
		out = append(out, documented(doc("recoverTo keeps what could be read of a document that is no message."),
			method("in", "documents", "recoverTo", block(jen.Id("e").Op("*").Id("MessageError")), nil,
				jen.Switch(jen.Id("in").Dot("root")).Block(recovered...))))
	}
	return out
}

// renewFunc emits the generic that puts a message where the last one of its kind was.
func (e *emitter) renewFunc() jen.Code {
	return documented(doc("renew makes old hold m if it is a message of that kind, and else a new one."),
		jen.Func().Id("renew").Types(
			jen.Id("T").Any(),
			jen.Id("P").Interface(jen.Op("*").Id("T"), jen.Id("Message")),
		).Params(jen.Id("old").Id("Message"), jen.Id("m").Id("T")).Id("Message").Block(
			jen.List(jen.Id("p"), jen.Id("ok")).Op(":=").Id("old").Assert(jen.Id("P")),
			jen.If(jen.Op("!").Id("ok")).Block(jen.Id("p").Op("=").New(jen.Id("T"))),
			jen.Op("*").Id("p").Op("=").Id("m"),
			jen.Return(jen.Id("p")),
		))
}

// newReader emits
//
//	&reader{d: xsdrun.NewDecoder(spaces, xsdrun.Options{Known: known})}
func (e *emitter) newReader(options ...pair) jen.Code {
	return jen.Op("&").Id("reader").Add(inline(pair{jen.Id("d"), rt("xsdrun", "NewDecoder").Call(jen.Id("spaces"), e.decoderOptions(options...))}))
}

// readerType emits
//
//	type reader struct {
//		d  *xsdrun.Decoder
//		in documents
//	}
//
//	var readers = sync.Pool{New: func() any { return &reader{...} }}
//
// with its methods.
func (e *emitter) readerType() []jen.Code {
	return []jen.Code{
		documented(doc("reader reads messages by way of their documents."),
			jen.Type().Id("reader").Struct(jen.Id("d").Op("*").Add(rt("xsdrun", "Decoder")), jen.Id("in").Id("documents"))),
		documented(doc("readers wait here between messages."),
			jen.Var().Id("readers").Op("=").Qual("sync", "Pool").Values(
				jen.Id("New").Op(":").Func().Params().Any().Add(line(jen.Return(e.newReader()))))),
		e.readMessage(),
		e.releaseMethod(),
	}
}

// releaseMethod emits what gives a reader back, without what the message has taken out of it. The types on the way to
// messages, which no message points to, are kept and emptied:
//
//	func (r *reader) release() {
//		keptCommand := r.in.eppDoc.Command
//		if keptCommand != nil {
//			*keptCommand = commandDoc{}
//		}
//		r.in.eppDoc = eppDoc{Command: keptCommand}
//		readers.Put(r)
//	}
func (e *emitter) releaseMethod() jen.Code {
	var body []jen.Code
	for _, root := range e.msgs.roots {
		doc := jen.Id("r.in").Dot(root.name)
		var kept []pair
		for _, f := range target(root).fields {
			if f.pointer && f.val.of != nil && f.val.of.ct != nil && !f.val.of.collapsed && f.val.of.same == nil && e.names.Envelope(f.val.of.ct) {
				v := jen.Id("kept" + f.name)
				body = append(body,
					v.Clone().Op(":=").Add(doc).Dot(f.name),
					jen.If(v.Clone().Op("!=").Nil()).Block(jen.Op("*").Add(v).Op("=").Id(f.val.of.name).Values()))
				kept = append(kept, pair{jen.Id(f.name), v})
			}
		}
		body = append(body, doc.Clone().Op("=").Id(root.name).Add(inline(kept...)))
	}
	return documented(doc("release gives the reader back, and nothing in it that the message has."),
		method("r", "reader", "release", nil, nil, append(body, jen.Id("readers").Dot("Put").Call(jen.Id("r")))...))
}

// readMessage emits what DecodeMessage and a Decoder do:
//
//	func (r *reader) read(doc []byte, old Message) (Message, error) {
//		d, in := r.d, &r.in
//		d.Reset(doc)
//		in.root = 0
//		if d.Root() {
//			switch {
//			case d.Space() == spaceEPP && d.Local() == "epp":
//				in.root = 1
//				in.eppDoc.decode(d)
//			case readKnown(d, nil) == nil:
//				d.UndeclaredRoot()
//			}
//		}
//		if err := d.Finish(); err != nil {
//			return nil, newMessageError(err, doc, in)
//		}
//		m := in.message(old)
//		if m == nil {
//			return nil, newMessageError(nil, doc, in)
//		}
//		return m, nil
//	}
func (e *emitter) readMessage() jen.Code {
	var cases []jen.Code
	for i, root := range e.msgs.roots {
		cases = append(cases, jen.Case(e.standsOn(root.element.Name)).Block(
			jen.Id("in").Dot("root").Op("=").Lit(i+1), jen.Id("in").Dot(root.name).Dot("decode").Call(jen.Id("d"))))
	}
	cases = append(cases, jen.Case(jen.Id("readKnown").Call(jen.Id("d"), jen.Nil()).Op("==").Nil()).Block(
		jen.Id("d").Dot("UndeclaredRoot").Call()))
	failed := func(err jen.Code) jen.Code {
		return jen.Return(jen.Nil(), jen.Id("newMessageError").Call(e.failureArgs(err)...))
	}
	body := []jen.Code{
		jen.List(jen.Id("d"), jen.Id("in")).Op(":=").List(jen.Id("r.d"), jen.Op("&").Id("r.in")),
		jen.Id("d").Dot("Reset").Call(jen.Id("doc")),
		jen.Id("in").Dot("root").Op("=").Lit(0),
		jen.If(jen.Id("d").Dot("Root").Call()).Block(jen.Switch().Block(cases...)),
		jen.If(jen.Err().Op(":=").Id("d").Dot("Finish").Call(), jen.Err().Op("!=").Nil()).Block(failed(jen.Err())),
		jen.Id("m").Op(":=").Id("in").Dot("message").Call(jen.Id("old")),
		jen.If(jen.Id("m").Op("==").Nil()).Block(failed(jen.Nil())),
	}
	if e.hasRules() {
		body = append(body, jen.If(jen.List(jen.Id("m"), jen.Id("ok")).Op(":=").Id("m").Assert(jen.Id("ruled")), jen.Id("ok")).Block(
			jen.If(jen.Id("broken").Op(":=").Id("m").Dot("check").Call(), jen.Id("broken").Op("!=").Nil()).Block(failed(jen.Id("broken")))))
	}
	body = append(body, jen.Return(jen.Id("m"), jen.Nil()))
	return documented(doc("read reads the message that doc carries, into old if that is of its kind."),
		method("r", "reader", "read", block(jen.Id("doc").Index().Byte(), jen.Id("old").Id("Message")),
			block(jen.Id("Message"), jen.Error()), body...))
}

// standsOn emits
//
//	d.Space() == spaceEPP && d.Local() == "epp"
func (e *emitter) standsOn(n xsd.Name) *jen.Statement {
	space := lit(0)
	if n.Space != "" {
		space = jen.Id(e.spaceConst(n.Space))
	}
	return jen.Id("d").Dot("Space").Call().Op("==").Add(space).Op("&&").Id("d").Dot("Local").Call().Op("==").Lit(n.Local)
}
