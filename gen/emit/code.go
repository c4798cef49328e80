package emit

import (
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
)

// findCodes finds where replies carry their code: the field called code of a head, or of a message without one, and the
// text beside it.
func (e *emitter) findCodes(ms *messages) {
	if len(e.p.Codes) == 0 {
		return
	}
	for _, h := range ms.heads {
		for _, v := range h.fields {
			for _, f := range h.h.Fields {
				if f.Key != v.key && below(f.Key, v.key) {
					ms.foundCode(h, v, f)
				}
			}
		}
	}
}

// foundCode notes f, which stands inside the field v of h, if it is the code or the text of one.
func (ms *messages) foundCode(h *head, v *visible, f *model.Field) {
	p, ok := v.place(h.typ, f)
	if !ok || len(p.hops) != 1 || p.hops[0].space {
		return
	}
	switch sc := last(p.hops).val.scalar; {
	case f.Name == "text":
		ms.textAt = p
	case f.Name == "code" && sc != nil && sc.enum != nil && sc.enum.kind != kindString:
		ms.codes, ms.codeHead, ms.codeList, ms.codeAt = sc.enum, h, v, p
	}
}

// codeConstant is the Go name of a code, empty for none.
func (e *emitter) codeConstant(codeName string) string {
	if c := e.code(codeName); c != nil && e.msgs.codes != nil {
		return c.Go
	}
	return ""
}

// code is the code of that name, or nil.
func (e *emitter) code(codeName string) *model.Code {
	for _, c := range e.p.Codes {
		if c.Name == codeName {
			return c
		}
	}
	return nil
}

// codeValues emits the constants of the enumeration of result codes, by the names the specification gives them:
//
//	const (
//		CodeCompleted ResultCode = 1000 // Command completed successfully
//	)
func (e *emitter) codeValues(en *enum) jen.Code {
	named := map[int64]bool{}
	var values []jen.Code
	for _, c := range e.p.Codes {
		named[c.Value] = true
		values = append(values, jen.Id(c.Go).Id(en.name).Op("=").Op(strconv.FormatInt(c.Value, 10)).Comment("// "+c.Text))
	}
	for _, c := range en.values {
		if n, err := strconv.ParseInt(c.facet.Value, 10, 64); err == nil && !named[n] {
			values = append(values, jen.Id(c.name).Id(en.name).Op("=").Add(en.literal(c.facet.Value)))
		}
	}
	return documented(doc("The codes of results."), jen.Const().Defs(values...))
}

// codeMethods emits what a code knows of itself, and what sets and reads the code of a reply.
func (e *emitter) codeMethods() []jen.Code {
	var texts, closing []jen.Code
	for _, c := range e.p.Codes {
		if c.Text != "" {
			texts = append(texts, jen.Case(jen.Id(c.Go)).Block(jen.Return(lit(c.Text))))
		}
		if c.Closes {
			closing = append(closing, jen.Id(c.Go))
		}
	}
	typ := e.msgs.codes.name
	out := []jen.Code{
		documented(doc("Text is the text that the standard gives the code; empty for a code it does not know."),
			jen.Func().Params(jen.Id("c").Id(typ)).Id("Text").Params().String().Block(
				jen.Switch(jen.Id("c")).Block(texts...), jen.Return(lit("")))),
	}
	if len(closing) > 0 {
		out = append(out, documented(doc("Closes reports whether who sends the code closes the connection after it."),
			jen.Func().Params(jen.Id("c").Id(typ)).Id("Closes").Params().Bool().Block(
				jen.Switch(jen.Id("c")).Block(jen.Case(closing...).Block(jen.Return(jen.True()))), jen.Return(jen.False()))))
	}
	return append(out, e.headCode()...)
}

// headCode emits the methods of the head that carries the code:
//
//	func (h *ResponseHead) Code() ResultCode { ... }
//
//	func (h *ResponseHead) SetCode(c ResultCode, text string) { ... }
func (e *emitter) headCode() []jen.Code {
	typ, h := e.msgs.codes.name, e.msgs.codeHead
	list := jen.Id("h").Dot(e.msgs.codeList.name)
	code := []jen.Code{jen.Return(list.Clone().Dot(last(e.msgs.codeAt.hops).name))}
	if e.msgs.codeAt.many {
		code = []jen.Code{jen.If(jen.Len(list).Op(">").Lit(0)).Block(
			jen.Return(list.Clone().Index(lit(0)).Dot(last(e.msgs.codeAt.hops).name)))}
	}
	success := jen.Code(lit(0))
	if c := e.success(); c != nil {
		success = jen.Id(c.Go)
	}
	if e.msgs.codeAt.many {
		code = append(code, jen.Return(success))
	}
	set := []jen.Code{jen.If(jen.Id("text").Op("==").Lit("")).Block(jen.Id("text").Op("=").Id("c").Dot("Text").Call())}
	set = append(set, e.setCode(list, jen.Id("c"), jen.Id("text"))...)
	return []jen.Code{
		documented(doc("Code is the code of the reply: that of its first result, and of a reply without one that of success."),
			method("h", h.typ, "Code", nil, block(jen.Id(typ)), code...)),
		documented(doc("SetCode makes c the code of the reply, with a text of its own; empty stands for the code's."),
			method("h", h.typ, "SetCode", block(jen.Id("c").Id(typ), jen.Id("text").String()), nil, set...)),
	}
}

// success is the code that a reply without any stands for: the first whose class is success.
func (e *emitter) success() *model.Code {
	for _, c := range e.p.Codes {
		if c.Class == "success" {
			return c
		}
	}
	return nil
}

// setCode emits what makes list, which holds the code, hold c and text alone:
//
//	h.Results = []Result{{Code: c, Msg: Msg{Value: text}}}
func (e *emitter) setCode(list, c, text *jen.Statement) []jen.Code {
	inits := []jen.Code{jen.Id(last(e.msgs.codeAt.hops).name).Op(":").Add(c)}
	if t := e.msgs.textAt; t != nil && t.first == e.msgs.codeAt.first {
		inits = append(inits, jen.Id(last(t.hops).name).Op(":").Add(textLiteral(last(t.hops), text)))
	}
	typ := e.msgs.codeAt.first.val.goType()
	if e.msgs.codeAt.many {
		return []jen.Code{list.Clone().Op("=").Index().Add(typ).Values(jen.Values(inits...))}
	}
	return []jen.Code{list.Clone().Op("=").Add(typ).Values(inits...)}
}

// textLiteral is text as the field holds it: by itself, or as the value of a type of simple content.
func textLiteral(f *field, text *jen.Statement) *jen.Statement {
	if f.val.scalar != nil {
		return text
	}
	return jen.Id(f.val.of.name).Values(jen.Id("Value").Op(":").Add(text))
}

// defaultCode emits what lets a reply without a code stand for success:
//
//	if len(h.Results) == 0 {
//		v.Results = []Result{...}
//	}
func (e *emitter) defaultCode() jen.Code {
	c := e.success()
	if c == nil || !e.msgs.codeAt.many {
		return jen.Null()
	}
	return jen.If(jen.Len(jen.Id("h").Dot(e.msgs.codeList.name)).Op("==").Lit(0)).Block(
		e.setCode(selector(jen.Id("v"), e.msgs.codeList.hops[e.msgs.codeHead.depth:]), jen.Id(c.Go), jen.Id(c.Go).Dot("Text").Call())...)
}
