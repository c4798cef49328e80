package xsddiff

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oddities are literals that a mutation of [literals] seldom makes.
var oddities = []string{
	"\u00a0", "\u20091", "1\u00a0", "\u0661", "１", "+-1", "--1", "1e", "e1", "1e1.0", "1E400", "-1E-400", "1e+", ".", "-.", "+.5", "5.", "-0.0", "0x1", "1_000", "1,000",
	"Infinity", "nan", "inf", "+NaN", "-NaN", "3.4028235E38", "3.5E38", "1.8E308", "True", "t", "yes", "on", "01.10", "000", "-00", "999999999999999999999999999999",
	"P1Y1D", "P1M1Y", "P1.5D", "PT1.5M", "PT1.S", "PT.5S", "P-1D", "+P1D", "P1H", "PT1D", "P1YT", "P0Y", "-PT0S", "P1Y2M3DT", "PT1H1S", "p1y", "P1S", "P 1Y", "PT1S1M", "P999999999999999999Y",
	"2000-1-1", "2000-01-1", "00-01-01", "200-01-01", "+2000-01-01", "2000-01-32", "2000-04-31", "2000-02-30", "2000-01-01 ", "2000-01-01z", "2000-01-01+1:00", "2000-01-01-00:00",
	"2000-01-01+15:00", "2000-01-01+00:60", "2000-01-01T00:00", "2000-01-01T0:00:00", "2000-01-01T00:00:00.", "2000-01-01T23:59:60", "2000-01-01T24:00:00.0", "2000-01-01T24:00:00.1",
	"2000-01-01T24:01:00", "2000-01-01t00:00:00", "2000-01-01 00:00:00", "12:00", "1:00:00", "24:00:00Z", "25:00:00", "00:60:00", "00:00:61", "00:00:00.0000000000000001", "-00:00:00",
	"0000", "-0000", "00000", "123", "-0001", "99999999999", "2000Z", "2000-14:00", "2000-1", "2000-12Z", "20000-01", "-2000-01", "--1-1", "--01-1", "--02-29Z", "--13-01", "--00-01", "--01-00", "--04-31", "--11-31", "-01-01",
	"--1", "--00", "--12Z", "--12-05:00", "--12--Z", "--12--", "---1", "---00", "---31Z", "--31", "---31+14:01",
	"0", "0g", "AB CD", "ab\ncd", "ABCDE", "=", "Q===", "QQ=", "QQ", "QQ=A", "QUJD\nQUJD", "QUJD  QUJD", "QUJ\u00e9", "QQ= =", " QQ==", "Q-__", "QB==", "QUF=", "QUE=",
	"mailto:a", "http://a b", "a b", "http://a/%zz", "%41", "a%4", "#a#b", "a#", "::", ":a", "1:a", "a:1", "//", "http://[::1]/", "http://[1", "http://a:b", "http://a:99999/", "\\", "a\\b", "{}", "<>", "\"", "^", "`", "|",
	"http://a.example/\u00e9", "?", "a?b?c", "ftp:", "http:", "a:", "-:a", "http://", "file:///a", "../..", "",
	"a-b-c", "abcdefgh-abcdefgh", "a1", "1a-b", "en-", "-en", "en--us", "en_us", "i-a", "x", "en-a1b2c3d4", "en-123456789",
	"a.b", ".a", "a-", "a:b:c", "a:", "a b", "a\u0301", "\u0301a", "\u00b7a", "a\u00b7", "\u0130", "\u4e00", "\u3007", "\uac00", "a\u20dd", "\u2126", "\u00aa", "\u01c5", "\u0e3f", "\U00010000a", "\ua000", "\u0220", "\u2c00", "a\u203f", "\u2070",
	"a  b", "\ta", "a\n", "a\r\nb", "x y z",
}

// TestDatatypes has the literals judged by every datatype, as an element and as an attribute.
func TestDatatypes(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	m := &Mutator{Rand: rand.New(rand.NewPCG(*chance, 1))}
	all := slices.Concat(literals, oddities)
	for range min(*count, 2000) {
		all = append(all, m.literal(pick(m, all)))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var rules []Rule
	for _, name := range builtins[:len(builtins)-4] {
		if name == "NOTATION" {
			continue
		}
		r := Rule{Name: name, Valid: true, Schema: schemaText(`<xs:element name="e" type="xs:`+name+`"/>`, "")}
		for _, l := range all {
			r.Docs = append(r.Docs, RuleDoc{Text: (&Node{Name: "e", Children: []*Node{{Text: l}}}).text()})
		}
		rules = append(rules, r)
	}
	report(t, engines, rules)
}

// text is the document as text; it declares a prefix, for values that need one.
func (n *Node) text() string {
	n.Attrs = append(n.Attrs, Attr{"xmlns:a", "urn:a"})
	return strings.TrimSpace(string(n.Bytes()))
}

// TestFacets has facets of all kinds with values of all kinds judged on all datatypes.
func TestFacets(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	m := &Mutator{Rand: rand.New(rand.NewPCG(*chance, 2))}
	kinds := kindred[4]
	facet := func() string {
		kind := pick(m, kinds)
		value := pick(m, literals)
		if strings.Contains(strings.ToLower(kind), "length") || strings.Contains(kind, "Digits") {
			value = pick(m, []string{"0", "1", "2", "3", "5", "+1", "-0", "-1", " 2 ", "", "a", "1.0", "10"})
		}
		fixed := ""
		if m.Rand.IntN(4) == 0 && kind != "pattern" && kind != "enumeration" {
			fixed = ` fixed="true"`
		}
		return fmt.Sprintf("<xs:%s value=%q%s/>", kind, value, fixed)
	}
	facets := func() string {
		var b strings.Builder
		for range 1 + m.Rand.IntN(2) {
			b.WriteString(facet())
		}
		return strings.ReplaceAll(b.String(), `\\`, `\`)
	}
	var rules []Rule
	for range *count {
		base := pick(m, builtins[:len(builtins)-4])
		text := `<xs:simpleType name="t"><xs:restriction base="xs:` + base + `">` + facets() + `</xs:restriction></xs:simpleType>`
		last := "t"
		if m.Rand.IntN(2) == 0 {
			text += `<xs:simpleType name="u"><xs:restriction base="t">` + facets() + `</xs:restriction></xs:simpleType>`
			last = "u"
		}
		r := Rule{Name: base, Valid: true, Schema: schemaText(text+"\n"+`<xs:element name="e" type="`+last+`"/>`, "")}
		for range 6 {
			r.Docs = append(r.Docs, RuleDoc{Text: (&Node{Name: "e", Children: []*Node{{Text: m.literal(pick(m, literals))}}}).text()})
		}
		rules = append(rules, r)
	}
	report(t, engines, rules)
}

// report has rules judged, in batches, and logs what engines disagree about.
func report(t *testing.T, engines []Engine, rules []Rule) {
	t.Helper()
	tally := map[string]int{}
	for start := 0; start < len(rules); start += perBatch {
		dir := t.TempDir()
		var cases []Case
		for i, r := range rules[start:min(start+perBatch, len(rules))] {
			c, err := r.Write(dir, fmt.Sprint(start+i))
			if err != nil {
				t.Fatal(err)
			}
			cases = append(cases, c)
		}
		said := judgeAll(t, engines, cases)
		for i, c := range cases {
			explain(t, rules[start+i], c, said, tally)
		}
	}
	t.Log(tally)
}

// explain fails the test for what both others say against us and nobody knows why; with the flag it logs what one says.
func explain(t *testing.T, r Rule, c Case, said []map[string]Verdict, tally map[string]int) {
	t.Helper()
	ours, x, m := said[0][c.ID], said[1][c.ID], said[2][c.ID]
	tally["schemas"]++
	note := func(what string, o, a, b byte, text string) bool {
		if o == a && o == b {
			return true
		}
		kind := what + ": Xerces-J alone"
		switch {
		case a == b:
			kind = what + ": both against us"
		case o == a:
			kind = what + ": System.Xml alone"
		}
		tally[kind]++
		line := fmt.Sprintf("%s (%s) ours %c, Xerces-J %c, System.Xml %c\n    %s", kind, r.Name, o, a, b, text)
		switch why := excused(r.Schema + text + ours.Message); {
		case a == b && why == "":
			t.Error(line)
		case a == b:
			tally["known: "+why]++
		case *every:
			t.Log(line)
		}
		return false
	}
	if !note("schema", ours.Schema, x.Schema, m.Schema, fmt.Sprintf("%s\n    [%s] [%s] [%s]", r.Schema[strings.IndexByte(r.Schema, '\n')+1:], ours.Message, x.Message, m.Message)) || ours.Schema != Valid {
		return
	}
	for i, d := range r.Docs {
		tally["instances"]++
		note("instance", ours.Instances[i], x.Instances[i], m.Instances[i], fmt.Sprintf("%q by %s", d.Text, filepath.Base(r.Schema[strings.IndexByte(r.Schema, '\n')+1:])))
	}
}
