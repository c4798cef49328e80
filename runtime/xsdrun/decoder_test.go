package xsdrun_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// faults returns what is wrong with a document, one line a fault.
func faults(t *testing.T, err error) []string {
	t.Helper()
	var invalid *xsdrun.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		t.Fatalf("not a ValidationError: %v", err)
	}
	var out []string
	for _, f := range invalid.Faults {
		out = append(out, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Path, f.Rule))
	}
	return out
}

// TestDecodeFaults changes the sample in one place each and looks at the faults.
func TestDecodeFaults(t *testing.T) {
	const create = "/epp/command/create/domain:create"
	for _, test := range []struct {
		name, old, new string
		want           []string
		text           string // part of the first fault's text
	}{
		{"white space around a number", `<domain:period unit="y">2<`, "<domain:period unit=\" y\t\">\n 2 <", nil, ""},
		{"comment in text", `larkspur.example</domain:name>`, `lark<!-- c -->spur<![CDATA[.]]>&#101;xample</domain:name>`, nil, ""},
		{"leading zeros", `>604800<`, `>+0604800<`, nil, ""},
		{"xsi attributes", `<epp `, `<epp xmlns:xsi="` + xmlstream.XSISpace + `" xsi:schemaLocation="a b" `, nil, ""},
		{"unknown element", `<domain:registrant>`, `<domain:foo/><domain:registrant>`, []string{"12:9 " + create + "/domain:foo cvc-complex-type.2.4.a"}, "<domain:foo> cannot stand here; expected domain:registrant, domain:contact or domain:authInfo"},
		{"element of another namespace", `<domain:registrant>`, `<name/><domain:registrant>`, []string{"12:9 " + create + "/name cvc-complex-type.2.4.a"}, ""},
		{"missing first", `<domain:name>larkspur.example</domain:name>`, ``, []string{"7:9 " + create + "/domain:period cvc-complex-type.2.4.a"}, "expected domain:name"},
		{"missing last", `<domain:authInfo>
          <domain:pw>2fooBAR!bramble</domain:pw>
        </domain:authInfo>`, ``, []string{"16:7 " + create + " cvc-complex-type.2.4.b"}, "<domain:create> is not complete; expected domain:contact or domain:authInfo"},
		{"order", `<domain:registrant>holder-7</domain:registrant>
        <domain:contact type="admin">sh8013</domain:contact>`, `<domain:contact type="admin">sh8013</domain:contact>
        <domain:registrant>holder-7</domain:registrant>`, []string{"13:9 " + create + "/domain:registrant cvc-complex-type.2.4.a"}, ""},
		{"twice", `<domain:registrant>`, `<domain:registrant>again</domain:registrant><domain:registrant>`, []string{"12:53 " + create + "/domain:registrant cvc-complex-type.2.4.a"}, ""},
		{"text between elements", `<domain:ns>`, `<domain:ns>text`, []string{"8:20 " + create + "/domain:ns cvc-complex-type.2.3"}, "text between the elements of <domain:ns>"},
		{"element in text", `holder-7`, `hold<b>er</b>-7`, []string{"12:32 " + create + "/domain:registrant/b cvc-type.3.1.2"}, "<b> stands where only text may"},
		{"too long", `holder-7`, `holder-7-holder-7`, []string{"12:9 " + create + "/domain:registrant cvc-maxLength-valid"}, "17 characters where eppcom:clIDType has at most 16"},
		{"too small", `unit="y">2<`, `unit="y">0<`, []string{"7:9 " + create + "/domain:period cvc-minInclusive-valid"}, `"0" is less than 1, the least value of domain:pLimitType`},
		{"sign", `unit="y">2<`, `unit="y">+2<`, []string{"7:9 " + create + "/domain:period cvc-datatype-valid.1.2.1"}, ""},
		{"empty number", `unit="y">2<`, `unit="y"><`, []string{"7:9 " + create + "/domain:period cvc-datatype-valid.1.2.1"}, ""},
		{"enumeration", `unit="y"`, `unit="d"`, []string{"7:24 " + create + "/domain:period/@unit cvc-attribute.3"}, `"d" is none of the values of domain:pUnitType: "y", "m"`},
		{"unknown attribute", `unit="y"`, `unit="y" x="1"`, []string{"7:33 " + create + "/domain:period/@x cvc-complex-type.3.2.2"}, "<domain:period> may not have the attribute x"},
		{"attribute with a namespace", `unit="y"`, `unit="y" domain:unit="y"`, []string{"7:33 " + create + "/domain:period/@domain:unit cvc-complex-type.3.2.2"}, ""},
		{"missing attribute", ` unit="y"`, ``, []string{"7:9 " + create + "/domain:period cvc-complex-type.4"}, "<domain:period> must have the attribute unit"},
		{"attribute where none may be", `<domain:name>`, `<domain:name a="1">`, []string{"6:22 " + create + "/domain:name/@a cvc-complex-type.3.2.2"}, ""},
		{"attribute on structure", `<command>`, `<command a="1">`, []string{"3:12 /epp/command/@a cvc-complex-type.3.2.2"}, ""},
		{"not nillable", `<domain:registrant>`, `<domain:registrant xmlns:xsi="` + xmlstream.XSISpace + `" xsi:nil="false">`, []string{"12:9 " + create + "/domain:registrant cvc-elt.3.1"}, ""},
		{"unknown xsi:type", `<domain:registrant>`, `<domain:registrant xmlns:xsi="` + xmlstream.XSISpace + `" xsi:type="domain:x">`, []string{"12:9 " + create + "/domain:registrant cvc-elt.4.2"}, ""},
		{"xsi:type of another type", `<domain:registrant>`, `<domain:registrant xmlns:xsi="` + xmlstream.XSISpace + `" xmlns:xs="` + xsdrun.Space + `" xsi:type="xs:int">`, []string{"12:9 " + create + "/domain:registrant cvc-elt.4.3"}, ""},
		{"undeclared in a strict wildcard", `<extension>`, `<extension><x:y xmlns:x="u"/>`, []string{"20:16 /epp/command/extension/x:y cvc-complex-type.2.4.c"}, "<x:y> is not declared"},
		{"namespace that the wildcard excludes", `<extension>`, `<extension><create/>`, []string{"20:16 /epp/command/extension/create cvc-complex-type.2.4.a"}, "a namespace other than urn:ietf:params:xml:ns:epp-1.0 or no namespace"},
		{"several", `holder-7</domain:registrant>
        <domain:contact type="admin">`, `h</domain:registrant>
        <domain:contact type="boss" b="">`, []string{
			"12:9 " + create + "/domain:registrant cvc-minLength-valid",
			"13:25 " + create + "/domain:contact/@type cvc-attribute.3",
			"13:37 " + create + "/domain:contact/@b cvc-complex-type.3.2.2",
		}, "1 characters where eppcom:clIDType has at least 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := string(readFile(t, "testdata/create.xml"))
			if strings.Count(doc, test.old) == 0 {
				t.Fatalf("the sample has no %q", test.old)
			}
			doc = strings.Replace(doc, test.old, test.new, 1)
			var v Epp
			err := unmarshal([]byte(doc), &v)
			if diff := cmp.Diff(test.want, faults(t, err)); diff != "" {
				t.Fatalf("faults (-want +got):\n%s%v", diff, err)
			}
			if test.want != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %q, want %q", err, test.text)
			}
			if diff := cmp.Diff(sampleValue, v, ignoreMemory); test.want == nil && diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRoot(t *testing.T) {
	var v Epp
	if got := faults(t, unmarshal([]byte(`<epp><a/></epp>`), &v)); !cmp.Equal(got, []string{"1:1 /epp cvc-elt.1"}) {
		t.Error(got)
	}
	var syntax *xmlstream.SyntaxError
	for _, doc := range []string{"", "<", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><command>", "<a/><b/>"} {
		if err := unmarshal([]byte(doc), &v); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", doc, err)
		}
	}
}

// TestDecodePrefixes checks that every beginning of a document is refused.
func TestDecodePrefixes(t *testing.T) {
	doc := readFile(t, "testdata/create.xml")
	doc = doc[:len(doc)-1] // the line end after the root
	var v Epp
	for i := range doc {
		if err := unmarshal(doc[:i], &v); err == nil {
			t.Fatalf("%q was accepted", doc[:i])
		}
	}
}

func TestDecodeAlias(t *testing.T) {
	doc := []byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create><x:y xmlns:x="u"/></create><clTRID>ABC-1</clTRID></command></epp>`)
	decodeWith := func(alias bool) *Epp {
		var v Epp
		d := xsdrun.NewDecoder(sampleSpaces, xsdrun.Options{Alias: alias})
		if got := faults(t, decode(d, doc, &v)); len(got) != 1 { // x:y is not declared
			t.Fatal(got)
		}
		return &v
	}
	copied, aliased := decodeWith(false), decodeWith(true)
	copy(doc[strings.Index(string(doc), "ABC"):], "XYZ")
	if copied.ClTRID != "ABC-1" || aliased.ClTRID != "XYZ-1" {
		t.Errorf("copied %q, aliased %q", copied.ClTRID, aliased.ClTRID)
	}
	raw := (*xmlstream.RawElement)(copied.Create.(*rawElement))
	if want := (xmlstream.RawElement{Name: xmlstream.Name{Space: "u", Local: "y"}, XML: `<x:y xmlns:x="u"/>`}); *raw != want {
		t.Errorf("raw element %v", *raw)
	}
}

func TestMaxFaults(t *testing.T) {
	doc := `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0">` + strings.Repeat("<a/>", 1000) + `</epp>`
	d := xsdrun.NewDecoder(sampleSpaces, xsdrun.Options{MaxFaults: 3})
	var v Epp
	var invalid *xsdrun.ValidationError
	if err := decode(d, []byte(doc), &v); !errors.As(err, &invalid) || len(invalid.Faults) != 3 || !invalid.Truncated {
		t.Fatalf("%v", err)
	}
	if got := len(invalid.Unwrap()); got != 3 || !strings.Contains(invalid.Error(), "and 2 or more others") {
		t.Errorf("%d, %v", got, invalid)
	}
}

func TestEncodeFaults(t *testing.T) {
	change := func(f func(*DomainCreate)) *Epp {
		c := *sampleValue.Create.(*DomainCreate)
		f(&c)
		return &Epp{Create: &c, ClTRID: "ABC-12345"}
	}
	const create = "/epp/command/create/domain:create"
	for _, test := range []struct {
		name string
		v    *Epp
		want string
	}{
		{"missing", &Epp{}, "cannot encode /epp/command/create: cvc-complex-type.2.4.b: the object is missing"},
		{"too long", change(func(c *DomainCreate) { c.Registrant = "12345678901234567" }), create + "/domain:registrant: cvc-maxLength-valid"},
		{"attribute", change(func(c *DomainCreate) { c.Period = &DomainPeriod{"d", 1} }), create + "/domain:period/@unit: cvc-enumeration-valid"},
		{"number", change(func(c *DomainCreate) { c.Period = &DomainPeriod{"y", 100} }), create + `/domain:period: cvc-maxInclusive-valid: "100" is more than 99`},
		{"second of a list", change(func(c *DomainCreate) { c.NS = []string{"a", ""} }), create + "/domain:ns/domain:hostObj: cvc-minLength-valid"},
		{"character", change(func(c *DomainCreate) { c.AuthInfo.Value = "a\x00" }), create + "/domain:authInfo/domain:pw: cvc-datatype-valid.1.2.1"},
		{"white space", change(func(c *DomainCreate) { c.Name = " a" }), create + `/domain:name: whiteSpace: " a" would be read back as "a"`},
		{"after everything", &Epp{Create: sampleValue.Create, ClTRID: "x"}, "/epp/command/clTRID: cvc-minLength-valid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := test.v.AppendXML([]byte("before"))
			var bad *xsdrun.EncodeError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if string(b) != "before" {
				t.Errorf("the buffer holds %q", b)
			}
		})
	}
}

// FuzzDecode checks that decoding never panics, and that what is accepted is encoded and decoded to the same value.
func TestEncoderClose(t *testing.T) {
	for _, test := range []struct{ written, markup, want string }{
		{`<a>`, `</a>`, `<a/>`},
		{`<a>`, `</a></b>`, `<a/></b>`},
		{`<a>`, `</a><b>`, `<a/><b>`},
		{`<p:a x="1" y=">">`, `</p:a>`, `<p:a x="1" y=">"/>`},
		{`<a>text`, `</a>`, `<a>text</a>`},
		{`<a><b></b>`, `</a>`, `<a><b></b></a>`},
		{`<a><b/>`, `</a>`, `<a><b/></a>`},
		{`<a><a/>`, `</a>`, `<a><a/></a>`},
		{`<a><a x="1"/>`, `</a>`, `<a><a x="1"/></a>`},
		{`<a>>`, `</a>`, `<a>></a>`},
		{`<a x="1">">`, `</a>`, `<a x="1">"></a>`},
		{`<a><!--<a x-->`, `</a>`, `<a><!--<a x--></a>`},
		{`<a><!-->-->`, `</a>`, `<a><!-->--></a>`},
		{`<a><![CDATA[<a ]]>`, `</a>`, `<a><![CDATA[<a ]]></a>`},
		{`<a><?p <a ?>`, `</a>`, `<a><?p <a ?></a>`},
		{`<ab>`, `</a>`, `<ab></a>`},
		{``, `</a>`, `</a>`},
		{`<a>`, ``, `<a>`},
	} {
		e := xsdrun.NewEncoder([]byte("<a>"))
		e.Raw(test.written)
		e.Close(test.markup)
		if b, err := e.Finish(); err != nil || string(b) != "<a>"+test.want {
			t.Errorf("%s, then %s: %s, want %s (%v)", test.written, test.markup, b[3:], test.want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(readFile(f, "testdata/create.xml"))
	f.Add([]byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create><c:create xmlns:c="urn:ietf:params:xml:ns:domain-1.0"><c:name>a&amp;b</c:name><c:authInfo><c:pw roid="r"/></c:authInfo></c:create></create></command></epp>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var v, again Epp
		if unmarshal(doc, &v) != nil {
			return
		}
		v.eachPw(func(p *DomainPw) { p.Roid = "" }) // the sample encoder does not write it
		b, err := v.AppendXML(nil)
		if err != nil {
			t.Fatalf("%q was accepted, but %v", doc, err)
		}
		if err := unmarshal(b, &again); err != nil {
			t.Fatalf("%q was encoded as %q: %v", doc, b, err)
		}
		if diff := cmp.Diff(v, again, ignoreMemory); diff != "" {
			t.Fatalf("%q was encoded as %q (-first +second):\n%s", doc, b, diff)
		}
	})
}

func (v *Epp) eachPw(f func(*DomainPw)) {
	for _, e := range append([]Element{v.Create}, v.Extensions...) {
		if c, ok := e.(*DomainCreate); ok {
			f(&c.AuthInfo)
		}
	}
}
