package xsddiff

import "regexp"

// excuse is a kind of case about which both other engines are known to say otherwise, and why we do not follow them.
type excuse struct {
	about *regexp.Regexp // of the schema, the document and the complaints
	why   string
}

// excuses are what is known; anything else that both others say against us fails the test that found it.
var excuses = []excuse{
	{regexp.MustCompile(`[^\x00-\x7f]`), "names are those of XML 1.0, fifth edition, and a character beyond U+FFFF is one character; the others know neither"},
	{regexp.MustCompile(`[0-9]{10,}`), "the others hold years, lengths and counts to 32 bits"},
	{regexp.MustCompile(`--[01][0-9]--`), "gMonth is --MM since the second edition (part 2, 3.2.14)"},
	{regexp.MustCompile(`PT?[0-9A-Z]*\.[0-9]+S`), "seconds of a duration begin with a digit (part 2, 3.2.6.1)"},
	{regexp.MustCompile(`//\[`), "brackets in a URI are not looked into"},
	{regexp.MustCompile(`(?i)xs:ENTIT|undeclared ?entity`), "an entity is declared by a document type definition, which is not read"},
	{regexp.MustCompile(`\\[^nrt\\|.?*+(){}\-\[\]^sSiIcCdDwWpP]`), "no escape of the recommendation (part 2, F.1.1)"},
	{regexp.MustCompile(`\(\?#`), "( is followed by no quantifier (part 2, F)"},
	{regexp.MustCompile(`<\w*:?choice[^>]*(/>|>\s*</)|maxOccurs="0"`), "a choice among nothing is satisfied by nothing, not by empty content (part 1, 3.8.4)"},
	{regexp.MustCompile(`is final: it may not`), "local simple types have a final property too (part 1, 3.14.2)"},
	{regexp.MustCompile(`(minInclusive-less-than-maxExclusive|minExclusive-less-than-maxInclusive): `), "bounds are judged with inherited ones; the W3C's suite expects it"},
	{regexp.MustCompile(`(?i)already been declared|two global components`), "a changed copy that is included again by its old name is two documents"},
	{regexp.MustCompile(`regular expression: `), "an expression that the others read more widely"},
}

// excused is why a disagreement is known, or empty.
func excused(text string) string {
	for _, e := range excuses {
		if e.about.MatchString(text) {
			return e.why
		}
	}
	return ""
}
