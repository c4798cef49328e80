package xmlstream

import (
	"slices"
	"strings"
)

// RawElement is an element kept as it came, with every namespace declaration it needs on its own start tag: it may be
// written into any document. The zero value is no element.
type RawElement struct {
	Name Name
	XML  string // from the start tag through the end tag, in UTF-8
}

// AppendXML appends the element. It is an error if XML is not one well-formed element.
func (e *RawElement) AppendXML(b []byte) ([]byte, error) {
	r := NewReader(nil, Options{})
	r.ResetString(e.XML)
	for r.Next() != EOF {
	}
	if err := r.Err(); err != nil {
		return b, err
	}
	return append(b, e.XML...), nil
}

// Mixed is content in which text and elements alternate, kept as it came: XML in UTF-8, each outermost element with the
// namespace declarations it needs. The zero value is empty content.
type Mixed string

// MixedText returns the content that is the text s. Characters that XML cannot hold are left out.
func MixedText(s string) Mixed {
	b, err := AppendText(nil, s)
	if err != nil {
		clean := strings.Map(func(c rune) rune {
			if !IsChar(c) {
				return -1
			}
			return c
		}, strings.ToValidUTF8(s, ""))
		b, _ = AppendText(nil, clean)
	}
	return Mixed(b)
}

// Text returns the character data of m and of the elements in it, with the references replaced. Of content that is not
// well-formed it returns what stands before the fault.
func (m Mixed) Text() string {
	if !strings.ContainsAny(string(m), "<&\r") {
		return string(m)
	}
	var b []byte
	r := NewReader(nil, Options{})
	r.resetFragment(string(m))
	for k := r.Next(); k != EOF; k = r.Next() {
		if k == Text {
			b = r.AppendText(b)
		}
	}
	return string(b)
}

// HasElements reports whether elements stand in m, and not text alone.
func (m Mixed) HasElements() bool {
	if !strings.Contains(string(m), "<") {
		return false
	}
	r := NewReader(nil, Options{})
	r.resetFragment(string(m))
	for k := r.Next(); k != EOF; k = r.Next() {
		if k == StartElement {
			return true
		}
	}
	return false
}

// Any returns the attributes and the content of the element.
func (e *RawElement) Any() Any {
	r := NewReader(nil, Options{})
	r.ResetString(e.XML)
	if r.NextTag() != StartElement {
		return Any{}
	}
	return r.Any(nil)
}

// AppendXML appends the content. It is an error if m is not well-formed by itself.
func (m Mixed) AppendXML(b []byte) ([]byte, error) {
	r := NewReader(nil, Options{})
	r.resetFragment(string(m))
	for r.Next() != EOF {
	}
	if err := r.Err(); err != nil {
		return b, err
	}
	return append(b, m...), nil
}

// Any is the value of an element of type xs:anyType: any attributes and any content. The zero value is an empty element.
type Any struct {
	Attributes []Attribute
	Content    Mixed
}

// Attribute is an attribute of an [Any]. A namespace declaration is one in the namespace [XMLNSSpace]; its local name is
// the prefix, or xmlns for the default namespace.
type Attribute struct {
	Name  Name
	Value string
}

// AppendAttributes appends the attributes, each with a space before it, as they stand in a start tag. Prefixes come from
// the namespace declarations among them; a namespace that has none gets a declaration of its own. An attribute that is there twice
// is an error.
func (a *Any) AppendAttributes(b []byte) ([]byte, error) {
	begin, made := len(b), madePrefixes{}
	var seen map[Name]bool
	if len(a.Attributes) > 1 {
		seen = make(map[Name]bool, len(a.Attributes))
	}
	for _, at := range a.Attributes {
		if seen[at.Name] {
			return b[:begin], &SyntaxError{Line: 1, Column: 1, Text: "the attribute " + at.Name.String() + " occurs twice"}
		}
		if seen != nil {
			seen[at.Name] = true
		}
		var err error
		if b, err = a.appendAttribute(b, at, &made); err != nil {
			return b[:begin], err
		}
	}
	return b, nil
}

func (a *Any) appendAttribute(b []byte, at Attribute, made *madePrefixes) ([]byte, error) {
	prefix := ""
	switch at.Name.Space {
	case "":
	case XMLSpace:
		prefix = "xml"
	case XMLNSSpace:
		if at.Name.Local != "xmlns" {
			prefix = "xmlns"
		}
	default:
		if prefix = a.prefix(at.Name.Space); prefix != "" {
			break
		}
		var known bool
		if prefix, known = made.of(a, at.Name.Space); known {
			break
		}
		var err error
		if b, err = AppendAttr(append(append(append(b, " xmlns:"...), prefix...), '=', '"'), at.Name.Space); err != nil {
			return b, err
		}
		b = append(b, '"')
	}
	if !IsNCName(at.Name.Local) {
		return b, &SyntaxError{Line: 1, Column: 1, Text: "the attribute name " + at.Name.Local + " is not a name"}
	}
	b = append(b, ' ')
	if prefix != "" {
		b = append(append(b, prefix...), ':')
	}
	b = append(append(b, at.Name.Local...), '=', '"')
	b, err := AppendAttr(b, at.Value)
	return append(b, '"'), err
}

// madePrefixes are the prefixes that a start tag declares for attributes which bring none along.
type madePrefixes struct {
	next  int
	names map[string]string // by namespace
}

// of returns the prefix for space, and whether it has been declared. A new one is none that a declares.
func (m *madePrefixes) of(a *Any, space string) (prefix string, declared bool) {
	if prefix, declared = m.names[space]; declared {
		return prefix, true
	}
	for prefix = madePrefix(m.next); a.declares(prefix); prefix = madePrefix(m.next) {
		m.next++
	}
	m.next++
	if m.names == nil {
		m.names = map[string]string{}
	}
	m.names[space] = prefix
	return prefix, false
}

func madePrefix(n int) string {
	const digits = "0123456789"
	s := ""
	for ; n >= len(digits); n /= len(digits) {
		s = digits[n%len(digits):][:1] + s
	}
	return "a" + digits[n:][:1] + s
}

// prefix returns the prefix that the attributes declare for space; empty when none does.
func (a *Any) prefix(space string) string {
	for _, at := range a.Attributes {
		if at.Name.Space == XMLNSSpace && at.Name.Local != "xmlns" && at.Value == space {
			return at.Name.Local
		}
	}
	return ""
}

func (a *Any) declares(prefix string) bool {
	for _, at := range a.Attributes {
		if at.Name.Space == XMLNSSpace && at.Name.Local == prefix {
			return true
		}
	}
	return false
}

// Raw reads the element whose start tag is the current token through its end tag and returns it. When content is not nil it
// is called once, after the start tag, and must read through the end tag itself; nil skips to it. Of a document that turns
// out to be malformed the zero value is returned.
func (r *Reader) Raw(content func()) RawElement {
	r.serial++
	serial, depth := r.serial, len(r.stack)
	outer := int(r.current().binds)
	c := capture{tag: 1 + len(r.QName()), outer: outer, name: r.Name(), own: slices.Clone(r.binds[outer:]), begin: r.start, xsi: r.hasXSI}
	r.useTag()
	if content == nil {
		r.Skip()
	} else {
		content()
	}
	if r.err != nil || len(r.stack) != depth-1 {
		return RawElement{}
	}
	return RawElement{Name: c.name, XML: r.captured(&c, serial)}
}

// capture is an element being kept.
type capture struct {
	tag   int // bytes of the start tag up to the end of its name
	outer int // bindings in scope outside of it
	name  Name
	own   []binding // what its start tag declares
	begin int       // of the start tag, in the text being read
	xsi   bool      // the start tag has an attribute like xsi:type, whose value is a qualified name
}

// captured returns the source of the element that has just been read, with the declarations it needs.
func (r *Reader) captured(c *capture, serial int) string {
	source := r.s[c.begin:r.pos]
	var b strings.Builder
	b.WriteString(source[:c.tag])
	outer := r.binds[:c.outer]
	for i := 1; i < len(outer); i++ { // the first is the prefix xml, which needs no declaration
		d := &outer[i]
		same := func(o binding) bool { return o.prefix == d.prefix }
		if slices.ContainsFunc(outer[i+1:], same) || slices.ContainsFunc(c.own, same) || !c.needs(d, source, serial) {
			continue
		}
		b.WriteString(" xmlns")
		if d.prefix != "" {
			b.WriteString(":" + d.prefix)
		}
		uri, _ := AppendAttr(nil, d.uri)
		b.WriteString(`="` + string(uri) + `"`)
	}
	b.WriteString(source[c.tag:])
	if r.dtd != nil {
		return r.expandAll(b.String(), nil)
	}
	return b.String()
}

// useTag marks the bindings that the current start tag uses.
func (r *Reader) useTag() {
	r.lookup(r.prefixOf(r.current()))
	for i := range r.attrs {
		if a := &r.attrs[i]; a.colon > 0 {
			r.lookup(a.name[:a.colon])
		}
	}
}

// needs reports whether the element, captured under serial, needs the binding d of an outer element: because it names
// something with it, or may hold a qualified name in a value.
func (c *capture) needs(d *binding, source string, serial int) bool {
	if d.used >= serial {
		return true
	}
	if d.prefix == "" {
		return c.xsi && d.uri != ""
	}
	return mentions(source, d.prefix)
}

// mentions reports whether the prefix stands before a colon somewhere in source, not as the end of a longer name.
func mentions(source, prefix string) bool {
	for {
		i := strings.Index(source, prefix+":")
		if i < 0 {
			return false
		}
		if i == 0 || !isNameByte(source[i-1]) {
			return true
		}
		source = source[i+len(prefix):]
	}
}

// isNameByte reports whether c may be, or be part of, a character of a name.
func isNameByte(c byte) bool {
	return c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == ':'
}

// Mixed reads the content of the element whose start tag is the current token, through its end tag, and returns it. When
// child is not nil it is called on every child's start tag and must read through its end tag; nil skips them.
func (r *Reader) Mixed(child func()) Mixed {
	var b strings.Builder
	for depth := len(r.stack); ; {
		switch r.Next() {
		case StartElement:
			b.WriteString(r.Raw(child).XML)
		case EndElement:
			if len(r.stack) < depth {
				return Mixed(b.String())
			}
		case EOF:
			return ""
		default:
			b.WriteString(r.Source())
		}
	}
}

// Any reads the attributes and content of the element whose start tag is the current token, through its end tag. child is
// that of [Reader.Mixed]. Namespace declarations that a value may refer to by prefix are kept as attributes.
func (r *Reader) Any(child func()) Any {
	var a Any
	for i := range r.attrs {
		at := &r.attrs[i]
		if prefix, _, ok := strings.Cut(at.Value, ":"); ok && IsNCName(prefix) && !a.declares(prefix) {
			if uri, ok := r.LookupPrefix(prefix); ok && uri != "" && prefix != "xml" {
				a.Attributes = append(a.Attributes, Attribute{Name{XMLNSSpace, prefix}, uri})
			}
		}
		a.Attributes = append(a.Attributes, Attribute{at.Name(), at.Value})
	}
	a.Content = r.Mixed(child)
	return a
}
