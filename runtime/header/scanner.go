package header

import (
	"net/netip"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/header/uri"
)

// A Scanner reads one value from left to right. Its methods return what they read, parts of the value rather than copies
// wherever nothing has to be decoded. The first thing that is not as it should be is kept, the rest of the value is then
// read as nothing: callers look at the end.
//
// Spaces around separators are skipped; those that the grammar asks for are checked.
type Scanner struct {
	text   string
	at     int
	rule   string // that is broken, a Rule constant; "" as long as all is well
	wrong  string // the sentence for people
	offset int    // where it is
}

// NewScanner returns a Scanner of value.
func NewScanner(value string) *Scanner {
	s := &Scanner{}
	s.reset(value)
	return s
}

func (s *Scanner) reset(text string) { *s = Scanner{text: text} }

// Fail says that the value breaks a rule (a Rule constant) where s stands. Only the first time counts.
func (s *Scanner) Fail(rule, wrong string) {
	if s.rule == "" {
		s.rule, s.wrong, s.offset = rule, wrong, s.at
	}
	s.at = len(s.text)
}

// Failed reports whether the value has been found wrong.
func (s *Scanner) Failed() bool { return s.rule != "" }

// Space skips spaces.
func (s *Scanner) Space() { s.at = skipSpace(s.text, s.at) }

// More reports whether anything but spaces is left.
func (s *Scanner) More() bool {
	s.Space()
	return s.at < len(s.text)
}

// Is skips spaces and reports whether c follows.
func (s *Scanner) Is(c byte) bool { return s.More() && s.text[s.at] == c }

// Accept skips spaces, c if it follows, and the spaces after it. It reports whether c was there.
func (s *Scanner) Accept(c byte) bool {
	if !s.Is(c) {
		return false
	}
	s.at = skipSpace(s.text, s.at+1)
	return true
}

// Separator reads c and the spaces around it.
func (s *Scanner) Separator(c byte) {
	if !s.Accept(c) {
		s.Fail(RuleSyntax, "there is no "+string(c)+" where it must be")
	}
}

// Blank reads spaces, of which there must be one.
func (s *Scanner) Blank() {
	if s.at == len(s.text) || !isSpace(s.text[s.at]) {
		s.Fail(RuleSyntax, "there is no space where it must be")
	}
	s.Space()
}

// One reads exactly one space, as start lines have it.
func (s *Scanner) One() {
	from := s.at
	s.Blank()
	if s.at > from+1 || s.at > from && s.text[from] != ' ' {
		s.note(from, "there must be one space")
	}
}

// note is Fail for what leaves the rest readable.
func (s *Scanner) note(offset int, wrong string) {
	if s.rule == "" {
		s.rule, s.wrong, s.offset = RuleSyntax, wrong, offset
	}
}

// Literal reads text, in any case, with no space before it.
func (s *Scanner) Literal(text string) {
	if len(s.text)-s.at < len(text) || !EqualFold(s.text[s.at:s.at+len(text)], text) {
		s.Fail(RuleSyntax, "there is no "+text+" where it must be")
		return
	}
	s.at += len(text)
}

// run reads octets of class c, at least one.
func (s *Scanner) run(c class, what string) string {
	from := s.at
	s.at = skipClass(s.text, from, c)
	if s.at == from {
		s.Fail(RuleSyntax, "there is no "+what+" where it must be")
		return ""
	}
	return s.text[from:s.at]
}

// Token reads a token.
func (s *Scanner) Token() string { return s.run(tokenChar, "token") }

// CallID reads a word, or two with "@" between them.
func (s *Scanner) CallID() string {
	from := s.at
	s.run(wordChar, "word")
	if s.at < len(s.text) && s.text[s.at] == '@' {
		s.at++
		s.run(wordChar, "word")
	}
	if s.rule != "" {
		return ""
	}
	return s.text[from:s.at]
}

// Text reads all that is left, which may be nothing: UTF-8 without controls, spaces at its end apart.
func (s *Scanner) Text() string {
	text := trim(s.text[s.at:])
	if end := skipClass(s.text, s.at, textChar); end < len(s.text) {
		s.at = end
		s.Fail(RuleSyntax, "a control character stands there")
		return ""
	}
	s.at = len(s.text)
	return text
}

// Word reads what is left up to a space or a control.
func (s *Scanner) Word() string {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] > ' ' && s.text[s.at] != 0x7f {
		s.at++
	}
	if s.at == from {
		s.Fail(RuleSyntax, "there is nothing where something must be")
	}
	return s.text[from:s.at]
}

// Integer reads decimal digits, leading zeros among them, of a number up to most.
func (s *Scanner) Integer(most uint64) uint64 {
	from := s.at
	n, over := uint64(0), false
	for ; s.at < len(s.text) && classes[s.text[s.at]]&digitChar != 0; s.at++ {
		d := uint64(s.text[s.at] - '0')
		if n > (most-d)/10 {
			over = true
		}
		n = n*10 + d
	}
	switch {
	case s.at == from:
		s.Fail(RuleSyntax, "there is no number where it must be")
		return 0
	case over:
		s.at = from
		s.Fail(RuleRange, "the number is over its maximum")
		return 0
	}
	return n
}

// Decimal reads digits, which may have a point among them.
func (s *Scanner) Decimal() string {
	from := s.at
	s.at = skipClass(s.text, s.at, digitChar)
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at = skipClass(s.text, s.at+1, digitChar)
	}
	if s.at == from {
		s.Fail(RuleSyntax, "there is no number where it must be")
	}
	return s.text[from:s.at]
}

// Quoted reads a quoted string and returns what it means, without quotes and backslashes.
func (s *Scanner) Quoted() string {
	raw := s.quoted()
	if raw == "" {
		return ""
	}
	return unquote(raw)
}

// quoted reads a quoted string and returns it as it stands, quotes included; "" if there is none.
func (s *Scanner) quoted() string {
	end := skipQuoted(s.text, s.at)
	if end < 0 {
		s.Fail(RuleSyntax, "there is no quoted string that ends")
		return ""
	}
	from := s.at
	s.at = end
	return s.text[from:end]
}

// skipQuoted returns the index behind the quoted string of text at i, -1 if there is none or it does not end.
func skipQuoted(text string, i int) int {
	if i >= len(text) || text[i] != '"' {
		return -1
	}
	for i++; ; i++ {
		i = skipClass(text, i, plainChar)
		switch {
		case i == len(text):
			return -1
		case text[i] == '"':
			return i + 1
		case text[i] != '\\' || i+1 == len(text) || text[i+1] > 0x7f || text[i+1] == '\r' || text[i+1] == '\n':
			return -1
		}
		i++
	}
}

// unquote is what a quoted string means; what is not quoted means itself.
func unquote(raw string) string {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return raw
	}
	raw = raw[1 : len(raw)-1]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	text := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
		}
		text = append(text, raw[i])
	}
	return string(text)
}

// Comment reads text in parentheses, which may nest, and returns what is between the outer ones.
func (s *Scanner) Comment() string {
	from := s.at
	depth := 0
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && i+1 < len(s.text) && s.text[i+1] != '\r':
			i++
		case c == '(':
			depth++
		case c == ')':
			depth--
		case classes[c]&textChar == 0:
			s.at = i
			s.Fail(RuleSyntax, "a control character stands there")
			return ""
		}
		if depth == 0 {
			s.at = i + 1
			break
		}
	}
	if s.at-from < 2 || depth != 0 {
		s.Fail(RuleSyntax, "there is no comment that ends")
		return ""
	}
	return s.text[from+1 : s.at-1]
}

// Host reads a host: a name, an IPv4 address, or an IPv6 address in brackets, which are part of what is returned.
func (s *Scanner) Host() string {
	end := skipHost(s.text, s.at)
	if end < 0 {
		s.Fail(RuleSyntax, "there is no host where it must be")
		return ""
	}
	from := s.at
	s.at = end
	return s.text[from:end]
}

// skipHost returns the index behind the host of text at i, -1 if there is none.
func skipHost(text string, i int) int {
	if i < len(text) && text[i] == '[' {
		size := strings.IndexByte(text[i:], ']')
		if size < 0 {
			return -1
		}
		if a, err := netip.ParseAddr(text[i+1 : i+size]); err != nil || !a.Is6() || a.Zone() != "" {
			return -1
		}
		return i + size + 1
	}
	end := skipClass(text, i, hostChar)
	if end == i {
		return -1
	}
	return end
}

// Port reads ":" and a port, if they follow; 0 says that they do not.
func (s *Scanner) Port() uint16 {
	if s.at == len(s.text) || !s.Accept(':') {
		return 0
	}
	return uint16(s.Integer(1<<16 - 1))
}

// URI reads a URI that stands without brackets, up to a space or the end, into u.
func (s *Scanner) URI(u *uri.URI) {
	from := s.at
	s.uri(u, from, s.Word())
}

func (s *Scanner) uri(u *uri.URI, from int, text string) {
	if err := u.Set(text); err != nil {
		s.at = from
		s.Fail(RuleSyntax, err.Error())
	}
}

// BracketedURI reads a URI in angle brackets into u.
func (s *Scanner) BracketedURI(u *uri.URI) {
	size := -1
	if s.at < len(s.text) && s.text[s.at] == '<' {
		size = strings.IndexByte(s.text[s.at:], '>')
	}
	if size < 0 {
		s.Fail(RuleSyntax, "there is no URI in < > where it must be")
		return
	}
	from := s.at + 1
	s.at += size + 1
	s.uri(u, from, s.text[from:from+size-1])
}

// NameAddr reads what may stand for an address: a display name, quoted or a row of tokens, and a URI in angle brackets; or
// a URI alone, which then holds no ";", "," and "?".
func (s *Scanner) NameAddr(display *string, u *uri.URI) {
	if s.at < len(s.text) && s.text[s.at] == '"' {
		*display = s.Quoted()
		s.Space()
		s.BracketedURI(u)
		return
	}
	from := s.at
	i := skipClass(s.text, from, tokenChar|spaceChar)
	switch {
	case i < len(s.text) && s.text[i] == '<':
		s.at = i
		*display = trimRight(s.text[from:i])
		s.BracketedURI(u)
	case i < len(s.text) && s.text[i] == ':' && strings.IndexByte(s.text[from:i], ' ') < 0:
		s.addrSpec(u)
	default:
		s.at = i
		s.Fail(RuleSyntax, "there is neither a display name with a URI in < > nor a URI")
	}
}

// Star reads a star that stands alone into u, where it stands for any address. It reports whether it did.
func (s *Scanner) Star(u *uri.URI) bool {
	if s.at != 0 || s.text != "*" {
		return false
	}
	s.at = 1
	*u = uri.URI{Opaque: "*"}
	return true
}

// addrSpec reads a URI without brackets where parameters of the header field may follow.
func (s *Scanner) addrSpec(u *uri.URI) {
	from := s.at
	for s.at < len(s.text) && !isSpace(s.text[s.at]) && s.text[s.at] != ';' && s.text[s.at] != ',' && s.text[s.at] != '?' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '?' {
		s.Fail(RuleSyntax, `a URI with "?" must stand in < >`)
		return
	}
	s.uri(u, from, s.text[from:s.at])
}

// Params reads parameters, each behind a ";".
func (s *Scanner) Params() Params {
	from := skipSpace(s.text, s.at)
	end := from
	for s.at = from; s.at < len(s.text) && s.text[s.at] == ';'; s.Space() {
		s.at = skipSpace(s.text, s.at+1)
		s.Token()
		end = s.at
		if s.Accept('=') {
			s.value()
			end = s.at
		}
	}
	if s.rule != "" {
		return ""
	}
	return Params(s.text[from:end])
}

// value reads the value of a parameter, as it stands.
func (s *Scanner) value() string {
	if s.at < len(s.text) && s.text[s.at] == '"' {
		return s.quoted()
	}
	return s.run(valueChar, "value")
}

// Arguments reads parameters with commas between them, at least one; or a single word of the kind that access tokens are.
func (s *Scanner) Arguments() Arguments {
	from := s.at
	if end := skipToken68(s.text, from); skipSpace(s.text, end) == len(s.text) && end > from {
		s.at = len(s.text)
		return Arguments(s.text[from:end])
	}
	end := from
	for more := true; more; more = s.Accept(',') {
		s.Token()
		s.Separator('=')
		s.value()
		end = s.at
	}
	if s.rule != "" {
		return ""
	}
	return Arguments(s.text[from:end])
}

// skipToken68 returns the index behind letters, digits and "-._~+/", and the "=" behind those.
func skipToken68(text string, i int) int {
	for i < len(text) && (classes[text[i]]&tokenChar != 0 || text[i] == '/') {
		i++
	}
	for i < len(text) && text[i] == '=' {
		i++
	}
	return i
}

// Date reads a date as RFC 1123 has it, in GMT.
func (s *Scanner) Date() time.Time {
	t, ok := parseDate(trim(s.text[s.at:]))
	if !ok {
		s.Fail(RuleSyntax, "there is no date such as Sat, 13 Nov 2010 23:29:00 GMT")
	}
	s.at = len(s.text)
	return t
}

// end checks that the value is at its end, or at the next element of a list.
func (s *Scanner) end(list bool) (more bool) {
	if s.rule != "" || !s.More() {
		return false
	}
	if list && s.text[s.at] == ',' {
		s.at = skipSpace(s.text, s.at+1)
		if s.at == len(s.text) {
			s.Fail(RuleSyntax, "nothing follows the last comma")
			return false
		}
		return true
	}
	s.Fail(RuleSyntax, "there is more than there should be")
	return false
}
