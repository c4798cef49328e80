package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// codecTestFile writes the tests of the codec: the examples of the specification are what they say they are, and what is
// read can be written and read again as the same.
func (e *emitter) codecTestFile() (File, error) {
	var consts, rows []jen.Code
	for _, m := range e.msgs.list {
		for _, x := range m.m.Examples {
			constant := jen.Id(name.Example(m.m, x))
			consts = append(consts, constant.Clone().Op("=").Add(text(x.Text)))
			rows = append(rows, jen.Values(lit(m.m.Name), lit(x.Name), constant))
		}
	}
	if len(rows) == 0 {
		return e.file("codec_gen_test.go")
	}
	return e.file("codec_gen_test.go", exampleConsts(consts), exampleTable(rows), e.testExamples(), testPrefixes(), fuzzMessage(), again())
}

// firstExample is the first example of a message, nil if there is none.
func firstExample(msg *model.Message) *model.Example {
	if msg == nil || len(msg.Examples) == 0 {
		return nil
	}
	return msg.Examples[0]
}

// exampleConsts emits
//
//	const (
//		exampleLogin              = `<epp>...</epp>`
//		exampleLoginWrongPassword = `<epp>...</epp>`
//	)
func exampleConsts(consts []jen.Code) jen.Code {
	return documented(doc("The examples of the specification."), jen.Const().Defs(consts...))
}

// exampleTable emits
//
//	var examples = []struct{ message, name, text string }{
//		{"login", "wrong password", exampleLoginWrongPassword},
//	}
func exampleTable(rows []jen.Code) jen.Code {
	return documented(doc("examples are the examples by the names of their messages and their own."),
		jen.Var().Id("examples").Op("=").Index().Struct(
			jen.List(jen.Id("message"), jen.Id("name"), jen.Id("text")).String(),
		).Add(lines(rows...)))
}

// text emits a document as a raw string where that can be.
func text(s string) jen.Code {
	if strings.ContainsAny(s, "`\r") {
		return lit(s)
	}
	return jen.Id("`" + s + "`")
}

// eachExample emits
//
//	for _, ex := range examples {
//		t.Run(ex.message+"/"+ex.name, func(t *testing.T) { body })
//	}
func eachExample(body ...jen.Code) jen.Code {
	return jen.For(jen.List(jen.Id("_"), jen.Id("ex")).Op(":=").Range().Id("examples")).Block(
		jen.Id("t").Dot("Run").Call(
			jen.Id("ex").Dot("message").Op("+").Lit("/").Op("+").Id("ex").Dot("name"),
			jen.Func().Params(testParam()).Block(body...)))
}

// bytesOf is a string as bytes.
func bytesOf(s *jen.Statement) *jen.Statement { return jen.Index().Byte().Parens(s) }

// testExamples emits the test that every example is the message it is an example of. Of a message that binds nothing where
// others do, an example may be one of those: which it is, only who asked can tell.
func (e *emitter) testExamples() jen.Code {
	other := jen.Id("got").Op("!=").Id("ex").Dot("message")
	for _, m := range e.msgs.list {
		if len(m.m.Examples) > 0 && e.unbound(m) {
			other.Op("&&").Id("ex").Dot("message").Op("!=").Lit(m.m.Name)
		}
	}
	return function("TestExamples", block(testParam()), nil, eachExample(
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("DecodeMessage").Call(bytesOf(jen.Id("ex").Dot("text"))),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Err())),
		jen.If(jen.Id("got").Op(":=").Id("m").Dot("MessageName").Call(), other).Block(
			jen.Id("t").Dot("Errorf").Call(lit("the message is %s"), jen.Id("got"))),
		jen.Id("again").Call(jen.Id("t"), jen.Id("m")),
	))
}

// testPrefixes emits the test that no example is a message before its end.
func testPrefixes() jen.Code {
	return function("TestExamplesCutShort", block(testParam()), nil, eachExample(
		jen.Id("text").Op(":=").Qual("strings", "TrimSpace").Call(jen.Id("ex").Dot("text")),
		jen.For(jen.Id("n").Op(":=").Range().Len(jen.Id("text"))).Block(
			jen.If(
				jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("DecodeMessage").Call(bytesOf(jen.Id("text").Index(jen.Op(":").Id("n")))),
				jen.Err().Op("==").Nil()).Block(
				jen.Id("t").Dot("Fatalf").Call(lit("the first %d bytes are a message"), jen.Id("n")))),
	))
}

// fuzzMessage emits the fuzz target of the law that what is read can be written, and is the same when read again.
func fuzzMessage() jen.Code {
	return function("FuzzDecodeMessage", block(jen.Id("f").Op("*").Qual("testing", "F")), nil,
		jen.For(jen.List(jen.Id("_"), jen.Id("ex")).Op(":=").Range().Id("examples")).Block(
			jen.Id("f").Dot("Add").Call(bytesOf(jen.Id("ex").Dot("text")))),
		jen.Id("f").Dot("Fuzz").Call(jen.Func().Params(testParam(), jen.Id("doc").Index().Byte()).Block(
			jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("DecodeMessage").Call(jen.Id("doc")),
			jen.If(jen.Err().Op("==").Nil()).Block(jen.Id("again").Call(jen.Id("t"), jen.Id("m"))),
		)))
}

// again emits what checks the law for one message.
func again() jen.Code {
	fatal := func(format string, args ...jen.Code) jen.Code {
		return jen.If(jen.Err().Op("!=").Nil()).Block(
			jen.Id("t").Dot("Fatalf").Call(append(append([]jen.Code{lit(format)}, args...), jen.Err())...))
	}
	return documented(doc("again writes m, reads that and writes what it read: the document is the same."),
		function("again", block(testParam(), jen.Id("m").Id("Message")), nil,
			jen.Id("t").Dot("Helper").Call(),
			jen.List(jen.Id("doc"), jen.Err()).Op(":=").Id("m").Dot("AppendXML").Call(jen.Nil()),
			fatal("write: %v"),
			jen.List(jen.Id("back"), jen.Err()).Op(":=").Id("DecodeMessage").Call(jen.Id("doc")),
			fatal("read %s: %v", jen.Id("doc")),
			jen.List(jen.Id("second"), jen.Err()).Op(":=").Id("back").Dot("AppendXML").Call(jen.Nil()),
			fatal("write again: %v"),
			jen.If(jen.Op("!").Qual("bytes", "Equal").Call(jen.Id("doc"), jen.Id("second"))).Block(
				jen.Id("t").Dot("Errorf").Call(lit("first  %s\nsecond %s"), jen.Id("doc"), jen.Id("second"))),
		))
}

// unbound reports whether m binds nothing at a place where other messages bind a payload.
func (e *emitter) unbound(m *message) bool {
	return len(m.binds) == 0 && slices.ContainsFunc(e.msgs.list, func(o *message) bool {
		return o.root == m.root && o.m.At == m.m.At && len(o.binds) > 0
	})
}
