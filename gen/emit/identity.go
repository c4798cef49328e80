package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// addIdentities names the variables of all identity constraints of elements that codecs read.
func (t *tables) addIdentities(s *shapes, taken *name.Scope) {
	for _, el := range s.set.Elements {
		t.addIdentity(s, taken, el)
	}
	for _, st := range s.structs {
		if st.model == nil {
			continue
		}
		for _, leaf := range st.model.Leaves {
			if leaf.Element != nil {
				t.addIdentity(s, taken, leaf.Element)
			}
		}
	}
}

// addIdentity names those of one element.
func (t *tables) addIdentity(s *shapes, taken *name.Scope, el *xsd.Element) {
	for _, id := range el.Identity {
		if t.identity[id] != "" {
			continue
		}
		v := name.Unexported(s.prefix(id.Name.Space)+"-"+id.Name.Local) + "Identity"
		for taken.Has(v) {
			v += "Too"
		}
		taken.Take(v, "an identity constraint of "+el.Name.Local, id.Pos)
		t.identity[id] = v
		t.identities = append(t.identities, id)
	}
}

// constrained emits, before an element is read, that its identity constraints hold from there on:
//
//	d.Constrain(tShipNameIdentity)
func (e *emitter) constrained(el *xsd.Element) []jen.Code {
	if el == nil || len(el.Identity) == 0 {
		return nil
	}
	return []jen.Code{jen.Id("d").Dot("Constrain").Call(collect(el.Identity, func(id *xsd.Identity) jen.Code {
		return jen.Id(e.tables.identity[id])
	})...)}
}

// identityVars emits
//
//	var (
//		tShipNameIdentity = &xsdrun.Identity{Kind: xsdrun.Key, ...}
//	)
func (e *emitter) identityVars() jen.Code {
	vars := collect(e.tables.identities, func(id *xsd.Identity) jen.Code {
		return jen.Id(e.tables.identity[id]).Op("=").Add(e.identityLiteral(id))
	})
	return documented(doc("The identity constraints."), jen.Var().Defs(vars...))
}

func (e *emitter) identityLiteral(id *xsd.Identity) jen.Code {
	r := e.set.Identity(id)
	kinds := [...]string{xsdrun.Unique: "Unique", xsdrun.Key: "Key", xsdrun.KeyRef: "KeyRef"}
	fields := []pair{
		{jen.Id("Kind"), rt("xsdrun", kinds[r.Kind])},
		{jen.Id("Name"), e.nameLiteral(r.Name)},
		{jen.Id("Selector"), e.identityPaths(r.Selector)},
		{jen.Id("Fields"), jen.Index().Index().Add(rt("xsdrun", "IdentityPath")).Values(collect(r.Fields, func(paths []xsdrun.IdentityPath) jen.Code {
			return jen.Values(collect(paths, e.identityPath)...)
		})...)},
	}
	if key := e.tables.identity[id.Refer]; key != "" {
		fields = append(fields, pair{jen.Id("Refer"), jen.Id(key)})
	}
	return jen.Op("&").Add(rt("xsdrun", "Identity")).Add(keyed(fields...))
}

func (e *emitter) identityPaths(paths []xsdrun.IdentityPath) jen.Code {
	return jen.Index().Add(rt("xsdrun", "IdentityPath")).Values(collect(paths, e.identityPath)...)
}

// identityPath emits
//
//	{Descendant: true, Steps: []xsdrun.IdentityStep{{Space: spaceT, Local: "ship"}}}
func (e *emitter) identityPath(p xsdrun.IdentityPath) jen.Code {
	var fields []pair
	flag := func(fields *[]pair, key string, set bool) {
		if set {
			*fields = append(*fields, pair{jen.Id(key), jen.True()})
		}
	}
	flag(&fields, "Descendant", p.Descendant)
	steps := collect(p.Steps, func(s xsdrun.IdentityStep) jen.Code {
		var step []pair
		flag(&step, "Self", s.Self)
		flag(&step, "Attribute", s.Attribute)
		flag(&step, "AnySpace", s.AnySpace)
		if s.Space != 0 {
			step = append(step, pair{jen.Id("Space"), e.space(s.Space)})
		}
		if s.Local != "" {
			step = append(step, pair{jen.Id("Local"), lit(s.Local)})
		}
		return inline(step...)
	})
	return inline(append(fields, pair{jen.Id("Steps"), jen.Index().Add(rt("xsdrun", "IdentityStep")).Values(steps...)})...)
}
