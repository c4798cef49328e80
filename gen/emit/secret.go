package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
)

// secret is a structure that holds secrets itself.
type secret struct {
	st     *structure
	fields []*field
}

// findSecrets finds the structures that hold what the specification calls secret, in the order messages name them.
func (e *emitter) findSecrets() []*secret {
	var out []*secret
	note := func(st *structure, f *field) {
		for _, s := range out {
			if s.st == st {
				for _, have := range s.fields {
					if have == f {
						return
					}
				}
				s.fields = append(s.fields, f)
				return
			}
		}
		out = append(out, &secret{st, []*field{f}})
	}
	for _, m := range e.msgs.list {
		for _, f := range m.m.Fields {
			if p, ok := e.msgs.place(m.m, f); ok && f.Secret {
				if st, held := e.holderOf(m, p); held != nil {
					note(st, held)
				}
			}
		}
	}
	return out
}

// holderOf is the structure whose field holds the text at p: the end itself, or the value of the simple content there.
func (e *emitter) holderOf(m *message, p *place) (*structure, *field) {
	end := p.end()
	if of := end.val.of; of != nil && !of.collapsed {
		for _, f := range target(of).fields {
			if f.role == roleValue {
				return target(of), f
			}
		}
		return nil, nil
	}
	for _, st := range e.shapes.structs {
		for _, f := range st.fields {
			if f == end {
				return st, f
			}
		}
	}
	return nil, nil
}

// carriesSecrets reports whether a message has secret fields.
func carriesSecrets(m *model.Message) bool {
	for _, f := range m.Fields {
		if f.Secret {
			return true
		}
	}
	return false
}

// secretMethods emits what keeps secrets out of logs:
//
//	func (v Login) String() string {
//		type shown Login
//		if v.PW != "" {
//			v.PW = "[secret]"
//		}
//		return fmt.Sprintf("%+v", shown(v))
//	}
//
//	func (v Login) GoString() string { return v.String() }
//
//	func (v Login) LogValue() slog.Value { return slog.StringValue(v.String()) }
func (e *emitter) secretMethods(s *secret) []jen.Code {
	on := func(goName string, result *jen.Statement, body ...jen.Code) jen.Code {
		return jen.Func().Params(jen.Id("v").Id(s.st.name)).Id(goName).Params().Add(result).Block(body...)
	}
	short := func(goName string, result *jen.Statement, value jen.Code) jen.Code {
		return jen.Func().Params(jen.Id("v").Id(s.st.name)).Id(goName).Params().Add(result, line(jen.Return(value)))
	}
	body := []jen.Code{jen.Type().Id("shown").Id(s.st.name)}
	for _, f := range s.fields {
		v := jen.Id("v").Dot(f.name)
		if f.pointer {
			body = append(body, jen.If(v.Clone().Op("!=").Nil()).Block(v.Clone().Op("=").New(lit("[secret]"))))
			continue
		}
		body = append(body, jen.If(v.Clone().Op("!=").Lit("")).Block(v.Clone().Op("=").Lit("[secret]")))
	}
	body = append(body, jen.Return(jen.Qual("fmt", "Sprintf").Call(lit("%+v"), jen.Id("shown").Call(jen.Id("v")))))
	text := jen.Id("v").Dot("String").Call()
	return []jen.Code{
		documented(doc("String describes v without what is secret in it."), on("String", jen.String(), body...)),
		documented(doc("GoString is String, so that %%#v tells no secrets either."), short("GoString", jen.String(), text)),
		documented(doc("LogValue implements [slog.LogValuer] by String."),
			short("LogValue", jen.Qual("log/slog", "Value"), jen.Qual("log/slog", "StringValue").Call(text))),
	}
}

// secretElements are the local names of the elements whose text the specification calls secret, each once.
func (e *emitter) secretElements() []string {
	var names []string
	for _, m := range e.p.Messages {
		for _, f := range m.Fields {
			local := f.Key[strings.LastIndexByte(f.Key, '/')+1:]
			if f.Secret && local != "" && !strings.HasPrefix(local, "@") && !slices.Contains(names, local) {
				names = append(names, local)
			}
		}
	}
	return names
}

// tellsSecret emits
//
//	var secretElements = []string{"pw", "newPW"}
//
//	func tellsSecret(markup string) bool {
//		for tag := range strings.SplitSeq(markup, "<") {
//			name := tag[:strings.IndexAny(tag+">", " \t\r\n/>")]
//			local := name[strings.LastIndexByte(name, ':')+1:]
//			if slices.Contains(secretElements, local) {
//				return true
//			}
//		}
//		return false
//	}
//
// It looks at names alone, whatever their namespace and wherever they stand: rather too much is kept back than too little.
func (e *emitter) tellsSecret() []jen.Code {
	return []jen.Code{
		documented(doc("secretElements are the local names of the elements whose text is not repeated to anybody."),
			jen.Var().Id("secretElements").Op("=").Index().String().Values(literals(e.secretElements())...)),
		documented(doc("tellsSecret reports whether markup has an element of such a name, in whatever namespace."),
			function("tellsSecret", block(jen.Id("markup").String()), block(jen.Bool()),
				jen.For(jen.Id("tag").Op(":=").Range().Qual("strings", "SplitSeq").Call(jen.Id("markup"), lit("<"))).Block(
					jen.Id("name").Op(":=").Id("tag").Index(jen.Op(":").Qual("strings", "IndexAny").Call(
						jen.Id("tag").Op("+").Lit(">"), lit(" \t\r\n/>"))),
					jen.Id("local").Op(":=").Id("name").Index(jen.Qual("strings", "LastIndexByte").Call(
						jen.Id("name"), jen.LitRune(':')).Op("+").Lit(1).Op(":")),
					jen.If(jen.Qual("slices", "Contains").Call(jen.Id("secretElements"), jen.Id("local"))).Block(jen.Return(jen.True()))),
				jen.Return(jen.False()))),
	}
}

// orSecret ends the sentence on when there is no offending element.
func (e *emitter) orSecret() string {
	if e.secretElements() == nil {
		return ""
	}
	return ", and where a secret stands in it"
}

// logMethod emits, for a message that carries secrets,
//
//	func (m *LoginRequest) LogValue() slog.Value { return slog.StringValue("login") }
func (e *emitter) logMethod(m *message) jen.Code {
	return documented(
		doc("LogValue implements [slog.LogValuer] by the message's name alone: the message carries secrets."),
		shortMethod("m", m.typ, "LogValue", nil, block(jen.Qual("log/slog", "Value")),
			jen.Return(jen.Qual("log/slog", "StringValue").Call(lit(m.m.Name)))))
}
