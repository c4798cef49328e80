package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
)

// codecTestFile writes the tests of the codecs: the examples of the specification are what they say they are, and what is
// read can be written and read again as the same.
func (e *emitter) codecTestFile() (File, error) {
	var consts []jen.Code
	for _, m := range e.msgs.list {
		for _, x := range m.m.Examples {
			consts = append(consts, jen.Id(name.Example(m.m, x)).Op("=").Add(text(x.Text)))
		}
	}
	var d decls
	if len(consts) > 0 {
		d.add(exampleConsts(consts))
	}
	for _, enc := range e.encs {
		d.add(enc.tests()...)
	}
	return e.file("codec_gen_test.go", d...)
}

// exampleRows are the rows of the table of the examples that an encoding's messages have.
func (e *emitter) exampleRows(enc encoding) []jen.Code {
	var rows []jen.Code
	for _, m := range e.msgs.list {
		for _, x := range m.m.Examples {
			if m.enc == enc {
				rows = append(rows, jen.Values(lit(m.m.Name), lit(x.Name), jen.Id(name.Example(m.m, x))))
			}
		}
	}
	return rows
}

// codecTests names what the tests of an encoding without a schema are about.
type codecTests struct {
	table, test, again, fuzz string   // declarations
	read, write              jen.Code // calls: of "in", and of "m" appending to nil
	seeds                    []jen.Code
}

// emit emits the tests that examples are the messages they are examples of, that what is read can be written and is the same when
// read again, and the fuzz target of that.
func (c codecTests) emit(rows []jen.Code) []jen.Code {
	fatal := func(format string) jen.Code {
		return jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatalf").Call(lit(format), jen.Err()))
	}
	fuzz := append(c.seeds, jen.Id("f").Dot("Fuzz").Call(jen.Func().Params(testParam(), jen.Id("in").Index().Byte()).Block(
		jen.If(jen.List(jen.Id("m"), jen.Err()).Op(":=").Add(c.read), jen.Err().Op("==").Nil()).Block(
			jen.Id(c.again).Call(jen.Id("t"), jen.Id("m"))))))
	var d decls
	if len(rows) > 0 {
		d.add(exampleTable(c.table, rows), function(c.test, block(testParam()), nil, eachExample(c.table,
			jen.Id("in").Op(":=").Add(bytesOf(jen.Id("ex").Dot("text"))),
			jen.List(jen.Id("m"), jen.Err()).Op(":=").Add(c.read),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Err())),
			jen.If(jen.Id("got").Op(":=").Id("m").Dot("MessageName").Call(), jen.Id("got").Op("!=").Id("ex").Dot("message")).Block(
				jen.Id("t").Dot("Errorf").Call(lit("the message is %s"), jen.Id("got"))),
			jen.Id(c.again).Call(jen.Id("t"), jen.Id("m")))))
		fuzz = append(block(jen.For(jen.List(jen.Id("_"), jen.Id("ex")).Op(":=").Range().Id(c.table)).Block(
			jen.Id("f").Dot("Add").Call(bytesOf(jen.Id("ex").Dot("text"))))), fuzz...)
	}
	d.add(function(c.fuzz, block(jen.Id("f").Op("*").Qual("testing", "F")), nil, fuzz...))
	d.add(documented(doc("%s writes m, reads that and writes what it read: it is the same.", c.again),
		function(c.again, block(testParam(), jen.Id("m").Id("Message")), nil,
			jen.Id("t").Dot("Helper").Call(),
			jen.List(jen.Id("in"), jen.Err()).Op(":=").Add(c.write), fatal("write: %v"),
			jen.List(jen.Id("m"), jen.Err()).Op("=").Add(c.read), fatal("read again: %v"),
			jen.List(jen.Id("second"), jen.Err()).Op(":=").Add(c.write), fatal("write again: %v"),
			jen.If(jen.Op("!").Qual("bytes", "Equal").Call(jen.Id("in"), jen.Id("second"))).Block(
				jen.Id("t").Dot("Errorf").Call(lit("first  %q\nsecond %q"), jen.Id("in"), jen.Id("second"))))))
	return d
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
func exampleTable(table string, rows []jen.Code) jen.Code {
	return documented(doc("%s are the examples by the names of their messages and their own.", table),
		jen.Var().Id(table).Op("=").Index().Struct(
			jen.List(jen.Id("message"), jen.Id("name"), jen.Id("text")).String(),
		).Add(lines(rows...)))
}

// text emits a document as a raw string where that can be.
func text(s string) jen.Code {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r == '`' || r < ' ' && r != '\n' && r != '\t' }) {
		return lit(s)
	}
	return jen.Id("`" + s + "`")
}

// eachExample emits
//
//	for _, ex := range examples {
//		t.Run(ex.message+"/"+ex.name, func(t *testing.T) { body })
//	}
func eachExample(table string, body ...jen.Code) jen.Code {
	return jen.For(jen.List(jen.Id("_"), jen.Id("ex")).Op(":=").Range().Id(table)).Block(
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
	return function("TestExamples", block(testParam()), nil, eachExample("examples",
		jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("DecodeMessage").Call(bytesOf(jen.Id("ex").Dot("text"))),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Id("t").Dot("Fatal").Call(jen.Err())),
		jen.If(jen.Id("got").Op(":=").Id("m").Dot("MessageName").Call(), other).Block(
			jen.Id("t").Dot("Errorf").Call(lit("the message is %s"), jen.Id("got"))),
		jen.Id("again").Call(jen.Id("t"), jen.Id("m")),
	))
}

// testPrefixes emits the test that no example is a message before its end.
func testPrefixes() jen.Code {
	return function("TestExamplesCutShort", block(testParam()), nil, eachExample("examples",
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
