package xmlstream

import "strings"

// The documents of a protocol repeat their tags: the same namespaces are declared by the same bytes, the same attributes
// have the same few values. So a Reader remembers the start tags with attributes that it has read, across documents, and takes
// one apart only if it is not one of them. What is remembered are places in the tag, never strings of a document.
//
// A tag is remembered with its bytes up to the '>', which decide what is in it: names, values, declarations. What depends on
// the elements around it, which is the namespaces of its prefixes, is looked up each time.
const (
	memoryBits   = 5   // two to this power is the number of tags that are remembered
	memorySource = 120 // bytes of a tag that is
	memoryParts  = 4   // attributes and declarations of a tag that is
)

// memory is a start tag that has been read.
type memory struct {
	size   uint8 // of the tag; 0 for none
	name   uint8 // where its name ends
	count  uint8 // of parts
	empty  bool  // it is an empty-element tag
	parts  [memoryParts]memoryPart
	source [memorySource]byte
}

// memoryPart is an attribute or a namespace declaration, by its places in the tag: name="value".
type memoryPart struct {
	name, equals, value, quote uint8
	colon                      int8 // in the name; -1 for none
	declares                   bool
	info                       TextInfo
	space                      int32 // of a declaration
}

// memoryOf returns the two places where the start tag may be remembered whose name ends at r.s[end]; ok is false if it cannot
// be.
func (r *Reader) memoryOf(end int) (first, second *memory, ok bool) {
	if r.memories == nil || r.dtd != nil || end < 8 || end+8 > len(r.s) {
		return nil, nil, false
	}
	const mix = 0x9E3779B97F4A7C15 // spreads any bits over the high ones
	i := (load(r.s, end-8) + 31*load(r.s, end)) * mix >> (64 - memoryBits)
	return &r.memories[i], &r.memories[i^1], true
}

// recall reads the rest of the start tag at r.s[begin], whose name ends at r.s[end], if it is the one remembered. It returns
// the place of its '>', or 0.
func (r *Reader) recall(m *memory, begin, end int) int {
	s, size := r.s, int(m.size)
	if size == 0 || int(m.name) != end-begin || len(s)-begin < size || s[begin:begin+size] != string(m.source[:size]) {
		return 0
	}
	tag := s[begin : begin+size]
	for i := range m.parts[:m.count] {
		p := &m.parts[i]
		name, value := tag[p.name:p.equals], tag[p.value:p.quote]
		if p.declares {
			r.binds = append(r.binds, binding{prefix: name[max(5, p.colon+1):], uri: value, space: int(p.space)})
			continue
		}
		a := r.addAttr()
		a.Space, a.Value, a.Info, a.Offset = 0, value, p.info, r.base+begin+int(p.name)
		a.name, a.colon, a.uri = name, int(p.colon), ""
	}
	r.pendingEnd = m.empty
	return begin + size - 1
}

// remember keeps the start tag r.s[begin:last+1], whose name ends at r.s[end] and which has the bindings from mark on, unless
// it is written in an unusual way.
func (r *Reader) remember(m *memory, begin, end, last, mark int) {
	tag, attrs, binds := r.s[begin:last+1], r.attrs, r.binds[mark:]
	m.size, m.count = 0, 0
	if len(tag) > memorySource || len(attrs)+len(binds) > memoryParts {
		return
	}
	i := end - begin
	m.name, m.empty = uint8(i), r.pendingEnd
	for len(attrs)+len(binds) > 0 {
		p := &m.parts[m.count]
		rest := tag[i:]
		equals := strings.IndexByte(rest, '=')
		if rest[0] != ' ' || equals+1 >= len(rest) || rest[equals+1] != '"' {
			return
		}
		quote := equals + 2 + strings.IndexByte(rest[equals+2:], '"')
		name, value := rest[1:equals], rest[equals+2:max(quote, equals+2)]
		*p = memoryPart{
			name: uint8(i + 1), equals: uint8(i + equals), value: uint8(i + equals + 2), quote: uint8(i + quote),
			colon: int8(strings.IndexByte(name, ':')),
		}
		switch {
		case len(attrs) > 0 && attrs[0].name == name && attrs[0].Value == value:
			p.info, attrs = attrs[0].Info, attrs[1:]
		case len(binds) > 0 && binds[0].declaredBy(name) && binds[0].uri == value:
			p.declares, p.space, binds = true, int32(binds[0].space), binds[1:]
		default: // more white space, or a value that was normalised
			return
		}
		m.count++
		i += quote + 1
	}
	if rest := tag[i:]; rest == ">" || rest == "/>" {
		m.size = uint8(copy(m.source[:], tag))
	}
}

// declaredBy reports whether name is the attribute that declares the binding's prefix.
func (b *binding) declaredBy(name string) bool {
	prefix, ok := strings.CutPrefix(name, "xmlns:")
	return ok && prefix == b.prefix || name == "xmlns" && b.prefix == ""
}
