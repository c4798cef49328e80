package xmlstream

import (
	"fmt"
	"slices"
	"strings"
)

// MaxEntityDepth is how deep declared entities may refer to each other.
const MaxEntityDepth = 64

// referenceCost is what a reference counts towards the limit on expansion besides the bytes it produces, so that many short
// entities are not cheaper than a long one.
const referenceCost = 16

// entity is a declared general entity.
type entity struct {
	value    string // replacement text of an internal one
	external bool
	unparsed bool // an external one with NDATA, which attributes may name
}

// UnparsedEntity reports whether the document type declaration declares an unparsed entity of that name, which is what a value of
// the type ENTITY of XML Schema names. Without a declaration, or where one is refused, there are none.
func (r *Reader) UnparsedEntity(name string) bool {
	if r.dtd == nil {
		return false
	}
	e := r.dtd.entities[name]
	return e != nil && e.unparsed
}

// enterEntity begins to read the entity that the reference at r.pos names.
func (r *Reader) enterEntity() Kind {
	ref, _ := r.reference(r.s, r.pos)
	if len(r.stack) == 0 && !r.fragment {
		return r.fail(r.pos, "an entity reference outside of the root element")
	}
	names := make([]string, len(r.frames))
	for i := range r.frames {
		names[i] = r.frames[i].name
	}
	e := r.expand(ref.name, r.pos, names)
	if e == nil {
		return EOF
	}
	r.frames = append(r.frames, frame{r.s, ref.end, r.outer(r.pos), ref.name, len(r.stack)})
	r.s, r.pos = e.value, 0
	return again
}

// leaveEntity returns to the text that refers to the entity being read.
func (r *Reader) leaveEntity() bool {
	n := len(r.frames) - 1
	f := r.frames[n]
	if len(r.stack) != f.depth {
		r.fail(0, fmt.Sprintf("the entity %s begins an element that it does not end", f.name))
		return false
	}
	r.s, r.pos, r.frames = f.s, f.pos, r.frames[:n]
	return true
}

// expand returns the entity of that name if it may be used inside of those in chain; nil after a fault at offset.
func (r *Reader) expand(name string, offset int, chain []string) *entity {
	e := r.dtd.entities[name]
	switch {
	case e.external:
		r.fail(offset, fmt.Sprintf("the entity %s is external, and nothing external is fetched", name))
		return nil
	case slices.Contains(chain, name):
		r.fail(offset, fmt.Sprintf("the entity %s refers to itself", name))
		return nil
	case len(chain) >= MaxEntityDepth:
		r.fail(offset, fmt.Sprintf("entities refer to each other more than %d deep", MaxEntityDepth))
		return nil
	}
	if r.expanded += len(e.value) + referenceCost; r.expanded > r.opts.MaxExpansion {
		r.limit(offset, "MaxExpansion", r.opts.MaxExpansion)
		return nil
	}
	return e
}

// normalise returns the value of an attribute written as text, which began at offset (XML 1.0, 3.3.3, for CDATA).
func (r *Reader) normalise(text string, offset int) (string, bool) {
	b, ok := r.appendNormalised(make([]byte, 0, len(text)), text, offset, nil)
	return view(b), ok
}

// appendNormalised appends the value of text, which stands inside of the entities of chain.
func (r *Reader) appendNormalised(b []byte, text string, offset int, chain []string) ([]byte, bool) {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '\r':
			if len(chain) == 0 && strings.HasPrefix(text[i:], "\r\n") {
				i++
			}
			b, i = append(b, ' '), i+1
		case '\t', '\n':
			b, i = append(b, ' '), i+1
		case '<':
			r.fail(offset, "'<' in an attribute value")
			return b, false
		case '&':
			ref, fault := r.parseReference(text, i)
			if fault != "" {
				at := offset
				if len(chain) == 0 {
					at += i
				}
				r.fail(at, fault)
				return b, false
			}
			i = ref.end
			if ref.name == "" {
				b = appendRune(b, ref.char)
				continue
			}
			e := r.expand(ref.name, offset, chain)
			if e == nil {
				return b, false
			}
			var ok bool
			if b, ok = r.appendNormalised(b, e.value, offset, append(chain, ref.name)); !ok {
				return b, false
			}
		default:
			b, i = append(b, c), i+1
		}
	}
	return b, true
}

// expandAll replaces the references to declared entities in content, which is well-formed, so that it can stand in another
// document. What would exceed the limit on expansion stays a reference.
func (r *Reader) expandAll(content string, chain []string) string {
	var b []byte
	for content != "" {
		i := strings.IndexAny(content, "&<")
		if i < 0 {
			break
		}
		b, content = append(b, content[:i]...), content[i:]
		if n := opaqueLen(content); n > 0 {
			b, content = append(b, content[:n]...), content[n:]
			continue
		}
		ref, fault := reference{}, "not a reference"
		if content[0] == '&' {
			ref, fault = r.parseReference(content, 0)
		}
		switch {
		case fault != "":
			b, content = append(b, content[0]), content[1:]
			continue
		case ref.name == "":
			b = append(b, content[:ref.end]...)
		case slices.Contains(chain, ref.name) || r.expanded > r.opts.MaxExpansion:
			b = append(b, content[:ref.end]...)
		default:
			value := r.dtd.entities[ref.name].value
			r.expanded += len(value) + referenceCost
			b = append(b, r.expandAll(value, append(chain, ref.name))...)
		}
		content = content[ref.end:]
	}
	return string(append(b, content...))
}

// opaqueLen returns the length of the comment, CDATA section or processing instruction that s begins with; 0 when there is
// none.
func opaqueLen(s string) int {
	for _, d := range [...][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if strings.HasPrefix(s, d[0]) {
			return strings.Index(s, d[1]) + len(d[1])
		}
	}
	return 0
}
