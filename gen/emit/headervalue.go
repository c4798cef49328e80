package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// headerValue is how a value of a header field, or a part of one, is read and written.
type headerValue struct {
	kind   headerKind
	method string      // of Scanner and Writer, for texts
	most   uint64      // of numbers
	st     *model.Type // of structs
	code   bool        // it is a status code
}

// headerKind is the kind of a headerValue.
type headerKind uint8

const (
	headerText   headerKind = iota + 1 // a string
	headerNumber                       // an unsigned number
	headerStruct                       // a struct of the specification
	headerURI
	headerParams
	headerArguments
	headerDate
	headerOthers // the header fields that have no name
	headerBytes
)

// headerTexts are the types that are strings in Go, and what reads and writes them.
var headerTexts = map[string]string{
	"token": "Token", "text": "Text", "host": "Host", "callID": "CallID", "word": "Word", "comment": "Comment", "decimal": "Decimal", "quoted": "Quoted",
}

// isURI reports whether f is a URI: of a type whose form is "uri".
func isURI(f *model.Field) bool { return f.Named != nil && f.Named.Form == "uri" }

// value says how f is read and written; the kind is 0 if it cannot be.
func (e headersEncoding) value(f *model.Field) headerValue {
	if method, ok := headerTexts[f.Type]; ok {
		return headerValue{kind: headerText, method: method}
	}
	switch f.Type {
	case "params":
		return headerValue{kind: headerParams, method: "Params"}
	case "arguments":
		return headerValue{kind: headerArguments, method: "Arguments"}
	case "date":
		return headerValue{kind: headerDate, method: "Date"}
	case "headers":
		return headerValue{kind: headerOthers}
	case "bytes":
		return headerValue{kind: headerBytes}
	case "code":
		return headerValue{kind: headerNumber, most: 999, code: true}
	}
	switch t := f.Named; {
	case t == nil:
	case t.Form == "uri":
		return headerValue{kind: headerURI}
	case t.Kind == "struct":
		return headerValue{kind: headerStruct, st: t}
	case t.Kind == "enum", t.Kind == "token":
		return headerValue{kind: headerText, method: "Token"}
	}
	if t, ok := formula.TypeOf(e.p, f.Type); ok && t.Kind == formula.Int && t.Min.Sign() >= 0 && t.Max.IsUint64() && t.Max.Uint64() < 1<<32 {
		return headerValue{kind: headerNumber, most: t.Max.Uint64()}
	}
	return headerValue{}
}

// goType is the value's type.
func (v headerValue) goType() *jen.Statement {
	switch v.kind {
	case headerNumber:
		if v.code {
			return jen.Id("Code")
		}
		return jen.Id(v.number())
	case headerStruct:
		return jen.Id(v.st.Go)
	case headerURI:
		return rt("header/uri", "URI")
	case headerParams:
		return rt("header", "Params")
	case headerArguments:
		return rt("header", "Arguments")
	case headerDate:
		return jen.Qual("time", "Time")
	case headerOthers:
		return rt("header", "Fields")
	case headerBytes:
		return jen.Index().Byte()
	}
	return jen.String()
}

// number is the Go type that has room for the number.
func (v headerValue) number() string {
	switch {
	case v.most < 1<<8:
		return "uint8"
	case v.most < 1<<16:
		return "uint16"
	}
	return "uint32"
}

// read emits what reads the value from s into dst.
func (v headerValue) read(dst *jen.Statement) jen.Code {
	s := jen.Id("s")
	switch v.kind {
	case headerNumber:
		return dst.Clone().Op("=").Add(v.goType()).Call(s.Dot("Integer").Call(jen.Lit(int(v.most))))
	case headerStruct:
		return dst.Clone().Dot("read").Call(s)
	case headerURI:
		return s.Dot("URI").Call(jen.Op("&").Add(dst))
	}
	return dst.Clone().Op("=").Add(s).Dot(v.method).Call()
}

// write emits what writes src to w.
func (v headerValue) write(src *jen.Statement) jen.Code {
	w := jen.Id("w")
	switch v.kind {
	case headerNumber:
		return w.Dot("Integer").Call(jen.Uint64().Call(src))
	case headerStruct:
		return src.Clone().Dot("write").Call(w)
	case headerURI:
		return w.Dot("URI").Call(jen.Op("&").Add(src))
	}
	return w.Dot(v.method).Call(src)
}

// there emits the condition that src is not the zero value.
func (v headerValue) there(src *jen.Statement) *jen.Statement {
	switch v.kind {
	case headerNumber:
		return src.Clone().Op("!=").Lit(0)
	case headerURI:
		return src.Clone().Dot("Scheme").Op("!=").Lit("")
	case headerDate:
		return jen.Op("!").Add(src).Dot("IsZero").Call()
	case headerOthers, headerBytes:
		return jen.Len(src).Op("!=").Lit(0)
	}
	return src.Clone().Op("!=").Lit("")
}

// absent emits the condition that src is the zero value.
func (v headerValue) absent(src *jen.Statement) jen.Code {
	switch v.kind {
	case headerNumber:
		return src.Clone().Op("==").Lit(0)
	case headerURI:
		return src.Clone().Dot("Scheme").Op("==").Lit("")
	case headerDate:
		return src.Clone().Dot("IsZero").Call()
	case headerOthers, headerBytes:
		return jen.Len(src).Op("==").Lit(0)
	}
	return src.Clone().Op("==").Lit("")
}

// reader emits the function that reads a value by a pointer, as the runtime's loops call it; nil if there is none.
func (v headerValue) reader() jen.Code {
	switch v.kind {
	case headerNumber:
		return v.numberReader()
	case headerStruct:
		return jen.Parens(jen.Op("*").Id(v.st.Go)).Dot("read")
	}
	return rt("header", "Read"+v.method)
}

// numberReader emits the function that reads a number by a pointer: with a limit of its own where the type has more room.
func (v headerValue) numberReader() jen.Code {
	if !v.code && wholeRoom(v.most) {
		return rt("header", "ReadNumber").Types(v.goType())
	}
	return jen.Func().Params(jen.Id("v").Op("*").Add(v.goType()), jen.Id("s").Op("*").Add(rt("header", "Scanner"))).Add(
		line(v.read(jen.Op("*").Id("v"))))
}

// writer emits the function that writes a value by a pointer.
func (v headerValue) writer() jen.Code {
	if v.kind == headerStruct {
		return jen.Parens(jen.Op("*").Id(v.st.Go)).Dot("write")
	}
	return rt("header", "Write"+v.method)
}

// valueTypes are the struct types that header values have, in the specification's order.
func (e headersEncoding) valueTypes() []*model.Type {
	return filter(e.p.Types, func(t *model.Type) bool { return t.Kind == "struct" && t.Form != "uri" })
}

// judgeType reports what of a struct type cannot be emitted.
func (e headersEncoding) judgeType(t *model.Type, found *diag.List) {
	if _, err := parseForm(t); err != nil {
		found.Errorf(t.Pos, "bad-form", "type %q: form %q: %v", t.Name, t.Form, err)
	}
	params := false
	for _, f := range t.Fields {
		judgePart(f, found)
		switch v := e.value(f); {
		case v.kind == 0 || v.kind == headerOthers || v.kind == headerBytes:
			found.Errorf(f.Pos, "not-emitted", "type %q: a part %q of type %q is not emitted", t.Name, f.Name, f.Type)
		case v.kind == headerParams:
			params = true
		case isParam(f) && !params:
			found.Errorf(f.Pos, "bad-form", "type %q: the parameter %q needs a field of type params before it", t.Name, f.Name)
		case isParam(f) && v.kind != headerText && v.kind != headerNumber:
			found.Errorf(f.Pos, "not-emitted", "type %q: a parameter %q of type %q is not emitted", t.Name, f.Name, f.Type)
		case isParam(f) && f.Secret:
			found.Errorf(f.Pos, "not-emitted", "type %q: a secret parameter %q is not emitted; say that of the field with the parameters", t.Name, f.Name)
		case f.Is != nil:
			found.Errorf(f.Is.Pos, "not-emitted", "type %q: a derived part %q is not emitted", t.Name, f.Name)
		}
	}
}

// judgeExtras reports what fields elsewhere may have and those of headers may not.
func judgeExtras(f *model.Field, found *diag.List) {
	for _, x := range []*model.Formula{f.When, f.Count, f.Size} {
		if x != nil {
			found.Errorf(x.Pos, "not-emitted", "field %q: when, size and count are not emitted for fields of headers", f.Name)
		}
	}
	if f.Image {
		found.Errorf(f.Pos, "not-emitted", "field %q: images are not emitted for fields of headers", f.Name)
	}
}

// judgePart is judgeExtras of a field that is no header field: of the start line, or of a value.
func judgePart(f *model.Field, found *diag.List) {
	judgeExtras(f, found)
	if isRepeated(f) || f.Lenient || f.Short != "" {
		found.Errorf(f.Pos, "not-emitted", "field %q: repeat, lenient and short are for header fields alone", f.Name)
	}
}

// isParam reports whether f is one of the parameters of a value.
func isParam(f *model.Field) bool { return strings.HasPrefix(f.Key, ";") }

// headerFile writes the shapes of values and the codes.
func (e *emitter) headerFile() (File, error) {
	if h, ok := e.encodings["headers"].(headersEncoding); ok {
		return h.valueFile()
	}
	return e.file("header_gen.go")
}

func (e headersEncoding) valueFile() (File, error) {
	d := decls(e.statusCodes())
	for _, t := range e.p.Types {
		if t.Kind == "enum" {
			d.add(wordConsts(t))
		}
	}
	for _, t := range e.valueTypes() {
		d.add(e.valueType(t))
		f, err := parseForm(t)
		if err != nil {
			return File{}, err
		}
		d.add(e.valueCodec(t, f)...)
		if judge := e.judgeValue(t, f); judge != nil {
			d.add(judge)
		}
		d.add(fielded(e).hiding(t.Go, t.Fields)...)
		for _, field := range t.Fields {
			if isParam(field) {
				d.add(e.param(t, field)...)
			}
		}
	}
	return e.file("header_gen.go", d...)
}

// wordConsts emits
//
//	const (
//		MethodINVITE = "INVITE"
//	)
func wordConsts(t *model.Type) jen.Code {
	var values []jen.Code
	for _, v := range t.Values {
		values = append(values, jen.Id(t.Go+exported(v)).Op("=").Lit(v))
	}
	return documented(doc("The values of %s that the standard names. %s", t.Name, sentence(t.Doc)+clause(t.Standard)), jen.Const().Defs(values...))
}

// valueType emits
//
//	type CSeq struct {
//		Number uint32
//		Method string
//	}
func (e headersEncoding) valueType(t *model.Type) jen.Code {
	var fields []jen.Code
	for _, f := range t.Fields {
		if isParam(f) {
			continue
		}
		s := jen.Id(f.Go).Add(e.value(f).goType())
		if f.Doc != "" {
			s.Comment("// " + f.Doc)
		}
		fields = append(fields, s)
	}
	return documented(doc("%s", described(t.Go, &t.Node, "is a value of header fields.")), jen.Type().Id(t.Go).Struct(fields...))
}

// valueCodec emits the methods that read and write a value.
func (e headersEncoding) valueCodec(t *model.Type, f form) []jen.Code {
	read, write := e.readForm(f.parts), e.writeForm(f.parts)
	if f.star != nil {
		star := func(by string) jen.Code {
			return jen.If(jen.Id(by).Dot("Star").Call(jen.Op("&").Id("v").Dot(f.star.Go))).Block(jen.Return())
		}
		read, write = append(block(star("s")), read...), append(block(star("w")), write...)
	}
	return []jen.Code{
		method("v", t.Go, "read", block(jen.Id("s").Op("*").Add(rt("header", "Scanner"))), nil, read...),
		method("v", t.Go, "write", block(jen.Id("w").Op("*").Add(rt("header", "Writer"))), nil, write...),
	}
}

// param emits the methods that read and set a parameter:
//
//	func (v *Via) Branch() string { return v.Params.Value("branch") }
//
//	func (v *Via) SetBranch(branch string) { v.Params = v.Params.With("branch", branch) }
func (e headersEncoding) param(t *model.Type, f *model.Field) []jen.Code {
	key, v := lit(strings.TrimPrefix(f.Key, ";")), e.value(f)
	params := jen.Id("v").Dot(e.paramsField(t).Go)
	arg := jen.Id("value")
	get := shortMethod("v", t.Go, f.Go, nil, block(jen.String()), jen.Return(params.Clone().Dot("Value").Call(key)))
	set := params.Clone().Op("=").Add(params).Dot("With").Call(key, arg)
	absent := "empty if it is absent"
	if v.kind == headerNumber {
		get = shortMethod("v", t.Go, f.Go, nil, block(jen.Id(v.number()), jen.Bool()),
			jen.Return(rt("header", "Number").Types(jen.Id(v.number())).Call(params, key)))
		set = params.Clone().Op("=").Add(rt("header", "WithNumber").Call(params, key, arg))
		absent = "false if it is absent or no such number"
	}
	what := "is the parameter " + strings.TrimPrefix(f.Key, ";") + "; " + absent + "."
	if f.Doc != "" {
		what = lowerFirst(strings.TrimSuffix(f.Doc, ".")) + ", the parameter " + strings.TrimPrefix(f.Key, ";") + "; " + absent + "."
		if strings.HasPrefix(f.Doc, "Whether") {
			what = "says " + what
		} else {
			what = "is " + what
		}
	}
	return []jen.Code{
		documented(doc("%s %s%s", f.Go, what, clause(f.Standard)), get),
		documented(doc("Set%s sets what %s is.", f.Go, f.Go), shortMethod("v", t.Go, "Set"+f.Go, block(arg.Clone().Add(v.goType())), nil, set)),
	}
}

// paramsField is the field that holds the parameters of a value.
func (e headersEncoding) paramsField(t *model.Type) *model.Field {
	for _, f := range t.Fields {
		if f.Type == "params" {
			return f
		}
	}
	return nil
}

// statusCodes emits the type of status codes, its values and their texts; nothing without codes.
func (e headersEncoding) statusCodes() []jen.Code {
	if len(e.p.Codes) == 0 {
		return nil
	}
	var values, texts []jen.Code
	for _, c := range e.p.Codes {
		values = append(values, jen.Id(c.Go).Id("Code").Op("=").Lit(int(c.Value)).Comment("// "+c.Text+"; "+c.Standard))
		texts = append(texts, jen.Case(jen.Id(c.Go)).Block(jen.Return(lit(c.Text))))
	}
	return []jen.Code{
		documented(doc("Code is the code of a response. Its class, the first of three digits, says how the request fares."), jen.Type().Id("Code").Uint16()),
		documented(doc("The codes that the standards name."), jen.Const().Defs(values...)),
		documented(doc("Class is the first digit: 1 for work that goes on, 2 for success, 3 to 6 for its absence."),
			jen.Func().Params(jen.Id("c").Id("Code")).Id("Class").Params().Int().Block(jen.Return(jen.Int().Call(jen.Id("c").Op("/").Lit(100))))),
		documented(doc("Text is what the standard has a response say beside the code; empty for a code it does not know."),
			jen.Func().Params(jen.Id("c").Id("Code")).Id("Text").Params().String().Block(
				jen.Switch(jen.Id("c")).Block(texts...), jen.Return(lit("")))),
	}
}
