package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/model"
)

// hop is one step of a path through a document, as Go sees it.
type hop struct {
	f *field
	// inside: the step goes into a collapsed type, whose only field Go does not name.
	inside bool
	// space: the step asks for the namespace of an element ("@xmlns").
	space bool
}

// walk follows the names of a path through the structures that hold a document. "@name" is an attribute, "*" what a
// wildcard admits, "@xmlns" the namespace of an element.
func walk(st *structure, path string) ([]hop, error) {
	var hops []hop
	for step := range strings.SplitSeq(path, "/") {
		if step == "@xmlns" {
			hops = append(hops, hop{space: true})
			continue
		}
		for st != nil && st.same != nil {
			st = st.same
		}
		f := find(st, step)
		if f == nil {
			return nil, fmt.Errorf("nothing is called %q there", step)
		}
		hops = append(hops, hop{f: f, inside: st.collapsed})
		st = f.val.of
	}
	return hops, nil
}

// find is the field of st that a step of a path names, or nil.
func find(st *structure, step string) *field {
	if st == nil {
		return nil
	}
	for _, f := range st.fields {
		switch {
		case f.role == roleAttribute && step == f.wire,
			f.role == roleElement && step == f.wire,
			f.role == roleElement && step == "*" && f.val.element:
			return f
		}
	}
	return nil
}

// last is the field that a path ends at.
func last(hops []hop) *field {
	for i := len(hops) - 1; i >= 0; i-- {
		if hops[i].f != nil {
			return hops[i].f
		}
	}
	return nil
}

// visible is a field of a message or head that Go code sees.
type visible struct {
	f    *model.Field
	name string
	key  string // below the document element
	hops []hop  // from the document element
}

// goType is the type of a visible field: that of the place in the document it stands for.
func (v *visible) goType() *jen.Statement {
	f := last(v.hops)
	for _, h := range v.hops {
		if h.f != f && h.f.many {
			return jen.Index().Add(f.goType())
		}
	}
	return f.goType()
}

// isList reports whether a visible field holds any number of values.
func (v *visible) isList() bool {
	for _, h := range v.hops {
		if h.f != nil && h.f.many {
			return true
		}
	}
	return false
}

// take emits what fills dst from the end of a path that begins at v, and leaves it alone when the path ends early.
//
//	if v.TrID != nil {
//		h.ClTRID = v.TrID.ClTRID
//	}
func take(dst, v *jen.Statement, hops []hop) []jen.Code {
	return guarded(v, hops, func(end *jen.Statement) []jen.Code { return []jen.Code{dst.Clone().Op("=").Add(end)} })
}

// guarded emits what body makes of the end of a path, inside the conditions that the path gets that far. Of what repeats on
// the way it takes the first.
func guarded(v *jen.Statement, hops []hop, body func(end *jen.Statement) []jen.Code) []jen.Code {
	for i, h := range hops {
		if h.f != nil && !h.inside {
			v = v.Clone().Dot(h.f.name)
		}
		if i == len(hops)-1 {
			break
		}
		switch {
		case h.f.many && hops[i+1].f != nil:
			return []jen.Code{jen.If(jen.Len(v).Op(">").Lit(0)).Block(guarded(v.Clone().Index(lit(0)), hops[i+1:], body)...)}
		case h.f.pointer:
			return []jen.Code{jen.If(v.Clone().Op("!=").Nil()).Block(guarded(v, hops[i+1:], body)...)}
		}
	}
	return body(v)
}

// put emits what sets the end of a path that begins at v, making what is optional on the way.
//
//	v.TrID = new(TrID)
//	v.TrID.ClTRID = h.ClTRID
func put(v *jen.Statement, hops []hop, value jen.Code) []jen.Code {
	var out []jen.Code
	for i, h := range hops {
		if !h.inside {
			v = v.Clone().Dot(h.f.name)
		}
		if i < len(hops)-1 && h.f.pointer {
			out = append(out, v.Clone().Op("=").New(h.f.val.goType()))
		}
	}
	return append(out, v.Clone().Op("=").Add(value))
}

// selector is what holds the value at the end of hops, from base on; only for paths that cross nothing optional or
// repeated before their end.
func selector(base *jen.Statement, hops []hop) *jen.Statement {
	for _, h := range hops {
		if h.f != nil && !h.inside {
			base = base.Clone().Dot(h.f.name)
		}
	}
	return base
}

// direct reports whether hops cross nothing that may be absent or repeated before their end.
func direct(hops []hop) bool {
	for i, h := range hops {
		if h.space {
			return false
		}
		if i < len(hops)-1 && (h.f.pointer || h.f.many) {
			return false
		}
	}
	return true
}
