package xsdrun

import (
	"encoding/base64"
	"slices"
	"strings"
)

// notDigit is what the tables of digits hold for a character that is none.
const notDigit = 255

// hexDigits are the values of the hexadecimal digits, by character.
var hexDigits = digitTable("0123456789ABCDEF", "0123456789abcdef")

// base64Digits are the values of the base64 digits, by character.
var base64Digits = digitTable("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

func digitTable(alphabets ...string) (t [256]uint8) {
	for c := range t {
		t[c] = notDigit
	}
	for _, digits := range alphabets {
		for v := range len(digits) {
			t[digits[v]] = uint8(v)
		}
	}
	return t
}

// hexLength returns the octets that s stands for as hexBinary; -1 if it is none.
func hexLength(s string) int {
	if len(s)%2 != 0 {
		return -1
	}
	for i := range len(s) {
		if hexDigits[s[i]] == notDigit {
			return -1
		}
	}
	return len(s) / 2
}

// appendHex appends the octets that s stands for as hexBinary; ok is false if it is none.
func appendHex(b []byte, s string) (octets []byte, ok bool) {
	if len(s)%2 != 0 {
		return b, false
	}
	b = slices.Grow(b, len(s)/2)
	out, bad := b[len(b):len(b)+len(s)/2], uint8(0)
	for i := 0; i < len(out) && len(s) >= 2; i++ {
		high, low := hexDigits[s[0]], hexDigits[s[1]]
		out[i] = high<<4 | low
		bad |= high | low
		s = s[2:]
	}
	if bad > 15 {
		return b, false
	}
	return b[:len(b)+len(out)], true
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
			if last = base64Digits[c]; last == notDigit || pads > 0 {
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
		d := base64Digits[s[i]]
		if d == notDigit {
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
