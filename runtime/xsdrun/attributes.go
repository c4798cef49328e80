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
	missing int // next use to look for among those not met, or place among those that are needed
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
	if i := a.of.use(at.Space, at.Local()); i >= 0 {
		u := &a.of.Uses[i]
		a.Use = i
		a.matched++
		return a.d.attribute(at, u.Type, u.Fixed)
	}
	if isSchemaAttr(at) {
		return false
	}
	a.Use = AnyAttribute
	return a.d.wildAttribute(at, a.of.Any)
}

// manyUses is how many attributes a type has before they are looked up instead of being compared one by one.
const manyUses = 16

// attributeIndex is what an [Attributes] with many uses prepares.
type attributeIndex struct {
	places map[registerName]int
	needed []int // uses that say something of an element without the attribute
}

// use returns the index of the use of an attribute, or -1.
func (t *Attributes) use(space int, local string) int {
	if len(t.Uses) > manyUses {
		if i, ok := t.indexed().places[registerName{space, local}]; ok {
			return i
		}
		return -1
	}
	for i := range t.Uses {
		if u := &t.Uses[i]; u.Space == space && u.Local == local {
			return i
		}
	}
	return -1
}

// indexed returns the index, made if need be.
func (t *Attributes) indexed() *attributeIndex {
	if x := t.index.Load(); x != nil {
		return x
	}
	x := &attributeIndex{places: make(map[registerName]int, len(t.Uses))}
	for i := range t.Uses {
		u := &t.Uses[i]
		x.places[registerName{u.Space, u.Local}] = i
		if u.absentMatters() {
			x.needed = append(x.needed, i)
		}
	}
	t.index.Store(x)
	return x
}

// absentMatters reports whether an element without the attribute is wrong, or has it nevertheless.
func (u *AttributeUse) absentMatters() bool { return u.Required || u.Default != nil || u.Fixed != nil }

// candidate returns the next use whose absence may matter, and -1 after the last.
func (a *Attrs) candidate() int {
	i := a.missing
	a.missing++
	if len(a.of.Uses) > manyUses {
		needed := a.of.indexed().needed
		if i < len(needed) {
			return needed[i]
		}
		return -1
	}
	for i < len(a.of.Uses) && !a.of.Uses[i].absentMatters() {
		i, a.missing = i+1, a.missing+1
	}
	if i < len(a.of.Uses) {
		return i
	}
	return -1
}

// absent goes to the next use that the start tag does not have.
func (a *Attrs) absent() bool {
	d := a.d
	for i := a.candidate(); i >= 0; i = a.candidate() {
		u := &a.of.Uses[i]
		if d.hasAttribute(u) {
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
	if len(w.Spaces) > manyUses {
		return w.indexed()[space] != w.Not
	}
	for _, s := range w.Spaces {
		if s == space {
			return !w.Not
		}
	}
	return w.Not
}

// indexed returns the set of namespaces.
func (w *Wildcard) indexed() map[int]bool {
	if x := w.index.Load(); x != nil {
		return *x
	}
	x := make(map[int]bool, len(w.Spaces))
	for _, s := range w.Spaces {
		x[s] = true
	}
	w.index.Store(&x)
	return x
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
func (d *Decoder) AttrTime() time.Time {
	m, ok := parseMoment(BuiltinDateTime, d.attr.text)
	if !ok || d.attrTooLong(!m.fits()) {
		return time.Time{}
	}
	return m.time()
}

// AttrDate returns the value of the current attribute, a date.
func (d *Decoder) AttrDate() Date {
	m, ok := parseMoment(BuiltinDate, d.attr.text)
	if !ok || d.attrTooLong(!m.fits()) {
		return Date{}
	}
	return m.date()
}

// AttrDuration returns the value of the current attribute, a duration.
func (d *Decoder) AttrDuration() Duration {
	v, ok := parseDuration(d.attr.text)
	if !ok || d.attrTooLong(v.long != nil) {
		return Duration{}
	}
	return v.Duration
}

// attrTooLong records, if it is so, that the value of the current attribute is right and has no Go value.
func (d *Decoder) attrTooLong(is bool) bool {
	if is && d.attr.at != nil {
		d.faultAttr(d.attr.at, "limit", quote(d.attr.text)+" is beyond the values that can be kept here")
	}
	return is
}

// AttrHex returns the octets of the current attribute, a hexBinary.
func (d *Decoder) AttrHex() []byte { return ParseHex(d.attr.text) }

// AttrBase64 returns the octets of the current attribute, a base64Binary.
func (d *Decoder) AttrBase64() []byte { return ParseBase64(d.attr.text) }

// identify files a value for the check of ID and IDREF (XML Schema part 1, 3.3.4, cvc-id), and judges one that names an entity
// (3.14.4, cvc-simple-type).
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
	case identityENTITY:
		if !d.r.UnparsedEntity(text) {
			d.fault(offset, path, "cvc-simple-type.2", fmt.Sprintf("%s is no unparsed entity that the document declares", quote(text)), node)
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
