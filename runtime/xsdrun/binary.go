package xsdrun

import (
	"encoding/base64"
	"strings"
)

// hexDigit returns the value of an ASCII hexadecimal digit, or 255.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// hexLength returns the octets that s stands for as hexBinary; -1 if it is none.
func hexLength(s string) int {
	if len(s)%2 != 0 {
		return -1
	}
	for i := range len(s) {
		if hexDigit(s[i]) > 15 {
			return -1
		}
	}
	return len(s) / 2
}

func appendHex(b []byte, s string) []byte {
	for i := 0; i+1 < len(s); i += 2 {
		b = append(b, hexDigit(s[i])<<4|hexDigit(s[i+1]))
	}
	return b
}

// base64Digit returns the value of a base64 digit, or 255.
func base64Digit(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26
	case c >= '0' && c <= '9':
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return 255
}

// base64Length returns the octets that s, its white space collapsed, stands for as base64Binary; -1 if it is none (part 2,
// 3.2.16: single spaces may stand between digits, the last digit before padding has no stray bits).
func base64Length(s string) int {
	digits, pads := 0, 0
	last := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
		case c == '=':
			pads++
		default:
			if last = base64Digit(c); last > 63 || pads > 0 {
				return -1
			}
			digits++
		}
	}
	if (digits+pads)%4 != 0 || pads > 2 || pads > 0 && digits == 0 {
		return -1
	}
	if pads == 1 && last&3 != 0 || pads == 2 && last&15 != 0 {
		return -1
	}
	return (digits+pads)/4*3 - pads
}

func appendBase64(b []byte, s string) []byte {
	bits, n := uint32(0), 0
	for i := range len(s) {
		d := base64Digit(s[i])
		if d > 63 {
			continue
		}
		bits, n = bits<<6|uint32(d), n+6
		if n >= 8 {
			n -= 8
			b = append(b, byte(bits>>n))
		}
	}
	return b
}

// canonicalBase64 removes the white space.
func canonicalBase64(s string) string { return strings.ReplaceAll(s, " ", "") }

func appendHexOf(b, v []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range v {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

func appendBase64Of(b, v []byte) []byte { return base64.StdEncoding.AppendEncode(b, v) }
