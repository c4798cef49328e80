package xsdrun

import (
	"fmt"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// AnyAttribute is the Use of an attribute that an attribute wildcard let through.
const AnyAttribute = -1

// attrState is the attribute whose value is asked for.
type attrState struct {
	text string // its white space processed
	own  bool   // text is the schema's
	at   *xmlstream.Attr
	use  *AttributeUse // of a default
}

// Attrs goes through the attributes of the element on which its Decoder stands. It is obtained from [Decoder.Attrs].
type Attrs struct {
	// Use is the index in [Attributes] Uses of the current attribute, or [AnyAttribute].
	Use int

	d       *Decoder
	of      *Attributes
	i       int // next attribute of the start tag
	matched int // uses met
	missing int // next use to look for among those not met
}

// Attrs begins to go through the attributes of the element on which d stands, by what its type says of them.
func (d *Decoder) Attrs(of *Attributes) Attrs {
	if d.xsi.typed && of.TypeName != (xmlstream.Name{}) {
		if name, ok := d.xsiName(); ok && name == of.TypeName {
			d.xsi.typed = false
		}
	}
	return Attrs{d: d, of: of}
}

// Next goes to the next attribute that the type knows and whose value is right; attributes that are not given but have a
// default come last. It is false after the last one.
func (a *Attrs) Next() bool {
	d := a.d
	if d.todo {
		attrs := d.r.Attrs()
		for a.i < len(attrs) {
			at := &attrs[a.i]
			a.i++
			if a.judge(at) {
				return true
			}
		}
		d.todo = false
	}
	if a.matched == len(a.of.Uses) {
		return false
	}
	return a.absent()
}

// judge looks the attribute up and checks it. It is false if the caller should not see it.
func (a *Attrs) judge(at *xmlstream.Attr) bool {
	local := at.Local()
	for i := range a.of.Uses {
		if u := &a.of.Uses[i]; u.Space == at.Space && u.Local == local {
			a.Use = i
			a.matched++
			return a.d.attribute(at, u.Type, u.Fixed)
		}
	}
	if isSchemaAttr(at) {
		return false
	}
	a.Use = AnyAttribute
	return a.d.wildAttribute(at, a.of.Any)
}

// absent goes to the next use that the start tag does not have.
func (a *Attrs) absent() bool {
	d := a.d
	for a.missing < len(a.of.Uses) {
		i := a.missing
		u := &a.of.Uses[i]
		a.missing++
		if !u.Required && u.Default == nil && u.Fixed == nil || d.hasAttribute(u) {
			continue
		}
		if u.Required {
			d.faultHere("cvc-complex-type.4", fmt.Sprintf("<%s> must have the attribute %s", d.r.QName(), u.Local))
			continue
		}
		text := u.Default
		if u.Fixed != nil {
			text = u.Fixed
		}
		a.Use = i
		d.attr = attrState{text: u.Type.Normalize(*text), own: true, use: u}
		if d.keyed {
			d.keys.attribute(d, u.Space, u.Local, u.Type, d.attr.text)
		}
		return true
	}
	return false
}

func (d *Decoder) hasAttribute(u *AttributeUse) bool {
	attrs := d.r.Attrs()
	for i := range attrs {
		if a := &attrs[i]; a.Space == u.Space && a.Local() == u.Local {
			return true
		}
	}
	return false
}

// attribute checks the value of an attribute and makes it the current one.
func (d *Decoder) attribute(at *xmlstream.Attr, t *SimpleType, fixed *string) bool {
	t.prepare()
	text := at.Value
	if at.Info&xmlstream.HasSpace != 0 {
		text = normalizeText(text, t.program.white)
	}
	text, v := t.program.check(t, text, d.resolve)
	if v != nil {
		d.faultAttr(at, "cvc-attribute.3", v.Text+" ("+v.Rule+")")
		return false
	}
	if fixed != nil && text != *fixed && !t.Equal(text, *fixed, d.resolve) {
		d.faultAttr(at, "cvc-attribute.4", fmt.Sprintf("%s where the value is fixed as %s", quote(text), quote(*fixed)))
		return false
	}
	d.attr = attrState{text: text, own: t.program.words != nil, at: at}
	if d.keyed {
		d.keys.attribute(d, at.Space, at.Local(), t, text)
	}
	if t.program.identity != identityNone {
		d.identify(t, text, at.Offset, d.path("@"+at.QName()), at.QName())
	}
	return true
}

// wildAttribute judges an attribute for which there is no use.
func (d *Decoder) wildAttribute(at *xmlstream.Attr, w *Wildcard) bool {
	if w == nil || !w.Allows(at.Space) {
		d.faultAttr(at, "cvc-complex-type.3.2.2", fmt.Sprintf("<%s> may not have the attribute %s", d.r.QName(), at.QName()))
		return false
	}
	if w.Process != Skip {
		switch g := d.opts.Attributes[at.Name()]; {
		case g != nil:
			return d.attribute(at, g.Type, g.Fixed)
		case w.Process == Strict:
			d.faultAttr(at, "cvc-complex-type.3.2.2", fmt.Sprintf("the attribute %s is not declared", at.QName()))
			return false
		}
	}
	d.attr = attrState{text: at.Value, at: at}
	if d.keyed {
		d.keys.attribute(d, at.Space, at.Local(), nil, at.Value)
	}
	return true
}

// Allows reports whether the wildcard's namespace constraint lets the namespace through.
func (w *Wildcard) Allows(space int) bool {
	for _, s := range w.Spaces {
		if s == space {
			return !w.Not
		}
	}
	return w.Not
}

// NoAttributes judges the attributes of an element whose type has none.
func (d *Decoder) NoAttributes() {
	if !d.todo {
		return
	}
	d.todo = false
	attrs := d.r.Attrs()
	for i := range attrs {
		if a := &attrs[i]; !isSchemaAttr(a) {
			d.wildAttribute(a, nil)
		}
	}
}

// faultAttr records a fault of an attribute.
func (d *Decoder) faultAttr(at *xmlstream.Attr, rule, text string) {
	d.fault(at.Offset, d.path("@"+at.QName()), rule, text, at.QName())
}

// AttrText returns the value of the current attribute, its white space processed.
func (d *Decoder) AttrText() string {
	if d.attr.own {
		return d.attr.text
	}
	return d.stable(d.attr.text)
}

// Attr returns the current attribute.
func (d *Decoder) Attr() xmlstream.Attribute {
	return xmlstream.Attribute{Name: d.stableName(d.attr.name(d.r.Spaces())), Value: d.AttrText()}
}

// name returns the attribute's name.
func (a *attrState) name(spaces *xmlstream.Spaces) xmlstream.Name {
	if a.at != nil {
		return a.at.Name()
	}
	return xmlstream.Name{Space: spaces.URI(a.use.Space), Local: a.use.Local}
}

// AttrBool returns the value of the current attribute, a boolean.
func (d *Decoder) AttrBool() bool { return ParseBool(d.attr.text) }

// AttrInt returns the value of the current attribute, an integer.
func (d *Decoder) AttrInt() int64 { return ParseInt(d.attr.text) }

// AttrUint returns the value of the current attribute, an integer without a sign.
func (d *Decoder) AttrUint() uint64 { return ParseUint(d.attr.text) }

// AttrFloat returns the value of the current attribute, a number.
func (d *Decoder) AttrFloat() float64 { return ParseFloat(d.attr.text) }

// AttrTime returns the value of the current attribute, a dateTime.
func (d *Decoder) AttrTime() time.Time { return ParseTime(d.attr.text) }

// AttrDate returns the value of the current attribute, a date.
func (d *Decoder) AttrDate() Date { return ParseDate(d.attr.text) }

// AttrDuration returns the value of the current attribute, a duration.
func (d *Decoder) AttrDuration() Duration { return ParseDuration(d.attr.text) }

// AttrHex returns the octets of the current attribute, a hexBinary.
func (d *Decoder) AttrHex() []byte { return ParseHex(d.attr.text) }

// AttrBase64 returns the octets of the current attribute, a base64Binary.
func (d *Decoder) AttrBase64() []byte { return ParseBase64(d.attr.text) }

// identify files a value for the check of ID and IDREF (XML Schema part 1, 3.3.4, cvc-id).
func (d *Decoder) identify(t *SimpleType, text string, offset int, path, node string) {
	t.prepare()
	switch t.program.identity {
	case identityID:
		if _, taken := d.ids[text]; taken {
			d.fault(offset, path, "cvc-id.2", fmt.Sprintf("the ID %s occurs a second time", quote(text)), node)
			return
		}
		if d.ids == nil {
			d.ids = map[string]struct{}{}
		}
		d.ids[strings.Clone(text)] = struct{}{}
	case identityIDREF:
		f := Fault{Offset: offset, Path: path, Rule: "cvc-id.1", Node: strings.Clone(node)}
		d.locate(&f)
		d.refs = append(d.refs, idref{strings.Clone(text), f})
	case identityIDREFS:
		for id := range Items(text) {
			d.identify(BuiltinIDREF.Type(), id, offset, path, node)
		}
	case identityInside:
		if t.Variety == VarietyUnion {
			if m := t.member(text, d.resolve); m != t {
				d.identify(m, text, offset, path, node)
			}
			return
		}
		for item := range Items(text) {
			d.identify(t.Item, item, offset, path, node)
		}
	}
}

// checkReferences records the references to IDs that did not occur.
func (d *Decoder) checkReferences() {
	for _, ref := range d.refs {
		if _, ok := d.ids[ref.id]; !ok {
			f := ref.fault
			f.Text = fmt.Sprintf("there is no element with the ID %s", quote(ref.id))
			d.add(f)
		}
	}
}
