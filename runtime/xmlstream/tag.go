package xmlstream

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// fewAttributes is how many attributes are compared pair by pair for duplicates; more are sorted.
const fewAttributes = 8

// startTag reads the start tag at r.pos.
func (r *Reader) startTag() Kind {
	end, colon := r.qname(r.pos + 1)
	if end < 0 {
		return EOF
	}
	if len(r.stack) == 0 && r.sawRoot && !r.fragment {
		return r.fail(r.pos, "a second root element")
	}
	r.sawRoot = true
	return r.openTag(r.pos+1, end, colon)
}

// openTag reads the start tag at r.pos, whose name is r.s[begin:end].
func (r *Reader) openTag(begin, end, colon int) Kind {
	if len(r.stack) >= r.opts.MaxDepth {
		return r.limit(r.pos, "MaxDepth", r.opts.MaxDepth)
	}
	s, mark := r.s, len(r.binds)
	e := r.push(begin, end)
	e.colon, e.binds = int32(colon), int32(mark)
	r.attrs, r.hasXSI = r.attrs[:0], false
	if end < len(s) && s[end] != '>' {
		if end = r.parts(begin-1, end, mark); end < 0 {
			return EOF
		}
	}
	if end >= len(s) {
		return r.fail(end, fmt.Sprintf("the document ends inside the tag <%s", r.nameOf(e)))
	}
	r.pos, r.kind = end+1, StartElement
	if r.dtd != nil && !r.applyDefaults(e, mark) {
		return EOF
	}
	return r.resolve(e, mark)
}

// prefixOf returns the prefix of the element's name.
func (r *Reader) prefixOf(e *open) string { return r.nameOf(e)[:max(e.colon, 0)] }

// push makes the stack one higher, by an element of the name r.s[begin:end].
func (r *Reader) push(begin, end int) *open {
	n := len(r.stack)
	if n == cap(r.stack) {
		r.stack = append(r.stack, open{})
	} else {
		r.stack = r.stack[:n+1]
	}
	r.elem = n
	e := &r.stack[n]
	e.begin, e.end = begin, end
	if len(r.frames) > 0 {
		e.begin, e.end = len(r.inside), -1
		r.inside = append(r.inside, r.s[begin:end])
	}
	return e
}

// qname reads the name at r.s[i] and returns its end and the place of its colon, counted from i. The end is -1 after a fault.
func (r *Reader) qname(i int) (end, colon int) {
	s := r.s
	end, colon = i, -1
	for end < len(s) && class[s[end]]&inName != 0 {
		end++
	}
	if end < len(s) && s[end] == ':' {
		colon = end - i
		for end++; end < len(s) && class[s[end]]&inName != 0; end++ {
		}
	}
	local := i + colon + 1
	if end == len(s) || class[s[end]]&inHigh != 0 || s[end] == ':' || local == end || colon == 0 ||
		class[s[i]]&class[s[local]]&inStart == 0 || end-i > r.opts.MaxName {
		return r.oddName(i)
	}
	return end, colon
}

// oddName is qname for names beyond ASCII, and for what is none.
func (r *Reader) oddName(i int) (end, colon int) {
	s := r.s
	end, colon = scanName(s, i), -1
	if end < len(s) && s[end] == ':' && end > i {
		colon = end - i
		local := end + 1
		if end = scanName(s, local); end == local {
			end = i
		}
	}
	switch {
	case end == i || end < len(s) && s[end] == ':':
		r.fail(i, "expected a name")
		return -1, -1
	case end-i > r.opts.MaxName:
		r.limit(i, "MaxName", r.opts.MaxName)
		return -1, -1
	}
	return end, colon
}

// parts reads the start tag at r.s[begin] from the end of its name to its '>', whose place it returns; -1 after a fault.
func (r *Reader) parts(begin, end, mark int) int {
	first, second, ok := r.memoryOf(end)
	if !ok {
		return r.attributes(end)
	}
	if last := r.recall(first, begin, end); last > 0 {
		return last
	}
	if last := r.recall(second, begin, end); last > 0 {
		return last
	}
	if first.size != 0 {
		first = second
	}
	last := r.attributes(end)
	if last > 0 && last < len(r.s) {
		r.remember(first, begin, end, last, mark)
	}
	return last
}

// addAttr makes room for one attribute more.
func (r *Reader) addAttr() *Attr {
	n := len(r.attrs)
	if n < cap(r.attrs) {
		r.attrs = r.attrs[:n+1]
	} else {
		r.attrs = append(r.attrs, Attr{})
	}
	return &r.attrs[n]
}

// attributes reads from after the element's name to the tag's '>', whose place it returns; -1 after a fault.
func (r *Reader) attributes(i int) int {
	s, mark := r.s, len(r.binds)
	for {
		from := i
		i = skipSpace(s, i)
		if i == len(s) {
			return i
		}
		switch {
		case s[i] == '>':
			return i
		case s[i] == '/':
			if i+1 < len(s) && s[i+1] == '>' {
				r.pendingEnd = true
				return i + 1
			}
			r.fail(i, "expected /> at the end of the tag")
			return -1
		case i == from:
			r.fail(i, "expected white space between attributes")
			return -1
		}
		if len(r.attrs)+len(r.binds)-mark >= r.opts.MaxAttributes {
			r.limit(i, "MaxAttributes", r.opts.MaxAttributes)
			return -1
		}
		if i = r.attribute(i); i < 0 {
			return -1
		}
	}
}

// attribute reads one attribute and returns the place after it; -1 after a fault.
func (r *Reader) attribute(begin int) int {
	s := r.s
	end, colon := r.qname(begin)
	if end < 0 {
		return -1
	}
	i := skipSpace(s, end)
	if i >= len(s) || s[i] != '=' {
		r.fail(min(i, len(s)), fmt.Sprintf("expected = after the attribute name %s", s[begin:end]))
		return -1
	}
	i = skipSpace(s, i+1)
	if i >= len(s) || s[i] != '"' && s[i] != '\'' {
		r.fail(min(i, len(s)), fmt.Sprintf("expected the quoted value of the attribute %s", s[begin:end]))
		return -1
	}
	value, info, i := r.attrValue(i)
	if i < 0 {
		return -1
	}
	if colon == 5 && s[begin:begin+5] == "xmlns" || colon < 0 && s[begin:end] == "xmlns" {
		r.addAttribute(Attr{Value: value, Info: info, Offset: r.outer(begin), name: s[begin:end], colon: colon})
		if r.err != nil {
			return -1
		}
		return i
	}
	a := r.addAttr()
	a.Space, a.Value, a.Info, a.Offset = 0, value, info, r.outer(begin)
	a.name, a.colon, a.uri = s[begin:end], colon, ""
	return i
}

// addAttribute files an attribute: as a namespace declaration, or as what the program sees.
func (r *Reader) addAttribute(a Attr) {
	switch {
	case a.colon == 5 && strings.HasPrefix(a.name, "xmlns:"):
		r.bind(a.name[6:], a)
	case a.name == "xmlns":
		r.bind("", a)
	default:
		r.attrs = append(r.attrs, a)
	}
}

// bind declares a namespace (Namespaces in XML, 3 and its constraints).
func (r *Reader) bind(prefix string, a Attr) {
	uri := a.Value
	switch {
	case prefix == "xmlns":
		r.failAt(a.Offset, "the prefix xmlns must not be declared")
	case prefix == "xml" && uri != XMLSpace:
		r.failAt(a.Offset, "the prefix xml stands for "+XMLSpace+" only")
	case uri == XMLSpace && prefix != "xml", uri == XMLNSSpace:
		r.failAt(a.Offset, "the namespace "+uri+" must not be declared")
	case uri == "" && prefix != "":
		r.failAt(a.Offset, fmt.Sprintf("the prefix %s is declared empty", prefix))
	}
	r.binds = append(r.binds, binding{prefix: prefix, uri: uri, space: r.spaces.Index(uri)})
}

// resolve gives the tag's names their namespaces and refuses duplicates. It completes the token.
func (r *Reader) resolve(e *open, mark int) Kind {
	if r.err != nil { // of a declaration
		r.pendingEnd = false
		return EOF
	}
	prefix := r.prefixOf(e)
	if n := len(r.stack) - 2; n >= 0 && len(r.binds) == mark && r.prefixOf(&r.stack[n]) == prefix {
		e.bind, e.space = r.stack[n].bind, r.stack[n].space // as its parent
		r.binds[e.bind].used = r.serial
	} else {
		at := r.lookup(prefix)
		if at < 0 {
			return r.fail(r.start, fmt.Sprintf("the prefix %s is not declared", prefix))
		}
		e.bind, e.space = int32(at), int32(r.binds[at].space)
	}
	if len(r.attrs) == 0 && len(r.binds)-mark < 2 {
		return StartElement
	}
	for i := range r.attrs {
		if a := &r.attrs[i]; a.colon > 0 {
			at := r.lookup(a.name[:a.colon])
			if at < 0 {
				return r.failAt(a.Offset, fmt.Sprintf("the prefix %s is not declared", a.name[:a.colon]))
			}
			b := &r.binds[at]
			a.Space, a.uri = b.space, b.uri
			r.hasXSI = r.hasXSI || b.uri == XSISpace
		}
	}
	if len(r.attrs) > 1 && r.duplicateAttribute() || len(r.binds)-mark > 1 && r.duplicateBinding(mark) {
		return EOF
	}
	return r.kind
}

// duplicateAttribute fails when two attributes have one expanded name.
func (r *Reader) duplicateAttribute() bool {
	compare := func(a, b *Attr) int {
		return cmp.Or(cmp.Compare(a.Local(), b.Local()), cmp.Compare(a.uri, b.uri))
	}
	if len(r.attrs) <= fewAttributes {
		for i := 1; i < len(r.attrs); i++ {
			for j := range i {
				if a, b := &r.attrs[i], &r.attrs[j]; a.Local() == b.Local() && a.uri == b.uri {
					return r.duplicate(a.Offset, a.name)
				}
			}
		}
		return false
	}
	r.order = r.order[:0]
	for i := range r.attrs {
		r.order = append(r.order, i)
	}
	slices.SortFunc(r.order, func(i, j int) int { return cmp.Or(compare(&r.attrs[i], &r.attrs[j]), i-j) })
	for k := 1; k < len(r.order); k++ {
		if a := &r.attrs[r.order[k]]; compare(&r.attrs[r.order[k-1]], a) == 0 {
			return r.duplicate(a.Offset, a.name)
		}
	}
	return false
}

// duplicateBinding fails when one prefix was declared twice in the tag.
func (r *Reader) duplicateBinding(mark int) bool {
	own := r.binds[mark:]
	if len(own) <= fewAttributes {
		for i := 1; i < len(own); i++ {
			for j := range i {
				if own[i].prefix == own[j].prefix {
					return r.duplicate(r.outer(r.start), "xmlns:"+own[i].prefix)
				}
			}
		}
		return false
	}
	r.order = r.order[:0]
	for i := range own {
		r.order = append(r.order, i)
	}
	slices.SortFunc(r.order, func(i, j int) int { return cmp.Compare(own[i].prefix, own[j].prefix) })
	for k := 1; k < len(r.order); k++ {
		if a := &own[r.order[k]]; own[r.order[k-1]].prefix == a.prefix {
			return r.duplicate(r.outer(r.start), "xmlns:"+a.prefix)
		}
	}
	return false
}

func (r *Reader) duplicate(offset int, name string) bool {
	r.failAt(offset, fmt.Sprintf("the attribute %s occurs twice", strings.TrimSuffix(name, ":")))
	return true
}

// endAt reads the end tag of e, the innermost open element, if it stands at r.s[i] and is written in the usual way.
func (r *Reader) endAt(i int, e *open) bool {
	s, from, n := r.s, e.begin, e.end-e.begin
	after := i + 2 + n
	if n < 0 || len(r.frames) != 0 || after >= len(s) || s[i] != '<' || s[i+1] != '/' || s[after] != '>' {
		return false
	}
	switch {
	case i+10 > len(s) || n > 16:
		if s[i+2:after] != s[from:from+n] {
			return false
		}
	case n >= 8:
		if load(s, i+2) != load(s, from) || load(s, after-8) != load(s, from+n-8) {
			return false
		}
	default:
		if (load(s, i+2)^load(s, from))<<(64-8*uint(n)) != 0 {
			return false
		}
	}
	r.pos = after + 1
	r.closeElement()
	return true
}

// endTag reads the end tag at r.pos.
func (r *Reader) endTag() Kind {
	if len(r.stack) == 0 {
		return r.fail(r.pos, "an end tag without a start tag")
	}
	s, i := r.s, r.pos+2
	want := r.Open(len(r.stack) - 1)
	if len(s)-i <= len(want) || s[i:i+len(want)] != want {
		return r.endTagFault(i, want)
	}
	i += len(want)
	if s[i] != '>' {
		end := skipSpace(s, i)
		if end == len(s) || s[end] != '>' || end == i {
			return r.endTagFault(r.pos+2, want)
		}
		i = end
	}
	if n := len(r.frames); n > 0 && r.frames[n-1].depth == len(r.stack) {
		return r.fail(r.pos, "an entity ends an element that it did not begin")
	}
	r.pos = i + 1
	return r.closeElement()
}

func (r *Reader) endTagFault(i int, want string) Kind {
	end := scanName(r.s, i)
	for end < len(r.s) && r.s[end] == ':' {
		end = max(scanName(r.s, end+1), end+1)
	}
	got := r.s[i:end]
	if got == want {
		return r.fail(end, fmt.Sprintf("expected > to end </%s", want))
	}
	if len(got) > 64 {
		got = strings.ToValidUTF8(got[:64], "") + "..."
	}
	return r.fail(r.pos, fmt.Sprintf("</%s> where </%s> was expected", got, want))
}

// closeElement makes the end of the innermost element the current token.
func (r *Reader) closeElement() Kind {
	n := len(r.stack) - 1
	e := &r.stack[n]
	r.elem, r.stack = n, r.stack[:n]
	r.ended, r.binds = len(r.binds), r.binds[:e.binds]
	if e.end < 0 {
		r.inside = r.inside[:e.begin]
	}
	r.kind = EndElement
	return EndElement
}

// attrValue reads the quoted value at r.s[i]. It returns the value, normalised, and the place after the closing quote; -1
// after a fault.
func (r *Reader) attrValue(i int) (value string, info TextInfo, end int) {
	s, quote := r.s, r.s[i]
	i++
	for begin := i; ; {
		for i < len(s) && class[s[i]]&inQuiet != 0 {
			if s[i] == ' ' {
				info |= HasSpace
			}
			i++
		}
		if i == len(s) {
			r.fail(i, "the document ends inside an attribute value")
			return "", 0, -1
		}
		switch c := s[i]; {
		case c == quote:
			value = s[begin:i]
			if info&needDecode != 0 {
				var ok bool
				if value, ok = r.normalise(value, begin); !ok {
					return "", 0, -1
				}
				info = anyInfo
			}
			return value, info, i + 1
		case c == '&', class[c]&inSpace != 0:
			info |= needDecode
			i++
		case c == '"', c == '\'':
			i++
		default:
			n := r.char(i, "an attribute value")
			if n == 0 {
				return "", 0, -1
			}
			info |= HasHigh
			i += n
		}
	}
}

// char checks the character at r.s[i], which is not one of ASCII that may stand there, and returns its length; 0 after a
// fault.
func (r *Reader) char(i int, where string) int {
	c, n := utf8.DecodeRuneInString(r.s[i:])
	switch {
	case c == utf8.RuneError && n <= 1:
		r.fail(i, "the document is not valid UTF-8")
	case c == '<':
		r.fail(i, "'<' in "+where)
	case !IsChar(c):
		r.fail(i, fmt.Sprintf("the character U+%04X cannot stand in XML", c))
	default:
		return n
	}
	return 0
}
