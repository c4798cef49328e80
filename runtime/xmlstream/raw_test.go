package xmlstream

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// child reads doc up to its element named local.
func child(t *testing.T, doc, local string, opts Options) *Reader {
	t.Helper()
	r := NewReader(nil, opts)
	r.ResetString(doc)
	for k := r.Next(); k != EOF; k = r.Next() {
		if k == StartElement && r.Local() == local {
			return r
		}
	}
	t.Fatalf("no element %s: %v", local, r.Err())
	return nil
}

func TestRaw(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"nothing needed", `<r xmlns:p="u"><x>t</x></r>`, `<x xmlns="">t</x>`},
		{"default namespace", `<r xmlns="u"><x/></r>`, `<x xmlns="u"/>`},
		{"prefix", `<r xmlns:p="u" xmlns:q="v"><p:x><q:y/></p:x></r>`, `<p:x xmlns:p="u" xmlns:q="v"><q:y/></p:x>`},
		{"prefix of an attribute", `<r xmlns:p="u"><x p:a="1"/></r>`, `<x xmlns="" xmlns:p="u" p:a="1"/>`},
		{"prefix of an inner attribute", `<r xmlns:p="u" xmlns="d"><p:x><p:y p:a="1"/></p:x></r>`, `<p:x xmlns:p="u"><p:y p:a="1"/></p:x>`},
		{"own declaration", `<r xmlns:p="u"><p:x xmlns:p="v"/></r>`, `<p:x xmlns:p="v"/>`},
		{"own default", `<r xmlns="u"><x xmlns="v"/></r>`, `<x xmlns="v"/>`},
		{"inner declaration", `<r xmlns="u" xmlns:p="v"><x><p:y xmlns:p="w"/></x></r>`, `<x xmlns="u" xmlns:p="v"><p:y xmlns:p="w"/></x>`},
		{"shadowed", `<r xmlns:p="u"><s xmlns:p="v"><p:x/></s></r>`, `<p:x xmlns:p="v"/>`},
		{"qualified name in a value", `<r xmlns:p="u" xmlns:q="v"><x a="p:n">q:n</x></r>`, `<x xmlns="" xmlns:p="u" xmlns:q="v" a="p:n">q:n</x>`},
		{"namespace with special characters", `<r xmlns:p="a&amp;&quot;b"><p:x/></r>`, `<p:x xmlns:p="a&amp;&#34;b"/>`},
		{"source is kept", "<r><x  a = 'b' >&#65;<!-- c --><![CDATA[<]]></x ></r>", "<x xmlns=\"\"  a = 'b' >&#65;<!-- c --><![CDATA[<]]></x >"},
		{"declared entity", `<!DOCTYPE r [<!ENTITY e "<b>&f;</b>"><!ENTITY f "v">]><r><x a="&f;">&e;<![CDATA[&e;]]>&lt;</x></r>`, `<x xmlns="" a="v"><b>v</b><![CDATA[&e;]]>&lt;</x>`},
		{"out of an entity", `<!DOCTYPE r [<!ENTITY e "<x>&f;</x>"><!ENTITY f "v">]><r>&e;</r>`, `<x xmlns="">v</x>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := child(t, test.doc, "x", Options{DTD: DTDSkip})
			name := r.Name()
			e := r.Raw(nil)
			if diff := cmp.Diff(RawElement{Name: name, XML: test.want}, e); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			b, err := e.AppendXML([]byte("<w xmlns='other' xmlns:p='other' xmlns:q='other'>"))
			if err != nil {
				t.Fatal(err)
			}
			again := child(t, string(b)+"</w>", "x", Options{})
			if got := again.Raw(nil); got.Name != name {
				t.Errorf("in another document its name is %s, want %s", got.Name, name)
			}
			for r.Next() != EOF {
			}
			if err := r.Err(); err != nil {
				t.Errorf("after the element: %v", err)
			}
		})
	}
}

func TestRawMalformed(t *testing.T) {
	r := child(t, `<r><x><y></x></r>`, "x", Options{})
	if e := r.Raw(nil); e != (RawElement{}) || r.Err() == nil {
		t.Errorf("%v, %v", e, r.Err())
	}
	for _, bad := range []string{"", "t", "<a>", "<a/><b/>", "<p:a/>"} {
		e := RawElement{XML: bad}
		if b, err := e.AppendXML([]byte("x")); err == nil || string(b) != "x" {
			t.Errorf("%q: %q, %v", bad, b, err)
		}
	}
}

func TestMixed(t *testing.T) {
	r := child(t, `<r xmlns="d" xmlns:p="u"><x>a &lt; <p:b>c</p:b><!-- i --> d <e/></x></r>`, "x", Options{})
	m := r.Mixed(nil)
	if want := Mixed(`a &lt; <p:b xmlns:p="u">c</p:b><!-- i --> d <e xmlns="d"/>`); m != want {
		t.Errorf("content %q, want %q", m, want)
	}
	if got, want := m.Text(), "a < c d "; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if b, err := m.AppendXML(nil); err != nil || string(b) != string(m) {
		t.Errorf("%q, %v", b, err)
	}
	for _, bad := range []Mixed{"<a>", "</a>", "&x;", "a & b", "<p:a/>"} {
		if b, err := bad.AppendXML([]byte("x")); err == nil || string(b) != "x" {
			t.Errorf("%q: %q, %v", bad, b, err)
		}
	}
	for text, want := range map[string]Mixed{"": "", "a<b&c>\r": "a&lt;b&amp;c&gt;&#13;", "a\x00\xFFb": "ab"} {
		if got := MixedText(text); got != want {
			t.Errorf("MixedText(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAny(t *testing.T) {
	const doc = `<r xmlns:p="u" xmlns:q="v"><x a="1" p:b="2" q:c="q:n" xml:lang="en">t<y/></x></r>`
	a := child(t, doc, "x", Options{}).Any(nil)
	want := Any{
		Attributes: []Attribute{
			{Name{"", "a"}, "1"},
			{Name{"u", "b"}, "2"},
			{Name{XMLNSSpace, "q"}, "v"},
			{Name{"v", "c"}, "q:n"},
			{Name{XMLSpace, "lang"}, "en"},
		},
		Content: `t<y xmlns=""/>`,
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b, err := a.AppendAttributes([]byte("<x"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `<x a="1" xmlns:a0="u" a0:b="2" xmlns:q="v" q:c="q:n" xml:lang="en"`; string(b) != want {
		t.Errorf("written %s, want %s", b, want)
	}
	b, err = a.Content.AppendXML(append(b, '>'))
	if err != nil {
		t.Fatal(err)
	}
	again := child(t, string(b)+"</x>", "x", Options{}).Any(nil)
	if diff := cmp.Diff(a, again); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	bad := Any{Attributes: []Attribute{{Name{"", "1"}, ""}}}
	if b, err := bad.AppendAttributes([]byte("x")); err == nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestAppend(t *testing.T) {
	for _, test := range []struct{ in, text, attr string }{
		{"", "", ""},
		{"plain é 😀", "plain é 😀", "plain é 😀"},
		{`<a b="c">&'`, `&lt;a b="c"&gt;&amp;'`, `&lt;a b=&#34;c&#34;>&amp;'`},
		{"\t\n\r", "\t\n&#13;", "&#9;&#10;&#13;"},
		{"]]>", "]]&gt;", "]]>"},
	} {
		text, err := AppendText([]byte("x"), test.in)
		if err != nil || string(text) != "x"+test.text {
			t.Errorf("AppendText(%q) = %q, %v", test.in, text, err)
		}
		attr, err := AppendAttr([]byte("x"), test.in)
		if err != nil || string(attr) != "x"+test.attr {
			t.Errorf("AppendAttr(%q) = %q, %v", test.in, attr, err)
		}
	}
	for _, bad := range []string{"a\x00", "\x0B", "\xFF", "a\uFFFE", "\xED\xA0\x80"} {
		b, err := AppendText([]byte("x"), bad)
		var char *CharError
		if !errors.As(err, &char) || string(b) != "x" {
			t.Errorf("AppendText(%q) = %q, %v", bad, b, err)
		}
	}
}

func TestIsPlain(t *testing.T) {
	for _, base := range []string{"", "abc", "abcdefgh", "abcdefghijkl-._~!#$%()*+,/:;=?@[]{}|^`\\0"} {
		if !IsPlain(base) {
			t.Errorf("%q is not plain", base)
		}
		for i := range len(base) + 1 {
			for _, odd := range []string{" ", "\t", "\x00", "<", ">", "&", "\"", "'", "é", "\x80"} {
				if s := base[:i] + odd + base[i:]; IsPlain(s) {
					t.Errorf("%q is plain", s)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[string]bool{
		"a": true, "_a-1.b": true, "été": true, "": false, "1": false, "-a": false, "a:b": false, "a b": false,
		"a·": true, "·a": false, "a\xFF": false, "a\uFFFD": true, "×": false, "😀": true,
	} {
		if got := IsNCName(s); got != want {
			t.Errorf("IsNCName(%q) = %t", s, got)
		}
	}
	if got := (Name{"u", "a"}).String() + (Name{"", "a"}).String(); got != "{u}aa" {
		t.Error(got)
	}
}

// write turns the tokens of a document into a document again.
func write(r *Reader) string {
	var b []byte
	for k := r.Next(); k != EOF; k = r.Next() {
		switch k {
		case StartElement:
			b = append(append(b, '<'), r.Local()...)
			ns, _ := AppendAttr(nil, r.URI())
			b = append(append(append(b, ` xmlns="`...), ns...), '"')
			a := Any{}
			for _, at := range r.Attrs() {
				a.Attributes = append(a.Attributes, Attribute{at.Name(), at.Value})
			}
			b, _ = a.AppendAttributes(b)
			b = append(b, '>')
		case EndElement:
			b = append(append(append(b, "</"...), r.Local()...), '>')
		case Text:
			if r.Depth() > 0 {
				b, _ = AppendText(b, r.Text())
			}
		}
	}
	return string(b)
}

func normal(events []string) string {
	var b strings.Builder
	for _, e := range events {
		if e[0] == '<' || e[0] == '/' {
			b.WriteString("\n" + e + "\n")
		} else if e[0] == '"' {
			b.WriteString(e[1 : len(e)-1])
		}
	}
	return b.String()
}

var fuzzSeeds = []string{
	`<a/>`,
	`<?xml version="1.0"?><p:a xmlns:p="u" p:x="&lt;1" y='"'>t&#65;<b xmlns="v"/><!-- c --><![CDATA[<]]><?p i?></p:a>`,
	"<a>\r\n x &amp; ]] > \t</a>",
	`<a x="1" x="2"/>`,
	`<!DOCTYPE a [<!ENTITY e "<b>t</b>"><!ATTLIST a y CDATA "d"><!ELEMENT a (b|c)*>]><a x="&lt;">&e;</a>`,
	"\xFF\xFE<\x00a\x00/\x00>\x00",
	"\xEF\xBB\xBF<été/>",
	"<a></a",
}

// FuzzReader checks that reading ends, that what is accepted can be written and read again as the same document, and that
// encoding/xml accepts it too where the two can be compared.
func FuzzReader(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, dtd := range []DTD{DTDRefuse, DTDSkip} {
			r := NewReader(nil, Options{DTD: dtd})
			r.Reset(doc)
			said := everything(r)
			r.Reset(doc)
			if diff := cmp.Diff(said, everything(r)); diff != "" {
				t.Errorf("%q reads differently the second time (-first +second):\n%s", doc, diff)
			}
			r.Reset(doc)
			first := events(r)
			if r.Err() != nil {
				continue
			}
			if dtd == DTDRefuse {
				compareStandard(t, doc)
			}
			r.Reset(doc)
			written := write(r)
			second, err := read(written, Options{MaxAttributes: 3 * DefaultMaxAttributes})
			if err != nil {
				t.Fatalf("%q was written as %q: %v", doc, written, err)
			}
			if diff := cmp.Diff(normal(first), normal(second)); diff != "" {
				t.Errorf("%q was written as %q (-first +second):\n%s", doc, written, diff)
			}
		}
	})
}

// FuzzMixed checks that captured elements and content can be written anywhere.
func FuzzMixed(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		r := NewReader(nil, Options{DTD: DTDSkip})
		r.ResetString(doc)
		if r.NextTag() != StartElement {
			return
		}
		m := r.Mixed(nil)
		for r.Next() != EOF {
		}
		if r.Err() != nil {
			return
		}
		if _, err := m.AppendXML(nil); err != nil {
			t.Errorf("%q has the content %q: %v", doc, m, err)
		}
	})
}
