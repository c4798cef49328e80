package name

import (
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// initialisms are the words that Go writes in capitals: those of golang.org/wiki/CodeReviewComments that protocols use and
// those the protocols bring along.
var initialisms = map[string]string{
	"acl": "ACL", "api": "API", "ascii": "ASCII", "cc": "CC", "cd": "CD", "cn": "CN", "cpu": "CPU", "crl": "CRL", "dcp": "DCP", "dn": "DN",
	"dns": "DNS", "ds": "DS", "eof": "EOF", "epp": "EPP", "fqdn": "FQDN", "http": "HTTP", "https": "HTTPS", "iam": "IAM", "iana": "IANA",
	"id": "ID", "ids": "IDs", "idn": "IDN", "ikc": "IKC", "ip": "IP", "iri": "IRI", "json": "JSON", "mime": "MIME", "ns": "NS", "pc": "PC", "pid": "PID",
	"pw": "PW", "rgp": "RGP", "roid": "ROID", "rsvp": "RSVP", "sdp": "SDP", "sip": "SIP", "sms": "SMS", "smtp": "SMTP", "sp": "SP",
	"sql": "SQL", "ssl": "SSL", "tcp": "TCP", "tld": "TLD", "tls": "TLS", "ttl": "TTL", "udp": "UDP", "ui": "UI", "uri": "URI",
	"uris": "URIs", "url": "URL", "utf8": "UTF8", "uuid": "UUID", "voip": "VoIP", "www": "WWW", "xml": "XML", "xsd": "XSD",
}

// words cuts a wire name: at every character that is neither letter nor digit, and where a small letter or a digit meets
// a capital.
func words(wire string) []string {
	var out []string
	start, prev := 0, rune(0)
	flush := func(end int) {
		if end > start {
			out = append(out, wire[start:end])
		}
		start = end
	}
	for i, r := range wire {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + utf8.RuneLen(r)
		case unicode.IsUpper(r) && (unicode.IsLower(prev) || unicode.IsDigit(prev)):
			flush(i)
		}
		prev = r
	}
	flush(len(wire))
	return out
}

// Exported is the Go name of a wire name: "clTRID" becomes ClTRID, "extURI" ExtURI, "a-b" AB. A name without a letter to
// begin with gets an X in front.
func Exported(wire string) string {
	s := Suffix(wire)
	if r, _ := utf8.DecodeRuneInString(s); !unicode.IsUpper(r) {
		return "X" + s
	}
	return s
}

// Suffix is Exported for a name that something stands in front of: "1.0" becomes 1_0 and the empty name Empty.
func Suffix(wire string) string {
	if wire == "" {
		return "Empty"
	}
	var b strings.Builder
	for _, w := range words(wire) {
		if s, ok := initialisms[strings.ToLower(w)]; ok && w != strings.ToUpper(w) {
			b.WriteString(s)
			continue
		}
		r, size := utf8.DecodeRuneInString(w)
		if unicode.IsDigit(r) && endsInDigit(b.String()) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(w[size:])
	}
	return b.String()
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsDigit(r)
}

// Unexported is Exported with a small beginning: "DNSName" becomes dnsName, "ID" id. What Go keeps for itself, or declares
// everywhere, gets a trailing underscore.
func Unexported(wire string) string {
	s := Exported(wire)
	runes := []rune(s)
	n := 0
	for n < len(runes) && unicode.IsUpper(runes[n]) {
		n++
	}
	switch {
	case n == len(runes):
		s = strings.ToLower(s)
	case n > 1: // an initialism: its last capital begins the next word
		s = strings.ToLower(string(runes[:n-1])) + string(runes[n-1:])
	default:
		s = strings.ToLower(string(runes[:n])) + string(runes[n:])
	}
	if token.IsKeyword(s) || predeclared[s] {
		return s + "_"
	}
	return s
}

// predeclared are the names of the universe block that emitted code uses, and so must not hide.
var predeclared = map[string]bool{
	"any": true, "append": true, "bool": true, "byte": true, "cap": true, "clear": true, "copy": true, "delete": true,
	"error": true, "false": true, "int": true, "len": true, "make": true, "max": true, "min": true, "new": true, "nil": true,
	"rune": true, "string": true, "true": true,
}

// uncountable are last words of names that are their own plural.
var uncountable = map[string]bool{"data": true, "info": true, "ns": true, "any": true}

// Plural is the name of a list of what the Go name s stands for: "Name" becomes Names, "Entry" Entries, "ExtURI" ExtURIs.
// What is plural already, and what has no plural, stays.
func Plural(s string) string {
	last := strings.ToLower(lastWord(s))
	switch {
	case last == "", uncountable[last]:
		return s
	case strings.HasSuffix(last, "ss"), strings.HasSuffix(last, "us"), strings.HasSuffix(last, "x"),
		strings.HasSuffix(last, "z"), strings.HasSuffix(last, "ch"), strings.HasSuffix(last, "sh"):
		return s + "es"
	case strings.HasSuffix(last, "s"):
		return s
	case strings.HasSuffix(last, "y") && len(last) > 1 && !strings.ContainsRune("aeiou", rune(last[len(last)-2])):
		return s[:len(s)-1] + "ies"
	}
	return s + "s"
}

// lastWord is the last word of a Go name: "Data" of DSData, "CD" of CD.
func lastWord(s string) string {
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0; i-- {
		if unicode.IsUpper(runes[i]) && (i == 0 || !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			return string(runes[i:])
		}
	}
	return s
}

// Type is the Go name of a schema's named type: the name without the "Type" that schemas like to end it with, after the
// prefix of its namespace.
func Type(prefix, wire string) string {
	short := strings.TrimSuffix(wire, "Type")
	if short == "" {
		short = wire
	}
	return Element(prefix, short)
}

// Element is the Go name of a schema's global element: its name after the prefix of its namespace.
func Element(prefix, wire string) string {
	if prefix == "" {
		return Exported(wire)
	}
	return Exported(prefix) + Exported(wire)
}
