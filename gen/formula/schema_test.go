package formula_test

import (
	"testing"

	"github.com/protogen-go/protogen/gen/formula"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
)

const schema = `<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:a" targetNamespace="urn:a" elementFormDefault="qualified">
  <element name="root"><complexType><sequence>
    <element name="name" type="string"/>
    <element name="code" maxOccurs="unbounded"><complexType><simpleContent><extension base="a:kind"><attribute name="n" type="a:percent"/></extension></simpleContent></complexType></element>
    <choice maxOccurs="3"><element name="when" type="dateTime"/><element name="yes" type="boolean"/></choice>
    <element name="here"><complexType/></element>
    <element name="loose"/>
    <element name="number"><simpleType><restriction base="unsignedShort"><maxExclusive value="500"/><enumeration value="7"/><enumeration value="300"/></restriction></simpleType></element>
    <element name="short" type="a:short"/>
    <element name="fraction" type="decimal"/>
    <element name="words"><simpleType><list itemType="int"/></simpleType></element>
    <element name="hex" type="hexBinary"/>
    <element name="hole"><complexType><sequence><any namespace="##other" maxOccurs="2" processContents="lax"/></sequence></complexType></element>
    <element name="deep"><complexType><sequence><element name="any"><complexType><sequence><any namespace="##any"/></sequence></complexType></element></sequence></complexType></element>
  </sequence></complexType></element>
  <element name="payload"><complexType><sequence><element name="size" type="nonNegativeInteger"/></sequence></complexType></element>
  <simpleType name="kind"><restriction base="token"><enumeration value="red"/><enumeration value="blue"/></restriction></simpleType>
  <simpleType name="percent"><restriction base="integer"><minInclusive value="0"/><maxInclusive value="100"/></restriction></simpleType>
  <simpleType name="short"><restriction base="integer"><totalDigits value="3"/><minExclusive value="-5"/></restriction></simpleType>
</schema>`

func TestSchemaFields(t *testing.T) {
	set, found := xsd.Compile([]xsd.Source{{Name: "a.xsd", Data: []byte(schema)}}, xsd.Options{})
	if set == nil {
		t.Fatal(found)
	}
	m := &model.Message{
		Encoding: "xml", Element: model.XMLName{Namespace: "urn:a", Local: "root"}, At: "deep",
		Bind: []*model.Bind{{Path: "any", Element: model.XMLName{Namespace: "urn:a", Local: "payload"}}},
	}
	types := formula.SchemaFields(set)
	for key, want := range map[string]string{
		"name":                  "text",
		"code":                  "[]text",
		"code/@n":               "[]int",
		"when":                  "[]time",
		"yes":                   "[]bool",
		"here":                  "bool",
		"loose":                 "any",
		"number":                "int",
		"fraction":              "text",
		"words":                 "[]int",
		"hex":                   "bytes",
		"hole":                  "struct",
		"hole/*":                "[]struct",
		"hole/*/@xmlns":         "[]text",
		"deep/any/payload/size": "int",
		"deep/any/other":        "",
		"nothing":               "",
		"name/@nothing":         "",
	} {
		got := ""
		if typ := types(m, &model.Field{Key: key}); typ != nil {
			got = typ.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	for key, want := range map[string][2]int64{"number": {7, 300}, "short": {-4, 999}, "deep/any/payload/size": {0, 1 << 53}} {
		typ := types(m, &model.Field{Key: key})
		if typ.Min.Int64() != want[0] || typ.Max.Int64() != want[1] {
			t.Errorf("%s: got %v to %v, want %v", key, typ.Min, typ.Max, want)
		}
	}
	if formula.SchemaFields(nil) != nil {
		t.Error("no schemas, and yet types")
	}
}
