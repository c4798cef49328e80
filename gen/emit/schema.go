package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// tables are the compiled parts of the schemas that codecs refer to, each with the variable that holds it.
type tables struct {
	simples   []*xsd.SimpleType
	simple    map[*xsd.SimpleType]string
	wildcards []*xsd.Wildcard
	wildcard  map[*xsd.Wildcard]string
}

// newTables collects what the codecs of s need.
func newTables(s *shapes, taken *name.Scope) *tables {
	t := &tables{simple: map[*xsd.SimpleType]string{}, wildcard: map[*xsd.Wildcard]string{}}
	for _, st := range s.structs {
		for _, f := range st.fields {
			if f.val.scalar != nil {
				t.addSimple(s, taken, f.val.scalar.st, st.name+f.name)
			}
			if f.particle != nil && f.particle.Wildcard != nil {
				t.addWildcard(taken, f.particle.Wildcard, st.name)
			}
		}
		for _, f := range st.inside {
			if f.val.scalar != nil {
				t.addSimple(s, taken, f.val.scalar.st, st.name+name.Exported(f.particle.Element.Name.Local))
			}
		}
		if st.ct != nil && st.ct.AnyAttribute != nil {
			t.addWildcard(taken, st.ct.AnyAttribute, st.name+"Attr")
		}
		if st.model == nil {
			continue
		}
		for _, leaf := range st.model.Leaves {
			if leaf.Wildcard != nil {
				t.addWildcard(taken, leaf.Wildcard, st.name)
			}
		}
	}
	return t
}

// addSimple names the variable of a simple type: after the type, or after where an anonymous one stands.
func (t *tables) addSimple(s *shapes, taken *name.Scope, st *xsd.SimpleType, place string) {
	if t.simple[st] != "" {
		return
	}
	v := name.Unexported(place)
	switch {
	case st.Builtin:
		v = name.Unexported("xsd-" + st.Name.Local)
	case st.Name.Local != "":
		v = name.Unexported(s.prefix(st.Name.Space)) + name.Type("", st.Name.Local)
	}
	for taken.Has(v) {
		v += "Type"
	}
	taken.Take(v, "the simple type "+v, st.Pos)
	t.simple[st] = v
	t.simples = append(t.simples, st)
}

// addWildcard names the variable of a wildcard.
func (t *tables) addWildcard(taken *name.Scope, w *xsd.Wildcard, place string) {
	if t.wildcard[w] != "" {
		return
	}
	v := name.Unexported(place + "Any")
	for taken.Has(v) {
		v += "Too"
	}
	taken.Take(v, "a wildcard of "+place, w.Pos)
	t.wildcard[w] = v
	t.wildcards = append(t.wildcards, w)
}

// schemaFile writes the compiled schemas that codecs execute: the namespaces and their numbers, simple types, content
// models, attributes and wildcards.
func (e *emitter) schemaFile() (File, error) {
	if e.set == nil {
		return e.file("schema_gen.go")
	}
	d := decls{e.spaces(), e.simpleTypes()}
	if len(e.tables.wildcards) > 0 {
		d.add(e.wildcardVars())
	}
	for _, st := range e.shapes.structs {
		if st.model != nil {
			d.add(e.contentModel(st))
		}
		if hasAttributes(st) {
			d.add(e.attributes(st))
		}
	}
	return e.file("schema_gen.go", d...)
}

// spaces emits
//
//	const (
//		spaceEPP = 1 // urn:ietf:params:xml:ns:epp-1.0
//	)
//
//	var spaces = xmlstream.NewSpaces("urn:ietf:params:xml:ns:epp-1.0")
func (e *emitter) spaces() jen.Code {
	var consts, uris []jen.Code
	for i, uri := range e.set.Namespaces() {
		if v := e.spaceConst(uri); v != "" {
			consts = append(consts, jen.Id(v).Op("=").Lit(i+1).Comment("// "+uri))
		}
		uris = append(uris, jen.Lit(uri))
	}
	return documented(doc("The namespaces of the schemas, as tables and codecs number them."), jen.Const().Defs(consts...)).(*jen.Statement).
		Line().Line().
		Var().Id("spaces").Op("=").Add(rt("xmlstream", "NewSpaces")).Add(jen.Custom(
		jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, uris...))
}

// spaceConst is the constant that holds a namespace's number; empty for one without global elements.
func (e *emitter) spaceConst(uri string) string {
	for _, el := range e.set.Elements {
		if el.Name.Space == uri {
			return "space" + name.Exported(e.shapes.prefix(uri))
		}
	}
	return ""
}

// simpleTypes emits
//
//	var (
//		eppcomLabel = &xsdrun.SimpleType{Label: "eppcom:labelType", Builtin: xsdrun.BuiltinToken, Length: xsdrun.LengthRange(1, 255)}
//	)
func (e *emitter) simpleTypes() jen.Code {
	var vars []jen.Code
	for _, st := range e.tables.simples {
		v := jen.Id(e.tables.simple[st]).Op("=")
		if st.Builtin {
			v.Add(builtin(e.set.Simple(st).Builtin)).Dot("Type").Call()
		} else {
			v.Add(e.simpleLiteral(e.set.Simple(st)))
		}
		vars = append(vars, v)
	}
	return documented(doc("The simple types, each with every facet that applies to it."), jen.Var().Defs(vars...))
}

// simpleLiteral emits one simple type.
func (e *emitter) simpleLiteral(t *xsdrun.SimpleType) jen.Code {
	var fields []pair
	add := func(key string, v jen.Code) { fields = append(fields, pair{jen.Id(key), v}) }
	text := func(key, v string) {
		if v != "" {
			add(key, lit(v))
		}
	}
	text("Label", t.Label)
	if t.Name.Local != "" {
		add("Name", e.nameLiteral(t.Name))
	}
	if t.Variety == xsdrun.VarietyAtomic {
		add("Builtin", builtin(t.Builtin))
	} else {
		add("Variety", rt("xsdrun", map[xsdrun.Variety]string{
			xsdrun.VarietyList: "VarietyList", xsdrun.VarietyUnion: "VarietyUnion",
		}[t.Variety]))
	}
	if t.WhiteSpace != xsdrun.WhiteSpaceInherit {
		add("WhiteSpace", rt("xsdrun", map[xsdrun.WhiteSpace]string{
			xsdrun.WhiteSpacePreserve: "WhiteSpacePreserve", xsdrun.WhiteSpaceReplace: "WhiteSpaceReplace",
			xsdrun.WhiteSpaceCollapse: "WhiteSpaceCollapse",
		}[t.WhiteSpace]))
	}
	if t.Length != nil {
		add("Length", rt("xsdrun", "LengthRange").Call(lit(t.Length.Min), lit(t.Length.Max)))
	}
	if len(t.Patterns) > 0 {
		steps := make([]jen.Code, len(t.Patterns))
		for i, step := range t.Patterns {
			steps[i] = jen.Values(texts(step)...)
		}
		add("Patterns", jen.Index().Index().String().Values(steps...))
	}
	if len(t.Enumeration) > 0 {
		add("Enumeration", jen.Index().String().Values(texts(t.Enumeration)...))
	}
	text("MinInclusive", t.MinInclusive)
	text("MinExclusive", t.MinExclusive)
	text("MaxInclusive", t.MaxInclusive)
	text("MaxExclusive", t.MaxExclusive)
	if t.TotalDigits > 0 {
		add("TotalDigits", lit(t.TotalDigits))
	}
	if t.FractionDigits != nil {
		add("FractionDigits", jen.New(lit(*t.FractionDigits)))
	}
	if t.Item != nil {
		add("Item", e.simpleRef(t.Item))
	}
	if len(t.Members) > 0 {
		members := make([]jen.Code, len(t.Members))
		for i, m := range t.Members {
			members[i] = e.simpleRef(m)
		}
		add("Members", jen.Index().Op("*").Add(rt("xsdrun", "SimpleType")).Values(members...))
	}
	return jen.Op("&").Add(rt("xsdrun", "SimpleType")).Add(inline(fields...))
}

// simpleRef is a simple type inside another: a built-in one, the variable that holds it, or its literal.
func (e *emitter) simpleRef(t *xsdrun.SimpleType) jen.Code {
	if t == t.Builtin.Type() {
		return builtin(t.Builtin).Dot("Type").Call()
	}
	for _, st := range e.tables.simples {
		if e.set.Simple(st) == t {
			return jen.Id(e.tables.simple[st])
		}
	}
	return e.simpleLiteral(t)
}

// builtin is the constant of a built-in type.
func builtin(b xsdrun.Builtin) *jen.Statement {
	n := b.String()
	return rt("xsdrun", "Builtin"+strings.ToUpper(n[:1])+n[1:])
}

// texts are string constants.
func texts(list []string) []jen.Code {
	out := make([]jen.Code, len(list))
	for i, s := range list {
		out[i] = lit(s)
	}
	return out
}

// wildcardVars emits
//
//	var (
//		extAny = &xsdrun.Wildcard{Process: xsdrun.Strict, Not: true, Spaces: []int{0, spaceEPP}}
//	)
func (e *emitter) wildcardVars() jen.Code {
	var vars []jen.Code
	for _, w := range e.tables.wildcards {
		vars = append(vars, jen.Id(e.tables.wildcard[w]).Op("=").Add(e.wildcardLiteral(e.set.Wildcard(w))))
	}
	return documented(doc("The wildcards."), jen.Var().Defs(vars...))
}

func (e *emitter) wildcardLiteral(w *xsdrun.Wildcard) jen.Code {
	process := [...]string{xsdrun.Strict: "Strict", xsdrun.Lax: "Lax", xsdrun.Skip: "Skip"}
	fields := []pair{{jen.Id("Process"), rt("xsdrun", process[w.Process])}}
	if w.Not {
		fields = append(fields, pair{jen.Id("Not"), jen.True()})
	}
	if len(w.Spaces) > 0 {
		fields = append(fields, pair{jen.Id("Spaces"), ints(w.Spaces)})
	}
	return jen.Op("&").Add(rt("xsdrun", "Wildcard")).Add(inline(fields...))
}

// ints emits
//
//	[]int{1, 2}
func ints(list []int) *jen.Statement { return jen.Index().Int().Add(intValues(list)) }

// intValues emits
//
//	{1, 2}
func intValues(list []int) *jen.Statement {
	out := make([]jen.Code, len(list))
	for i, n := range list {
		out[i] = lit(n)
	}
	return jen.Values(out...)
}

// contentModel emits
//
//	var domainCheckModel = &xsdrun.Model{
//		Particles: []xsdrun.Particle{{Space: 3, Local: "name"}},
//		Next:      [][]int{{0}, {0}},
//		Final:     []bool{false, true},
//	}
func (e *emitter) contentModel(st *structure) jen.Code {
	m := st.model.Model
	particles := make([]jen.Code, len(m.Particles))
	for i := range m.Particles {
		particles[i] = e.particleLiteral(st, i)
	}
	fields := []pair{{jen.Id("Particles"), jen.Index().Add(rt("xsdrun", "Particle")).Add(lines(particles...))}}
	if m.All {
		fields = append(fields, pair{jen.Id("All"), jen.True()})
		if m.Optional {
			fields = append(fields, pair{jen.Id("Optional"), jen.True()})
		}
	} else {
		next := make([]jen.Code, len(m.Next))
		for i, n := range m.Next {
			next[i] = intValues(n)
		}
		final := make([]jen.Code, len(m.Final))
		for i, f := range m.Final {
			final[i] = lit(f)
		}
		fields = append(fields,
			pair{jen.Id("Next"), jen.Index().Index().Int().Values(next...)},
			pair{jen.Id("Final"), jen.Index().Bool().Values(final...)})
	}
	return jen.Var().Id(e.modelVar(st)).Op("=").Op("&").Add(rt("xsdrun", "Model")).Add(keyed(append(fields, e.typeName(st)...)...))
}

// particleLiteral emits one particle of a model.
func (e *emitter) particleLiteral(st *structure, i int) jen.Code {
	p := &st.model.Particles[i]
	var fields []pair
	number := func(key string, n int) {
		if n != 0 {
			fields = append(fields, pair{jen.Id(key), lit(n)})
		}
	}
	number("Space", p.Space)
	if p.Local != "" {
		fields = append(fields, pair{jen.Id("Local"), lit(p.Local)})
	}
	number("Min", p.Min)
	number("Max", p.Max)
	if p.Optional {
		fields = append(fields, pair{jen.Id("Optional"), jen.True()})
	}
	if p.Any != nil {
		fields = append(fields, pair{jen.Id("Any"), jen.Id(e.wildcardVar(st.model.Leaves[i].Wildcard))})
	}
	if p.Abstract {
		fields = append(fields, pair{jen.Id("Abstract"), jen.True()})
	}
	if len(p.Members) > 0 {
		members := make([]jen.Code, len(p.Members))
		for i, m := range p.Members {
			members[i] = jen.Values(jen.Id("Space").Op(":").Lit(m.Space), jen.Id("Local").Op(":").Lit(m.Local))
		}
		fields = append(fields, pair{jen.Id("Members"), jen.Index().Add(rt("xsdrun", "Member")).Values(members...)})
	}
	return inline(fields...)
}

// attributes emits
//
//	var domainPeriodAttrs = &xsdrun.Attributes{
//		Uses: []xsdrun.AttributeUse{
//			{Local: "unit", Type: domainPUnit, Required: true},
//		},
//	}
func (e *emitter) attributes(st *structure) jen.Code {
	uses := make([]jen.Code, len(st.ct.Attributes))
	for i, u := range st.ct.Attributes {
		var fields []pair
		if n := e.set.Spaces().Index(u.Attribute.Name.Space); n != 0 {
			fields = append(fields, pair{jen.Id("Space"), lit(n)})
		}
		fields = append(fields,
			pair{jen.Id("Local"), lit(u.Attribute.Name.Local)}, pair{jen.Id("Type"), e.simpleVar(u.Attribute.Type)})
		if u.Required {
			fields = append(fields, pair{jen.Id("Required"), jen.True()})
		}
		if u.Default != nil {
			fields = append(fields, pair{jen.Id("Default"), jen.New(lit(*u.Default))})
		}
		if u.Fixed != nil {
			fields = append(fields, pair{jen.Id("Fixed"), jen.New(lit(*u.Fixed))})
		}
		uses[i] = inline(fields...)
	}
	var fields []pair
	if len(uses) > 0 {
		fields = append(fields, pair{jen.Id("Uses"), jen.Index().Add(rt("xsdrun", "AttributeUse")).Add(lines(uses...))})
	}
	if st.ct.AnyAttribute != nil {
		fields = append(fields, pair{jen.Id("Any"), jen.Id(e.wildcardVar(st.ct.AnyAttribute))})
	}
	return jen.Var().Id(e.attrsVar(st)).Op("=").Op("&").Add(rt("xsdrun", "Attributes")).Add(keyed(append(fields, e.typeName(st)...)...))
}

// typeName emits the name that xsi:type may give a type.
func (e *emitter) typeName(st *structure) []pair {
	if st.ct.Name.Local == "" {
		return nil
	}
	return []pair{{jen.Id("TypeName"), e.nameLiteral(st.ct.Name)}}
}

func hasAttributes(st *structure) bool {
	return st.ct != nil && (len(st.ct.Attributes) > 0 || st.ct.AnyAttribute != nil)
}

// Variables that hold the tables.

func (e *emitter) modelVar(st *structure) string { return name.Unexported(st.name) + "Model" }
func (e *emitter) attrsVar(st *structure) string { return name.Unexported(st.name) + "Attrs" }

func (e *emitter) simpleVar(st *xsd.SimpleType) jen.Code {
	v, ok := e.tables.simple[st]
	if !ok {
		panic(fmt.Sprintf("emit: no variable for the simple type at %s", st.Pos))
	}
	return jen.Id(v)
}

func (e *emitter) wildcardVar(w *xsd.Wildcard) string { return e.tables.wildcard[w] }
