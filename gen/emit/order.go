package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// order is the content model of a repeated group whose items may not come in any order.
type order struct {
	table string // the variable that holds the model
	model *xsd.Model
	whole bool // it is the model of the structure, which has nothing else in it
}

// orders finds the order that the items of st must keep to, of each group that repeats.
func (s *shapes) orders(st *structure) {
	for _, f := range st.fields {
		switch {
		case f.role != roleItems || anyOrder(f.particle):
		case f.particle == st.ct.Particle:
			f.items.order = &order{table: modelVar(st), model: st.model, whole: true}
		default:
			group := &xsd.ComplexType{Content: xsdrun.ContentElements, Particle: f.particle}
			f.items.order = &order{table: name.Unexported(st.name+f.name) + "Model", model: s.set.Model(group)}
		}
	}
}

// anyOrder reports whether all that p asks of its elements is how many they are: it is a choice between single ones.
func anyOrder(p *xsd.Particle) bool {
	return p.Kind == xsd.ChoiceParticle && !slices.ContainsFunc(p.Children, func(c *xsd.Particle) bool {
		leaf := c.Kind == xsd.ElementParticle || c.Kind == xsd.WildcardParticle
		free := p.Max == xsd.Unbounded && p.Min <= 1 && c.Min <= 1 && c.Max != 0
		return !free && (c.Min != 1 || c.Max != 1) || !leaf && !anyOrder(c)
	})
}

// armOf is the arm that a leaf fills, or nil.
func (it *items) armOf(leaf *xsd.Particle) *arm {
	for _, a := range it.arms {
		if leaf.Kind == a.leaf.Kind && leaf.Element == a.leaf.Element && leaf.Wildcard == a.leaf.Wildcard {
			return a
		}
	}
	return nil
}

// readAlike reports whether items of two leaves are read in one way: they fill one arm, or are both global elements.
func (it *items) readAlike(a, b *xsd.Particle) bool {
	if it == nil {
		return false
	}
	one, other := it.armOf(a), it.armOf(b)
	return one != nil && other != nil && (one == other || one.global && other.global)
}

// encodeOrdered emits
//
//	orderItems := e.Order(mapModel)
//	for _, item := range v.Items {
//		item.mapItem(&orderItems)
//		item.encodeItem(e)
//	}
//	orderItems.End()
//
// of items that may be absent inside the condition that there are some.
func (e *emitter) encodeOrdered(n *node, v *jen.Statement) []jen.Code {
	order := jen.Id("order" + n.field.name)
	steps := []jen.Code{
		order.Clone().Op(":=").Id("e").Dot("Order").Call(jen.Id(n.field.items.order.table)),
		jen.For(jen.List(jen.Id("_"), jen.Id("item")).Op(":=").Range().Add(v)).Block(
			jen.Id("item").Dot(n.field.items.mark()).Call(jen.Op("&").Add(order)),
			jen.Id("item").Dot("encodeItem").Call(jen.Id("e"))),
		order.Clone().Dot("End").Call(),
	}
	if n.optional {
		return []jen.Code{jen.If(jen.Len(v).Op(">").Lit(0)).Block(steps...)}
	}
	return steps
}

// mark is the method that makes a structure an item.
func (it *items) mark() string { return name.Unexported(it.name) }

// markParams are the parameters of the method: none, or the order that the item must keep to.
func (it *items) markParams() []jen.Code {
	if it.order == nil {
		return nil
	}
	return block(jen.Id("o").Op("*").Add(rt("xsdrun", "Order")))
}

// markBody emits, before an item is written, the judgement that it may stand there, by the numbers that it has in the model:
//
//	o.Next(0, 3)
func (it *items) markBody(a *arm) []jen.Code {
	if it.order == nil {
		return nil
	}
	var particles []jen.Code
	for i, leaf := range it.order.model.Leaves {
		if it.armOf(leaf) == a {
			particles = append(particles, lit(i))
		}
	}
	return block(jen.Id("o").Dot("Next").Call(particles...))
}
