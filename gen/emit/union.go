package emit

import (
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

// union is a simple type that is one of several: text, with a method for each of its members.
type union struct {
	name    string
	st      *xsd.SimpleType
	members []unionMember
}

// unionMember is a member of a union that tells something which the text does not.
type unionMember struct {
	method string
	index  int // among the members of the type
	sc     *scalar
}

// union is the Go type of a union, or nil for what is none or has no name.
func (s *shapes) union(st *xsd.SimpleType) *union {
	if st.Variety != xsd.Union || s.names.Type(st) == "" || name.Enumerates(st) {
		return nil
	}
	if u := s.byUnion[st]; u != nil {
		return u
	}
	u := &union{name: s.names.Type(st), st: st}
	s.byUnion[st] = u
	s.unions = append(s.unions, u)
	taken := map[string]bool{}
	for i, m := range st.Members {
		word := "Member" + strconv.Itoa(i+1)
		if m.Name.Local != "" {
			word = name.Type("", m.Name.Local)
		}
		for n := 2; taken[word]; n++ {
			word = name.Type("", m.Name.Local) + strconv.Itoa(n)
		}
		taken[word] = true
		if sc := s.scalar(m); !sc.holdsNames() { // without the prefixes around it, a qualified name says nothing
			u.members = append(u.members, unionMember{"As" + word, i, sc})
		}
	}
	return u
}

// unionType emits
//
//	type Size string
//
//	func (v Size) AsInt() (value int32, ok bool) {
//		if sizeUnion.MemberOf(string(v)) != 0 {
//			return value, false
//		}
//		return int32(xsdrun.ParseInt(string(v))), true
//	}
func (e *emitter) unionType(u *union) []jen.Code {
	text := u.name + " is a value of one of several types, as text."
	if n := u.st.Name; n.Local != "" {
		text = u.name + " is a value of the type " + e.qname(n.Space, n.Local) + ", which is one of several, as text."
	}
	if u.st.Doc != "" {
		text += " " + prose(u.st.Doc)
	}
	out := []jen.Code{documented(doc("%s", text+e.schemaClause(u.st.Name.Space)), jen.Type().Id(u.name).String())}
	for _, m := range u.members {
		out = append(out, e.unionMethod(u, m))
	}
	return out
}

// unionMethod emits the method of one member.
func (e *emitter) unionMethod(u *union, m unionMember) jen.Code {
	what := "of its member " + strconv.Itoa(m.index+1)
	if n := m.sc.st.Name; n.Space == xsd.XSD {
		what = "xs:" + n.Local
	} else if n.Local != "" {
		what = e.qname(n.Space, n.Local)
	}
	text := jen.String().Call(jen.Id("v"))
	body := []jen.Code{jen.If(e.simpleVar(u.st).(*jen.Statement).Dot("MemberOf").Call(text).Op("!=").Lit(m.index)).Block(
		jen.Return(jen.Id("value"), jen.False()))}
	if m.sc.kind == kindList {
		body = append(body,
			jen.For(jen.Id("item").Op(":=").Range().Add(rt("xsdrun", "Items")).Call(text)).Block(
				jen.Id("value").Op("=").Append(jen.Id("value"), e.parsed(m.sc.item, jen.Id("item")))),
			jen.Return(jen.Id("value"), jen.True()))
	} else {
		body = append(body, jen.Return(e.parsed(m.sc, text), jen.True()))
	}
	return documented(doc("%s is the value as %s; false if it is of another type, or none.", m.method, what),
		jen.Func().Params(jen.Id("v").Id(u.name)).Id(m.method).Params().
			Params(jen.Id("value").Add(m.sc.goType()), jen.Id("ok").Bool()).Block(body...))
}
