package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/xsd"
)

// junction is an element by whose children messages are told apart.
type junction struct {
	way   []xsd.Name // from the root to it
	at    *structure
	leads []string // the children that lead on to messages, as they are written
}

// junctions are those of the protocol, in the order messages name them.
func (e *emitter) junctions() []*junction {
	var list []*junction
	for _, m := range e.msgs.list {
		way, at := []xsd.Name{m.root.element.Name}, m.root
		for i := 0; ; i++ {
			if st := target(at); st.model != nil && st.ct != nil && e.names.Envelope(st.ct) {
				list = e.junctionAt(list, way, st, m)
			}
			if i == len(m.hops) {
				break
			}
			h := m.hops[i]
			if h.f.particle == nil || h.f.particle.Element == nil || h.f.val.of == nil || h.inside {
				break
			}
			way, at = append(slices.Clip(way), h.f.particle.Element.Name), h.f.val.of
		}
	}
	return list
}

// junctionAt adds to list the junction at the end of way, if it is new, and to the junction what leads on to m.
func (e *emitter) junctionAt(list []*junction, way []xsd.Name, st *structure, m *message) []*junction {
	i := slices.IndexFunc(list, func(j *junction) bool { return slices.Equal(j.way, way) })
	if i < 0 {
		i = len(list)
		list = append(list, &junction{way: way, at: st})
	}
	j := list[i]
	for _, lead := range e.leads(m, len(way)-1) {
		if !slices.Contains(j.leads, lead) {
			j.leads = append(j.leads, lead)
		}
	}
	return list
}

// leads are the elements by which a document goes on to m after so many steps of m's path.
func (e *emitter) leads(m *message, steps int) []string {
	if steps < len(m.hops) {
		return e.lead(m.hops[steps], nil)
	}
	var list []string
	for _, b := range m.binds {
		if steps < len(b.hops) {
			list = append(list, e.lead(b.hops[steps], b.st.element)...)
		}
	}
	return list
}

// lead is the element that a step goes to; at a wildcard, the one bound to it.
func (e *emitter) lead(h hop, bound *xsd.Element) []string {
	if h.f.particle != nil && h.f.particle.Element != nil {
		return []string{e.tag(h.f.particle.Element.Name)}
	}
	if bound != nil {
		return []string{e.tag(bound.Name)}
	}
	return nil
}

// junctionTable emits
//
//	type junction struct { ... }
//
//	var junctions = []junction{
//		{[]xmlstream.Name{{Space: NamespaceEPP, Local: "epp"}}, eppDocModel, "hello, greeting, command or response"},
//	}
func (e *emitter) junctionTable() jen.Code {
	names := jen.Index().Add(rt("xmlstream", "Name"))
	rows := collect(e.junctions(), func(j *junction) jen.Code {
		return jen.Values(jen.Add(names).Values(collect(j.way, e.nameValues)...), jen.Id(modelVar(j.at)), lit(enumerate(j.leads, "or")))
	})
	return documented(doc("junction is an element by whose children messages are told apart."),
		jen.Type().Id("junction").Struct(
			jen.Id("way").Add(names).Comment("the names that lead to it, its own last"),
			jen.Id("model").Op("*").Add(rt("xsdrun", "Model")).Comment("of its children"),
			jen.Id("leads").String().Comment("the children that lead on to messages"),
		)).(*jen.Statement).Line().Line().
		Var().Id("junctions").Op("=").Index().Id("junction").Add(lines(rows...))
}

// strayFunc emits what finds elements that the schema does not know where messages are told apart:
//
//	func stray(open []xmlstream.Name) bool {
//		if len(open) == 0 {
//			return false
//		}
//		way, last := open[:len(open)-1], open[len(open)-1]
//		for _, j := range junctions {
//			if slices.Equal(way, j.way) {
//				return !j.model.Knows(spaces, last)
//			}
//		}
//		return false
//	}
func strayFunc() jen.Code {
	n := jen.Len(jen.Id("open")).Op("-").Lit(1)
	return documented(
		doc("stray reports whether the innermost of the open elements stands in a junction whose schema does not know it."),
		function("stray", block(jen.Id("open").Index().Add(rt("xmlstream", "Name"))), block(jen.Bool()),
			jen.If(jen.Len(jen.Id("open")).Op("==").Lit(0)).Block(jen.Return(jen.False())),
			jen.List(jen.Id("way"), jen.Id("last")).Op(":=").List(jen.Id("open").Index(jen.Op(":").Add(n)), jen.Id("open").Index(n)),
			jen.For(jen.List(jen.Id("_"), jen.Id("j")).Op(":=").Range().Id("junctions")).Block(
				jen.If(jen.Qual("slices", "Equal").Call(jen.Id("way"), jen.Id("j.way"))).Block(
					jen.Return(jen.Op("!").Id("j.model").Dot("Knows").Call(jen.Id("spaces"), jen.Id("last"))))),
			jen.Return(jen.False())))
}

// lostFunc emits what tells where a valid document stops being a message:
//
//	func lost(doc []byte) string {
//		r := xmlstream.NewReader(nil, xmlstream.Options{})
//		r.Reset(doc)
//		path, leads := "", "epp"
//		var way []xmlstream.Name
//		for kind := r.Next(); kind != xmlstream.EOF; kind = r.Next() {
//			line, column := r.Position(r.Offset())
//			switch kind {
//			case xmlstream.StartElement:
//				path += "/" + r.QName()
//				way = append(way, r.Name())
//				i := slices.IndexFunc(junctions, func(j junction) bool { return slices.Equal(j.way, way) })
//				if i < 0 {
//					return fmt.Sprintf("%d:%d: %s is no message; %s could stand there", line, column, path, leads)
//				}
//				leads = junctions[i].leads
//			case xmlstream.EndElement:
//				return fmt.Sprintf("%d:%d: %s holds no message; %s could stand there", line, column, path, leads)
//			}
//		}
//		return "no message"
//	}
func (e *emitter) lostFunc() jen.Code {
	roots := collect(e.msgs.roots, func(st *structure) string { return e.tag(st.element.Name) })
	said := func(format string) jen.Code {
		return jen.Return(jen.Qual("fmt", "Sprintf").Call(
			lit("%d:%d: %s "+format+"; %s could stand there"), jen.Id("line"), jen.Id("column"), jen.Id("path"), jen.Id("leads")))
	}
	next := func() *jen.Statement { return jen.Id("r").Dot("Next").Call() }
	return documented(doc("lost says where a valid document stops being a message: at the first element that is no junction."),
		function("lost", block(jen.Id("doc").Index().Byte()), block(jen.String()),
			jen.Id("r").Op(":=").Add(rt("xmlstream", "NewReader")).Call(jen.Nil(), rt("xmlstream", "Options").Values()),
			jen.Id("r").Dot("Reset").Call(jen.Id("doc")),
			jen.List(jen.Id("path"), jen.Id("leads")).Op(":=").List(lit(""), lit(enumerate(roots, "or"))),
			jen.Var().Id("way").Index().Add(rt("xmlstream", "Name")),
			jen.For(jen.Id("kind").Op(":=").Add(next()), jen.Id("kind").Op("!=").Add(rt("xmlstream", "EOF")), jen.Id("kind").Op("=").Add(next())).Block(
				jen.List(jen.Id("line"), jen.Id("column")).Op(":=").Id("r").Dot("Position").Call(jen.Id("r").Dot("Offset").Call()),
				jen.Switch(jen.Id("kind")).Block(
					jen.Case(rt("xmlstream", "StartElement")).Block(
						jen.Id("path").Op("+=").Lit("/").Op("+").Id("r").Dot("QName").Call(),
						jen.Id("way").Op("=").Append(jen.Id("way"), jen.Id("r").Dot("Name").Call()),
						jen.Id("i").Op(":=").Qual("slices", "IndexFunc").Call(jen.Id("junctions"),
							jen.Func().Params(jen.Id("j").Id("junction")).Bool().Add(line(
								jen.Return(jen.Qual("slices", "Equal").Call(jen.Id("j.way"), jen.Id("way")))))),
						jen.If(jen.Id("i").Op("<").Lit(0)).Block(said("is no message")),
						jen.Id("leads").Op("=").Id("junctions").Index(jen.Id("i")).Dot("leads"),
					),
					jen.Case(rt("xmlstream", "EndElement")).Block(said("holds no message")),
				)),
			jen.Return(lit("no message"))))
}
