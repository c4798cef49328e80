package emit

import (
	"github.com/dave/jennifer/jen"
)

// decodeList emits what reads a list into its field, in the memory that the field has. One that is there but empty is not nil
// where one that is absent is:
//
//	v.Sizes = xsdrun.Emptied(oldSizes)
//	for item := range xsdrun.Items(d.Text(tSizes)) {
//		v.Sizes = append(v.Sizes, int32(xsdrun.ParseInt(item)))
//	}
func (e *emitter) decodeList(f *field, v *jen.Statement, attr bool) []jen.Code {
	each := e.eachListItem(f, v, attr)
	if !f.optional {
		return []jen.Code{each}
	}
	return []jen.Code{v.Clone().Op("=").Add(rt("xsdrun", "Emptied")).Call(old(f)), each}
}

// eachListItem emits the loop over the items of a list that appends them to list.
func (e *emitter) eachListItem(f *field, list *jen.Statement, attr bool) jen.Code {
	text := jen.Id("d").Dot("AttrText").Call()
	if !attr {
		text = jen.Id("d").Dot("Text").Call(e.simpleVar(f.val.scalar.st))
	}
	item := jen.Code(e.parsed(f.val.scalar.item, jen.Id("item")))
	return jen.For(jen.Id("item").Op(":=").Range().Add(rt("xsdrun", "Items")).Call(text)).Block(
		list.Clone().Op("=").Append(list, item))
}

// parsed emits a value made of the text of an item.
func (e *emitter) parsed(sc *scalar, item *jen.Statement) *jen.Statement {
	verb, _ := sc.kind.verb()
	switch {
	case verb == "NameValue":
		return jen.Id("d").Dot("ParseName").Call(item)
	case verb == "Text":
		return e.converted(sc, item)
	case verb == "Bytes" && sc.st.Primitive.Name.Local == "hexBinary":
		verb = "Hex"
	case verb == "Bytes":
		verb = "Base64"
	}
	return e.converted(sc, rt("xsdrun", "Parse"+verb).Call(item))
}

// writeList emits what writes a list:
//
//	e.BeginList()
//	for _, item := range v.Sizes {
//		e.Item()
//		e.Int(xsdInt, int64(item))
//	}
//	e.EndList(tSizes)
func (e *emitter) writeList(sc *scalar, v *jen.Statement, attr bool) []jen.Code {
	return []jen.Code{
		jen.Id("e").Dot("BeginList").Call(),
		jen.For(jen.List(jen.Id("_"), jen.Id("item")).Op(":=").Range().Add(v)).Block(
			jen.Id("e").Dot("Item").Call(), jen.Add(e.writeScalar(sc.item, jen.Id("item"), attr)...)),
		jen.Id("e").Dot("EndList").Call(e.simpleVar(sc.st)),
	}
}
