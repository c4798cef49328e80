package xmlstream

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// view returns b as a string that changes with b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func appendRune(b []byte, c rune) []byte { return utf8.AppendRune(b, c) }

// usualDeclaration is how nearly every document begins.
const usualDeclaration = `<?xml version="1.0" encoding="UTF-8"`

// encodingFault says what is wrong with how a document is encoded, and where in the text: at the end of what could be read,
// or at its beginning if nothing could.
type encodingFault struct {
	text string // empty if nothing is wrong
	at   int
}

// transcode returns doc in UTF-8 without a byte order mark. Documents may be in UTF-8, UTF-16 of either byte order,
// ISO-8859-1 and US-ASCII (XML 1.0, 4.3.3 and appendix F).
func transcode(doc string) (text string, fault encodingFault) {
	switch {
	case strings.HasPrefix(doc, "\xEF\xBB\xBF"):
		return doc[3:], declared(doc[3:], "UTF-8")
	case strings.HasPrefix(doc, "\xFF\xFE"):
		return fromUTF16(doc[2:], binary.LittleEndian)
	case strings.HasPrefix(doc, "\xFE\xFF"):
		return fromUTF16(doc[2:], binary.BigEndian)
	case strings.HasPrefix(doc, "<\x00?\x00"):
		return fromUTF16(doc, binary.LittleEndian)
	case strings.HasPrefix(doc, "\x00<\x00?"):
		return fromUTF16(doc, binary.BigEndian)
	}
	if !strings.HasPrefix(doc, "<?xml") || strings.HasPrefix(doc, usualDeclaration) {
		return doc, encodingFault{}
	}
	switch encoding := strings.ToUpper(declaredEncoding(doc)); encoding {
	case "", "UTF-8", "UTF8":
		return doc, encodingFault{}
	case "US-ASCII", "ASCII", "ANSI_X3.4-1968", "ISO646-US":
		return doc, checkASCII(doc)
	case "ISO-8859-1", "LATIN1", "L1", "ISO_8859-1":
		return fromLatin1(doc), encodingFault{}
	case "UTF-16", "UTF-16LE", "UTF-16BE":
		return doc, encodingFault{text: "the document says " + encoding + " but is not encoded so"}
	default:
		return doc, encodingFault{text: fmt.Sprintf("the encoding %.40q is not supported", encoding)}
	}
}

// declared returns a fault unless text, which is known to be in the given encoding, says so or nothing.
func declared(text, encoding string) encodingFault {
	got := strings.ToUpper(declaredEncoding(text))
	if got == "" || got == encoding || encoding == "UTF-16" && (got == "UTF-16LE" || got == "UTF-16BE") {
		return encodingFault{}
	}
	return encodingFault{text: fmt.Sprintf("the document says %.40q but is encoded in %s", got, encoding)}
}

// declaredEncoding returns what the XML declaration at the beginning of text says, without judging it.
func declaredEncoding(text string) string {
	if !strings.HasPrefix(text, "<?xml") {
		return ""
	}
	end := strings.Index(text, "?>")
	if end < 0 {
		return ""
	}
	_, after, ok := strings.Cut(text[:end], "encoding")
	after = strings.TrimLeft(after, " \t\r\n=")
	if !ok || after == "" {
		return ""
	}
	value, _, ok := strings.Cut(after[1:], after[:1])
	if !ok {
		return ""
	}
	return value
}

func fromLatin1(doc string) string {
	b := make([]byte, 0, len(doc)+len(doc)/8)
	for i := range len(doc) {
		b = utf8.AppendRune(b, rune(doc[i]))
	}
	return view(b)
}

// checkASCII finds the first byte that is not US-ASCII.
func checkASCII(doc string) encodingFault {
	for i := range len(doc) {
		if doc[i] >= utf8.RuneSelf {
			return encodingFault{"a byte that is not US-ASCII, in which the document says it is encoded", i}
		}
	}
	return encodingFault{}
}

func fromUTF16(doc string, order binary.ByteOrder) (text string, fault encodingFault) {
	text, fault = decodeUTF16(doc, order)
	if fault.text == "" {
		fault = declared(text, "UTF-16")
	}
	return text, fault
}

func decodeUTF16(doc string, order binary.ByteOrder) (text string, fault encodingFault) {
	b := make([]byte, 0, len(doc)/2+len(doc)/16)
	for i := 0; i < len(doc); i += 2 {
		if i+1 == len(doc) {
			return view(b), encodingFault{"the document ends inside a UTF-16 code unit", len(b)}
		}
		c := rune(order.Uint16([]byte(doc[i : i+2])))
		if utf16.IsSurrogate(c) {
			low := rune(utf8.RuneError)
			if i+4 <= len(doc) {
				low = rune(order.Uint16([]byte(doc[i+2 : i+4])))
			}
			if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
				return view(b), encodingFault{"half a surrogate pair", len(b)}
			}
			i += 2
		}
		b = utf8.AppendRune(b, c)
	}
	return view(b), encodingFault{}
}

// declaration reads the XML declaration that begins the document (production XMLDecl).
func (r *Reader) declaration() {
	for _, rest := range [...]string{`?>`, ` standalone="no"?>`, ` standalone="yes"?>`} {
		if n := len(usualDeclaration); strings.HasPrefix(r.s, usualDeclaration) && strings.HasPrefix(r.s[n:], rest) {
			r.pos = n + len(rest)
			return
		}
	}
	end := strings.Index(r.s, "?>")
	if end < 0 {
		r.fail(0, "the XML declaration has no end")
		return
	}
	rest, ok := r.s[5:end], false
	for step, name := range [...]string{"version", "encoding", "standalone"} {
		var value string
		if value, rest, ok = pseudoAttribute(rest, name); !ok {
			if step == 0 {
				r.fail(0, "the XML declaration has no version")
				return
			}
			continue
		}
		if !legalDeclaration(name, value) {
			r.fail(0, fmt.Sprintf("the XML declaration has the %s %.40q", name, value))
			return
		}
	}
	if skipSpace(rest, 0) != len(rest) {
		r.fail(0, "the XML declaration is malformed")
		return
	}
	r.pos = end + 2
}

// pseudoAttribute cuts name="value", with the white space before it, from the beginning of s.
func pseudoAttribute(s, name string) (value, rest string, ok bool) {
	i := skipSpace(s, 0)
	if i == 0 || !strings.HasPrefix(s[i:], name) {
		return "", s, false
	}
	i = skipSpace(s, i+len(name))
	if i == len(s) || s[i] != '=' {
		return "", s, false
	}
	i = skipSpace(s, i+1)
	if i == len(s) || s[i] != '"' && s[i] != '\'' {
		return "", s, false
	}
	value, rest, ok = strings.Cut(s[i+1:], s[i:i+1])
	if !ok {
		return "", s, false
	}
	return value, rest, true
}

// legalDeclaration reports whether value may stand in the XML declaration: a 1.x version (fifth edition, 2.8), the form of
// an encoding name, or yes or no.
func legalDeclaration(name, value string) bool {
	switch name {
	case "version":
		digits, ok := strings.CutPrefix(value, "1.")
		return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
	case "encoding":
		for i := range len(value) {
			letter := value[i]|0x20 >= 'a' && value[i]|0x20 <= 'z'
			if !letter && (i == 0 || class[value[i]]&inName == 0) {
				return false
			}
		}
		return value != ""
	default:
		return value == "yes" || value == "no"
	}
}
