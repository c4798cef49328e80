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
	// arm: the step is an item of a repeated group, and goes on in it.
	arm *structure
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
		f, arm := find(st, step)
		if f == nil {
			return nil, fmt.Errorf("nothing is called %q there", step)
		}
		hops = append(hops, hop{f: f, inside: st.collapsed, arm: arm})
		if st = f.val.of; arm != nil {
			st = arm
		}
	}
	return hops, nil
}

// find is the field of st that a step of a path names, or nil; of a repeated group, with the item.
func find(st *structure, step string) (*field, *structure) {
	if st == nil {
		return nil, nil
	}
	for _, f := range st.fields {
		if f.role == roleItems {
			for _, a := range f.items.arms {
				if a.leaf.Element != nil && a.leaf.Element.Name.Local == step && len(a.structs) == 1 {
					return f, a.structs[0]
				}
			}
		}
		switch {
		case f.role == roleMixed && step == "*",
			f.role == roleAttribute && step == f.wire,
			f.role == roleElement && step == f.wire,
			f.role == roleElement && step == "*" && f.val.element:
			return f, nil
		}
	}
	return nil, nil
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
	return guarded(v, hops, nil, func(end *jen.Statement) []jen.Code { return []jen.Code{dst.Clone().Op("=").Add(end)} })
}

// guarded emits what body makes of the end of a path, inside the condition that the path gets that far, after the
// conditions given. Of what repeats on the way it takes the first.
//
//	if v.AuthInfo != nil && v.AuthInfo.PW != nil {
//		...
//	}
func guarded(v *jen.Statement, hops []hop, conditions []jen.Code, body func(end *jen.Statement) []jen.Code) []jen.Code {
	for i, h := range hops {
		if h.f != nil && !h.inside {
			v = v.Clone().Dot(h.f.name)
		}
		if i == len(hops)-1 {
			break
		}
		switch {
		case h.f.many && hops[i+1].f != nil:
			conditions = append(conditions, jen.Len(v).Op(">").Lit(0))
			v = v.Clone().Index(lit(0))
		case h.f.pointer:
			conditions = append(conditions, v.Clone().Op("!=").Nil())
		}
	}
	if len(conditions) == 0 {
		return body(v)
	}
	all := jen.Add(conditions[0])
	for _, c := range conditions[1:] {
		all.Op("&&").Add(c)
	}
	return []jen.Code{jen.If(all).Block(body(v)...)}
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
		if i < len(hops)-1 && (h.f.pointer || h.f.many) || h.arm != nil || h.f.role == roleMixed {
			return false
		}
	}
	return true
}
