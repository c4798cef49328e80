package xmlstream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// events returns what the tokens of doc say, one string each.
func events(r *Reader) []string {
	var out []string
	for k := r.Next(); k != EOF; k = r.Next() {
		switch k {
		case StartElement:
			line := "<" + r.Name().String()
			for i := range r.Attrs() {
				a := &r.Attrs()[i]
				line += fmt.Sprintf(" %s=%q", a.Name(), a.Value)
			}
			out = append(out, line)
		case EndElement:
			out = append(out, "/"+r.Name().String())
		case Text:
			out = append(out, fmt.Sprintf("%q", r.Text()))
		case Comment:
			out = append(out, "!"+r.Text())
		case ProcInst:
			out = append(out, "?"+r.Text())
		}
	}
	return out
}

func read(doc string, opts Options) ([]string, error) {
	r := NewReader(nil, opts)
	r.Reset([]byte(doc))
	out := events(r)
	return out, r.Err()
}

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, doc string
		want      []string
	}{
		{"empty element", `<a/>`, []string{"<a", "/a"}},
		{"declaration", "<?xml version='1.0' encoding=\"UTF-8\" standalone='yes' ?>\n<a></a >\n", []string{`"\n"`, "<a", "/a", `"\n"`}},
		{"version 1.1 is read as 1.0", `<?xml version="1.1"?><a/>`, []string{"<a", "/a"}},
		{"byte order mark", "\xEF\xBB\xBF<a/>", []string{"<a", "/a"}},
		{"default namespace", `<a xmlns="u"><b xmlns=""/></a>`, []string{"<{u}a", "<b", "/b", "/{u}a"}},
		{"prefixes", `<p:a xmlns:p="u" p:x="1" x="2"><p:b/></p:a>`, []string{`<{u}a {u}x="1" x="2"`, "<{u}b", "/{u}b", "/{u}a"}},
		{"a prefix declared anew", `<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:c/></p:a>`, []string{"<{u}a", "<{v}b", "/{v}b", "<{u}c", "/{u}c", "/{u}a"}},
		{"attributes have no default namespace", `<a xmlns="u" x="1"/>`, []string{`<{u}a x="1"`, "/{u}a"}},
		{"the prefix xml", `<a xml:lang="en"/>`, []string{`<a {` + XMLSpace + `}lang="en"`, "/a"}},
		{"references", `<a x="&lt;&#65;&quot;">&amp;&#x1F600;&gt;&apos;</a>`, []string{`<a x="<A\""`, `"&😀>'"`, "/a"}},
		{"white space in attributes", "<a x='1\t2\r\n3\n4&#10;'/>", []string{`<a x="1 2 3 4\n"`, "/a"}},
		{"line ends", "<a>1\r\n2\r3\n&#13;</a>", []string{"<a", `"1\n2\n3\n\r"`, "/a"}},
		{"sections", "<a>1<![CDATA[<&]]]]>2<!-- c --><?p i?></a>", []string{"<a", `"1"`, `"<&]]"`, `"2"`, "! c ", "?p i", "/a"}},
		{"line ends in a section", "<a><![CDATA[1\r\n2]]></a>", []string{"<a", `"1\n2"`, "/a"}},
		{"misc around the root", "<!--a--><?b?><a/><!--c-->\r\n", []string{"!a", "?b", "<a", "/a", "!c", `"\n"`}},
		{"names beyond ASCII", "<été ñ='ü'>ß</été>", []string{`<été ñ="ü"`, `"ß"`, "/été"}},
		{"greater-than and brackets in text", "<a>> ]] ]></a>", []string{"<a", `"> ]] ]>"`, "/a"}},
		{"> in an attribute", `<a x=">"/>`, []string{`<a x=">"`, "/a"}},
		{"the other quote", `<a x="'" y='"'/>`, []string{`<a x="'" y="\""`, "/a"}},
		{"space in tags", "<a\n x = '1'\t></a\n>", []string{`<a x="1"`, "/a"}},
		{"xml-like targets", `<?xml-stylesheet x?><a/>`, []string{"?xml-stylesheet x", "<a", "/a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(test.doc, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMalformed lists documents that are not well-formed, or not namespace-well-formed. The first sixteen kinds are those
// that fast tokenizers let through.
func TestMalformed(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"mismatched tags", `<a></b>`, `1:4: malformed XML: </b> where </a> was expected`},
		{"unclosed tag", `<a><b></b>`, `the document ends inside <a>`},
		{"duplicate attribute", `<a x="1" x="2"/>`, `1:10: malformed XML: the attribute x occurs twice`},
		{"duplicate expanded name", `<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`, `the attribute q:x occurs twice`},
		{"unbound prefix", `<p:a/>`, `the prefix p is not declared`},
		{"undeclared entity", `<a>&nbsp;</a>`, `1:4: malformed XML: the entity nbsp is not declared`},
		{"control character", "<a>\x01</a>", `the character U+0001 cannot stand in XML`},
		{"bad UTF-8", "<a>\xFF</a>", `the document is not valid UTF-8`},
		{"end of section in text", `<a>]]></a>`, `]]> in character data`},
		{"two roots", `<a/><b/>`, `1:5: malformed XML: a second root element`},
		{"text after the root", `<a/>x`, `character data outside of the root element`},
		{"less-than in an attribute", `<a x="<"/>`, `'<' in an attribute value`},
		{"unquoted attribute", `<a x=1/>`, `expected the quoted value of the attribute x`},
		{"double hyphen in a comment", `<!-- a -- b --><a/>`, `-- in a comment`},
		{"reference to NUL", `<a>&#0;</a>`, `a reference to a character that cannot stand in XML`},
		{"name with a digit first", `<1a/>`, `expected a name`},

		{"empty", ``, `the document has no element`},
		{"white space alone", " \n", `the document has no element`},
		{"text before the root", `x<a/>`, `character data outside of the root element`},
		{"reference outside of the root", `<a/>&amp;`, `character data outside of the root element`},
		{"section outside of the root", `<![CDATA[]]><a/>`, `a CDATA section outside of the root element`},
		{"end tag first", `</a>`, `an end tag without a start tag`},
		{"end tag too many", `<a/></a>`, `an end tag without a start tag`},
		{"end tag of a longer name", `<a></ab>`, `</ab> where </a> was expected`},
		{"end tag with more", `<a></a x>`, `expected > to end </a`},
		{"unbound attribute prefix", `<a p:x="1"/>`, `the prefix p is not declared`},
		{"prefix out of scope", `<a><b xmlns:p="u"/><p:c/></a>`, `the prefix p is not declared`},
		{"prefix declared empty", `<a xmlns:p=""/>`, `the prefix p is declared empty`},
		{"xml declared otherwise", `<a xmlns:xml="u"/>`, `the prefix xml stands for`},
		{"xml declared otherwise, then an attribute", `<a xmlns:xml="lax" b="c"/>`, `the prefix xml stands for`},
		{"prefix declared empty, then an attribute", `<r xmlns="u" xmlns:o="" o:z="1"/>`, `the prefix o is declared empty`},
		{"xmlns declared", `<a xmlns:xmlns="u"/>`, `the prefix xmlns must not be declared`},
		{"the namespace of xml as default", `<a xmlns="` + XMLSpace + `"/>`, `must not be declared`},
		{"xmlns twice", `<a xmlns="u" xmlns="v"/>`, `the attribute xmlns occurs twice`},
		{"a prefix twice", `<a xmlns:p="u" xmlns:p="u"/>`, `the attribute xmlns:p occurs twice`},
		{"duplicate among many", `<a a="" b="" c="" d="" e="" f="" g="" h="" i="" j="" c=""/>`, `the attribute c occurs twice`},
		{"prefix twice among many", `<a xmlns:a="u" xmlns:b="u" xmlns:c="u" xmlns:d="u" xmlns:e="u" xmlns:f="u" xmlns:g="u" xmlns:h="u" xmlns:i="u" xmlns:b="u"/>`, `the attribute xmlns:b occurs twice`},
		{"element in xmlns", `<xmlns:a/>`, `the prefix xmlns is not declared`},
		{"two colons", `<a:b:c xmlns:a="u"/>`, `expected a name`},
		{"colon first", `<:a/>`, `expected a name`},
		{"colon last", `<a: xmlns:a="u"/>`, `expected a name`},
		{"no space between attributes", `<a x="1"y="2"/>`, `expected white space between attributes`},
		{"attribute without value", `<a x/>`, `expected = after the attribute name x`},
		{"slash alone", `<a / >`, `expected />`},
		{"tag without end", `<a x="1"`, `the document ends inside the tag`},
		{"attribute without end", `<a x="1`, `the document ends inside an attribute value`},
		{"control character in an attribute", "<a x='\x02'/>", `U+0002`},
		{"character that is none", "<a>\uFFFE</a>", `U+FFFE`},
		{"surrogate in UTF-8", "<a>\xED\xA0\x80</a>", `not valid UTF-8`},
		{"overlong UTF-8", "<a>\xC0\x80</a>", `not valid UTF-8`},
		{"NUL after the root", "<a/>\x00", `U+0000`},
		{"reference to a surrogate", `<a>&#xD800;</a>`, `a character that cannot stand`},
		{"reference beyond Unicode", `<a>&#x110000;</a>`, `a character that cannot stand`},
		{"reference with too many digits", `<a>&#99999999999999999999;</a>`, `a character that cannot stand`},
		{"reference without digits", `<a>&#;</a>`, `a malformed character reference`},
		{"reference in capital X", `<a>&#X41;</a>`, `a malformed character reference`},
		{"ampersand alone", `<a>a & b</a>`, `'&' that begins no reference`},
		{"reference without semicolon", `<a>&amp</a>`, `'&' that begins no reference`},
		{"malformed reference in an attribute", `<a x="&amp"/>`, `1:7: malformed XML: '&' that begins no reference`},
		{"comment without end", `<a><!-- </a>`, `a comment without an end`},
		{"comment with three hyphens", `<a><!-- ---></a>`, `-- in a comment`},
		{"control character in a comment", "<!--\x0B--><a/>", `U+000B`},
		{"section without end", `<a><![CDATA[</a>`, `a CDATA section without an end`},
		{"unknown declaration", `<a><!FOO></a>`, `neither a comment nor a CDATA section`},
		{"processing instruction without end", `<a><?p </a>`, `without an end`},
		{"processing instruction without target", `<a><? p?></a>`, `without a target`},
		{"processing instruction with a colon", `<?a:b?><a/>`, `a colon in the target`},
		{"declaration not first", ` <?xml version="1.0"?><a/>`, `an XML declaration that does not begin the document`},
		{"declaration without version", `<?xml encoding="UTF-8"?><a/>`, `has no version`},
		{"declaration with version 2", `<?xml version="2.0"?><a/>`, `has the version "2.0"`},
		{"declaration out of order", `<?xml version="1.0" standalone="no" encoding="UTF-8"?><a/>`, `malformed`},
		{"declaration with more", `<?xml version="1.0" x="1"?><a/>`, `malformed`},
		{"declaration with standalone maybe", `<?xml version="1.0" standalone="maybe"?><a/>`, `standalone "maybe"`},
		{"encoding that is no name", `<?xml version="1.0" encoding="1"?><a/>`, `the encoding "1"`},
		{"unknown encoding", `<?xml version="1.0" encoding="EBCDIC"?><a/>`, `the encoding "EBCDIC" is not supported`},
		{"says UTF-16", `<?xml version="1.0" encoding="UTF-16"?><a/>`, `the document says UTF-16 but is not encoded so`},
		{"not US-ASCII", "<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a>\xE9</a>", `not US-ASCII`},
		{"half a code unit", "\xFF\xFE<\x00a\x00/\x00>\x00x", `ends inside a UTF-16 code unit`},
		{"half a surrogate pair", "\xFE\xFF\x00<\x00a\x00>\xD8\x00\x00<\x00/\x00a\x00>", `half a surrogate pair`},
		{"document type", `<!DOCTYPE a><a/>`, `a document type declaration, which is refused here`},
		{"less-than at the end", `<a><`, `'<' at the end`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.doc, Options{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("accepted, or not a SyntaxError: %v", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q", err, test.want)
			}
		})
	}
}

// TestPrefixes checks that no beginning of a document is taken for a whole one.
func TestPrefixes(t *testing.T) {
	const doc = "<?xml version='1.0'?><!--c--><p:a xmlns:p='u' x='&lt;é'><b>t&#65;<![CDATA[s]]></b><?p i?></p:a>"
	if _, err := read(doc, Options{}); err != nil {
		t.Fatal(err)
	}
	for i := range len(doc) {
		if _, err := read(doc[:i], Options{}); err == nil {
			t.Errorf("%q was accepted", doc[:i])
		}
	}
}

func TestEncodings(t *testing.T) {
	utf16 := func(s string, big, mark bool) string {
		var b []byte
		if mark {
			s = "\uFEFF" + s
		}
		for _, c := range s {
			units := []rune{c}
			if c > 0xFFFF {
				units = []rune{0xD800 + (c-0x10000)>>10, 0xDC00 + (c-0x10000)&0x3FF}
			}
			for _, u := range units {
				if big {
					b = append(b, byte(u>>8), byte(u))
				} else {
					b = append(b, byte(u), byte(u>>8))
				}
			}
		}
		return string(b)
	}
	for _, test := range []struct{ name, doc string }{
		{"UTF-16 little endian, marked", utf16("<a>é😀</a>", false, true)},
		{"UTF-16 big endian, marked", utf16("<a>é😀</a>", true, true)},
		{"UTF-16 little endian, declared", utf16("<?xml version='1.0' encoding='UTF-16'?><a>é😀</a>", false, false)},
		{"UTF-16 big endian, declared", utf16("<?xml version='1.0' encoding='utf-16be'?><a>é😀</a>", true, false)},
		{"ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9&#x1F600;</a>"},
		{"US-ASCII", "<?xml version='1.0' encoding='us-ascii'?><a>&#233;&#x1F600;</a>"},
		{"UTF-8", "<?xml version='1.0' encoding='utf-8'?><a>é😀</a>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(test.doc, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"<a", `"é😀"`, "/a"}, got); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDoctype(t *testing.T) {
	for _, test := range []struct {
		name, doc string
		want      []string
		fault     string
	}{
		{"external, not fetched", `<!DOCTYPE a PUBLIC "-//x//y" "http://example.invalid/a.dtd"><a/>`, []string{"<a", "/a"}, ""},
		{"entity in text", `<!DOCTYPE a [<!ENTITY e "x&#38;#38;y">]><a>1&e;2</a>`, []string{"<a", `"1"`, `"x&y"`, `"2"`, "/a"}, ""},
		{"entity with markup", `<!DOCTYPE a [<!ENTITY e "<b>t</b>">]><a>&e;</a>`, []string{"<a", "<b", `"t"`, "/b", "/a"}, ""},
		{"entity in an attribute", `<!DOCTYPE a [<!ENTITY e "1&#9;2"><!ENTITY f "&e;3">]><a x="&f;"/>`, []string{`<a x="1 23"`, "/a"}, ""},
		{"first declaration counts", `<!DOCTYPE a [<!ENTITY e "1"><!ENTITY e "2">]><a x="&e;"/>`, []string{`<a x="1"`, "/a"}, ""},
		{"default attributes", `<!DOCTYPE a [<!ATTLIST a x CDATA "1" xmlns:p CDATA #FIXED "u" p:y NMTOKEN " 2 " z ID #IMPLIED>]><p:a x="0"><a z=" 3 "/></p:a>`, nil, "the prefix p is not declared"},
		{"default attributes and namespaces", `<!DOCTYPE a [<!ATTLIST a x CDATA "1" xmlns CDATA #FIXED "u" z ID #IMPLIED>]><a z=" 3 "/>`, []string{`<{u}a z="3" x="1"`, "/{u}a"}, ""},
		{
			"every declaration", `<!DOCTYPE a SYSTEM 'x' [ <!-- c --> <?p i?> <!ELEMENT a (b,(c|d)*,e?)+ > <!ELEMENT b ANY><!ELEMENT c EMPTY>
			<!ELEMENT d (#PCDATA)> <!ELEMENT e (#PCDATA|a|b)*> <!NOTATION n PUBLIC "p"> <!ENTITY u SYSTEM "u" NDATA n>
			<!ENTITY % q "<!ENTITY w 'v'>"> %q; <!ATTLIST a t (x|y) 'x' n NOTATION (n) #REQUIRED> ] ><a>&w;</a>`,
			[]string{`<a t="x"`, `"v"`, "/a"},
			"",
		},
		{"undeclared", `<!DOCTYPE a [<!ENTITY e "x">]><a>&f;</a>`, nil, "the entity f is not declared"},
		{"external entity", `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, nil, "nothing external is fetched"},
		{"external parameter entity", `<!DOCTYPE a [<!ENTITY % e SYSTEM "x"> %e; <!ENTITY f "y">]><a>&f;</a>`, nil, "the entity f is not declared"},
		{"recursion", `<!DOCTYPE a [<!ENTITY e "&f;"><!ENTITY f "&e;">]><a>&e;</a>`, nil, "refers to itself"},
		{"recursion in an attribute", `<!DOCTYPE a [<!ENTITY e "&f;"><!ENTITY f "&e;">]><a x="&e;"/>`, nil, "refers to itself"},
		{"recursion of parameters", `<!DOCTYPE a [<!ENTITY % e "&#37;e;"> %e;]><a/>`, nil, "refers to itself"},
		{"less-than from an entity", `<!DOCTYPE a [<!ENTITY e "&#60;">]><a x="&e;"/>`, nil, "'<' in an attribute value"},
		{"element left open", `<!DOCTYPE a [<!ENTITY e "<b>">]><a>&e;</b></a>`, nil, "begins an element that it does not end"},
		{"element closed", `<!DOCTYPE a [<!ENTITY e "</a>">]><a>&e;`, nil, "an entity ends an element that it did not begin"},
		{"parameter inside a declaration", `<!DOCTYPE a [<!ENTITY % e "x"> <!ELEMENT a (%e;)>]><a/>`, nil, "expected a name"},
		{"parameter inside a value", `<!DOCTYPE a [<!ENTITY % e "x"> <!ENTITY f "%e;">]><a/>`, nil, "'%' in the value"},
		{"subset without end", `<!DOCTYPE a [<!ENTITY e "x">`, nil, "ends inside the document type declaration"},
		{"two", `<!DOCTYPE a><!DOCTYPE a><a/>`, nil, "a second document type declaration"},
		{"late", `<a/><!DOCTYPE a>`, nil, "after the root element began"},
		{"mixed separators", `<!DOCTYPE a [<!ELEMENT a (b|c,d)>]><a/>`, nil, "expected one of"},
		{"conditional section", `<!DOCTYPE a [<![INCLUDE[]]>]><a/>`, nil, "expected a declaration"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(test.doc, Options{DTD: DTDSkip})
			switch {
			case test.want == nil:
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("error %v, want %q", err, test.fault)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got[1:]); diff != "" {
				t.Errorf("tokens after the declaration (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLimits feeds hostile documents: each must be refused because of its limit, and so in little time.
func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	laughs := `<!DOCTYPE a [<!ENTITY e0 "ha">`
	for i := range 30 {
		laughs += fmt.Sprintf(`<!ENTITY e%d "%s">`, i+1, repeat(fmt.Sprintf("&e%d;", i), 10))
	}
	chain := `<!DOCTYPE a [<!ENTITY e0 "x">`
	for i := range 1000 {
		chain += fmt.Sprintf(`<!ENTITY e%d "&e%d;">`, i+1, i)
	}
	quadratic := `<!DOCTYPE a [<!ENTITY e "` + repeat("x", 50_000) + `">]><a x="` + repeat("&e;", 5000) + `"/>`
	var attributes strings.Builder
	attributes.WriteString("<a")
	for i := range 40_000 {
		fmt.Fprintf(&attributes, " a%d=''", i)
	}
	for _, test := range []struct{ name, doc, limit string }{
		{"depth", repeat("<a>", 100_000), "MaxDepth"},
		{"attributes", attributes.String() + "/>", "MaxAttributes"},
		{"namespaces", "<a" + repeat(" xmlns:a='u'", 40_000) + "/>", "MaxAttributes"},
		{"name", "<" + repeat("a", 1_000_000) + "/>", "MaxName"},
		{"attribute name", "<a " + repeat("a", 1_000_000) + "=''/>", "MaxName"},
		{"size", "<a>" + repeat("x", 2_000_000) + "</a>", "MaxDocument"},
		{"billion laughs in text", laughs + `]><a>&e30;</a>`, "MaxExpansion"},
		{"billion laughs in an attribute", laughs + `]><a x="&e30;"/>`, "MaxExpansion"},
		{"quadratic expansion", quadratic, "MaxExpansion"},
		{"content model", `<!DOCTYPE a [<!ELEMENT a ` + repeat("(", 100_000), "MaxDepth"},
		{"chain of entities", chain + `]><a>&e1000;</a>`, ""},
		{"chain of entities in an attribute", chain + `]><a x="&e1000;"/>`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.doc, Options{DTD: DTDSkip, MaxDocument: 1_500_000})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("accepted, or not a SyntaxError: %v", err)
			}
			if syntax.Limit != test.limit {
				t.Errorf("limit %q, want %q (%v)", syntax.Limit, test.limit, err)
			}
		})
	}
	if _, err := read("<a>"+repeat("&lt;", 100_000)+"</a>", Options{MaxExpansion: 1}); err != nil {
		t.Errorf("predefined entities count as expansion: %v", err)
	}
}

func TestPosition(t *testing.T) {
	r := NewReader(nil, Options{})
	r.ResetString("<a>\r\n é<b\n/>\r<c/></a>")
	var got []string
	for k := r.Next(); k != EOF; k = r.Next() {
		if k == StartElement {
			line, column := r.Position(r.Offset())
			got = append(got, fmt.Sprintf("%s %d:%d", r.QName(), line, column))
		}
	}
	if diff := cmp.Diff([]string{"a 1:1", "b 2:3", "c 4:1"}, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func TestSpaces(t *testing.T) {
	many := []string{"a", "b", "a", "c", "d", "e", "f", "g", "h", "i"}
	for _, s := range []*Spaces{NewSpaces("a", "b"), NewSpaces(many...)} {
		for uri, want := range map[string]int{"a": 1, "b": 2, "": NoSpace, "z": UnknownSpace} {
			if got := s.Index(uri); got != want {
				t.Errorf("Index(%q) = %d, want %d", uri, got, want)
			}
		}
		if s.URI(2) != "b" || s.URI(0) != "" || s.URI(-1) != "" || s.URI(99) != "" {
			t.Error("URI is wrong")
		}
	}
	var none *Spaces
	if none.Index("a") != UnknownSpace || none.Index("") != NoSpace || none.URI(1) != "" || none.Len() != 0 {
		t.Error("a nil list is not empty")
	}
	r := NewReader(NewSpaces("u"), Options{})
	r.ResetString(`<a xmlns="u"><b xmlns="v" xmlns:u="u" u:x="1"/></a>`)
	r.Next()
	outer := r.Space()
	r.Next()
	if inner, attr := r.Space(), r.Attrs()[0].Space; outer != 1 || inner != UnknownSpace || attr != 1 {
		t.Errorf("spaces %d, %d, %d", outer, inner, attr)
	}
}

func TestContent(t *testing.T) {
	for _, test := range []struct {
		doc, want string
		children  int
		info      TextInfo
	}{
		{"<a>plain</a>", "plain", 0, 0},
		{"<a/>", "", 0, 0},
		{"<a></a>", "", 0, 0},
		{"<a>two words</a>", "two words", 0, HasSpace},
		{"<a>longer than eight bytes, é</a>", "longer than eight bytes, é", 0, HasSpace | HasHigh},
		{"<a>x&amp;y</a>", "x&y", 0, HasSpace | HasHigh | InScratch},
		{"<a>x<!--c-->y<![CDATA[<]]></a>", "xy<", 0, HasSpace | HasHigh | InScratch},
		{"<a>x<b>skipped</b>y<c/></a>", "xy", 2, HasSpace | HasHigh | InScratch},
		{"<a>x</a >", "x", 0, HasSpace | HasHigh | InScratch},
	} {
		r := NewReader(nil, Options{})
		r.ResetString(test.doc)
		r.Next()
		text, info, ok := r.Content()
		children := 0
		for !ok {
			children++
			r.Skip()
			text, info, ok = r.MoreContent()
		}
		if text != test.want || children != test.children || info != test.info {
			t.Errorf("%s: %q, %d children, info %b", test.doc, text, children, info)
		}
		if k := r.Next(); k != EOF || r.Err() != nil {
			t.Errorf("%s: after the content: %v, %v", test.doc, k, r.Err())
		}
	}
}

func TestReaderAllocs(t *testing.T) {
	doc := []byte(`<p:a xmlns:p="u" x="1">` + strings.Repeat(`<p:b y="2">text</p:b>`, 50) + `</p:a>`)
	r := NewReader(NewSpaces("u"), Options{})
	if n := testing.AllocsPerRun(100, func() {
		r.Reset(doc)
		for r.Next() != EOF {
		}
	}); n != 0 || r.Err() != nil {
		t.Errorf("%v allocations, %v", n, r.Err())
	}
}

func TestNextExpected(t *testing.T) {
	const long = "aVeryLongNameIndeed"
	names := []Expected{Expect(1, "b", 7), Expect(1, "ninebytes", 8), Expect(2, "c", 9), Expect(1, long, 10)}
	for _, test := range []struct {
		name, next string
		want       int
		attrs      int
	}{
		{"as expected", `<p:b>`, 7, 0},
		{"after white space", "\n \t<p:b>", 7, 0},
		{"after deep indentation", "\n             <p:b>", 7, 0},
		{"more than a word", `<p:ninebytes>`, 8, 0},
		{"more than two words", `<p:` + long + `>`, 10, 0},
		{"attributes", `<p:b x="1" y="2">`, 7, 2},
		{"white space in the tag", "<p:b\n>", 7, 0},
		{"empty-element tag", `<p:b/>`, 7, 0},
		{"the parent's end", ` </p:a>`, Ended, 0},
		{"a prefix declared anew", `<p:b xmlns:p="v">`, Unexpected, 0},
		{"another name", `<p:x>`, Unread, 0},
		{"another first word", `<p:mineBytes>`, Unread, 0},
		{"another last word", `<p:ninebytez>`, Unread, 0},
		{"another middle", `<p:aVeryLongXameIndeed>`, Unread, 0},
		{"a longer name", `<p:bb>`, Unread, 0},
		{"a colon more", `<p:b:b>`, Unread, 0},
		{"a letter beyond ASCII", `<p:bé>`, Unread, 0},
		{"a shorter name", `<p:>`, Unread, 0},
		{"another namespace", `<p:c>`, Unread, 0},
		{"another prefix", `<q:b>`, Unread, 0},
		{"no prefix", `<b>`, Unread, 0},
		{"text first", `t<p:b>`, Unread, 0},
		{"another end tag", `</p:b>`, Unread, 0},
		{"a fault in the tag", `<p:b x="1" x="2">`, Unread, 0},
		{"the document ends", `<p:b`, Unread, 0},
		{"nothing", ``, Unread, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReader(NewSpaces("u", "v"), Options{})
			for range 2 { // the second time the tag is remembered
				r.ResetString(`<p:a xmlns:p="u" xmlns:q="u">` + test.next + `        `)
				r.Next()
				if got := r.NextExpected(names); got != test.want {
					t.Fatalf("%d, want %d", got, test.want)
				}
				if test.want >= 0 && (r.URI() != "u" || r.Depth() != 2 || r.Space() != 1 || len(r.Attrs()) != test.attrs) {
					t.Errorf("stands on %v at depth %d with %d attributes", r.Name(), r.Depth(), len(r.Attrs()))
				}
			}
		})
	}
	r := NewReader(NewSpaces("u"), Options{MaxDepth: 1})
	r.ResetString(`<a xmlns="u"><b>          `)
	r.Next()
	if r.NextExpected(names) >= 0 || r.NextTag() != EOF || r.err.Limit != "MaxDepth" {
		t.Error("the limit on depth was passed by")
	}
}

// TestMemory reads documents one after the other with one Reader, which remembers tags: what it says must be what a new Reader
// says.
func TestMemory(t *testing.T) {
	docs := []string{
		`<p:a xmlns:p="u"><p:b x="1" p:x="2">text</p:b></p:a>`,
		`<p:a xmlns:p="v"><p:b x="1" p:x="2">text</p:b></p:a>`,
		`<a xmlns:p="u"><p:b x="1" p:x="2"></p:b></a>`,
		`<a><p:b x="1" p:x="2"></p:b></a>`,
		`<a xmlns:p="u" xmlns:q="v"><b p:x="1" q:x="2"/></a>`,
		`<a xmlns:p="u" xmlns:q="u"><b p:x="1" q:x="2"/></a>`,
		`<a b="c>d" e='f'><g  h="i" /><g h = "i"/><g h="i"/></a>`,
		`<a b="c&amp;d"><b c="x	y"/></a>`,
		`<a xmlns="u"><b xmlns=""><c d="é"/></b></a>`,
		`<a xml:lang="en"><b xmlns:p=""/></a>`,
		`<a xml:lang="en"><b xmlns:p="w" xmlns:p="w"/></a>`,
		`<a b="1" c="2" d="3" e="4" f="5"/>`,
		`<a xmlnsfoo="x&amp;y" xmlns:foo="x&amp;amp;y"/>`,
		`<a b="1" ></a><a b="1"></a>`,
		`<!DOCTYPE a [<!ATTLIST b c CDATA "d">]><a><b x="1"/></a>`,
		`<abcdefgh b="1"/>`,
		`<abcdefgh b="1">`,
	}
	for _, dtd := range []DTD{DTDRefuse, DTDSkip} {
		used := NewReader(NewSpaces("u"), Options{DTD: dtd})
		for range 3 {
			for _, doc := range docs {
				fresh := NewReader(NewSpaces("u"), Options{DTD: dtd})
				used.ResetString(doc)
				fresh.ResetString(doc)
				if diff := cmp.Diff(everything(fresh), everything(used)); diff != "" {
					t.Errorf("%s (-fresh +used):\n%s", doc, diff)
				}
			}
		}
	}
}

// everything returns what a Reader says of each token.
func everything(r *Reader) (said []string) {
	for {
		k := r.Next()
		switch {
		case k == EOF:
			return append(said, fmt.Sprint(r.Err()))
		case k == StartElement || k == EndElement:
			said = append(said, fmt.Sprint(k, r.Space(), r.Name(), r.QName(), r.Offset(), r.End(), r.Depth(), r.HasXSI()))
			for _, a := range r.Attrs() {
				said = append(said, fmt.Sprintf("%+v %v", a, a.Name()))
			}
		default:
			said = append(said, fmt.Sprint(k, r.Offset(), r.Text()))
		}
	}
}
