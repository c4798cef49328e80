package xsdrun

import (
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// DefaultMaxOffender is how many bytes of an element [Offender] returns whole.
const DefaultMaxOffender = 4096

// Offender reads doc again, up to the place of a fault that was found in it, and says where that is: the names of the
// elements that are open there, the root first, and the innermost of them as it came. Of an element that is larger than
// [DefaultMaxOffender] it keeps the start tag alone. It returns nothing for a document that is not well-formed.
func Offender(doc []byte, opts xmlstream.Options, offset int) (open []xmlstream.Name, el *xmlstream.RawElement) {
	open, nth := openAt(doc, opts, offset)
	if nth == 0 {
		return nil, nil
	}
	r := xmlstream.NewReader(nil, opts)
	r.Reset(doc)
	for nth > 0 {
		switch r.Next() {
		case xmlstream.StartElement:
			nth--
		case xmlstream.EOF:
			return nil, nil
		}
	}
	tag := r.QName()
	raw := r.Raw(nil)
	if raw.XML == "" {
		return nil, nil
	}
	raw.XML = strings.Clone(raw.XML)
	if len(raw.XML) > DefaultMaxOffender {
		raw.XML = startTagOf(raw.XML) + "</" + tag + ">"
	}
	if len(raw.XML) > DefaultMaxOffender {
		return open, nil
	}
	return open, &raw
}

// openAt returns the elements that are open at offset, and how many start tags lead to the innermost of them.
func openAt(doc []byte, opts xmlstream.Options, offset int) (open []xmlstream.Name, nth int) {
	r := xmlstream.NewReader(nil, opts)
	r.Reset(doc)
	var numbers []int
	count := 0
	for {
		kind := r.Next()
		if kind == xmlstream.EOF {
			return nil, 0
		}
		if kind == xmlstream.StartElement && r.Offset() <= offset {
			count++
			open, numbers = append(open, xmlstream.Name{Space: strings.Clone(r.URI()), Local: strings.Clone(r.Local())}), append(numbers, count)
		}
		if r.End() > offset && len(open) > 0 {
			return open, numbers[len(numbers)-1]
		}
		if kind == xmlstream.EndElement {
			open, numbers = open[:len(open)-1], numbers[:len(numbers)-1]
		}
	}
}

// startTagOf is the start tag of an element.
func startTagOf(xml string) string {
	quote := byte(0)
	for i := range len(xml) {
		switch c := xml[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '>':
			return strings.TrimSuffix(xml[:i], "/") + ">"
		}
	}
	return ""
}

// Knows reports whether an element of that name may stand somewhere in the content, by a particle of its own: wildcards do
// not count.
func (m *Model) Knows(spaces *xmlstream.Spaces, name xmlstream.Name) bool {
	space := spaces.Index(name.Space)
	for i := range m.Particles {
		if p := &m.Particles[i]; p.Any == nil && p.Space == space && p.Local == name.Local {
			return true
		}
	}
	return false
}
