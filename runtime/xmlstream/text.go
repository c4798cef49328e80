package xmlstream

import (
	"fmt"
	"math/bits"
	"strings"
)

// charData reads the character data at r.pos, which begins with neither a tag nor the end of the text.
func (r *Reader) charData() Kind {
	end, info := r.scanText(r.pos)
	if end >= 0 && r.stream != nil {
		end = r.cutText(end)
	}
	if end < 0 {
		return EOF
	}
	if end == r.pos { // a reference to a declared entity
		return r.enterEntity()
	}
	r.text, r.info = r.s[r.pos:end], info
	if len(r.stack) == 0 && !r.fragment && !r.IsSpace() {
		return r.fail(r.pos, "character data outside of the root element")
	}
	r.pos, r.kind = end, Text
	return Text
}

// quiet passes over characters of s that need no attention, eight at a time, and returns where it stopped: at one that may,
// or less than eight bytes before the end. The info says whether there were spaces.
func quiet(s string, i int) (end int, info TextInfo) {
	spaces := uint64(0)
	for i+8 <= len(s) {
		w := load(s, i)
		stop := (w | (w - ones*' ') | zeros(w^ones*'<') | zeros(w^ones*'&') | zeros(w^ones*']')) & highs
		if stop == 0 {
			spaces |= zeros(w ^ ones*' ')
			i += 8
			continue
		}
		spaces |= zeros(w^ones*' ') & (stop&-stop - 1)
		i += bits.TrailingZeros64(stop) >> 3
		break
	}
	if spaces != 0 {
		info = HasSpace
	}
	return i, info
}

// scanText returns where the character data at r.s[i] ends: at a '<', at a reference to a declared entity, or at the end. It
// checks every character and reference on the way. The end is -1 after a fault.
func (r *Reader) scanText(i int) (end int, info TextInfo) {
	s := r.s
	for {
		var spaces TextInfo
		i, spaces = quiet(s, i)
		info |= spaces
		if i >= len(s) {
			return i, info
		}
		switch c := s[i]; {
		case c == '<':
			return i, info
		case c == ' ', c == '\n', c == '\t':
			info |= HasSpace
			i++
		case c == '\r':
			info |= HasSpace | needDecode
			i++
		case c == '&':
			ref, ok := r.reference(s, i)
			if !ok {
				return -1, 0
			}
			if ref.name != "" {
				return i, info
			}
			info |= anyInfo | needDecode
			i = ref.end
		case c == ']':
			if strings.HasPrefix(s[i:], "]]>") {
				r.fail(i, "]]> in character data")
				return -1, 0
			}
			i++
		case class[c]&inQuiet != 0, c == '"', c == '\'':
			i++
		default:
			n := r.char(i, "character data")
			if n == 0 {
				return -1, 0
			}
			info |= HasHigh
			i += n
		}
	}
}

// reference is a parsed reference: a character, or the name of an entity that is not one of the five predefined.
type reference struct {
	char rune
	name string
	end  int // after the semicolon
}

// reference parses the reference at r.s[i], which is an '&'.
func (r *Reader) reference(s string, i int) (ref reference, ok bool) {
	ref, fault := r.parseReference(s, i)
	if fault != "" {
		r.fail(i, fault)
	}
	return ref, fault == ""
}

// parseReference parses the reference at s[i], which is an '&', and says what is wrong with it.
func (r *Reader) parseReference(s string, i int) (ref reference, fault string) {
	if i+1 < len(s) && s[i+1] == '#' {
		c, end := charReference(s, i+2)
		switch {
		case end < 0:
			return reference{}, "a malformed character reference"
		case !IsChar(c):
			return reference{}, "a reference to a character that cannot stand in XML"
		}
		return reference{char: c, end: end}, ""
	}
	end, ok := r.entityName(s, i+1)
	if !ok || end == len(s) || s[end] != ';' {
		return reference{}, "'&' that begins no reference"
	}
	name := s[i+1 : end]
	if c, ok := predefined[name]; ok {
		return reference{char: c, end: end + 1}, ""
	}
	if r.dtd == nil || r.dtd.entities[name] == nil {
		return reference{}, fmt.Sprintf("the entity %s is not declared", name)
	}
	return reference{name: name, end: end + 1}, ""
}

// entityName returns where the name at s[i] ends, and -1 when there is none.
func (r *Reader) entityName(s string, i int) (end int, ok bool) {
	end = scanName(s, i)
	for end < len(s) && s[end] == ':' {
		end = max(scanNameMore(s, end+1), end+1)
	}
	if end == i || end-i > r.opts.MaxName {
		return -1, false
	}
	return end, true
}

var predefined = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// charReference parses what follows "&#" and returns the character and the place after the semicolon, which is -1 when the
// reference is malformed. A character too large for Unicode comes back as -1.
func charReference(s string, i int) (c rune, end int) {
	base, begin := rune(10), i
	if i < len(s) && s[i] == 'x' {
		base, begin, i = 16, i+1, i+1
	}
	for ; i < len(s) && s[i] != ';'; i++ {
		digit := rune(-1)
		switch d := s[i]; {
		case d >= '0' && d <= '9':
			digit = rune(d - '0')
		case base == 16 && d >= 'a' && d <= 'f':
			digit = rune(d-'a') + 10
		case base == 16 && d >= 'A' && d <= 'F':
			digit = rune(d-'A') + 10
		}
		if digit < 0 {
			return 0, -1
		}
		if c >= 0 {
			c = c*base + digit
		}
		if c > 0x10FFFF {
			c = -1
		}
	}
	if i == begin || i == len(s) {
		return 0, -1
	}
	return c, i + 1
}

// appendDecoded appends text, which scanText has passed, with its references and line ends replaced.
func (r *Reader) appendDecoded(b []byte, text string) []byte {
	for {
		i := strings.IndexAny(text, "&\r")
		if i < 0 {
			return append(b, text...)
		}
		b = append(b, text[:i]...)
		switch {
		case text[i] == '&':
			ref, _ := r.reference(text, i)
			b, text = appendRune(b, ref.char), text[max(ref.end, i+1):]
		case len(r.frames) > 0: // line ends of an entity were dealt with when it was declared
			b, text = append(b, '\r'), text[i+1:]
		default:
			b, text = append(b, '\n'), strings.TrimPrefix(text[i+1:], "\n")
		}
	}
}

// IsSpace reports whether the current [Text] token is white space alone, written without references. Such text is what may
// stand between the elements of element content.
func (r *Reader) IsSpace() bool {
	if r.info&HasSpace == 0 {
		return false
	}
	return skipSpace(r.text, 0) == len(r.text)
}

// AppendText appends the value of the current [Text] token to b.
func (r *Reader) AppendText(b []byte) []byte {
	if r.info&needDecode == 0 {
		return append(b, r.text...)
	}
	return r.appendDecoded(b, r.text)
}

// Text returns the value of the current token: character data, the inside of a comment, or a processing instruction without
// its delimiters.
func (r *Reader) Text() string {
	if r.info&needDecode == 0 {
		return r.text
	}
	return string(r.appendDecoded(nil, r.text))
}

// Content reads the character data of the element whose start tag is the current token, through its end tag. If a child
// element gets in the way, ok is false and its start tag is the current token: read through its end tag and call
// [Reader.MoreContent].
func (r *Reader) Content() (text string, info TextInfo, ok bool) {
	if r.pendingEnd {
		r.pendingEnd = false
		r.start = r.pos
		r.closeElement()
		return "", 0, true
	}
	r.start = r.pos
	begin, e := r.pos, r.current()
	end, info := quiet(r.s, begin) // nearly always that is all of it
	if r.endAt(end, e) {
		return r.s[begin:end], info, true
	}
	if r.stream != nil {
		r.scratch = r.scratch[:0]
		return r.MoreContent()
	}
	if end, info = r.scanText(begin); end < 0 {
		return "", 0, true
	}
	if info&needDecode == 0 && r.endAt(end, e) {
		return r.s[begin:end], info, true
	}
	r.scratch = r.scratch[:0]
	return r.MoreContent()
}

// MoreContent continues [Reader.Content] after a child element.
func (r *Reader) MoreContent() (text string, info TextInfo, ok bool) {
	for {
		switch r.Next() {
		case Text:
			r.scratch = r.AppendText(r.scratch)
			if r.stream != nil && len(r.scratch) > r.opts.MaxText {
				r.limit(r.start, "MaxText", r.opts.MaxText)
			}
		case StartElement:
			return "", 0, false
		case EndElement:
			return view(r.scratch), anyInfo | InScratch, true
		case EOF:
			return "", 0, true
		}
	}
}

// declarationOrComment reads the comment, CDATA section or document type declaration at r.pos.
func (r *Reader) declarationOrComment() Kind {
	rest := r.s[r.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return r.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		return r.cdata()
	case strings.HasPrefix(rest, "<!DOCTYPE"):
		return r.doctype()
	}
	return r.fail(r.pos, "a declaration that is neither a comment nor a CDATA section")
}

func (r *Reader) comment() Kind {
	begin := r.pos + 4
	n := strings.Index(r.s[begin:], "--")
	switch {
	case n < 0:
		return r.unended("a comment without an end")
	case !strings.HasPrefix(r.s[begin+n:], "-->"):
		return r.fail(begin+n, "-- in a comment")
	}
	return r.opaque(Comment, begin, begin+n, 3)
}

func (r *Reader) cdata() Kind {
	if len(r.stack) == 0 && !r.fragment {
		return r.fail(r.pos, "a CDATA section outside of the root element")
	}
	begin := r.pos + 9
	n := strings.Index(r.s[begin:], "]]>")
	if n < 0 {
		return r.unended("a CDATA section without an end")
	}
	return r.opaque(Text, begin, begin+n, 3)
}

func (r *Reader) procInst() Kind {
	begin := r.pos + 2
	target, ok := r.entityName(r.s, begin)
	n := strings.Index(r.s[begin:], "?>")
	switch {
	case !ok || target < len(r.s) && !IsSpace(r.s[target]) && r.s[target] != '?':
		return r.fail(r.pos, "a processing instruction without a target")
	case n < 0:
		return r.unended("a processing instruction without an end")
	case target > begin+n || r.s[target] == '?' && target != begin+n:
		return r.fail(r.pos, "a malformed processing instruction")
	case strings.EqualFold(r.s[begin:target], "xml"):
		return r.fail(r.pos, "an XML declaration that does not begin the document")
	case strings.Contains(r.s[begin:target], ":"):
		return r.fail(r.pos, "a colon in the target of a processing instruction")
	}
	return r.opaque(ProcInst, begin, begin+n, 2)
}

// opaque makes a token of r.s[begin:end], in which no markup is recognised, followed by a delimiter of n bytes.
func (r *Reader) opaque(k Kind, begin, end, n int) Kind {
	r.text, r.info = r.s[begin:end], HasSpace
	for i := begin; i < end; {
		switch c := r.s[i]; {
		case c == '\r' && len(r.frames) == 0:
			r.info |= needDecode
			i++
		case class[c]&(inHigh|inRefuse) != 0:
			width := r.char(i, "")
			if width == 0 {
				return EOF
			}
			r.info |= HasHigh
			i += width
		default:
			i++
		}
	}
	if r.info&needDecode != 0 { // no references here: the line ends alone are replaced
		r.text = strings.ReplaceAll(strings.ReplaceAll(r.text, "\r\n", "\n"), "\r", "\n")
		r.info &^= needDecode
	}
	r.pos, r.kind = end+n, k
	return k
}
