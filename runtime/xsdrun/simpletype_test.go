package xsdrun

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBuiltin checks the lexical and value spaces of the built-in types. Texts are separated by bars, and white space
// around them belongs to them.
func TestBuiltin(t *testing.T) {
	for _, test := range []struct {
		b              Builtin
		valid, invalid string
	}{
		{BuiltinAnySimpleType, "| anything <&", ""},
		{BuiltinString, "| a  b ", ""},
		{BuiltinNormalizedString, " a\tb ", ""},
		{BuiltinToken, "a|  a \n b ", ""},
		{BuiltinBoolean, "true|false|1|0| true ", "TRUE|yes||01"},
		{BuiltinDecimal, "0|-1.50|+.5|1.|00012345678901234567890123456789.5| 2 ", ".|+|1e3|1,5||0x1|1 2"},
		{BuiltinFloat, "1|-1.5E-3|INF|-INF|NaN|1e400|.5| 1 ", "+INF|inf|nan|1e|e5|1e1.5|0x1p3||1_0"},
		{BuiltinDouble, "1|-1.5e+3|INF|12.78e-2", "Infinity|1f"},
		{BuiltinDuration, "P1Y|P99999999999999999999Y|-P1Y2M3DT4H5M6.7S|PT0S|P1M|PT1M|PT1.50S", "P|PT|P1YT|1Y|P-1Y|P1S|PT1.S|P1M1Y|P1.5Y|PT1M1H|+P1Y|P1YT1Y||PT.5S"},
		{
			BuiltinDateTime, "2004-02-29T23:59:59Z|1999-12-31T24:00:00| 2026-01-02T03:04:05.678+14:00 |-0001-01-01T00:00:00-14:00|12026-01-01T00:00:00",
			"2003-02-29T00:00:00|0000-01-01T00:00:00|2004-1-01T00:00:00|2004-01-01T24:00:01|2004-01-01T00:00|2004-01-01T00:00:60|2004-01-01T00:00:00+14:01|2004-01-01T00:00:00z|2004-01-01 00:00:00|02004-01-01T00:00:00|2004-13-01T00:00:00|2004-01-01T00:00:00.|204-01-01T00:00:00|2004-01-01T25:00:00|2004-01-01T00:00:00+25:00|-2004-00-01T00:00:00|",
		},
		{BuiltinTime, "00:00:00|23:59:59.999Z|24:00:00|12:00:00-05:00", "24:00:01|12:00|1:00:00|12:60:00|12:00:00-5:00|"},
		{BuiltinDate, "2004-02-29|2000-02-29Z|1900-02-28-14:00", "1900-02-29|2004-04-31|2004-02|20040229|2004-02-00|"},
		{BuiltinGYearMonth, "2004-02|-0044-03+01:00", "2004|2004-13|2004-02-01|"},
		{BuiltinGYear, "2004|-0001|12004Z", "0000|204|02004|2004-|"},
		{BuiltinGMonthDay, "--02-29|--12-31Z", "--02-30|--13-01|02-29|--2-29|"},
		{BuiltinGDay, "---01|---31+02:00", "---32|---0|--01|"},
		{BuiltinGMonth, "--01|--12Z", "--13|--1|--01--|01|"},
		{BuiltinHexBinary, "|0aF9| 00 ", "0|0g|0 0"},
		{BuiltinBase64Binary, "|AA==|AAA=|AAAA|QQ = =|A A A A|//+/| AAAA ", "A|AA|AAA|AA=|AB==|AAB=|A===|AA==AA==|AA-A|===="},
		{BuiltinAnyURI, "|http://a/b?c#d|a b|é|#x|../x|a/b:c|%41|x:y", "%|%4|%zz|a#b#c|1:a|:a"},
		{BuiltinQName, "a| a |xs:a", "1|:a|a:|a:b:c||p:a"},
		{BuiltinNOTATION, "a|xs:a", "1||p:a"},
		{BuiltinLanguage, "en|en-GB|x-klingon-12345678| de ", "e1|-en|en-|en--GB|abcdefghi|en_GB||é"},
		{BuiltinNMTOKEN, "1a|a:b|-|é| a ", "a b|a,b|"},
		{BuiltinNMTOKENS, "a|a b\tc", "|a ,|  "},
		{BuiltinName, "a|a:b|_|:a", "1|-a|a b|"},
		{BuiltinNCName, "a|_a-1|été", "a:b|1|"},
		{BuiltinID, "a| a ", "1|a:b|"},
		{BuiltinIDREF, "a", "1|a b|"},
		{BuiltinIDREFS, "a|a b", "|1 a"},
		{BuiltinENTITY, "a", "1|"},
		{BuiltinENTITIES, "a b", "|1"},
		{BuiltinInteger, "0|-0|+5|-000123|99999999999999999999999999", "1.0|1.|--1||+|1e3|１"},
		{BuiltinNonPositiveInteger, "0|-1|-99999999999999999999999", "1|+1|99999999999999999999999"},
		{BuiltinNegativeInteger, "-1|-99999999999999999999999", "0|-0|1"},
		{BuiltinLong, "9223372036854775807|-9223372036854775808|+1", "9223372036854775808|-9223372036854775809|99999999999999999999"},
		{BuiltinInt, "2147483647|-2147483648| 1 ", "2147483648|-2147483649"},
		{BuiltinShort, "32767|-32768", "32768|-32769"},
		{BuiltinByte, "127|-128|+127", "128|-129"},
		{BuiltinNonNegativeInteger, "0|+5|-0|99999999999999999999999", "-1|-99999999999999999999999"},
		{BuiltinPositiveInteger, "1|+1|99999999999999999999999", "0|-1"},
		{BuiltinUnsignedLong, "0|18446744073709551615", "18446744073709551616|-1|+1|-0"},
		{BuiltinUnsignedInt, "4294967295|00000000000000000001", "4294967296|+1"},
		{BuiltinUnsignedShort, "65535|01000| 7 ", "65536|+5|-0"},
		{BuiltinUnsignedByte, "255|0", "256|+5|"},
	} {
		t.Run(test.b.String(), func(t *testing.T) {
			resolve := func(prefix string) (string, bool) { return "u", prefix == "xs" || prefix == "" }
			for _, text := range strings.Split(test.valid, "|") {
				if v := test.b.Type().Check(text, resolve); v != nil {
					t.Errorf("%q: %v", text, v)
				}
			}
			if test.invalid == "" {
				return
			}
			for _, text := range strings.Split(test.invalid, "|") {
				if v := test.b.Type().Check(text, resolve); v == nil {
					t.Errorf("%q was accepted", text)
				}
			}
		})
	}
	for b := range builtinCount {
		if got, ok := BuiltinNamed(b.String()); !ok || got != b {
			t.Errorf("BuiltinNamed(%q) = %v, %t", b.String(), got, ok)
		}
		if err := b.Type().Prepare(); err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
}

func TestFacets(t *testing.T) {
	str := func(f func(*SimpleType)) *SimpleType {
		s := &SimpleType{Builtin: BuiltinString}
		f(s)
		return s
	}
	of := func(b Builtin, f func(*SimpleType)) *SimpleType {
		s := &SimpleType{Builtin: b}
		f(s)
		return s
	}
	for _, test := range []struct {
		name string
		t    *SimpleType
		text string
		rule string // empty: valid
	}{
		{"length", str(func(s *SimpleType) { s.Length = LengthRange(2, 2) }), "é😀", ""},
		{"length", str(func(s *SimpleType) { s.Length = LengthRange(2, 2) }), "abc", "cvc-length-valid"},
		{"minLength", str(func(s *SimpleType) { s.Length = LengthRange(2, Unbounded) }), "é", "cvc-minLength-valid"},
		{"maxLength", str(func(s *SimpleType) { s.Length = LengthRange(0, 2) }), "éée", "cvc-maxLength-valid"},
		{"maxLength", str(func(s *SimpleType) { s.Length = LengthRange(0, 2) }), "éé", ""},
		{"maxLength 0", str(func(s *SimpleType) { s.Length = LengthRange(0, 0) }), "a", "cvc-length-valid"},
		{"length after white space", of(BuiltinToken, func(s *SimpleType) { s.Length = LengthRange(3, 3) }), "  a \n b ", ""},
		{"length of octets", of(BuiltinHexBinary, func(s *SimpleType) { s.Length = LengthRange(2, 2) }), "0aFF", ""},
		{"length of octets", of(BuiltinBase64Binary, func(s *SimpleType) { s.Length = LengthRange(2, 2) }), "AAAA", "cvc-length-valid"},
		{"white space collapse on a string", str(func(s *SimpleType) { s.WhiteSpace, s.Enumeration = WhiteSpaceCollapse, []string{"a b"} }), "\n a  b ", ""},
		{"white space replace", str(func(s *SimpleType) { s.WhiteSpace, s.Patterns = WhiteSpaceReplace, [][]string{{" a "}} }), "\na\t", ""},
		{"enumeration", of(BuiltinToken, func(s *SimpleType) { s.Enumeration = []string{"y", "m"} }), "d", "cvc-enumeration-valid"},
		{"enumeration of values", of(BuiltinUnsignedShort, func(s *SimpleType) { s.Enumeration = []string{"1000"} }), "01000", ""},
		{"enumeration of values", of(BuiltinDecimal, func(s *SimpleType) { s.Enumeration = []string{"1.5"} }), "+1.50", ""},
		{"enumeration of values", of(BuiltinDecimal, func(s *SimpleType) { s.Enumeration = []string{"1.5"} }), "1.51", "cvc-enumeration-valid"},
		{"enumeration of moments", of(BuiltinDateTime, func(s *SimpleType) { s.Enumeration = []string{"2000-01-01T00:00:00Z"} }), "1999-12-31T19:00:00.0-05:00", ""},
		{"enumeration of durations", of(BuiltinDuration, func(s *SimpleType) { s.Enumeration = []string{"P1D"} }), "PT24H", ""},
		{"enumeration of octets", of(BuiltinHexBinary, func(s *SimpleType) { s.Enumeration = []string{"0a"} }), "0A", ""},
		{"enumeration of floats", of(BuiltinFloat, func(s *SimpleType) { s.Enumeration = []string{"NaN", "0"} }), "-0", ""},
		{"enumeration of floats", of(BuiltinFloat, func(s *SimpleType) { s.Enumeration = []string{"NaN", "0"} }), "NaN", ""},
		{"enumeration of names", of(BuiltinQName, func(s *SimpleType) { s.Enumeration = []string{"{u}a"} }), "p:a", ""},
		{"enumeration of names", of(BuiltinQName, func(s *SimpleType) { s.Enumeration = []string{"{}a", "b"} }), "q:a", "cvc-enumeration-valid"},
		{"enumeration of many", of(BuiltinToken, func(s *SimpleType) { s.Enumeration = strings.Split("abcdefghijkl", "") }), " k ", ""},
		{"enumeration of many values", of(BuiltinDecimal, func(s *SimpleType) { s.Enumeration = strings.Split("1.5 2 3 4 5 6 7 8 9 10 11", " ") }), "+1.50", ""},
		{"enumeration of many values", of(BuiltinDecimal, func(s *SimpleType) { s.Enumeration = strings.Split("1.5 2 3 4 5 6 7 8 9 10 11", " ") }), "15", "cvc-enumeration-valid"},
		{"enumeration of long durations", of(BuiltinDuration, func(s *SimpleType) { s.Enumeration = []string{"P99999999999999999999Y"} }), "P1199999999999999999988M", ""},
		{"enumeration of durations alike", of(BuiltinDuration, func(s *SimpleType) { s.Enumeration = []string{"P400Y"} }), "P146097D", "cvc-enumeration-valid"},
		{"bounds of long durations", of(BuiltinDuration, func(s *SimpleType) { s.MaxInclusive = "P1Y" }), "P99999999999999999999D", "cvc-maxInclusive-valid"},
		{"bounds of long years", of(BuiltinDate, func(s *SimpleType) { s.MaxInclusive = "9999-12-31" }), "123456789012-01-01", "cvc-maxInclusive-valid"},
		{"a leap year far away", BuiltinDate.Type(), "100000000000000000004-02-29", ""},
		{"no leap year, far away", BuiltinDate.Type(), "100000000000000000100-02-29", "cvc-datatype-valid.1.2.1"},
		{"a year without end", BuiltinDate.Type(), strings.Repeat("1", 5000) + "-01-01", "limit"},
		{"a duration without end", BuiltinDuration.Type(), "P" + strings.Repeat("1", 5000) + "Y", "limit"},
		{"minInclusive", of(BuiltinInt, func(s *SimpleType) { s.MinInclusive = "5" }), "4", "cvc-minInclusive-valid"},
		{"minExclusive", of(BuiltinInt, func(s *SimpleType) { s.MinExclusive = "-5" }), "-5", "cvc-minInclusive-valid"},
		{"minExclusive", of(BuiltinInt, func(s *SimpleType) { s.MinExclusive = "-5" }), "-4", ""},
		{"maxExclusive", of(BuiltinInt, func(s *SimpleType) { s.MaxExclusive = "0" }), "0", "cvc-maxInclusive-valid"},
		{"maxExclusive", of(BuiltinInt, func(s *SimpleType) { s.MaxExclusive = "0" }), "-1", ""},
		{"bounds beyond 64 bits", of(BuiltinInteger, func(s *SimpleType) { s.MaxInclusive = "99999999999999999999" }), "99999999999999999999", ""},
		{"bounds beyond 64 bits", of(BuiltinInteger, func(s *SimpleType) { s.MaxInclusive = "99999999999999999999" }), "100000000000000000000", "cvc-maxInclusive-valid"},
		{"bounds of decimals", of(BuiltinDecimal, func(s *SimpleType) { s.MinExclusive, s.MaxInclusive = "-1.5", "2" }), "-1.50", "cvc-minExclusive-valid"},
		{"bounds of decimals", of(BuiltinDecimal, func(s *SimpleType) { s.MinExclusive, s.MaxInclusive = "-1.5", "2" }), "2.000", ""},
		{"bounds of floats", of(BuiltinDouble, func(s *SimpleType) { s.MinInclusive = "0" }), "NaN", "cvc-minInclusive-valid"},
		{"bounds of moments", of(BuiltinDateTime, func(s *SimpleType) { s.MaxInclusive = "2000-01-01T00:00:00Z" }), "1999-12-31T23:00:00", "cvc-maxInclusive-valid"},
		{"bounds of moments", of(BuiltinDateTime, func(s *SimpleType) { s.MaxInclusive = "2000-01-01T00:00:00Z" }), "1999-12-31T09:00:00", ""},
		{"bounds of durations", of(BuiltinDuration, func(s *SimpleType) { s.MaxInclusive = "P1M" }), "P30D", "cvc-maxInclusive-valid"},
		{"bounds of durations", of(BuiltinDuration, func(s *SimpleType) { s.MaxInclusive = "P1M" }), "P27D", ""},
		{"totalDigits", of(BuiltinDecimal, func(s *SimpleType) { s.TotalDigits = 3 }), "0012.30", ""},
		{"totalDigits", of(BuiltinInteger, func(s *SimpleType) { s.TotalDigits = 3 }), "1234", "cvc-totalDigits-valid"},
		{"fractionDigits", of(BuiltinDecimal, func(s *SimpleType) { s.FractionDigits = new(2) }), "1.230", ""},
		{"fractionDigits", of(BuiltinDecimal, func(s *SimpleType) { s.FractionDigits = new(0) }), "1.2", "cvc-fractionDigits-valid"},
		{"patterns of two steps", str(func(s *SimpleType) { s.Patterns = [][]string{{"[a-z]+", "[0-9]+"}, {".{2}"}} }), "ab", ""},
		{"patterns of two steps", str(func(s *SimpleType) { s.Patterns = [][]string{{"[a-z]+", "[0-9]+"}, {".{2}"}} }), "123", "cvc-pattern-valid"},
		{"pattern of an integer", of(BuiltinInteger, func(s *SimpleType) { s.Patterns = [][]string{{"[0-9]{2}"}} }), "7", "cvc-pattern-valid"},
		{"list", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type(), Length: LengthRange(1, 2)}, " 1\n2 ", ""},
		{"list", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type(), Length: LengthRange(1, 2)}, "1 2 3", "cvc-maxLength-valid"},
		{"list", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type()}, "1 x", "cvc-datatype-valid.1.2.1"},
		{"list without items", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type()}, "", ""},
		{"enumeration of lists", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type(), Enumeration: []string{"1 2"}}, "01 +2", ""},
		{"enumeration of lists", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type(), Enumeration: []string{"1 2"}}, "1", "cvc-enumeration-valid"},
		{"pattern of a list", &SimpleType{Variety: VarietyList, Item: BuiltinInt.Type(), Patterns: [][]string{{"1 2"}}}, " 1  2", ""},
		{"union", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type(), BuiltinBoolean.Type()}}, " true ", ""},
		{"union", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type(), BuiltinBoolean.Type()}}, "x", "cvc-datatype-valid.1.2.3"},
		{"enumeration of a union", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type(), BuiltinToken.Type()}, Enumeration: []string{"1", "a"}}, "01", ""},
		{"enumeration of a union", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type(), BuiltinToken.Type()}, Enumeration: []string{"1", "a"}}, "b", "cvc-enumeration-valid"},
		{"union of patterns", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{str(func(s *SimpleType) { s.Patterns = [][]string{{"a+"}} }), of(BuiltinDate, func(s *SimpleType) { s.Patterns = [][]string{{".*Z"}} })}}, "2000-01-01Z", ""},
		{"union of patterns", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{str(func(s *SimpleType) { s.Patterns = [][]string{{"a+"}} }), of(BuiltinDate, func(s *SimpleType) { s.Patterns = [][]string{{".*Z"}} })}}, "2000-01-01", "cvc-datatype-valid.1.2.3"},
		{"a pattern that takes too long", str(func(s *SimpleType) { s.Patterns = [][]string{{"(a{0,300}b?){30}c"}} }), strings.Repeat("a", 30_000), "limit"},
		{"patterns of a base", str(func(s *SimpleType) {
			s.Base = str(func(b *SimpleType) { b.Patterns = [][]string{{"[a-z]+"}} })
			s.Patterns = [][]string{{"[a-z]+"}, {".{2}"}}
		}), "a1", "cvc-pattern-valid"},
		{"pattern of a union", &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type()}, Patterns: [][]string{{"1"}}}, "2", "cvc-pattern-valid"},
	} {
		t.Run(test.name+" "+test.text, func(t *testing.T) {
			if err := test.t.Prepare(); err != nil {
				t.Fatal(err)
			}
			resolve := func(prefix string) (string, bool) {
				return map[string]string{"p": "u", "q": "v"}[prefix], prefix != "z"
			}
			rule := ""
			if v := test.t.Check(test.text, resolve); v != nil {
				rule = v.Rule
			}
			if rule != test.rule {
				t.Errorf("rule %q, want %q", rule, test.rule)
			}
		})
	}
}

func TestPrepare(t *testing.T) {
	for want, s := range map[string]*SimpleType{
		`pattern "("`:                          {Patterns: [][]string{{"("}}},
		`minInclusive: cvc-datatype-valid`:     {Builtin: BuiltinInt, MinInclusive: "x"},
		`enumeration "x": cvc-datatype-valid`:  {Builtin: BuiltinInt, Enumeration: []string{"x"}},
		`maxExclusive: cvc-datatype-valid.1.2`: {Builtin: BuiltinDate, MaxExclusive: "2000"},
	} {
		if err := s.Prepare(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		b    Builtin
		a, o string
		want string // "<", "=", ">" or "?"
	}{
		{BuiltinDecimal, "-1", "1", "<"},
		{BuiltinDecimal, "-10", "-9", "<"},
		{BuiltinDecimal, "0.10", "0.1", "="},
		{BuiltinDecimal, "-0", "0", "="},
		{BuiltinDecimal, "100", "99.9", ">"},
		{BuiltinDecimal, "1.05", "1.5", "<"},
		{BuiltinDuration, "P1Y", "P12M", "="},
		{BuiltinDuration, "P1M", "P30D", "?"},
		{BuiltinDuration, "P1M", "P32D", "<"},
		{BuiltinDuration, "-PT0.5S", "PT0S", "<"},
		{BuiltinDuration, "-P1D", "-PT25H", ">"},
		{BuiltinDuration, "P99999999999999999999Y", "P99999999999999999998Y", ">"},
		{BuiltinDuration, "P99999999999999999999Y", "P1199999999999999999988M", "="},
		{BuiltinDuration, "-P99999999999999999999D", "-P99999999999999999998DT23H59M59.999999999999999999999S", "<"},
		{BuiltinDuration, "P213503982334602D", "PT18446744073709551615S", ">"},
		{BuiltinDuration, "PT18446744073709551616S", "PT18446744073709551615.9999999999999999999S", ">"},
		{BuiltinDuration, "P99999999999999999999M", "P99999999999999999999D", ">"},
		{BuiltinDuration, "P400Y", "P146097D", "?"}, // no reference tells them apart
		{BuiltinDuration, "-PT0.1S", "-PT0.11S", ">"},
		{BuiltinDuration, "PT9007199254740993S", "PT9007199254740992S", ">"},
		{BuiltinDateTime, "123456789012-01-01T00:00:00Z", "123456789011-12-31T23:59:59Z", ">"},
		{BuiltinDateTime, "123456789012-01-01T01:00:00+01:00", "123456789011-12-31T24:00:00Z", "="},
		{BuiltinDateTime, "-99999999999999999999-01-01T00:00:00Z", "-99999999999999999998-01-01T00:00:00Z", "<"},
		{BuiltinDateTime, "99999999999-12-31T24:00:00Z", "100000000000-01-01T00:00:00Z", "="},
		{BuiltinGYear, "99999999999999999999999", "2000", ">"},
		{BuiltinDateTime, "2000-01-01T12:00:00Z", "2000-01-01T13:00:00+01:00", "="},
		{BuiltinDateTime, "2000-01-01T12:00:00.1Z", "2000-01-01T12:00:00.09Z", ">"},
		{BuiltinDateTime, "2000-01-01T12:00:00", "2000-01-01T12:00:00Z", "?"},
		{BuiltinDateTime, "2000-01-02T02:00:01", "2000-01-01T12:00:00Z", ">"},
		{BuiltinDateTime, "1999-12-31T24:00:00Z", "2000-01-01T00:00:00Z", "="},
		{BuiltinTime, "24:00:00", "00:00:00", "="},
		{BuiltinDateTime, "-0002-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "<"},
		{BuiltinTime, "00:00:00-14:00", "12:00:00+14:00", ">"},
		{BuiltinGMonthDay, "--02-28", "--03-01", "<"},
		{BuiltinGYear, "-0001", "0001", "<"},
		{BuiltinBoolean, "1", "true", "="},
		{BuiltinFloat, "INF", "NaN", "?"},
		{BuiltinFloat, "16777217", "16777216", "="},
		{BuiltinDouble, "16777217", "16777216", ">"},
	} {
		order, ok := test.b.Type().Compare(test.a, test.o, nil)
		got := "?"
		if ok {
			got = string("<=>"[order+1])
		}
		if got != test.want {
			t.Errorf("%v: %s %s %s, want %s", test.b, test.a, got, test.o, test.want)
		}
	}
}

func TestIsDerivedFrom(t *testing.T) {
	short := &SimpleType{Builtin: BuiltinShort, Base: BuiltinShort.Type()}
	union := &SimpleType{Variety: VarietyUnion, Members: []*SimpleType{BuiltinInt.Type(), BuiltinToken.Type()}}
	narrow := &SimpleType{Variety: VarietyUnion, Members: union.Members, Enumeration: []string{"1"}, Base: union}
	for _, test := range []struct {
		t, base *SimpleType
		want    bool
	}{
		{short, BuiltinDecimal.Type(), true},
		{short, BuiltinAnySimpleType.Type(), true},
		{short, BuiltinByte.Type(), false},
		{short, union, true},
		{BuiltinString.Type(), union, false},
		{short, narrow, false},
		{narrow, union, true},
	} {
		if got := test.t.IsDerivedFrom(test.base); got != test.want {
			t.Errorf("%s from %s: %t", test.t.describe(), test.base.describe(), got)
		}
	}
}

func TestValues(t *testing.T) {
	for _, s := range []string{"PT0S", "P1Y2M", "-P3DT4H5M6.7S", "PT36H", "P1D"} {
		if got := ParseDuration(s).String(); got != s && s != "PT36H" {
			t.Errorf("%s is written %s", s, got)
		}
	}
	for _, s := range []string{"2004-02-29", "-0044-03-15Z", "12004-01-01+14:00", "0099-01-01-05:30"} {
		if got := ParseDate(s).String(); got != s {
			t.Errorf("%s is written %s", s, got)
		}
	}
	for s, want := range map[string]string{
		"2004-02-29T24:00:00Z":           "2004-03-01T00:00:00Z",
		"2004-02-29T01:02:03.4567":       "2004-02-29T01:02:03.4567",
		"2004-02-29T01:02:03-05:30":      "2004-02-29T01:02:03-05:30",
		"2004-02-29T01:02:03.1234567891": "2004-02-29T01:02:03.123456789",
		"0099-02-28T00:00:00+00:00":      "0099-02-28T00:00:00Z",
	} {
		if got := string(appendTime(nil, ParseTime(s))); got != want {
			t.Errorf("%s is written %s, want %s", s, got, want)
		}
	}
	for s, want := range map[string]string{"P1DT1H": "25h0m0s", "-PT1.5S": "-1.5s", "PT0.0000000019S": "1ns"} {
		if d, ok := ParseDuration(s).Exact(); !ok || d.String() != want {
			t.Errorf("%s is %v, %t", s, d, ok)
		} else if back, ok := DurationOf(d).Exact(); !ok || back != d {
			t.Errorf("DurationOf(%v) = %v", d, back)
		}
	}
	for _, s := range []string{"P1M", "P200000000D", "PT99999999999999999S"} {
		if d, ok := ParseDuration(s).Exact(); ok {
			t.Errorf("%s is exactly %v", s, d)
		}
	}
	if got := ParseInt("-9223372036854775808"); got != -1<<63 {
		t.Error(got)
	}
	if ParseInt("9223372036854775808") != 0 || ParseInt("x") != 0 || ParseUint("-1") != 0 || ParseUint("18446744073709551615") != 1<<64-1 {
		t.Error("numbers out of range")
	}
	if diff := cmp.Diff([]byte{0, 0x10, 0x83}, ParseBase64("ABCD")); diff != "" {
		t.Error(diff)
	}
	if got := ParseBase64("AA = ="); len(got) != 1 || ParseBase64("A") != nil || ParseHex("0") != nil {
		t.Error("base64 or hex")
	}
}

func TestReuse(t *testing.T) {
	s := make([]string, 0, 4)
	*Grow(&s) = "a"
	s = s[:0]
	if p := Grow(&s); *p != "a" || len(s) != 1 || cap(s) != 4 {
		t.Errorf("Grow: %q, %d of %d", *p, len(s), cap(s))
	}
	x := new(int)
	if Reuse(x) != x || Reuse[int](nil) == nil {
		t.Error("Reuse")
	}
	if ReuseAs[int](any(x)) != x || ReuseAs[int](any("")) == nil {
		t.Error("ReuseAs")
	}
}
