package emit

import "github.com/dave/jennifer/jen"

// tests implements encoding: the examples are the messages they are examples of, no part of one is, and what is read can be
// written and is the same when read again.
func (e headersEncoding) tests() []jen.Code {
	rows := e.exampleRows(e)
	if len(rows) == 0 {
		return nil
	}
	t, bytesOf := jen.Id("t"), func(text *jen.Statement) *jen.Statement { return jen.Index().Byte().Call(text) }
	text := jen.Id("ex").Dot("text")
	parse := func(octets jen.Code) jen.Code {
		return jen.List(jen.Id("m"), jen.Err()).Op(":=").Id("ParseMessage").Call(octets)
	}
	fatal := jen.If(jen.Err().Op("!=").Nil()).Block(t.Clone().Dot("Fatal").Call(jen.Err()))
	examples := function("TestExamples", block(testParam()), nil, eachExample("examples",
		parse(bytesOf(text)),
		fatal.Clone(),
		jen.If(jen.Id("got").Op(":=").Id("m").Dot("MessageName").Call(), jen.Id("got").Op("!=").Id("ex").Dot("message")).Block(
			t.Clone().Dot("Errorf").Call(lit("the message is %s"), jen.Id("got"))),
		jen.If(jen.Err().Op(":=").Id("m").Dot("Validate").Call(), jen.Err().Op("!=").Nil()).Block(t.Clone().Dot("Error").Call(jen.Err())),
		jen.Id("again").Call(t, jen.Id("m")),
	))
	short := function("TestExamplesCutShort", block(testParam()), nil, eachExample("examples",
		jen.For(jen.Id("n").Op(":=").Range().Len(text)).Block(
			jen.If(append(block(parse(bytesOf(text.Clone().Index(jen.Op(":").Id("n"))))),
				jen.Err().Op("==").Nil().Op("&&").Id("m").Dot("Validate").Call().Op("==").Nil())...).Block(
				t.Clone().Dot("Fatalf").Call(lit("the first %d octets are a message"), jen.Id("n"))))))
	fuzz := function("FuzzParseMessage", block(jen.Id("f").Op("*").Qual("testing", "F")), nil,
		jen.For(jen.List(jen.Id("_"), jen.Id("ex")).Op(":=").Range().Id("examples")).Block(jen.Id("f").Dot("Add").Call(bytesOf(text))),
		jen.Id("f").Dot("Fuzz").Call(jen.Func().Params(testParam(), jen.Id("data").Index().Byte()).Block(
			parse(jen.Id("data")),
			jen.If(jen.Err().Op("==").Nil().Op("&&").Id("m").Dot("Validate").Call().Op("==").Nil()).Block(jen.Id("again").Call(t, jen.Id("m"))),
		)))
	return []jen.Code{exampleTable("examples", rows), examples, short, fuzz, e.againMessage()}
}

// againMessage emits what checks that a message is the same when it is written and read again.
func (e headersEncoding) againMessage() jen.Code {
	fatal := func(format string, args ...jen.Code) jen.Code {
		return jen.If(jen.Err().Op("!=").Nil()).Block(
			jen.Id("t").Dot("Fatalf").Call(append(append([]jen.Code{lit(format)}, args...), jen.Err())...))
	}
	return documented(doc("again writes m, reads that and writes what it read: the octets are the same."),
		function("again", block(testParam(), jen.Id("m").Id("Message")), nil,
			jen.Id("t").Dot("Helper").Call(),
			jen.List(jen.Id("first"), jen.Err()).Op(":=").Id("m").Dot("AppendMessage").Call(jen.Nil()),
			fatal("write: %v"),
			jen.List(jen.Id("back"), jen.Err()).Op(":=").Id("ParseMessage").Call(jen.Id("first")),
			fatal("read %q: %v", jen.Id("first")),
			jen.If(jen.Err().Op(":=").Id("back").Dot("Validate").Call(), jen.Err().Op("!=").Nil()).Block(
				jen.Id("t").Dot("Fatalf").Call(lit("judge %q: %v"), jen.Id("first"), jen.Err())),
			jen.List(jen.Id("second"), jen.Err()).Op(":=").Id("back").Dot("AppendMessage").Call(jen.Nil()),
			fatal("write again: %v"),
			jen.If(jen.Op("!").Qual("bytes", "Equal").Call(jen.Id("first"), jen.Id("second"))).Block(
				jen.Id("t").Dot("Errorf").Call(lit("first  %q\nsecond %q"), jen.Id("first"), jen.Id("second"))),
		))
}
