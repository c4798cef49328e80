package xsdrun

import (
	"testing"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// TestWildAttributes writes attributes that a wildcard may have let through.
func TestWildAttributes(t *testing.T) {
	spaces := xmlstream.NewSpaces("urn:t")
	fixed := "1"
	declared := map[xmlstream.Name]*Attribute{
		{Space: "urn:o", Local: "n"}: {Type: BuiltinInt.Type(), Fixed: &fixed},
		{Space: "urn:o", Local: "q"}: {Type: BuiltinQName.Type()},
	}
	of := &Attributes{
		Uses: []AttributeUse{{Space: 1, Local: "own", Type: BuiltinString.Type()}},
		Any:  &Wildcard{Process: Lax, Not: true, Spaces: []int{0}},
	}
	strict := &Attributes{Any: &Wildcard{Process: Strict, Not: true}}
	at := func(space, local, value string) xmlstream.Attribute {
		return xmlstream.Attribute{Name: xmlstream.Name{Space: space, Local: local}, Value: value}
	}
	for _, c := range []struct {
		name  string
		of    *Attributes
		attrs []xmlstream.Attribute
		want  string
		rule  string
	}{
		{"none", of, nil, "", ""},
		{"two of one namespace", of, []xmlstream.Attribute{at("urn:o", "a", "1"), at("urn:o", "b", "<")}, ` xmlns:a0="urn:o" a0:a="1" a0:b="&lt;"`, ""},
		{"declared", of, []xmlstream.Attribute{at(xmlstream.XMLNSSpace, "p", "urn:o"), at("urn:o", "q", "p:x")}, ` xmlns:p="urn:o" p:q="p:x"`, ""},
		{"twice", of, []xmlstream.Attribute{at("urn:o", "a", "1"), at("urn:o", "a", "1")}, "", "well-formedness"},
		{"a field's own", of, []xmlstream.Attribute{at("urn:t", "own", "1")}, "", "cvc-complex-type.3.2.2"},
		{"not admitted", of, []xmlstream.Attribute{at("", "a", "1")}, "", "cvc-complex-type.3.2.2"},
		{"of the instance", of, []xmlstream.Attribute{at(xmlstream.XSISpace, "type", "x")}, "", "cvc-complex-type.3.2.2"},
		{"not declared", strict, []xmlstream.Attribute{at("urn:o", "a", "1")}, "", "cvc-complex-type.3.2.2"},
		{"another value than the fixed one", of, []xmlstream.Attribute{at("urn:o", "n", "2")}, "", "cvc-attribute.4"},
		{"a prefix that nothing declares", of, []xmlstream.Attribute{at("urn:o", "q", "p:x")}, "", "cvc-datatype-valid.1.2.1"},
	} {
		e := NewEncoder(nil)
		e.WildAttributes(c.attrs, c.of, spaces, declared)
		b, err := e.Finish()
		rule := ""
		if err != nil {
			rule = err.(*EncodeError).Rule
		}
		if string(b) != c.want || rule != c.rule {
			t.Errorf("%s: %s, %v", c.name, b, err)
		}
	}
}
