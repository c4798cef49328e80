package emit

import (
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
		documented(doc("GoString is String, so that %%#v tells no secrets either."), on("GoString", jen.String(), jen.Return(text))),
		documented(doc("LogValue implements [slog.LogValuer] by String."),
			on("LogValue", jen.Qual("log/slog", "Value"), jen.Return(jen.Qual("log/slog", "StringValue").Call(text)))),
	}
}

// logMethod emits, for a message that carries secrets,
//
//	func (m *LoginRequest) LogValue() slog.Value { return slog.StringValue("login") }
func (e *emitter) logMethod(m *message) jen.Code {
	return documented(
		doc("LogValue implements [slog.LogValuer] by the message's name alone: the message carries secrets."),
		method("m", m.typ, "LogValue", nil, block(jen.Qual("log/slog", "Value")),
			jen.Return(jen.Qual("log/slog", "StringValue").Call(lit(m.m.Name)))))
}
