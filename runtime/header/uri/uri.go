package uri

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A URI is one of RFC 3986 with the parts that SIP cares for. All text is as it stands on the wire, escapes included; use
// [Unescape] to see what it means and [Escape] to make some. The zero URI is no URI.
type URI struct {
	Scheme   string // "sip", "sips", "tel" or another, in the case it came in
	User     string // of SIP: before the "@", without the password; may hold ";", "?" and "/"
	Password string // of SIP: behind the ":" in what precedes "@"
	Host     string // of SIP: a name, an IPv4 address, or an IPv6 address in brackets
	Port     uint16 // of SIP; 0: none given
	Opaque   string // of all others: what follows the ":" of the scheme; of tel without parameters
	Params   Params // of SIP and tel
	Headers  string // of SIP: what follows the "?", such as "Subject=x&Priority=urgent"
}

// A SyntaxError says where and why text is no URI.
type SyntaxError struct {
	Offset int // octets before the place
	Reason string
}

func (e *SyntaxError) Error() string { return "the URI " + e.Reason }

// A WriteError says which part keeps a URI from being written: it is not escaped, or a URI of that scheme has none.
type WriteError struct {
	Part  string // "scheme", "user", "password", "host", "port", "parameters", "headers" or "opaque part"
	Value string
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("the URI cannot have the %s %.60q", e.Part, e.Value)
}

// IsZero reports whether u is no URI.
func (u *URI) IsZero() bool { return u.Scheme == "" }

// IsSIP reports whether the scheme is sip or sips.
func (u *URI) IsSIP() bool { return fold(u.Scheme, "sip") || fold(u.Scheme, "sips") }

// IsTel reports whether the scheme is tel.
func (u *URI) IsTel() bool { return fold(u.Scheme, "tel") }

// Secure reports whether the scheme is sips.
func (u *URI) Secure() bool { return fold(u.Scheme, "sips") }

// Parse reads a URI, all of s. The error is a [*SyntaxError].
func Parse(s string) (URI, error) {
	var u URI
	err := u.Set(s)
	return u, err
}

// Set makes u what [Parse] makes of s; the zero URI on error.
func (u *URI) Set(s string) error {
	*u = URI{}
	i := skip(s, 0, schemeChar)
	if i == 0 || i == len(s) || s[i] != ':' || classes[s[0]]&alphaChar == 0 {
		return &SyntaxError{i, "has no scheme"}
	}
	u.Scheme = s[:i]
	var err *SyntaxError
	switch {
	case u.IsSIP():
		err = u.parseSIP(s, i+1)
	case u.IsTel():
		err = u.parseTel(s, i+1)
	default:
		err = u.parseOpaque(s, i+1)
	}
	if err != nil {
		*u = URI{}
		return err
	}
	return nil
}

// parseSIP reads what follows the scheme: [user[:password]@]host[:port][;params][?headers].
func (u *URI) parseSIP(s string, i int) *SyntaxError {
	if at := strings.IndexByte(s[i:], '@'); at >= 0 {
		if err := u.parseUser(s[:i+at], i); err != nil {
			return err
		}
		i += at + 1
	}
	end := skipHost(s, i)
	if end < 0 {
		return &SyntaxError{i, "has no host"}
	}
	u.Host = s[i:end]
	i = end
	if i < len(s) && s[i] == ':' {
		if i, end = i+1, skip(s, i+1, digitChar); end == i {
			return &SyntaxError{i, "has no port behind the colon"}
		}
		port, err := strconv.ParseUint(s[i:end], 10, 16)
		if err != nil {
			return &SyntaxError{i, "has a port over 65535"}
		}
		u.Port, i = uint16(port), end
	}
	i, err := u.parseParams(s, i)
	if err != nil || i == len(s) {
		return err
	}
	if s[i] != '?' || i+1 == len(s) {
		return &SyntaxError{i, "goes on with what no URI has"}
	}
	if end = skipEscaped(s, i+1, headerChar); end < len(s) {
		return &SyntaxError{end, "has a character in its headers that must be escaped"}
	}
	u.Headers = s[i+1:]
	return nil
}

// parseUser reads s[i:]: a user and a password.
func (u *URI) parseUser(s string, i int) *SyntaxError {
	end := skipEscaped(s, i, userChar)
	if u.User = s[i:end]; end == i {
		return &SyntaxError{i, "has no user before the @"}
	}
	if end < len(s) && s[end] == ':' {
		i = end + 1
		end = skipEscaped(s, i, passwordChar)
		u.Password = s[i:end]
	}
	if end < len(s) {
		return &SyntaxError{end, "has a character in its user that must be escaped"}
	}
	return nil
}

// parseParams reads parameters, each behind a ";".
func (u *URI) parseParams(s string, i int) (int, *SyntaxError) {
	from := i
	for i < len(s) && s[i] == ';' {
		name := i + 1
		if i = skipEscaped(s, name, paramChar); i == name {
			return i, &SyntaxError{i, "has a parameter without a name"}
		}
		if i < len(s) && s[i] == '=' {
			value := i + 1
			if i = skipEscaped(s, value, paramChar); i == value {
				return i, &SyntaxError{i, "has a parameter without the value behind its ="}
			}
		}
	}
	u.Params = Params(s[from:i])
	return i, nil
}

// parseTel reads what follows the scheme of a telephone number.
func (u *URI) parseTel(s string, i int) *SyntaxError {
	from := i
	if i < len(s) && s[i] == '+' {
		i++
	}
	digits := 0
	global := i > from
	for ; i < len(s) && classes[s[i]]&phoneChar != 0; i++ {
		if classes[s[i]]&separatorChar != 0 {
			continue
		}
		if digits++; global && classes[s[i]]&digitChar == 0 {
			return &SyntaxError{i, "has a global number with more than digits in it"}
		}
	}
	if digits == 0 {
		return &SyntaxError{i, "has no telephone number"}
	}
	u.Opaque = s[from:i]
	i, err := u.parseParams(s, i)
	switch {
	case err != nil:
		return err
	case i < len(s):
		return &SyntaxError{i, "goes on with what no telephone number has"}
	case !global && !u.Params.Has("phone-context"):
		return &SyntaxError{i, "has a local number and no phone-context"}
	}
	return nil
}

// parseOpaque reads what follows any other scheme.
func (u *URI) parseOpaque(s string, i int) *SyntaxError {
	if end := skipEscaped(s, i, uriChar); end < len(s) || end == i {
		return &SyntaxError{end, "holds what no URI may"}
	}
	u.Opaque = s[i:]
	return nil
}

// skipHost returns the index behind the host of s at i, -1 if there is none.
func skipHost(s string, i int) int {
	if i < len(s) && s[i] == '[' {
		size := strings.IndexByte(s[i:], ']')
		if size < 0 {
			return -1
		}
		if a, err := netip.ParseAddr(s[i+1 : i+size]); err != nil || !a.Is6() || a.Zone() != "" {
			return -1
		}
		return i + size + 1
	}
	end := skip(s, i, hostChar)
	if end == i {
		return -1
	}
	return end
}

// String is the URI as it is written; "" for the zero URI.
func (u URI) String() string {
	if u.IsZero() {
		return ""
	}
	return string(u.append(nil))
}

// Append appends the URI. The error is a [*WriteError], such as for a host with a space in it; b then is returned as it was.
func (u *URI) Append(b []byte) ([]byte, error) {
	if err := u.check(); err != nil {
		return b, err
	}
	return u.append(b), nil
}

func (u *URI) append(b []byte) []byte {
	b = append(b, u.Scheme...)
	b = append(b, ':')
	if !u.IsSIP() {
		b = append(b, u.Opaque...)
		return append(b, u.Params...)
	}
	if u.User != "" {
		b = append(b, u.User...)
		if u.Password != "" {
			b = append(b, ':')
			b = append(b, u.Password...)
		}
		b = append(b, '@')
	}
	b = append(b, u.Host...)
	if u.Port != 0 {
		b = append(b, ':')
		b = strconv.AppendUint(b, uint64(u.Port), 10)
	}
	b = append(b, u.Params...)
	if u.Headers != "" {
		b = append(b, '?')
		b = append(b, u.Headers...)
	}
	return b
}

// check says what keeps u from being a URI: a part that may not be as it is, or that a URI of its scheme does not have.
func (u *URI) check() error {
	if u.Scheme == "" || classes[u.Scheme[0]]&alphaChar == 0 || skip(u.Scheme, 0, schemeChar) < len(u.Scheme) {
		return &WriteError{"scheme", u.Scheme}
	}
	if !u.IsSIP() {
		return u.checkOther()
	}
	var again URI
	switch i, err := again.parseParams(string(u.Params), 0); {
	case skipEscaped(u.User, 0, userChar) < len(u.User):
		return &WriteError{"user", u.User}
	case skipEscaped(u.Password, 0, passwordChar) < len(u.Password) || u.Password != "" && u.User == "":
		return &WriteError{"password", u.Password}
	case skipHost(u.Host, 0) != len(u.Host):
		return &WriteError{"host", u.Host}
	case err != nil || i < len(u.Params):
		return &WriteError{"parameters", string(u.Params)}
	case skipEscaped(u.Headers, 0, headerChar) < len(u.Headers):
		return &WriteError{"headers", u.Headers}
	case u.Opaque != "":
		return &WriteError{"opaque part", u.Opaque}
	}
	return nil
}

// checkOther is check for a URI that is not of SIP.
func (u *URI) checkOther() error {
	again := URI{Scheme: u.Scheme}
	var err *SyntaxError
	if u.IsTel() {
		err = again.parseTel(u.Opaque+string(u.Params), 0)
	} else {
		err = again.parseOpaque(u.Opaque, 0)
	}
	switch {
	case err != nil || again.Opaque != u.Opaque:
		return &WriteError{"opaque part", u.Opaque}
	case again.Params != u.Params:
		return &WriteError{"parameters", string(u.Params)}
	case u.User != "":
		return &WriteError{"user", u.User}
	case u.Password != "":
		return &WriteError{"password", u.Password}
	case u.Host != "":
		return &WriteError{"host", u.Host}
	case u.Port != 0:
		return &WriteError{"port", strconv.Itoa(int(u.Port))}
	case u.Headers != "":
		return &WriteError{"headers", u.Headers}
	}
	return nil
}
