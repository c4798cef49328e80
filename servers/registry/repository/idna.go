package repository

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// validALabel reports whether label, which begins with "xn--" and is in lower case, is an A-label: the one ASCII form of a
// label that may be registered (RFC 5891 section 4, RFC 5890 section 2.3.2.1).
//
// Package idna has the tables of UTS #46 and the rules that go with them: normalization, no hyphens or combining marks where
// none may be, joiners in context, the Bidi rule. What IDNA2008 refuses beyond that (symbols above all) follows from
// permitted and inContext.
func validALabel(label string) bool {
	unicodeLabel, err := idna.Registration.ToUnicode(label)
	if err != nil {
		return false
	}
	if again, err := idna.Registration.ToASCII(unicodeLabel); err != nil || again != label {
		return false
	}
	runes := []rune(unicodeLabel)
	for i, r := range runes {
		if !permitted(r) || !inContext(runes, i) {
			return false
		}
	}
	return true
}

// permitted reports whether the derived property of r is PVALID, CONTEXTJ or CONTEXTO (RFC 5892 section 3), for a rune that
// idna accepts: one that is stable under normalization and case folding, assigned and not ignorable.
func permitted(r rune) bool {
	switch r {
	case '-', '\u06fd', '\u06fe', '\u0f0b', '\u3007': // PVALID by exception (section 2.6), where the category says otherwise
		return true
	case '\u200c', '\u200d', '\u00b7', '\u0375', '\u05f3', '\u05f4', '\u30fb': // in context
		return true
	}
	// LetterDigits (section 2.1). Of the capitals only those of Cherokee come here: the others are not stable.
	return unicode.In(r, unicode.Ll, unicode.Lu, unicode.Lo, unicode.Nd, unicode.Lm, unicode.Mn, unicode.Mc) && !unicode.Is(disallowed, r)
}

// disallowed are letters and marks that are DISALLOWED all the same: the exceptions of RFC 5892 section 2.6, symbols that
// combine and musical notation (IgnorableBlocks, section 2.4), and conjoining jamo (OldHangulJamo, section 2.9).
var disallowed = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0640, Hi: 0x0640, Stride: 1},
		{Lo: 0x07fa, Hi: 0x07fa, Stride: 1},
		{Lo: 0x1100, Hi: 0x11ff, Stride: 1},
		{Lo: 0x20d0, Hi: 0x20ff, Stride: 1},
		{Lo: 0x302e, Hi: 0x302f, Stride: 1},
		{Lo: 0x3031, Hi: 0x3035, Stride: 1},
		{Lo: 0x303b, Hi: 0x303b, Stride: 1},
		{Lo: 0xa960, Hi: 0xa97c, Stride: 1},
		{Lo: 0xd7b0, Hi: 0xd7c6, Stride: 1},
		{Lo: 0xd7cb, Hi: 0xd7fb, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1d100, Hi: 0x1d24f, Stride: 1}},
}

// inContext applies the rules of RFC 5892 appendix A to the i-th rune of a label. Those for joiners (A.1, A.2) are with
// package idna, and those that keep two kinds of Arabic digits apart (A.8, A.9) follow from the Bidi rule: one kind is AN, the
// other EN (RFC 5893 section 2).
func inContext(label []rune, i int) bool {
	at := func(i int) rune {
		if i < 0 || i >= len(label) {
			return -1
		}
		return label[i]
	}
	switch label[i] {
	case '\u00b7': // A.3, middle dot
		return at(i-1) == 'l' && at(i+1) == 'l'
	case '\u0375': // A.4, Greek keraia
		return unicode.Is(unicode.Greek, at(i+1))
	case '\u05f3', '\u05f4': // A.5, A.6, Hebrew geresh and gershayim
		return unicode.Is(unicode.Hebrew, at(i-1))
	case '\u30fb': // A.7, Katakana middle dot
		return strings.ContainsFunc(string(label), func(r rune) bool {
			return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
		})
	}
	return true
}
