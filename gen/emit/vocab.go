package emit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"
)

// runtimePath is where emitted code finds its runtime.
const runtimePath = "github.com/protogen-go/protogen/runtime/"

// runtimePackages are the folders of the runtime that emitted code may import.
var runtimePackages = []string{"formula", "frame", "header", "header/uri", "line", "loop", "session", "socket", "storable", "transaction", "tree", "tree/jsontree", "tree/record", "xmlstream", "xsdrun"}

// commentWidth is the column at which emitted comments wrap, "// " included.
const commentWidth = 79

// rt is a symbol of the runtime: rt("xsdrun", "Decoder").
func rt(dir, symbol string) *jen.Statement { return jen.Qual(runtimePath+dir, symbol) }

// doc is a comment above a declaration, wrapped. A blank line in text starts a paragraph; a line that begins with a tab is
// kept as it is, being code.
func doc(format string, args ...any) *jen.Statement {
	return jen.Comment(comment(fmt.Sprintf(format, args...)))
}

// comment wraps text into line comments.
func comment(text string) string {
	var lines []string
	for para := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if len(lines) > 0 {
			lines = append(lines, "//")
		}
		lines = append(lines, wrap(para)...)
	}
	return strings.Join(lines, "\n")
}

// wrap is one paragraph of a comment.
func wrap(para string) []string {
	if strings.HasPrefix(para, "\t") {
		var lines []string
		for line := range strings.SplitSeq(para, "\n") {
			lines = append(lines, "//"+line)
		}
		return lines
	}
	var lines []string
	line := "//"
	for word := range strings.FieldsSeq(para) {
		if line != "//" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > commentWidth {
			lines = append(lines, line)
			line = "//"
		}
		line += " " + word
	}
	return append(lines, line)
}

// sentence makes text, from a specification, end like a sentence.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsRune(".!?:", rune(text[len(text)-1])) {
		return text
	}
	return text + "."
}

// clause names the paragraph of the standard that something comes from, as the end of a comment; empty if none is known.
func clause(standard string) string {
	if standard == "" {
		return ""
	}
	return " See " + standard + "."
}

// documented is a declaration with its comment: text, then the clause of the standard.
func documented(comment *jen.Statement, decl jen.Code) jen.Code {
	return comment.Line().Add(decl)
}

// lit is a constant of the emitted code: a string, a number or a bool.
func lit(v any) *jen.Statement { return jen.Lit(v) }

// method emits
//
//	func (recv *typ) name(params) results { body }
func method(recv, typ, name string, params []jen.Code, results []jen.Code, body ...jen.Code) *jen.Statement {
	return jen.Func().Params(jen.Id(recv).Op("*").Id(typ)).Add(signature(name, params, results)).Block(body...)
}

// function emits
//
//	func name(params) results { body }
func function(name string, params []jen.Code, results []jen.Code, body ...jen.Code) *jen.Statement {
	return jen.Func().Add(signature(name, params, results)).Block(body...)
}

// shortMethod is method for a body of one statement, which gofmt leaves on the line of the signature where both fit:
//
//	func (recv *typ) name(params) results { statement }
func shortMethod(recv, typ, name string, params, results []jen.Code, statement jen.Code) *jen.Statement {
	return jen.Func().Params(jen.Id(recv).Op("*").Id(typ)).Add(signature(name, params, results), line(statement))
}

// shortFunction is function for a body of one statement, which gofmt leaves on the line of the signature where both fit.
func shortFunction(name string, params, results []jen.Code, statement jen.Code) *jen.Statement {
	return jen.Func().Add(signature(name, params, results), line(statement))
}

// line is a body of one statement, in one line.
func line(statement jen.Code) jen.Code {
	return jen.Custom(jen.Options{Open: "{ ", Close: " }"}, statement)
}

// signature is a name with parameters and results; one unnamed result stands without parentheses.
func signature(name string, params, results []jen.Code) *jen.Statement {
	s := jen.Id(name).Params(params...)
	switch len(results) {
	case 0:
		return s
	case 1:
		return s.Add(results[0])
	}
	return s.Params(results...)
}

// ifErr emits
//
//	if err := call; err != nil {
//		return results
//	}
func ifErr(call jen.Code, results ...jen.Code) jen.Code {
	return jen.If(jen.Err().Op(":=").Add(call), jen.Err().Op("!=").Nil()).Block(jen.Return(results...))
}

// labelled is a case with a comment behind its label.
//
//	case CodeCompleted: // accepted
//		body
func labelled(label *jen.Statement, comment string, body ...jen.Code) jen.Code {
	label.Comment(comment)
	for _, c := range body {
		label.Line().Add(c)
	}
	return label
}

// pair is one entry of a keyed literal.
type pair struct {
	key   jen.Code
	value jen.Code
}

// keyed is a literal's body with its entries in the order given, one a line. It stands in for jen.Dict, which prints the
// imports that keys need in an order of its own every run.
func keyed(pairs ...pair) jen.Code {
	items := make([]jen.Code, len(pairs))
	for i, p := range pairs {
		items[i] = jen.Add(p.key).Op(":").Add(p.value)
	}
	return lines(items...)
}

// inline is keyed on a single line.
func inline(pairs ...pair) jen.Code {
	items := make([]jen.Code, len(pairs))
	for i, p := range pairs {
		items[i] = jen.Add(p.key).Op(":").Add(p.value)
	}
	return jen.Values(items...)
}

// lines is a literal's body with one entry a line.
func lines(items ...jen.Code) jen.Code {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, items...)
}

// decls collects the declarations of a file.
type decls []jen.Code

// add appends declarations.
func (d *decls) add(codes ...jen.Code) { *d = append(*d, codes...) }

// block is a list of lines between braces or parentheses, without blank lines of its own.
func block(codes ...jen.Code) []jen.Code { return codes }
