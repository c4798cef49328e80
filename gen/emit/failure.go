package emit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// messageError emits the error of what reads messages.
func (e *emitter) messageError() []jen.Code {
	var all failure
	for _, enc := range e.encs {
		all.join(enc.failure())
	}
	if e.encodings["xml"] == nil && e.hasRules() {
		all.invalid += ", or the message breaks a rule of the specification"
		all.causes += ", *RuleError"
	}
	kinds := jen.Const().Defs(
		doc("MessageMalformed: %s.", cmp.Or(all.malformed, "it cannot be read at all, as no "+all.unit+" is")).Line().Id("MessageMalformed").Id("MessageErrorKind").Op("=").Iota(),
		doc("MessageInvalid: %s.", all.invalid).Line().Id("MessageInvalid"),
		doc("MessageUnknown: %s.", all.unknown).Line().Id("MessageUnknown"),
	)
	fields := append([]jen.Code{
		jen.Id("Kind").Id("MessageErrorKind"),
		jen.Id("Err").Error().Comment("// " + all.causes),
	}, all.fields...)
	out := []jen.Code{
		documented(doc("MessageErrorKind says what is wrong with a %s that is no message.", all.unit), jen.Type().Id("MessageErrorKind").Uint8()),
		documented(doc("The kinds of a [MessageError]."), kinds),
		documented(doc("MessageError says why a %s is no message%s.", all.unit, all.holds),
			jen.Type().Id("MessageError").Struct(fields...)),
		documented(doc("Error implements error."), method("e", "MessageError", "Error", nil, block(jen.String()), all.error...)),
		documented(doc("Unwrap returns Err."), shortMethod("e", "MessageError", "Unwrap", nil, block(jen.Error()), jen.Return(jen.Id("e").Dot("Err")))),
	}
	out = append(out, all.rest...)
	if e.hasRules() {
		out = append(out, e.ruleError()...)
	}
	return out
}

// join adds what another encoding says. The first tells how the error reads.
func (f *failure) join(g failure) {
	if f.unit == "" {
		*f = g
		return
	}
	f.unit += " or " + g.unit
	f.malformed = strings.TrimPrefix(f.malformed+", or "+g.malformed, ", or ")
	f.invalid += ", or " + g.invalid
	f.unknown += ", or " + g.unknown
	f.causes += ", " + g.causes
	f.rest = append(f.rest, g.rest...)
}

// failure implements encoding.
func (e xmlEncoding) failure() failure {
	f := failure{
		unit:      "document",
		holds:     ", and holds what could be read of it all the same",
		malformed: "the document is not well-formed XML, or uses what the protocol forbids",
		invalid:   "the document is not valid by its schema, or the message breaks a rule of the specification",
		unknown: `the document carries none of the protocol's messages. It may be valid all the same; if it is not, its
			first fault is an element that the schema does not know, where one tells messages apart`,
		causes: "an *xmlstream.SyntaxError, *xsdrun.ValidationError or *RuleError; nil for a valid document that is no message",
		fields: []jen.Code{doc(`Node is the element of the first fault as it came, without its content if it is large; nil for a document that is valid or
			not well-formed%s.`, e.orSecret()).Line().Id("Node").Op("*").Add(rt("xmlstream", "RawElement"))},
		rest: []jen.Code{e.newMessageError()},
	}
	for _, v := range e.recovered() {
		f.fields = append(f.fields, jen.Id(v.name).String().Comment("// "+v.key+", if it could be read and is valid itself"))
	}
	none := jen.Code(lit(e.p.Name + ": the document carries no message of the protocol"))
	if len(e.junctions()) > 0 {
		f.fields = append(f.fields, jen.Line().Id("lost").String().Comment("// of a valid document: where it stops being a message"))
		none = jen.Lit(e.p.Name + ": ").Op("+").Id("e.lost")
		f.rest = append(f.rest, e.junctionTable(), strayFunc(), e.lostFunc())
	}
	f.error = block(
		jen.If(jen.Id("e").Dot("Err").Op("==").Nil()).Block(jen.Return(none)),
		jen.Return(lit(e.p.Name+": ").Op("+").Id("e").Dot("Err").Dot("Error").Call()),
	)
	if e.secretElements() != nil {
		f.rest = append(f.rest, e.tellsSecret()...)
	}
	return f
}

// newMessageError emits what classifies an error and keeps what the document told:
//
//	func newMessageError(err error, doc []byte, in *documents) *MessageError {
//		e := &MessageError{Kind: MessageInvalid, Err: err}
//		switch err := err.(type) {
//		case nil:
//			e.Kind = MessageUnknown
//			e.lost = lost(doc)
//		case *xmlstream.SyntaxError:
//			e.Kind = MessageMalformed
//		case *xsdrun.ValidationError:
//			open, node := xsdrun.Offender(doc, xmlstream.Options{}, err.Faults[0].Offset)
//			if node != nil && !tellsSecret(node.XML) {
//				e.Node = node
//			}
//			if stray(open) {
//				e.Kind = MessageUnknown
//			}
//		}
//		in.recoverTo(e)
//		return e
//	}
func (e *emitter) newMessageError() jen.Code {
	kind := jen.Id("e").Dot("Kind").Op("=")
	params := block(jen.Err().Error(), jen.Id("doc").Index().Byte())
	unknown := block(kind.Clone().Id("MessageUnknown"))
	if len(e.junctions()) > 0 {
		unknown = append(unknown, jen.Id("e.lost").Op("=").Id("lost").Call(jen.Id("doc")))
	}
	body := []jen.Code{
		jen.Id("e").Op(":=").Op("&").Id("MessageError").Values(jen.Id("Kind").Op(":").Id("MessageInvalid"), jen.Id("Err").Op(":").Err()),
		jen.Switch(jen.Err().Op(":=").Err().Assert(jen.Type())).Block(
			jen.Case(jen.Nil()).Block(unknown...),
			jen.Case(jen.Op("*").Add(rt("xmlstream", "SyntaxError"))).Block(kind.Clone().Id("MessageMalformed")),
			jen.Case(jen.Op("*").Add(rt("xsdrun", "ValidationError"))).Block(e.offender()...),
		),
	}
	if len(e.recovered()) > 0 {
		params = append(params, jen.Id("in").Op("*").Id("documents"))
		body = append(body, jen.Id("in").Dot("recoverTo").Call(jen.Id("e")))
	}
	return documented(doc("newMessageError says what kind of error err is; nil is that of a valid document without a message."),
		function("newMessageError", params, block(jen.Op("*").Id("MessageError")), append(body, jen.Return(jen.Id("e")))...))
}

// failureArgs are the arguments of newMessageError.
func (e *emitter) failureArgs(err jen.Code) []jen.Code {
	args := block(err, jen.Id("doc"))
	if len(e.recovered()) > 0 {
		args = append(args, jen.Id("in"))
	}
	return args
}

// offender emits what keeps the element at fault, and finds out whether it makes the document an unknown message.
func (e *emitter) offender() []jen.Code {
	find := rt("xsdrun", "Offender").Call(
		jen.Id("doc"), rt("xmlstream", "Options").Values(), jen.Err().Dot("Faults").Index(lit(0)).Dot("Offset"))
	if len(e.junctions()) == 0 && e.secretElements() == nil {
		return []jen.Code{jen.List(jen.Id("_"), jen.Id("e").Dot("Node")).Op("=").Add(find)}
	}
	open := jen.Id("open")
	if len(e.junctions()) == 0 {
		open = jen.Id("_")
	}
	out := []jen.Code{jen.List(open, jen.Id("node")).Op(":=").Add(find)}
	keep := jen.Id("e").Dot("Node").Op("=").Id("node")
	if e.secretElements() != nil {
		keep = jen.If(jen.Id("node").Op("!=").Nil().Op("&&").Op("!").Id("tellsSecret").Call(jen.Id("node").Dot("XML"))).Block(keep)
	}
	out = append(out, keep)
	if len(e.junctions()) == 0 {
		return out
	}
	return append(out,
		jen.If(jen.Id("stray").Call(jen.Id("open"))).Block(jen.Id("e").Dot("Kind").Op("=").Id("MessageUnknown")))
}

// ruleError emits the error of a message that breaks a rule.
func (e *emitter) ruleError() []jen.Code {
	var fields []jen.Code
	if e.msgs.codes != nil {
		fields = append(fields, jen.Id("Code").Id(e.msgs.codes.name).Comment("// the reply code that it earns; 0 if the specification names none"))
	}
	fields = append(fields, jen.Id("Message").String().Comment("// the name of the message"), jen.Id("Text").String().Comment("// the rule"))
	return []jen.Code{
		documented(doc("ruled is a message with rules."),
			jen.Type().Id("ruled").Interface(jen.Id("check").Params().Op("*").Id("RuleError"))),
		documented(doc("RuleError says that a message breaks a rule of the specification that %s cannot express.", e.shapeWord()),
			jen.Type().Id("RuleError").Struct(fields...)),
		documented(doc("Error implements error."),
			shortMethod("e", "RuleError", "Error", nil, block(jen.String()), jen.Return(jen.Id("e.Message").Op("+").Lit(": ").Op("+").Id("e.Text")))),
	}
}

// shapeWord is what gives messages their shape.
func (e *emitter) shapeWord() string {
	if e.encodings["xml"] != nil {
		return "its schema"
	}
	return "the types of its fields"
}

// recovered are the fields of heads that a message which cannot be read may still tell: those of text.
func (e *emitter) recovered() []*visible {
	var out []*visible
	seen := map[string]bool{}
	for _, h := range e.msgs.heads {
		root := e.rootOf(h)
		for _, f := range h.h.Fields {
			hops := e.recoverable(root, f)
			if hops == nil || seen[f.Go] {
				continue
			}
			seen[f.Go] = true
			out = append(out, &visible{f: f, name: f.Go, key: f.Key, hops: hops})
		}
	}
	return out
}

// recoverable is the way to a field that can be recovered, nil for any other: one text, and not that of a code.
func (e *emitter) recoverable(root *structure, f *model.Field) []hop {
	if f.Key == "" || root == nil || f.Name == "text" {
		return nil
	}
	hops, err := walk(root, f.Key)
	if err != nil || hops[len(hops)-1].space {
		return nil
	}
	if end := last(hops); end.many || end.val.scalar == nil || end.val.scalar.kind != kindString {
		return nil
	}
	return hops
}

// rootOf is the document element of the messages that have h.
func (e *emitter) rootOf(h *head) *structure {
	for _, m := range e.msgs.list {
		if m.head == h {
			return m.root
		}
	}
	return nil
}

// recoverFields emits, for every field that may be recovered,
//
//	if v.Command != nil {
//		if eppTrIDString.Check(v.Command.ClTRID, nil) == nil {
//			e.ClTRID = v.Command.ClTRID
//		}
//	}
func (e *emitter) recoverFields(root *structure) []jen.Code {
	var body []jen.Code
	for _, h := range e.msgs.heads {
		if e.rootOf(h) != root {
			continue
		}
		for _, f := range h.h.Fields {
			hops := e.recoverable(root, f)
			if hops == nil {
				continue
			}
			end := last(hops)
			body = append(body, guarded(jen.Id("v"), hops, nil, func(at *jen.Statement) []jen.Code {
				value := end.deref(at)
				cond := e.simpleVar(end.val.scalar.st).(*jen.Statement).Dot("Check").Call(value, jen.Nil()).Op("==").Nil()
				if end.pointer {
					cond = at.Clone().Op("!=").Nil().Op("&&").Add(cond)
				}
				return []jen.Code{jen.If(cond).Block(jen.Id("e").Dot(f.Go).Op("=").Add(value))}
			})...)
		}
	}
	return body
}

// hasRules reports whether any message has conditions beyond its shape.
func (e *emitter) hasRules() bool {
	return slices.ContainsFunc(e.p.Messages, func(m *model.Message) bool { return len(e.rules(m)) > 0 })
}

// rules are the conditions of a message beyond its shape: its own, and those of its declared fields.
func (e *emitter) rules(m *model.Message) []*model.Rule {
	rules := slices.Clone(m.Valid)
	for _, f := range m.Fields {
		if m.Encoding != "xml" && f.Valid != nil {
			rules = append(rules, fieldRule(f))
		}
	}
	return rules
}

// fieldRule is the condition of a field as a rule.
func fieldRule(f *model.Field) *model.Rule {
	text := f.Wrong
	if text == "" {
		text = f.Name + ": " + f.Valid.Text
	}
	return &model.Rule{Node: model.Node{Pos: f.Pos, Doc: text, Standard: f.Standard}, Rule: f.Valid, Code: f.Code}
}

// ruleCheck emits the conditions of a message beyond its shape; nil if there are none.
//
//	func (m *PollRequest) check() *RuleError {
//		if string(m.Op) == "ack" && m.msgIDValue() == "" {
//			return &RuleError{Code: CodeMissingParameter, Message: "poll", Text: "An ack names the message it is about."}
//		}
//		return nil
//	}
func (e *emitter) ruleCheck(m *message) jen.Code {
	rules := e.rules(m.m)
	if len(rules) == 0 {
		return nil
	}
	var body []jen.Code
	for _, r := range rules {
		var inits []jen.Code
		if code := e.codeConstant(r.Code); code != "" {
			inits = append(inits, jen.Id("Code").Op(":").Id(code))
		}
		inits = append(inits, jen.Id("Message").Op(":").Lit(m.m.Name))
		text := r.Doc
		if text == "" {
			text = r.Rule.Text
		}
		inits = append(inits, jen.Id("Text").Op(":").Lit(text))
		body = append(body, jen.If(e.broken(m, r.Rule)).Block(jen.Return(jen.Op("&").Id("RuleError").Values(inits...))))
	}
	return documented(doc("check is the first rule that the message breaks, or nil."),
		method(m.recv(), m.typ, "check", nil, block(jen.Op("*").Id("RuleError")), append(body, jen.Return(jen.Nil()))...))
}

// refuseBroken emits what keeps a message that breaks a rule from being written; nothing for one without rules.
//
//	if broken := m.check(); broken != nil {
//		return b, broken
//	}
func (e *emitter) refuseBroken(m *message) []jen.Code {
	if len(e.rules(m.m)) == 0 {
		return nil
	}
	return []jen.Code{jen.If(jen.Id("broken").Op(":=").Id(m.recv()).Dot("check").Call(), jen.Id("broken").Op("!=").Nil()).Block(
		jen.Return(jen.Id("b"), jen.Id("broken")))}
}

// broken emits the condition that m, held by m, breaks a rule.
func (e *emitter) broken(m *message, rule *model.Formula) jen.Code {
	scope := formula.ForMessage(e.p, m.m, e.msgs.fieldTypes)
	p := &printer{
		e: e, scope: scope, roots: map[string]string{"self": m.recv()}, found: &e.found, uses: map[string]bool{}, named: map[string]bool{},
	}
	x, found := formula.Parse(rule, scope, formula.BoolType)
	if found.HasErrors() {
		e.found = append(e.found, found...)
		return jen.True()
	}
	return p.expr(negation(x))
}
