package xmlstream

import (
	"strings"
	"testing"
)

// TestProductions goes through the productions of XML 1.0 (fifth edition) and Namespaces in XML 1.0: documents that match
// each, and documents that come close. A document type declaration is allowed here.
func TestProductions(t *testing.T) {
	for _, p := range []struct {
		production string
		good, bad  []string
	}{
		{
			"1 document",
			[]string{"<a/>", "<a/><!--c-->", "<a/><?p?>\n", "\n<a/>", "<!--c--><a/>"},
			[]string{"", " ", "<!--c-->", "<a/><b/>", "<a/>x", "x<a/>", "<a/>&#32;", "&#32;<a/>", "<a/><![CDATA[]]>", "<a/></a>", "]]><a/>"},
		},
		{
			"2 Char",
			[]string{"<a>\t\n\r \uD7FF\uE000\uFFFD\U00010000\U0010FFFF</a>", "<a>\u0085\u2028\x7F</a>"},
			[]string{
				"<a>\x00</a>", "<a>\x01</a>", "<a>\x0B</a>", "<a>\x0C</a>", "<a>\x1F</a>", "<a>\uFFFE</a>", "<a>\uFFFF</a>", "<a>\x80</a>", "<a>\xC1\xBF</a>",
				"<a>\xED\xBF\xBF</a>", "<a>\xF4\x90\x80\x80</a>", "<a>\xE2\x82</a>", "<a>\xF8\x88\x80\x80\x80</a>", "<!--\x08--><a/>", "<?p \x08?><a/>", "<a b='\x08'/>",
			},
		},
		{"3 S", []string{"<a\t\n\r b=''\n/>"}, []string{"<a\u00A0b=''/>", "<a\u2028/>", "<a\x0Bb=''/>", "<a\u0085b=''/>"}},
		{
			"4 NameStartChar, 4a NameChar, 5 Name",
			[]string{"<_/>", "<a-b.c_1/>", "<é/>", "<a\u00B7/>", "<a\u0300/>", "<\u037F/>", "<\u2C00/>", "<\U00010000/>", "<\U000EFFFF/>", "<a\u203F/>", "<\u0132/>", "<\u3007/>"},
			[]string{"<1/>", "<-a/>", "<.a/>", "<\u00B7/>", "<\u0300/>", "<\u00D7/>", "<\u00F7/>", "<\u037E/>", "<a\u037E/>", "<\u2000/>", "<\U000F0000/>", "<a,b/>", "<a+b/>", "< a/>", "<\u203F/>"},
		},
		{
			"9 EntityValue",
			[]string{`<!DOCTYPE a [<!ENTITY e 'x"&#38;amp;&e2;'>]><a/>`, `<!DOCTYPE a [<!ENTITY e "<">]><a/>`, `<!DOCTYPE a [<!ENTITY e "">]><a>&e;</a>`},
			[]string{`<!DOCTYPE a [<!ENTITY e "&">]><a/>`, `<!DOCTYPE a [<!ENTITY e "%">]><a/>`, `<!DOCTYPE a [<!ENTITY e "&#0;">]><a/>`, `<!DOCTYPE a [<!ENTITY e x>]><a/>`, `<!DOCTYPE a [<!ENTITY e "&x">]><a/>`},
		},
		{"10 AttValue", []string{`<a b="'" c='"'/>`, `<a b=">]]>"/>`, `<a b=""/>`}, []string{`<a b="<"/>`, `<a b="&"/>`, `<a b="""/>`, `<a b='x"/>`, `<a b=x/>`, `<a b="&lt"/>`, `<a b="&#x;"/>`}},
		{"11 SystemLiteral", []string{`<!DOCTYPE a SYSTEM "'"><a/>`, `<!DOCTYPE a SYSTEM ''><a/>`}, []string{`<!DOCTYPE a SYSTEM x><a/>`, `<!DOCTYPE a SYSTEM "x'><a/>`, `<!DOCTYPE a SYSTEM><a/>`}},
		{"12 PubidLiteral, 13 PubidChar", []string{`<!DOCTYPE a PUBLIC "-//X 1'2" ""><a/>`}, []string{`<!DOCTYPE a PUBLIC "{" ""><a/>`, `<!DOCTYPE a PUBLIC "é" ""><a/>`, `<!DOCTYPE a PUBLIC "&" ""><a/>`, "<!DOCTYPE a PUBLIC \"\t\" ''><a/>"}},
		{"14 CharData", []string{"<a>]] > ]]</a>", "<a>]]&gt;</a>"}, []string{"<a>]]></a>", "<a>x]]]></a>", "<a>&</a>", "<a>a<</a>"}},
		{"15 Comment", []string{"<a><!----></a>", "<a><!-- - --></a>", "<a><!--<&]]>--></a>"}, []string{"<a><!-- -- --></a>", "<a><!-- ---></a>", "<a><!-></a>", "<a><!-- ></a>", "<a><!- - --></a>", "<a/><!--"}},
		{
			"16 PI, 17 PITarget",
			[]string{"<a><?p?></a>", "<a><?p  x ? > ?></a>", "<a><?xml-stylesheet?></a>", "<a><?xmlx?></a>"},
			[]string{"<a><??></a>", "<a><?1?></a>", "<a><?p</a>", "<a><?p+?></a>", "<a><?xml?></a>", "<a><?XmL x?></a>", "<a><? p?></a>", "<a><?p?</a>"},
		},
		{"18 CDSect", []string{"<a><![CDATA[]]></a>", "<a><![CDATA[<a>&]]]]></a>", "<a><![CDATA[]]]></a>", "<a><![CDATA[ <![CDATA[ ]]></a>"}, []string{"<a><![CDATA[</a>", "<a><![cdata[]]></a>", "<a><![CDATA []]></a>", "<![CDATA[]]><a/>", "<a><![CDATA[]]>]]></a>"}},
		{
			"22 prolog, 23 XMLDecl",
			[]string{`<?xml version="1.0"?><a/>`, "<?xml version='1.0'  encoding='utf-8'\nstandalone = 'yes' ?><a/>", `<?xml version="1.0" standalone="no"?><a/>`, `<?xml version="1.0"?><!DOCTYPE a><a/>`},
			[]string{
				"<?xml?><a/>", `<?xml version=1.0?><a/>`, `<?xml version="1.0'?><a/>`, `<?xml version="1.0"encoding="utf-8"?><a/>`, `<?xml Version="1.0"?><a/>`, `<?xml version="1.0" ><a/>`,
				`<?xml encoding="utf-8" version="1.0"?><a/>`, `<?xml version="1.0" version="1.0"?><a/>`, ` <?xml version="1.0"?><a/>`, `<!--c--><?xml version="1.0"?><a/>`, `<?xml version="1.0"?><?xml version="1.0"?><a/>`,
				`<?xml version="1.0" standalone="YES"?><a/>`, `<?xml version="1.0"? ><a/>`, `<?XML version="1.0"?><a/>`, `<?xml version=""?><a/>`, `<?xml version="1.0" encoding=""?><a/>`,
			},
		},
		{
			"28 doctypedecl",
			[]string{"<!DOCTYPE a><a/>", "<!DOCTYPE a[]><a/>", "<!DOCTYPE a [ ] ><a/>", `<!DOCTYPE a SYSTEM "x" []><a/>`},
			[]string{"<!DOCTYPE><a/>", "<!doctype a><a/>", "<!DOCTYPEa><a/>", "<!DOCTYPE a [<a/>", "<!DOCTYPE a []]><a/>", "<a/><!DOCTYPE a>", "<!DOCTYPE a><!DOCTYPE a><a/>", "<a><!DOCTYPE a></a>", "<!DOCTYPE a [x]><a/>", "<!DOCTYPE a x><a/>"},
		},
		{
			"39 element, 40 STag, 42 ETag, 44 EmptyElemTag",
			[]string{"<a></a>", "<a ></a >", "<a />", "<a><a></a></a>"},
			[]string{"<a>", "</a>", "<a></b>", "<a></A>", "<a><b></a></b>", "<a/ >", "<a //>", "<a></ a>", "<a></a b=''>", "<a", "<a b=''", "<a></a", "<>", "</>", "<a/></a>", "<a><", "<a b='' / >"},
		},
		{"41 Attribute", []string{"<a b = 'c'/>", "<a b='1' c='2'/>"}, []string{"<a b/>", "<a b=/>", "<a ='c'/>", "<a b='1'c='2'/>", "<a b='1' b='2'/>", "<a b='1',c='2'/>", "<a b b='1'/>", "<a 'b'/>"}},
		{
			"45 elementdecl to 51 Mixed",
			[]string{"EMPTY", "ANY", "(#PCDATA)", "(#PCDATA)*", "( #PCDATA | b )*", "(b)", "(b,c)", "(b|c)", "((b|c)+,d?)*", "( b , c )"},
			[]string{"", "(", "()", "(#PCDATA|b)", "(b,c|d)", "(b,)", "(|b)", "(b)**", "(b) *", "b", "(b,#PCDATA)", "(#PCDATA,b)*", "(#PCDATA)+", "empty", "EMPTY x"},
		},
		{
			"52 AttlistDecl to 60 DefaultDecl",
			[]string{"", "b CDATA #IMPLIED", "b ID #REQUIRED c IDREFS 'x'", "b (x|1y) 'x'", "b NOTATION (n|m) #IMPLIED", "b NMTOKENS #FIXED 'x y'", "b ENTITY #IMPLIED", "b ENTITIES #IMPLIED"},
			[]string{"b", "b CDATA", "b CDATA #implied", "b cdata 'x'", "b (x,y) 'x'", "b () 'x'", "b NOTATION (1n) #IMPLIED", "b NOTATION(n) #IMPLIED", "b CDATA #FIXED", "b CDATA '<'", "b CDATA '&x;'", "b CDATA#IMPLIED", "b (x|y)'x'", "b CDATA #REQUIRED 'x'"},
		},
		{
			"66 CharRef",
			[]string{"<a>&#9;&#x9;&#65;&#x41;&#0065;&#x10FFFF;&#xe9;</a>"},
			[]string{"<a>&#;</a>", "<a>&#x;</a>", "<a>&#X41;</a>", "<a>&#65</a>", "<a>&#a;</a>", "<a>&#xG;</a>", "<a>&#0;</a>", "<a>&#8;</a>", "<a>&#xD800;</a>", "<a>&#xFFFF;</a>", "<a>&#x110000;</a>", "<a>&#-1;</a>", "<a>&# 65;</a>"},
		},
		{
			"67 Reference, 68 EntityRef",
			[]string{"<a>&lt;&gt;&amp;&apos;&quot;</a>", `<!DOCTYPE a [<!ENTITY e "x">]><a b="&e;">&e;</a>`},
			[]string{"<a>&nbsp;</a>", "<a>& lt;</a>", "<a>&lt ;</a>", "<a>&LT;</a>", "<a>&;</a>", "<a>&1;</a>", "<a b='&e;'/>", `<!DOCTYPE a [<!ENTITY e "x">]><a>&f;</a>`},
		},
		{
			"69 PEReference, 70 EntityDecl",
			[]string{`<!DOCTYPE a [<!ENTITY % p "<!ELEMENT a ANY>"> %p;]><a/>`, `<!DOCTYPE a [<!ENTITY e PUBLIC "p" "s" NDATA n>]><a/>`, `<!DOCTYPE a [<!ENTITY e SYSTEM "s">]><a/>`},
			[]string{
				`<!DOCTYPE a [%p;]><a/>`, `<!DOCTYPE a [<!ENTITY % p "x"> %p]><a/>`, `<!DOCTYPE a [<!ENTITY %p "x">]><a/>`, `<!DOCTYPE a [<!ENTITY % p SYSTEM "s" NDATA n>]><a/>`, `<!DOCTYPE a [<!ENTITY e>]><a/>`,
				`<!DOCTYPE a [<!ENTITY e "x" NDATA n>]><a/>`, `<!DOCTYPE a [<!ENTITY e PUBLIC "p">]><a/>`, `<!DOCTYPE a [<!ENTITY e"x">]><a/>`, `<!DOCTYPE a [<!ENTITY e SYSTEM "s"NDATA n>]><a/>`, `<!DOCTYPE a [<!entity e "x">]><a/>`,
			},
		},
		{
			"78 extParsedEnt, well-formed entities",
			[]string{`<!DOCTYPE a [<!ENTITY e "<b/>x">]><a>&e;</a>`, `<!DOCTYPE a [<!ENTITY e "<b>"><!ENTITY f "&f;">]><a/>`},
			[]string{`<!DOCTYPE a [<!ENTITY e "<b>">]><a>&e;</b></a>`, `<!DOCTYPE a [<!ENTITY e "&e;">]><a>&e;</a>`, `<!DOCTYPE a [<!ENTITY e "&#38;">]><a>&e;</a>`, `<!DOCTYPE a [<!ENTITY e "<!--">]><a>&e;--></a>`, `<!DOCTYPE a [<!ENTITY e "&#60;">]><a>&e;</a>`},
		},
		{"82 NotationDecl", []string{`<!DOCTYPE a [<!NOTATION n PUBLIC "p"><!NOTATION m SYSTEM "s"><!NOTATION o PUBLIC "p" "s">]><a/>`}, []string{`<!DOCTYPE a [<!NOTATION n>]><a/>`, `<!DOCTYPE a [<!NOTATION n "p">]><a/>`, `<!DOCTYPE a [<!NOTATION SYSTEM "s">]><a/>`}},
		{
			"namespaces",
			[]string{`<p:a xmlns:p="u"/>`, `<a xmlns=""/>`, `<a xmlns="u" xmlns:p="u" b="" p:b=""/>`, `<a xml:b=""/>`, `<a xmlns:xml="` + XMLSpace + `"/>`, `<a xmlns:p="u"><b xmlns:p="v" p:c=""/></a>`},
			[]string{
				`<p:a/>`, `<a p:b=""/>`, `<a:b:c xmlns:a="u"/>`, `<:a/>`, `<a:/>`, `<a xmlns:p=""/>`, `<a xmlns:xmlns="u"/>`, `<a xmlns:xml="u"/>`, `<a xmlns:p="` + XMLSpace + `"/>`, `<a xmlns="` + XMLNSSpace + `"/>`,
				`<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>`, `<a xmlns="u" xmlns="v"/>`, `<xmlns:a/>`, `<p:a xmlns:p="u"></q:a>`, `<a xmlns:="u"/>`, `<a xmlns:1="u"/>`, `<?p:q?><a/>`, `<a><b xmlns:p="u"/><p:c/></a>`, `<!DOCTYPE a [<!ENTITY p:e "x">]><a/>`,
			},
		},
	} {
		t.Run(p.production, func(t *testing.T) {
			frame := func(doc string) string {
				switch {
				case strings.HasPrefix(p.production, "45"):
					return "<!DOCTYPE a [<!ELEMENT a " + doc + ">]><a/>"
				case strings.HasPrefix(p.production, "52"):
					return "<!DOCTYPE a [<!ATTLIST a " + doc + ">]><a/>"
				}
				return doc
			}
			for _, doc := range p.good {
				if _, err := read(frame(doc), Options{DTD: DTDSkip}); err != nil {
					t.Errorf("%q: %v", frame(doc), err)
				}
			}
			for _, doc := range p.bad {
				if _, err := read(frame(doc), Options{DTD: DTDSkip}); err == nil {
					t.Errorf("%q is accepted", frame(doc))
				}
			}
		})
	}
}

// TestEncodingFaults checks that a document in an encoding that cannot be read is refused at its beginning.
func TestEncodingFaults(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"unknown", "<?xml version='1.0' encoding='EBCDIC-CP-US'?>\n<a/>\n", `1:1: malformed XML: the encoding "EBCDIC-CP-US" is not supported`},
		{"UTF-16 that is not", "<?xml version='1.0' encoding='UTF-16'?>\n<a/>\n", `1:1: malformed XML: the document says UTF-16 but is not encoded so`},
		{"a mark that says otherwise", "\xEF\xBB\xBF<?xml version='1.0' encoding='ISO-8859-1'?>\n<a/>\n", `1:1: malformed XML: the document says "ISO-8859-1" but is encoded in UTF-8`},
		{"not US-ASCII", "<?xml version='1.0' encoding='US-ASCII'?>\n<a>\xE9</a>\n", `2:4: malformed XML: a byte that is not US-ASCII, in which the document says it is encoded`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := read(test.doc, Options{}); err == nil || err.Error() != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
