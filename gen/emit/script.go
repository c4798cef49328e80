package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// Scenarios of protocols whose sessions choose a codec: their documents are lines in one framing, and trees, which the
// specification shows in JSON, in another.

// lineFrame is the framing of lines, nil if the protocol has none; treeFrame that of trees.
func (e *emitter) lineFrame() *model.Frame {
	return e.frameThat(func(f *model.Frame) bool { return f.Kind == "delimited" && e.encodings["text"] != nil })
}

func (e *emitter) treeFrame() *model.Frame {
	return e.frameThat(func(f *model.Frame) bool { return f != e.lineFrame() })
}

func (e *emitter) frameThat(is func(*model.Frame) bool) *model.Frame {
	if i := slices.IndexFunc(e.p.Frames, is); i >= 0 {
		return e.p.Frames[i]
	}
	return nil
}

// stepKinds are the fields of a step that say how its document stands in a frame.
func (m *machine) stepKinds() []jen.Code {
	if !m.e.usesCodec() {
		return nil
	}
	fields := block(jen.Id("raw").Bool().Comment("send is the octets of a frame"))
	if m.e.lineFrame() != nil {
		fields = append(fields, jen.Id("tree").Bool().Comment("it is a tree, in JSON, and no line"))
	}
	return fields
}

// stepTree says that a step's document is a tree, where that is not said by itself.
func (m *machine) stepTree(msg *model.Message) []pair {
	if msg.Encoding != "tree" || m.e.lineFrame() == nil {
		return nil
	}
	return []pair{{jen.Id("tree"), jen.True()}}
}

// stepRaw says in which framing raw octets stand.
func (m *machine) stepRaw(s *model.Step) []pair {
	if !m.e.usesCodec() {
		return nil
	}
	row := []pair{{jen.Id("raw"), jen.True()}}
	if m.e.lineFrame() != nil && s.Frame != nil && s.Frame != m.e.lineFrame() {
		row = append(row, pair{jen.Id("tree"), jen.True()})
	}
	return row
}

// scriptAnswer emits
//
//	// Perform implements [session.Operator].
//	func (s *scriptedServer) Perform(_ context.Context, operation int, _ session.Message) (session.Message, error) {
//		if serverSpec.Operations[operation].Silent {
//			return nil, nil
//		}
//		return DecodeTree(jsontree.Codec{}, []byte(s.step.reply))
//	}
func (m *machine) scriptAnswer() jen.Code {
	params := block(jen.Id("_").Qual("context", "Context"), jen.Id("operation").Int(), jen.Id("_").Add(rt("session", "Message")))
	return documented(doc("Perform implements [session.Operator]."),
		method("s", m.script(), "Perform", params, performResults(),
			jen.If(jen.Id(m.short+"Spec").Dot("Operations").Index(jen.Id("operation")).Dot("Silent")).Block(jen.Return(jen.Nil(), jen.Nil())),
			jen.Return(m.e.encodings["tree"].example(jen.Id("s.step.reply")))))
}

// scriptFrames emits how the documents of steps stand on the wire:
//
//	// wire is how the step's document is written down and framed.
//	func (s *scriptedServer) wire() (tree.Codec, frame.Framing) {
//		if !s.step.tree {
//			return nil, s.config.line()
//		}
//		return codecOf("Storable"), s.config.reference()
//	}
//
//	// frame is the step's document as it stands on the wire.
//	func (s *scriptedServer) frame() ([]byte, error) { ... }
//
//	// next is the first message in out and its length there.
//	func (s *scriptedServer) next(out []byte) (Message, int, error) { ... }
func (m *machine) scriptFrames() []jen.Code {
	wire := block(jen.Return(jen.Id("codecOf").Call(lit(m.e.p.Codecs[0].Name)), jen.Id("s.config").Dot(m.e.treeFrame().Go).Call()))
	frame := block(
		jen.List(jen.Id("codec"), jen.Id("framing")).Op(":=").Id("s").Dot("wire").Call(),
		jen.If(jen.Id("s.step.raw")).Block(jen.Return(jen.Id("framing").Dot("Append").Call(jen.Nil(), jen.Index().Byte().Call(jen.Id("s.step.send"))))),
	)
	if line := m.e.lineFrame(); line != nil {
		wire = append(block(jen.If(jen.Op("!").Id("s.step.tree")).Block(jen.Return(jen.Nil(), jen.Id("s.config").Dot(line.Go).Call()))), wire...)
		frame[1] = jen.If(jen.Id("s.step.raw").Op("||").Op("!").Id("s.step.tree")).Block(
			jen.Return(jen.Id("framing").Dot("Append").Call(jen.Nil(), jen.Index().Byte().Call(jen.Id("s.step.send")))))
	}
	failed := func(results ...jen.Code) jen.Code {
		return jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(append(results, jen.Err())...))
	}
	frame = append(frame,
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Add(m.e.encodings["tree"].example(jen.Id("s.step.send"))), failed(jen.Nil()),
		jen.List(jen.Id("payload"), jen.Err()).Op(":=").Id("appendMessage").Call(jen.Id("codec"), jen.Nil(), jen.Id("m")), failed(jen.Nil()),
		jen.Return(jen.Id("framing").Dot("Append").Call(jen.Nil(), jen.Id("payload"))),
	)
	return block(
		documented(doc("wire is how the step's document is written down and framed."),
			method("s", m.script(), "wire", nil, block(rt("tree", "Codec"), rt("frame", "Framing")), wire...)),
		documented(doc("frame is the step's document as it stands on the wire."),
			method("s", m.script(), "frame", nil, block(jen.Index().Byte(), jen.Error()), frame...)),
		documented(doc("next is the first message in out and its length there."),
			method("s", m.script(), "next", block(jen.Id("out").Index().Byte()), block(jen.Id("Message"), jen.Int(), jen.Error()),
				jen.List(jen.Id("codec"), jen.Id("framing")).Op(":=").Id("s").Dot("wire").Call(),
				jen.List(jen.Id("payload"), jen.Id("n"), jen.Err()).Op(":=").Id("framing").Dot("Next").Call(jen.Id("out")), failed(jen.Nil(), lit(0)),
				jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("decodeMessage").Call(jen.Id("codec"), jen.Id("payload")),
				jen.Return(jen.Id("m"), jen.Id("n"), jen.Err()))),
	)
}

// newScript emits the making of a session under test. Its framing is the script's to know where documents differ.
func (m *machine) newScript(push, script, framing string) jen.Code {
	vars := block(jen.Id(push), jen.Id(script))
	if !m.e.usesCodec() {
		vars = append(vars, jen.Id(framing))
	}
	return jen.List(vars...).Op(":=").Id("new" + exported(m.script())).Call()
}

func (m *machine) scriptResults() []jen.Code {
	results := block(jen.Op("*").Add(rt("session", "Push")), jen.Op("*").Id(m.script()))
	if !m.e.usesCodec() {
		results = append(results, rt("frame", "Framing"))
	}
	return results
}

func (m *machine) scriptReturn() jen.Code {
	values := block(rt("session", "NewPush").Call(jen.Id("service")), jen.Id("script"))
	if !m.e.usesCodec() {
		values = append(values, jen.Id("config").Dot(m.firstFrame().Go).Call())
	}
	return jen.Return(values...)
}

// expectList emits
//
//	if v := got.Freezers; !slices.Equal(v, []string{"Storable"}) {
//		t.Errorf("freezers is %v", v)
//	}
func expectList(f *model.Field, got jen.Code, want []any) jen.Code {
	items := collect(want, func(x any) jen.Code { return lit(x) })
	return jen.If(jen.Id("v").Op(":=").Add(got), jen.Op("!").Qual("slices", "Equal").Call(jen.Id("v"), jen.Index().String().Values(items...))).Block(
		jen.Id("t").Dot("Errorf").Call(lit(f.Name+" is %q"), jen.Id("v")))
}

// codedFuzz emits the fuzz target of a session that chooses a codec.
func (m *machine) codedFuzz() jen.Code {
	var seeds []jen.Code
	for _, msg := range m.received {
		if x := firstExample(msg); x != nil {
			seeds = append(seeds, inline(append([]pair{{jen.Id("send"), jen.Id(name.Example(msg, x))}}, m.stepTree(msg)...)...))
		}
	}
	return documented(doc("Fuzz%sSession: whatever a peer sends, the session does not panic and comes to its end with the peer.", m.Go),
		function("Fuzz"+m.Go+"Session", block(jen.Id("f").Op("*").Qual("testing", "F")), nil,
			jen.List(jen.Id("_"), jen.Id("script")).Op(":=").Id("new"+exported(m.script())).Call(),
			jen.Var().Id("all").Index().Byte(),
			jen.For(jen.List(jen.Id("_"), jen.Id("script").Dot("step")).Op("=").Range().Index().Id("scenarioStep").Add(lines(seeds...))).Block(
				jen.List(jen.Id("frame"), jen.Err()).Op(":=").Id("script").Dot("frame").Call(),
				jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("f").Dot("Fatal").Call(jen.Err())),
				jen.Id("f").Dot("Add").Call(jen.Id("frame")),
				jen.Id("all").Op("=").Append(jen.Id("all"), jen.Id("frame").Op("..."))),
			jen.Id("f").Dot("Add").Call(jen.Id("all")),
			jen.Id("f").Dot("Fuzz").Call(jen.Func().Params(testParam(), jen.Id("data").Index().Byte()).Block(
				jen.List(jen.Id("push"), jen.Id("_")).Op(":=").Id("new"+exported(m.script())).Call(),
				jen.Id("push").Dot("Open").Call(),
				jen.Id("push").Dot("Receive").Call(jen.Id("data")),
				jen.Id("push").Dot("End").Call(),
				jen.If(jen.List(jen.Id("ended"), jen.Id("_")).Op(":=").Id("push").Dot("Ended").Call(), jen.Op("!").Id("ended")).Block(
					jen.Id("t").Dot("Error").Call(lit("the peer has ended the stream, and the session goes on"))))),
		))
}
