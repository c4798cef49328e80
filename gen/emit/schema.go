package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/diag"
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

	identities []*xsd.Identity
	identity   map[*xsd.Identity]string
}

// newTables collects what the codecs of s need. Its findings are names that collide; the variables of simple types and
// wildcards, which nobody else names, keep clear of all others.
func newTables(s *shapes, l *lax, taken *name.Scope) (*tables, diag.List) {
	t := &tables{simple: map[*xsd.SimpleType]string{}, wildcard: map[*xsd.Wildcard]string{}, identity: map[*xsd.Identity]string{}}
	var found diag.List
	for _, st := range s.structs {
		for _, n := range st.own() {
			found = append(found, taken.Take(n, "what reads and writes "+st.name, st.pos)...)
		}
	}
	for _, st := range s.structs {
		for _, f := range st.fields {
			if f.val.scalar != nil {
				t.addScalar(s, taken, f.val.scalar, st.name+f.name)
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
	t.addIdentities(s, taken)
	for _, a := range l.attributes {
		t.addSimple(s, taken, a.Type, a.Name.Local+"-attr")
	}
	for _, st := range l.types {
		t.addSimple(s, taken, st, "")
	}
	for _, u := range s.unions {
		t.addSimple(s, taken, u.st, u.name)
	}
	return t, found
}

// addScalar names the variables of a value's type and, of a list, that of its items.
func (t *tables) addScalar(s *shapes, taken *name.Scope, sc *scalar, place string) {
	t.addSimple(s, taken, sc.st, place)
	if sc.item != nil {
		t.addScalar(s, taken, sc.item, place+"Item")
	}
}

// own are the names of the declarations that belong to the structure alone: its tables, and its functions where it has no
// type to have methods.
func (st *structure) own() []string {
	var names []string
	if st.model != nil {
		names = append(names, modelVar(st))
	}
	for _, f := range st.fields {
		if f.items != nil && f.items.order != nil && !f.items.order.whole {
			names = append(names, f.items.order.table)
		}
	}
	if hasAttributes(st) {
		names = append(names, attrsVar(st))
	}
	if st.collapsed {
		names = append(names, "decode"+name.Exported(st.name), "encode"+name.Exported(st.name))
	}
	return names
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
	d := decls{e.namespaces()}
	if c := e.spaceConsts(); c != nil {
		d.add(c)
	}
	d.add(e.spacesVar(), e.simpleTypes())
	if len(e.tables.wildcards) > 0 {
		d.add(e.wildcardVars())
	}
	d.add(e.laxTables()...)
	if len(e.tables.identities) > 0 {
		d.add(e.identityVars())
	}
	for _, f := range e.shapes.families {
		if f.base != nil {
			d.add(e.familyTable(f))
		}
	}
	for _, st := range e.shapes.structs {
		if st.model != nil {
			d.add(e.contentModel(modelVar(st), st.model, e.typeName(st)...))
		}
		for _, f := range st.fields {
			if f.items != nil && f.items.order != nil && !f.items.order.whole {
				d.add(e.contentModel(f.items.order.table, f.items.order.model))
			}
		}
		if hasAttributes(st) {
			d.add(e.attributes(st))
		}
	}
	return e.file("schema_gen.go", d...)
}

// namespaces emits
//
//	const (
//		NamespaceEPP = "urn:ietf:params:xml:ns:epp-1.0"
//	)
func (e *emitter) namespaces() jen.Code {
	rows := collect(e.set.Namespaces(), func(uri string) jen.Code { return jen.Id(e.namespaceConst(uri)).Op("=").Lit(uri) })
	if len(rows) == 0 {
		return jen.Null()
	}
	return documented(doc("The namespaces of the schemas."), jen.Const().Defs(rows...))
}

// namespace is a namespace in emitted code: the constant that holds it, or itself when no schema is of it.
func (e *emitter) namespace(uri string) jen.Code {
	if !slices.Contains(e.set.Namespaces(), uri) {
		return lit(uri)
	}
	return jen.Id(e.namespaceConst(uri))
}

func (e *emitter) namespaceConst(uri string) string {
	return "Namespace" + name.Exported(e.shapes.prefix(uri))
}

// spaceConsts emits the numbers of those namespaces that tables and codecs name:
//
//	const (
//		spaceEPP = 1
//	)
func (e *emitter) spaceConsts() jen.Code {
	named := map[int]bool{}
	for _, el := range e.set.Elements {
		named[e.set.Spaces().Index(el.Name.Space)] = true
	}
	for _, st := range e.shapes.structs {
		if st.model != nil {
			for _, p := range st.model.Particles {
				named[p.Space] = named[p.Space] || p.Any == nil
				for _, m := range p.Members {
					named[m.Space] = true
				}
			}
		}
		if st.ct != nil {
			for _, u := range st.ct.Attributes {
				named[e.set.Spaces().Index(u.Attribute.Name.Space)] = true
			}
		}
	}
	for _, w := range e.tables.wildcards {
		for _, n := range e.set.Wildcard(w).Spaces {
			named[n] = true
		}
	}
	for _, id := range e.tables.identities {
		r := e.set.Identity(id)
		for _, paths := range append(r.Fields, r.Selector) {
			for _, p := range paths {
				for _, s := range p.Steps {
					named[s.Space] = true
				}
			}
		}
	}
	var rows []jen.Code
	for i, uri := range e.set.Namespaces() {
		if named[i+1] {
			rows = append(rows, jen.Id(e.spaceConst(uri)).Op("=").Lit(i+1))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return documented(doc("The numbers of the namespaces, as tables and codecs know them."), jen.Const().Defs(rows...))
}

// spaceConst is the constant that holds a namespace's number.
func (e *emitter) spaceConst(uri string) string { return "space" + name.Exported(e.shapes.prefix(uri)) }

// space is the number of a namespace in emitted code.
func (e *emitter) space(n int) jen.Code {
	if n <= 0 {
		return lit(n)
	}
	return jen.Id(e.spaceConst(e.set.Spaces().URI(n)))
}

// spacesVar emits
//
//	var spaces = xmlstream.NewSpaces(NamespaceEPP)
func (e *emitter) spacesVar() jen.Code {
	uris := collect(e.set.Namespaces(), e.namespace)
	return jen.Var().Id("spaces").Op("=").Add(rt("xmlstream", "NewSpaces")).Call(uris...)
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
	if t.Base != nil && e.shapes.bare() && t.Base != t.Base.Builtin.Type() {
		add("Base", e.simpleRef(t.Base))
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
		steps := collect(t.Patterns, func(step []string) jen.Code { return jen.Values(literals(step)...) })
		add("Patterns", jen.Index().Index().String().Values(steps...))
	}
	if len(t.Enumeration) > 0 {
		add("Enumeration", jen.Index().String().Values(literals(t.Enumeration)...))
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
		add("Members", jen.Index().Op("*").Add(rt("xsdrun", "SimpleType")).Values(collect(t.Members, e.simpleRef)...))
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

// literals are the elements of list as constants.
func literals[T any](list []T) []jen.Code {
	return collect(list, func(x T) jen.Code { return lit(x) })
}

// wildcardVars emits
//
//	var (
//		extAny = &xsdrun.Wildcard{Process: xsdrun.Strict, Not: true, Spaces: []int{spaceEPP, 0}}
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
		fields = append(fields, pair{jen.Id("Spaces"), jen.Index().Int().Values(collect(w.Spaces, e.space)...)})
	}
	return jen.Op("&").Add(rt("xsdrun", "Wildcard")).Add(inline(fields...))
}

// contentModel emits
//
//	var domainCheckModel = &xsdrun.Model{
//		Particles: []xsdrun.Particle{{Space: spaceDomain, Local: "name"}},
//		Next:      [][]int{{0}, {0}},
//		Final:     []bool{false, true},
//	}
func (e *emitter) contentModel(table string, model *xsd.Model, rest ...pair) jen.Code {
	m := model.Model
	particles := make([]jen.Code, len(m.Particles))
	for i := range m.Particles {
		particles[i] = e.particleLiteral(model, i)
	}
	fields := []pair{{jen.Id("Particles"), jen.Index().Add(rt("xsdrun", "Particle")).Add(lines(particles...))}}
	if m.All {
		fields = append(fields, pair{jen.Id("All"), jen.True()})
		if m.Optional {
			fields = append(fields, pair{jen.Id("Optional"), jen.True()})
		}
	} else {
		next := collect(m.Next, func(state []int) jen.Code { return jen.Values(literals(state)...) })
		final := literals(m.Final)
		fields = append(fields,
			pair{jen.Id("Next"), jen.Index().Index().Int().Values(next...)},
			pair{jen.Id("Final"), jen.Index().Bool().Values(final...)})
	}
	fields = append(fields, counters(m)...)
	return jen.Var().Id(table).Op("=").Op("&").Add(rt("xsdrun", "Model")).Add(keyed(append(fields, rest...)...))
}

// counters emits what a model that counts the repetitions of groups has besides:
//
//	Counters: []xsdrun.Counter{{Min: 10, Max: 5000}},
//	Nests:    [][]int{{0}, {0}},
//	Ways:     [][][]xsdrun.Way{{{{Keep: 0}}}, {{{Keep: 1}}}, {{{Keep: 1, Again: true}}}},
func counters(m *xsdrun.Model) []pair {
	if len(m.Counters) == 0 {
		return nil
	}
	ranges := collect(m.Counters, func(c xsdrun.Counter) jen.Code {
		return inline(pair{jen.Id("Min"), lit(c.Min)}, pair{jen.Id("Max"), lit(c.Max)})
	})
	nests := collect(m.Nests, func(nest []int) jen.Code { return jen.Values(literals(nest)...) })
	way := func(w xsdrun.Way) jen.Code {
		fields := []pair{{jen.Id("Keep"), lit(w.Keep)}}
		if w.Again {
			fields = append(fields, pair{jen.Id("Again"), jen.True()})
		}
		if w.Else {
			fields = append(fields, pair{jen.Id("Else"), jen.True()})
		}
		return inline(fields...)
	}
	ways := collect(m.Ways, func(steps [][]xsdrun.Way) jen.Code {
		return jen.Values(collect(steps, func(step []xsdrun.Way) jen.Code { return jen.Values(collect(step, way)...) })...)
	})
	return []pair{
		{jen.Id("Counters"), jen.Index().Add(rt("xsdrun", "Counter")).Values(ranges...)},
		{jen.Id("Nests"), jen.Index().Index().Int().Values(nests...)},
		{jen.Id("Ways"), jen.Index().Index().Index().Add(rt("xsdrun", "Way")).Values(ways...)},
	}
}

// particleLiteral emits one particle of a model.
func (e *emitter) particleLiteral(model *xsd.Model, i int) jen.Code {
	p := &model.Particles[i]
	var fields []pair
	number := func(key string, n int) {
		if n != 0 {
			fields = append(fields, pair{jen.Id(key), lit(n)})
		}
	}
	if p.Space != 0 {
		fields = append(fields, pair{jen.Id("Space"), e.space(p.Space)})
	}
	if p.Local != "" {
		fields = append(fields, pair{jen.Id("Local"), lit(p.Local)})
	}
	number("Min", p.Min)
	number("Max", p.Max)
	if p.Optional {
		fields = append(fields, pair{jen.Id("Optional"), jen.True()})
	}
	if p.Any != nil {
		fields = append(fields, pair{jen.Id("Any"), jen.Id(e.wildcardVar(model.Leaves[i].Wildcard))})
	}
	if leaf := model.Leaves[i]; leaf.Element != nil && leaf.Element.Abstract {
		fields = append(fields, pair{jen.Id("Abstract"), jen.True()})
	}
	if len(p.Members) > 0 {
		members := make([]jen.Code, len(p.Members))
		for i, m := range p.Members {
			members[i] = inline(pair{jen.Id("Space"), e.space(m.Space)}, pair{jen.Id("Local"), lit(m.Local)})
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
			fields = append(fields, pair{jen.Id("Space"), e.space(n)})
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
	return jen.Var().Id(attrsVar(st)).Op("=").Op("&").Add(rt("xsdrun", "Attributes")).Add(keyed(append(fields, e.typeName(st)...)...))
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

func modelVar(st *structure) string { return name.Unexported(st.name) + "Model" }
func attrsVar(st *structure) string { return name.Unexported(st.name) + "Attrs" }

func (e *emitter) simpleVar(st *xsd.SimpleType) jen.Code {
	v, ok := e.tables.simple[st]
	if !ok {
		panic(fmt.Sprintf("emit: no variable for the simple type at %s", st.Pos))
	}
	return jen.Id(v)
}

func (e *emitter) wildcardVar(w *xsd.Wildcard) string { return e.tables.wildcard[w] }
