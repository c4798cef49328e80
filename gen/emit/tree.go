package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
)

// treeEncoding prints messages that are maps, written by a serializer that the session chooses.
type treeEncoding struct{ fielded }

func newTreeEncoding(e *emitter) encoding { return treeEncoding{fielded{e}} }

// message implements encoding.
func (e treeEncoding) message(ms *messages, m *model.Message, found *diag.List) *message {
	e.judgeKeys("message", &m.Node, e.allFields(m), m.Unknown, found)
	return e.plainMessage(ms, m, found)
}

// allFields are the fields of a message and of its head.
func (e treeEncoding) allFields(m *model.Message) []*model.Field {
	if m.Head == nil {
		return m.Fields
	}
	return slices.Concat(m.Head.Fields, m.Fields)
}

// judgeKeys finds two fields of one key, a field that has the name of what keeps unknown keys, and a place where a string cannot
// stand for a struct.
func (e treeEncoding) judgeKeys(kind string, n *model.Node, fields []*model.Field, unknown string, found *diag.List) {
	seen := map[string]bool{}
	for _, f := range fields {
		if key := wireKey(f); seen[key] {
			found.Errorf(f.Pos, "same-key", "%s %q: two fields have the key %q", kind, n.Name, key)
		} else {
			seen[key] = true
		}
		if unknown == "keep" && f.Go == othersField {
			found.Errorf(f.Pos, "go-name", "%s %q: the field %q has the Go name of the keys that are kept", kind, n.Name, f.Name)
		}
		if f.Named != nil && f.Named.Plain != "" && (isList(f) || f.Image) {
			found.Errorf(f.Pos, "not-emitted", "field %q: a string in place of a %s is not emitted for lists and images", f.Name, f.Named.Name)
		}
		if f.Image && e.kindOf(f).Kind != formula.Any && e.kindOf(f).Kind != formula.Struct || f.Image && isList(f) {
			found.Errorf(f.Pos, "not-emitted", "field %q: only a struct or a value of any kind travels as an image, and no list", f.Name)
		}
	}
}

// othersField is the Go field that holds the keys which no other has.
const othersField = "Others"

// settle implements encoding: it judges what depends on several messages, and the structs.
func (e treeEncoding) settle(ms *messages, found *diag.List) {
	var before []*message
	for _, m := range ms.list {
		if m.m.Encoding != "tree" {
			continue
		}
		for _, first := range before {
			if e.hides(first.m, m.m) {
				found.Errorf(m.m.Pos, "hidden-message", "message %q: whatever it may be is message %q already, which stands before it", m.m.Name, first.m.Name)
			}
		}
		before = append(before, m)
	}
	for _, t := range e.structs() {
		e.judgeKeys("type", &t.Node, t.Fields, t.Unknown, found)
		for _, f := range t.Fields {
			e.judgeField(f, found)
			if f.Valid != nil || f.Is != nil {
				found.Errorf(f.Pos, "not-emitted", "field %q: valid and is are not emitted for fields of structs", f.Name)
			}
		}
		if t.Plain != "" && !slices.ContainsFunc(t.Fields, func(f *model.Field) bool { return f.Name == t.Plain && e.isText(f) }) {
			found.Errorf(t.Pos, "unknown-field", "type %q: plain names %q, which is no field that holds a text", t.Name, t.Plain)
		}
	}
}

// isText reports whether a field holds one text.
func (e fielded) isText(f *model.Field) bool { return !isList(f) && e.kindOf(f).Kind == formula.Text }

// isAny reports whether a field holds one value of any kind.
func (e fielded) isAny(f *model.Field) bool { return !isList(f) && e.kindOf(f).Kind == formula.Any }

// hides reports whether every map that may be b is a.
func (e treeEncoding) hides(a, b *model.Message) bool {
	ca, cb := e.constants(a), e.constants(b)
	for _, f := range ca {
		i := slices.IndexFunc(cb, func(g *model.Field) bool { return wireKey(f) == wireKey(g) })
		if i < 0 || e.constant(a, f) != e.constant(b, cb[i]) {
			return false
		}
	}
	if len(ca) > 0 {
		return true
	}
	has := append(e.required(b), keysOf(cb)...)
	for _, key := range e.required(a) {
		if !slices.Contains(has, key) {
			return false
		}
	}
	return len(cb) == 0 || len(e.required(a)) == 0
}

// constants are the fields that a message is told by.
func (e treeEncoding) constants(m *model.Message) []*model.Field {
	return slices.DeleteFunc(slices.Clone(m.Fields), func(f *model.Field) bool { return e.constant(m, f) == nil })
}

// required are the keys that a message must have.
func (e treeEncoding) required(m *model.Message) []string {
	return keysOf(slices.DeleteFunc(slices.Clone(e.allFields(m)), func(f *model.Field) bool {
		return f.Optional || e.constant(m, f) != nil
	}))
}

func keysOf(fields []*model.Field) []string { return collect(fields, wireKey) }

// structs are the struct types that fields of trees are of, in the order of the specification.
func (e treeEncoding) structs() []*model.Type {
	used := map[*model.Type]bool{}
	var mark func(fields []*model.Field)
	mark = func(fields []*model.Field) {
		for _, f := range fields {
			if f.Named != nil && f.Named.Kind == "struct" && !used[f.Named] {
				used[f.Named] = true
				mark(f.Named.Fields)
			}
		}
	}
	for _, m := range e.p.Messages {
		if m.Encoding == "tree" {
			mark(e.allFields(m))
		}
	}
	return slices.DeleteFunc(slices.Clone(e.p.Types), func(t *model.Type) bool { return !used[t] })
}

// writer implements encoding:
//
//	AppendTree(codec tree.Codec, b []byte) ([]byte, error)
func (e treeEncoding) writer() []jen.Code {
	return block(
		doc(`AppendTree appends the image that codec makes of the message and returns the extended slice. On error, a [*record.Error]
			or that of the codec, b is returned as it was%s.`, e.norRuleError()),
		jen.Id("AppendTree").Params(codecParam(), jen.Id("b").Index().Byte()).Params(jen.Index().Byte(), jen.Error()),
	)
}

// norRuleError is orRuleError for a sentence that ends before it.
func (e *emitter) norRuleError() string {
	if e.hasRules() {
		return "; what breaks a rule of the specification, a [*RuleError], is never written"
	}
	return ""
}

func codecParam() jen.Code { return jen.Id("codec").Add(rt("tree", "Codec")) }

// readers implements encoding.
func (e treeEncoding) readers() []jen.Code { return block(e.decodeTree()) }

// decodeTree emits
//
//	func DecodeTree(codec tree.Codec, image []byte) (Message, error) {
//		v, err := codec.Decode(image)
//		if err != nil {
//			return nil, &MessageError{Kind: MessageMalformed, Err: err}
//		}
//		r := record.NewReader(codec, v)
//		switch {
//		case r.Is("type", "publish"):
//			if m := new(PublishRequest); m.readTree(&r) {
//				return m, nil
//			}
//		default:
//			r.Strange()
//		}
//		return nil, treeError(r.Fault(image))
//	}
func (e treeEncoding) decodeTree() jen.Code {
	var cases []jen.Code
	last := block(jen.Id("r").Dot("Strange").Call())
	for _, m := range e.p.Messages {
		if m.Encoding != "tree" {
			continue
		}
		try := block(jen.If(
			jen.Id("m").Op(":=").New(jen.Id(m.Go)), jen.Id("m").Dot("readTree").Call(jen.Op("&").Id("r"))).Block(e.accepted(m)))
		if told := e.told(m); told != nil {
			cases = append(cases, jen.Case(told).Block(try...))
		} else {
			last = try
		}
	}
	body := block(
		jen.List(jen.Id("v"), jen.Err()).Op(":=").Id("codec").Dot("Decode").Call(jen.Id("image")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Op("&").Id("MessageError").Add(inline(
			pair{jen.Id("Kind"), jen.Id("MessageMalformed")}, pair{jen.Id("Err"), jen.Err()})))),
		jen.Id("r").Op(":=").Add(rt("tree/record", "NewReader")).Call(jen.Id("codec"), jen.Id("v")),
	)
	if cases == nil {
		body = append(body, last...)
	} else {
		body = append(body, jen.Switch().Block(append(cases, jen.Default().Block(last...))...))
	}
	return documented(
		doc(`DecodeTree reads the message that image is, made by a serializer that codec reads. The message may share the memory of
			what the codec made, and keeps nothing of image itself. The error is a [*MessageError]. Any number of goroutines may
			call it.`),
		function("DecodeTree", block(codecParam(), jen.Id("image").Index().Byte()), block(jen.Id("Message"), jen.Error()),
			append(body, jen.Return(jen.Nil(), jen.Id("treeError").Call(jen.Id("r").Dot("Fault").Call(jen.Id("image")))))...)).(*jen.Statement).
		Line().Line().Add(treeError())
}

// told emits the condition that a map is the message: its constants, or else its required keys; nil for none.
//
//	r.Is("type", "publish")
//	r.Has("event", "rsvp")
func (e treeEncoding) told(m *model.Message) jen.Code {
	var all *jen.Statement
	for _, f := range e.constants(m) {
		c := e.constant(m, f)
		is := jen.Id("r").Dot("Is"+suffix(c)).Call(lit(wireKey(f)), literal(c))
		if all == nil {
			all = is
		} else {
			all.Op("&&").Add(is)
		}
	}
	if keys := e.required(m); all == nil && len(keys) > 0 {
		return jen.Id("r").Dot("Has").Call(literals(keys)...)
	}
	if all == nil {
		return nil
	}
	return all
}

// suffix is how methods of a record's Reader end that are about constants of a type.
func suffix(constant any) string {
	switch constant.(type) {
	case int64:
		return "Int"
	case bool:
		return "Bool"
	}
	return ""
}

// literal emits a constant.
func literal(constant any) jen.Code {
	if n, ok := constant.(int64); ok {
		return lit(int(n))
	}
	return lit(constant)
}

// treeError emits
//
//	func treeError(err *record.Error) *MessageError {
//		e := &MessageError{Kind: MessageInvalid, Err: err, Message: err.Message}
//		switch err.Fault {
//		case record.NotMap:
//			e.Kind = MessageMalformed
//		case record.Strange:
//			e.Kind = MessageUnknown
//		}
//		return e
//	}
func treeError() jen.Code {
	return documented(doc("treeError says what kind of error err is."),
		function("treeError", block(jen.Err().Op("*").Add(rt("tree/record", "Error"))), block(jen.Op("*").Id("MessageError")),
			jen.Id("e").Op(":=").Op("&").Id("MessageError").Add(inline(
				pair{jen.Id("Kind"), jen.Id("MessageInvalid")}, pair{jen.Id("Err"), jen.Err()}, pair{jen.Id("Message"), jen.Err().Dot("Message")})),
			jen.Switch(jen.Err().Dot("Fault")).Block(
				jen.Case(rt("tree/record", "NotMap")).Block(jen.Id("e.Kind").Op("=").Id("MessageMalformed")),
				jen.Case(rt("tree/record", "Strange")).Block(jen.Id("e.Kind").Op("=").Id("MessageUnknown"))),
			jen.Return(jen.Id("e"))))
}

// declare implements encoding.
func (e treeEncoding) declare(m *message) (typ jen.Code, methods []jen.Code) {
	fields := e.allFields(m.m)
	constant := func(f *model.Field) any { return e.constant(m.m, f) }
	write := append(e.refuseBroken(m), jen.Id("w").Op(":=").Add(rt("tree/record", "NewWriter")).Call(jen.Id("codec"), lit(m.m.Name)))
	write = append(write, e.writePairs(fields, constant, m.m.Unknown, "m")...)
	read := e.readPairs(fields, constant, m.m.Unknown, "m")
	typ = e.plainStruct(m, e.others(m.m.Unknown)...)
	methods = block(
		documented(doc("AppendTree implements [%s].", e.emitter.family(e)),
			method("m", m.typ, "AppendTree", block(codecParam(), jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()),
				append(write, jen.Return(jen.Id("w").Dot("Finish").Call(jen.Id("b"))))...)),
		documented(doc("readTree reads a map, and reports whether it is the message."),
			method("m", m.typ, "readTree", block(jen.Id("r").Op("*").Add(rt("tree/record", "Reader"))), block(jen.Bool()),
				append(read, jen.Return(jen.Id("r").Dot("End").Call(lit(m.m.Name))))...)),
	)
	return typ, append(methods, e.plainMethods(m)...)
}

// others emits the field that holds what no other does, of a message or struct that keeps it.
func (e treeEncoding) others(unknown string) []jen.Code {
	if unknown != "keep" {
		return nil
	}
	return block(doc("Others are the pairs of all other keys, as they came.").Line().Id(othersField).Index().Add(rt("tree", "Entry")))
}

// readPairs emits what reads the pairs of a map, recv being the message or struct; constant is the value of a field that has but one, nil of others.
//
//	for r.Next() {
//		switch r.Key() {
//		case "id":
//			m.ID = r.Int(0, 9)
//		case "type":
//		default:
//			r.Unknown()
//		}
//	}
//	r.Need("id")
//
// The last case of a map that keeps what it does not know is
//
//	default:
//		m.Others = append(m.Others, r.Pair())
func (e treeEncoding) readPairs(fields []*model.Field, constant func(*model.Field) any, unknown, recv string) []jen.Code {
	var cases, needed []jen.Code
	for _, f := range fields {
		key := lit(wireKey(f))
		if constant(f) != nil {
			cases = append(cases, jen.Case(key).Block())
			continue
		}
		cases = append(cases, jen.Case(key).Block(e.readField(f, recv)))
		if !f.Optional {
			needed = append(needed, key)
		}
	}
	switch unknown {
	case "refuse":
		cases = append(cases, jen.Default().Block(jen.Id("r").Dot("Unknown").Call()))
	case "keep":
		others := jen.Id(recv).Dot(othersField)
		cases = append(cases, jen.Default().Block(others.Clone().Op("=").Append(others, jen.Id("r").Dot("Pair").Call())))
	}
	var read []jen.Code
	if len(cases) > 0 {
		read = append(read, jen.For(jen.Id("r").Dot("Next").Call()).Block(jen.Switch(jen.Id("r").Dot("Key").Call()).Block(cases...)))
	}
	if len(needed) > 0 {
		read = append(read, jen.Id("r").Dot("Need").Call(needed...))
	}
	return read
}

// writePairs emits what writes the pairs of a map.
func (e treeEncoding) writePairs(fields []*model.Field, constant func(*model.Field) any, unknown, recv string) []jen.Code {
	var write []jen.Code
	for _, f := range fields {
		if c := constant(f); c != nil {
			write = append(write, writeConstant(lit(wireKey(f)), c))
			continue
		}
		write = append(write, e.writeField(f, recv))
	}
	if unknown == "keep" {
		write = append(write, jen.Id("w").Dot("Others").Call(jen.Id(recv).Dot(othersField)))
	}
	return write
}

// writeConstant emits
//
//	w.Text("type", "publish")
func writeConstant(key jen.Code, constant any) jen.Code {
	switch n := constant.(type) {
	case int64:
		return jen.Id("w").Dot("Int").Call(key, lit(int(n)), lit(int(n)), lit(int(n)))
	case bool:
		return jen.Id("w").Dot("Bool").Call(key, lit(n))
	}
	return jen.Id("w").Dot("Text").Call(key, lit(constant))
}

// readField emits
//
//	m.ID = r.Int(0, 9)
//
// and, for one that undef stands for the absence of,
//
//	if r.Holds() {
//		m.To = r.Text()
//	}
func (e treeEncoding) readField(f *model.Field, recv string) jen.Code {
	v, r := jen.Id(recv).Dot(f.Go), jen.Id("r")
	var steps []jen.Code
	switch verb, args := e.verb(f); {
	case verb == "Record" || verb == "Image":
		if e.byPointer(f) {
			steps = append(steps, v.Clone().Op("=").New(e.elemType(f)))
		}
		steps = append(steps, r.Dot(verb).Call(v.Clone().Dot("readTree")))
	case verb == "Records":
		steps = append(steps, r.Dot(verb).Call(jen.Func().Params(jen.Id("in").Op("*").Add(rt("tree/record", "Reader"))).Block(
			jen.Var().Id("v").Add(e.elemType(f)),
			jen.Id("v").Dot("readTree").Call(jen.Id("in")),
			v.Clone().Op("=").Append(v, jen.Id("v")))))
	default:
		if f.Lenient {
			r.Dot("Lenient").Call()
		}
		value := r.Dot(verb).Call(args...)
		if e.byPointer(f) {
			value = jen.New(value)
		}
		steps = append(steps, v.Clone().Op("=").Add(value))
	}
	if f.Optional && !e.isAny(f) {
		return jen.If(jen.Id("r").Dot("Holds").Call()).Block(steps...)
	}
	return jen.Add(lineSeparated(steps))
}

// lineSeparated is statements one below the other.
func lineSeparated(steps []jen.Code) *jen.Statement {
	out := jen.Null()
	for i, s := range steps {
		if i > 0 {
			out.Line()
		}
		out.Add(s)
	}
	return out
}

// verb is the method of a record's Reader and Writer for a field, and what both are given besides key and value.
func (e treeEncoding) verb(f *model.Field) (verb string, args []jen.Code) {
	many := ""
	if isList(f) {
		many = "s"
	}
	switch t := e.kindOf(f); {
	case t.Kind == formula.Struct && f.Image && !isList(f):
		return "Image", nil
	case t.Kind == formula.Struct:
		return "Record" + many, nil
	case t.Kind == formula.Int:
		verb, args := intVerb(t.Min.Int64(), t.Max.Int64())
		return verb + many, args
	case t.Kind == formula.Bool:
		return "Bool" + many, nil
	case t.Kind == formula.Bytes:
		return "Bytes" + many, nil
	case t.Kind == formula.Any && f.Image:
		return "AnyImage" + many, nil
	case t.Kind == formula.Any && isList(f):
		return "Values", nil
	case t.Kind == formula.Any:
		return "Any", nil
	case f.Named != nil && f.Named.Kind == "enum" && f.Named.Unknown != "keep":
		return "Choice" + many, literals(f.Named.Values)
	case f.Named != nil && f.Named.Kind == "token":
		return "Word" + many, block(e.token(f))
	}
	return "Text" + many, nil
}

// writeField emits
//
//	w.Int("id", 0, 9, m.ID)
//
// and, for one that may be absent,
//
//	if m.To != "" {
//		w.Text("to", m.To)
//	}
func (e treeEncoding) writeField(f *model.Field, recv string) jen.Code {
	v, key := jen.Id(recv).Dot(f.Go), lit(wireKey(f))
	if f.Optional && e.isAny(f) && !f.Image {
		return jen.Id("w").Dot("Maybe").Call(key, v)
	}
	var step jen.Code
	switch verb, args := e.verb(f); verb {
	case "Record", "Image":
		step = jen.Id("w").Dot(verb).Call(key, v.Clone().Dot("writeTree"))
		if plainly := e.scalarField(f); plainly != nil && verb == "Record" {
			text := v.Clone().Dot(plainly.Go)
			step = jen.If(text.Clone().Op("!=").Lit("")).Block(jen.Id("w").Dot("Text").Call(key, text)).Else().Block(step)
		}
	case "Records":
		step = jen.Id("w").Dot(verb).Call(key, jen.Len(v.Clone()), jen.Func().Params(
			jen.Id("w").Op("*").Add(rt("tree/record", "Writer")), jen.Id("i").Int()).Block(v.Clone().Index(jen.Id("i")).Dot("writeTree").Call(jen.Id("w"))))
	case "Choice":
		step = jen.Id("w").Dot(verb).Call(append(block(key, v.Clone()), args...)...)
	default:
		value := v.Clone()
		if e.byPointer(f) {
			value = jen.Op("*").Add(value)
		}
		step = jen.Id("w").Dot(verb).Call(append(append(block(key), args...), value)...)
	}
	if f.Optional {
		return jen.If(e.present(f, v.Clone())).Block(step)
	}
	return step
}

// scalarField is the field of a struct that a string may stand for as a whole, nil if there is none.
func (e treeEncoding) scalarField(f *model.Field) *model.Field {
	i := slices.IndexFunc(f.Named.Fields, func(g *model.Field) bool { return g.Name == f.Named.Plain })
	if i < 0 {
		return nil
	}
	return f.Named.Fields[i]
}

// structDecls emits a struct type with what reads and writes it:
//
//	type Publication struct { ... }
//
//	func (v *Publication) readTree(r *record.Reader) { ... }
//
//	func (v *Publication) writeTree(w *record.Writer) { ... }
func (e treeEncoding) structDecls(t *model.Type) []jen.Code {
	var read []jen.Code
	fields := t.Fields
	if i := slices.IndexFunc(fields, func(f *model.Field) bool { return f.Name == t.Plain }); i >= 0 {
		read = block(jen.If(jen.List(jen.Id("s"), jen.Id("ok")).Op(":=").Id("r").Dot("Plain").Call(), jen.Id("ok")).Block(
			jen.Id("v").Dot(fields[i].Go).Op("=").Id("s"), jen.Return()))
		fields = slices.Delete(slices.Clone(fields), i, i+1)
	} else {
		read = block(jen.Id("r").Dot("Map").Call())
	}
	none := func(*model.Field) any { return nil }
	read = append(read, e.readPairs(fields, none, t.Unknown, "v")...)
	write := e.writePairs(fields, none, t.Unknown, "v")
	return append(block(
		e.structOf(t.Go, described(t.Go, &t.Node, "is the type "+t.Name+"."), t.Fields, e.others(t.Unknown)...),
		documented(doc("readTree reads the value of a field."),
			method("v", t.Go, "readTree", block(jen.Id("r").Op("*").Add(rt("tree/record", "Reader"))), nil, read...)),
		documented(doc("writeTree writes the pairs of the map."),
			method("v", t.Go, "writeTree", block(jen.Id("w").Op("*").Add(rt("tree/record", "Writer"))), nil, write...)),
	), e.hiding(t.Go, t.Fields)...)
}

// rest implements encoding.
func (e treeEncoding) rest() []jen.Code {
	var d decls
	for _, t := range e.structs() {
		d.add(e.structDecls(t)...)
	}
	return d
}

// failure implements encoding.
func (e treeEncoding) failure() failure {
	return e.plainFailure("frame", "the frame is no image of the codec in use, or the image of something else than a map",
		"the map lacks what the message must have, holds what it must not",
		"the map is none of the protocol's messages", "*tree.Error, *record.Error")
}

// tests implements encoding.
func (e treeEncoding) tests() []jen.Code {
	m := jen.Id("m")
	if family := e.emitter.family(e); family != "Message" {
		m.Assert(jen.Id(family))
	}
	return codecTests{
		table: "treeExamples", test: "TestTrees", again: "treeAgain", fuzz: "FuzzDecodeTree",
		read:  jen.Id("DecodeTree").Call(jsonCodec(), jen.Id("in")),
		write: m.Dot("AppendTree").Call(jsonCodec(), jen.Nil()),
	}.emit(e.exampleRows(e))
}

// decode implements encoding.
func (treeEncoding) decode(frame, codec jen.Code) *jen.Statement {
	return jen.Id("DecodeTree").Call(codec, frame)
}

// write implements encoding.
func (treeEncoding) write(m, b, codec jen.Code) *jen.Statement {
	return jen.Add(m).Dot("AppendTree").Call(codec, b)
}

// example implements encoding. Examples of trees are written in JSON.
func (treeEncoding) example(text jen.Code) *jen.Statement {
	return jen.Id("DecodeTree").Call(jsonCodec(), jen.Index().Byte().Call(text))
}

func jsonCodec() jen.Code { return rt("tree/jsontree", "Codec").Values() }

// family implements encoding.
func (treeEncoding) family() (name, what string) {
	return "TreeMessage", "a map, written by a serializer"
}

// usesCodec implements encoding.
func (treeEncoding) usesCodec() bool { return true }

// about implements encoding.
func (treeEncoding) about() string {
	return "[DecodeTree] reads the image of a map, made by a serializer such as those of the runtime's packages storable and jsontree, " +
		"and the AppendTree method of a message makes one."
}
