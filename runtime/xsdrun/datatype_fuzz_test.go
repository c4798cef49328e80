package xsdrun

import (
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// decimalForm and floatForm are the lexical spaces of xs:decimal and xs:float (part 2, 3.2.3.1 and 3.2.4.1).
var (
	decimalForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)
	floatForm   = regexp.MustCompile(`^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|-?INF|NaN)$`)
)

// FuzzDatatypes checks that every built-in type judges any text, whatever white space is around it, that a value equals
// itself, and that the standard library says the same of numbers and binary values.
func FuzzDatatypes(f *testing.F) {
	for _, s := range []string{
		"", "0", "-0", "+007", "1.50", ".5", "5.", "1e3", "-INF", "NaN", "true", "2000-02-29", "2000-02-29T24:00:00Z", "24:00:00", "--02-29", "---31", "-0044-12",
		"P1Y2M3DT4H5M6.7S", "-PT0.1S", "0aFF", "Y W J j", "YR==", "en-US", "a:b", "x y", "http://a/b#c", "99999999999999999999999999",
	} {
		f.Add(s)
	}
	none := func(string) (string, bool) { return "", false }
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			return
		}
		valid := func(b Builtin) bool { return b.Type().Check(text, none) == nil }
		for b := range builtinCount {
			ok := valid(b)
			if padded := b.Type().Check(" "+text+"\n", none) == nil; ok != padded && b.Type().Normalize(" "+text+"\n") == b.Type().Normalize(text) {
				t.Errorf("%v: %q is valid: %v; with white space: %v", b, text, ok, padded)
			}
			if same, comparable := b.Type().Compare(text, text, none); ok && comparable && same != 0 {
				t.Errorf("%v: %q does not equal itself", b, text)
			}
		}
		word := strings.Trim(text, " \t\r\n")
		if got, want := valid(BuiltinDecimal), decimalForm.MatchString(word); got != want {
			t.Errorf("decimal %q: %v", text, got)
		}
		if got, want := valid(BuiltinFloat), floatForm.MatchString(word); got != want {
			t.Errorf("float %q: %v", text, got)
		}
		if n, ok := new(big.Int).SetString(word, 10); valid(BuiltinInteger) != (ok && !strings.Contains(word, "_")) {
			t.Errorf("integer %q: %v is no number", text, n)
		}
		if _, err := strconv.ParseInt(word, 10, 16); valid(BuiltinShort) != (err == nil) {
			t.Errorf("short %q: %v", text, err)
		}
		if _, err := hex.DecodeString(word); valid(BuiltinHexBinary) != (err == nil) {
			t.Errorf("hexBinary %q: %v", text, err)
		}
		if valid(BuiltinBase64Binary) {
			if _, err := base64.StdEncoding.Strict().DecodeString(strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(word)); err != nil {
				t.Errorf("base64Binary %q: %v", text, err)
			}
		}
	})
}
