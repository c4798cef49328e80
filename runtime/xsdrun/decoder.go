package xsdrun

import (
	"fmt"
	"io"
	"strings"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Options is how a document is read. The zero value is right for a protocol.
type Options struct {
	XML xmlstream.Options
	// Alias makes the strings that a [Decoder] returns refer to the caller's document, and to memory that the next Reset
	// reuses, instead of copies. They are valid as long as both are left alone.
	Alias bool
	// MaxFaults is how many faults are kept; 0 is [DefaultMaxFaults].
	MaxFaults int
	// Types are the types that xsi:type may name besides the built-in ones.
	Types map[xmlstream.Name]Type
	// Attributes are the global attributes, for wildcards.
	Attributes map[xmlstream.Name]*Attribute
	// Known decodes the element on which d stands as a global element and drops the result; it reports false, and reads
	// nothing, if the element is not declared. It judges what lax wildcards and xs:anyType let through; nil knows none.
	Known func(d *Decoder) bool
	// Typed decodes the element on which d stands, of which there is no declaration, as a value of the complex type that its
	// xsi:type names, and drops the result; it reports false, and reads nothing, if there is no such type. nil leaves such
	// elements unjudged.
	Typed func(d *Decoder, name xmlstream.Name) bool
}

// Decoder reads a document for emitted code, which says what it expects where: the Decoder reads, checks, converts, and
// keeps the faults. Emitted code never looks at errors; [Decoder.Finish] has them all.
//
// The Decoder stands on an element once its start tag has been read. A method that reads content ends after the element's
// end tag. A Decoder belongs to one goroutine at a time and is meant to be used again.
type Decoder struct {
	r       *xmlstream.Reader
	opts    Options
	resolve Resolver // of the Reader's bindings

	// Of the element on which the Decoder stands:
	at      int  // where its start tag begins
	todo    bool // its attributes have not been judged
	special bool // one of the fields below is set
	xsi     xsi
	ifEmpty *string
	ifFixed *string
	text    [2]string // what ifEmpty and ifFixed point to

	attr  attrState
	lax   bool   // of the wildcard that the next Raw is for
	arena []byte // the strings of the document, one after the other
	full  int    // bytes of strings of the document that are in earlier memory
	kept  int    // bytes of strings that are likely to come
	fold  []byte // text whose white space was processed

	keys  keys
	keyed bool // identity constraints are in force

	tallies   []*tally // not in use
	tallyLeft int      // of the work that tallies may be

	faults    []Fault
	truncated bool
	ids       map[string]struct{}
	refs      []idref
}

// idref is a reference to an ID that must turn up.
type idref struct {
	id    string
	fault Fault
}

// NewDecoder returns a Decoder of documents that use the namespaces spaces.
func NewDecoder(spaces *xmlstream.Spaces, opts Options) *Decoder {
	if opts.MaxFaults <= 0 {
		opts.MaxFaults = DefaultMaxFaults
	}
	d := &Decoder{r: xmlstream.NewReader(spaces, opts.XML), opts: opts}
	d.resolve = d.r.LookupPrefix
	return d
}

// Reset starts on doc, which must not change before Finish. Unless [Options] Alias is set, the strings returned are copies
// that share memory: keeping one of them keeps those of the same document.
func (d *Decoder) Reset(doc []byte) {
	d.r.Reset(doc)
	d.reset(len(doc))
}

// ResetReader starts on the document that src gives, which is read as a stream: see [xmlstream.Reader.ResetReader]. What keeps
// content as it came (Raw, Mixed, AnyContent) is not for streams.
func (d *Decoder) ResetReader(src io.Reader) {
	d.r.ResetReader(src)
	d.reset(0)
}

// reset forgets the last document; size is that of the next one, as far as it is known.
func (d *Decoder) reset(size int) {
	if d.opts.Alias {
		d.arena = d.arena[:0]
	} else {
		// As the last document, but never much of a document's size.
		d.kept = min(d.full+len(d.arena), size/4)
		d.arena = nil
	}
	d.full = 0
	d.todo, d.special, d.lax, d.truncated, d.keyed = false, false, false, false, false
	d.keys.reset()
	d.tallyLeft = tallyWork
	d.xsi, d.ifEmpty, d.ifFixed, d.attr = xsi{}, nil, nil, attrState{}
	d.faults, d.refs = d.faults[:0], d.refs[:0]
	clear(d.ids)
}

// Root goes to the root element. It is false if the document is malformed before one.
func (d *Decoder) Root() bool {
	if d.r.NextTag() != xmlstream.StartElement {
		return false
	}
	d.begin()
	return true
}

// Finish reads what follows the root element and returns nil, a *[xmlstream.SyntaxError] or a *[ValidationError].
func (d *Decoder) Finish() error {
	for d.r.Next() != xmlstream.EOF {
	}
	if err := d.r.Err(); err != nil {
		return err
	}
	d.keys.close(d, 0)
	d.checkReferences()
	if len(d.faults) == 0 {
		return nil
	}
	return &ValidationError{sorted(append([]Fault(nil), d.faults...), d.r.Position), d.truncated}
}

// begin notes what the start tag says that has just been read.
func (d *Decoder) begin() {
	d.at = d.r.Offset()
	d.todo = len(d.r.Attrs()) != 0
	if d.todo && d.r.HasXSI() {
		d.readXSI()
	}
	if d.keyed {
		d.keys.enter(d)
		d.special = d.special || d.keyed
	}
}

// Space returns the number of the namespace of the element on which d stands.
func (d *Decoder) Space() int { return d.r.Space() }

// Local returns the local name of the element on which d stands.
func (d *Decoder) Local() string { return d.r.Local() }

// Name returns the expanded name of the element on which d stands. Like those of Local and QName, its strings are those of
// the document: copy them to keep them.
func (d *Decoder) Name() xmlstream.Name { return d.r.Name() }

// QName returns the name of the element on which d stands as the document has it.
func (d *Decoder) QName() string { return d.r.QName() }

// Offset returns where the start tag begins on which d stands.
func (d *Decoder) Offset() int { return d.at }

// UndeclaredRoot records that the root element is none of the schema's, and reads it.
//
// A root that says by xsi:type which of the schema's types it is of is judged by that, and returned as it came; nil for any other.
func (d *Decoder) UndeclaredRoot() *xmlstream.RawElement {
	if d.typedOnly() {
		return d.Raw()
	}
	d.faultHere("cvc-elt.1", fmt.Sprintf("<%s> is not declared", d.r.QName()))
	d.SkipElement()
	return nil
}

// Undeclared records, if w is strict, that the element on which d stands is not declared though the wildcard w asks for it.
// Call [Decoder.Raw] or [Decoder.SkipElement] next.
func (d *Decoder) Undeclared(w *Wildcard) {
	d.lax = w.Process == Lax
	if w.Process == Strict && !d.typedOnly() {
		d.faultHere("cvc-complex-type.2.4.c", fmt.Sprintf("<%s> is not declared, and here only declared elements may stand", d.r.QName()))
	}
}

// SkipElement reads the element on which d stands without judging it.
func (d *Decoder) SkipElement() {
	if d.keyed {
		d.keys.skip()
	}
	d.forget()
	d.r.Skip()
}

// forget drops what has not been asked about the element.
func (d *Decoder) forget() {
	d.todo, d.special, d.xsi, d.ifEmpty, d.ifFixed = false, false, xsi{}, nil, nil
}

// Raw keeps the element on which d stands as it came. After [Decoder.Undeclared] with a lax wildcard the declared elements
// inside of it are judged.
func (d *Decoder) Raw() *xmlstream.RawElement {
	lax := d.lax
	d.lax = false
	var e xmlstream.RawElement
	switch {
	case d.typedOnly():
		e = d.r.Raw(d.readTyped)
	case lax:
		d.forget()
		e = d.r.Raw(d.laxContent)
	default:
		if d.keyed {
			d.keys.skip()
		}
		d.forget()
		e = d.r.Raw(nil)
	}
	e.Name = d.stableName(e.Name)
	return &e
}

// stableName is stable for a name.
func (d *Decoder) stableName(n xmlstream.Name) xmlstream.Name {
	return xmlstream.Name{Space: d.stable(n.Space), Local: d.stable(n.Local)}
}

// AnyContent keeps the attributes and the content of the element on which d stands, as xs:anyType does; the declared
// elements inside of it are judged.
func (d *Decoder) AnyContent() *xmlstream.Any {
	anyType := xmlstream.Name{Space: Space, Local: "anyType"}
	if name, ok := d.xsiName(); ok && name != anyType && !d.xsi.exact && d.typedOnly() {
		raw := d.r.Raw(d.readTyped)
		a := raw.Any()
		return &a
	}
	v := d.declaredValue()
	d.laxAttributes()
	d.settle(anyType)
	a := d.r.Any(d.laxElement)
	a.Content = v.judge(d, a.Content)
	for i := range a.Attributes {
		at := &a.Attributes[i]
		at.Name, at.Value = d.stableName(at.Name), d.stable(at.Value)
	}
	return &a
}

// Mixed keeps the content of the element on which d stands; the declared elements inside of it are judged.
func (d *Decoder) Mixed() xmlstream.Mixed {
	v := d.declaredValue()
	d.settle(xmlstream.Name{})
	return v.judge(d, d.r.Mixed(d.laxElement))
}

// laxElement reads the element whose start tag has just been read and judges it if it is declared.
func (d *Decoder) laxElement() {
	d.begin()
	switch {
	case d.opts.Known != nil && d.opts.Known(d):
	case d.typedOnly():
		d.readTyped()
	default:
		d.laxAttributes()
		d.forget()
		d.laxContent()
	}
}

// laxContent reads the rest of an element that is not declared.
func (d *Decoder) laxContent() {
	for {
		switch d.r.Next() {
		case xmlstream.StartElement:
			d.laxElement()
		case xmlstream.EndElement, xmlstream.EOF:
			return
		}
	}
}

// leastArena is the least memory that is made for strings at a time.
const leastArena = 64

// keep returns a copy of s that outlives the Reader's memory, in memory shared with other strings of the document.
func (d *Decoder) keep(s string) string {
	if s == "" {
		return ""
	}
	begin, end := d.room(len(s))
	copy(d.arena[begin:end], s)
	return unsafe.String(&d.arena[begin], len(s))
}

// room makes the arena n bytes longer and returns where they are.
func (d *Decoder) room(n int) (begin, end int) {
	if cap(d.arena)-len(d.arena) < n {
		d.newArena(n)
	}
	begin, end = len(d.arena), len(d.arena)+n
	d.arena = d.arena[:end]
	return begin, end
}

// newArena makes memory for n bytes and more to come.
func (d *Decoder) newArena(n int) {
	d.full += len(d.arena)
	d.arena = make([]byte, 0, max(2*cap(d.arena), d.kept, leastArena, n))
}

// stable returns s if it refers to memory that the caller may refer to, and else a copy.
func (d *Decoder) stable(s string) string {
	if d.opts.Alias {
		return s
	}
	return d.keep(s)
}

// sated reports whether no more faults are kept, and notes that there was one.
func (d *Decoder) sated() bool {
	if len(d.faults) < d.opts.MaxFaults {
		return false
	}
	d.truncated = true
	return true
}

// fault records a fault.
func (d *Decoder) fault(offset int, path, rule, text, node string) {
	d.add(Fault{Offset: offset, Path: path, Rule: rule, Text: text, Node: strings.Clone(node)})
}

// add records a fault. Of a stream the line and column are worked out as long as they are known.
func (d *Decoder) add(f Fault) {
	if d.sated() {
		return
	}
	d.locate(&f)
	d.faults = append(d.faults, f)
}

// locate gives a fault of a stream its line and column, unless it has them.
func (d *Decoder) locate(f *Fault) {
	if f.Line == 0 && d.r.Streaming() {
		f.Line, f.Column = d.r.Position(f.Offset)
	}
}

// faultHere records a fault of the element on which d stands.
func (d *Decoder) faultHere(rule, text string) {
	d.fault(d.at, d.path(""), rule, text, d.r.QName())
}

// faultEnded records a fault of the element whose end tag has just been read.
func (d *Decoder) faultEnded(offset int, rule, text string) {
	d.fault(offset, d.path(d.r.QName()), rule, text, d.r.QName())
}

// path returns the path of the innermost open element, with one step more unless last is empty.
func (d *Decoder) path(last string) string {
	if len(d.faults) >= d.opts.MaxFaults {
		return ""
	}
	var b []byte
	for i := range d.r.Depth() {
		b = append(append(b, '/'), d.r.Open(i)...)
	}
	if last != "" {
		b = append(append(b, '/'), last...)
	}
	return string(b)
}
