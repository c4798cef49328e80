package xsd_test

import (
	"errors"
	"fmt"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// A schema is compiled once and then validates any number of documents.
func Example() {
	const schema = `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:example" elementFormDefault="qualified">
  <element name="names"><complexType><sequence><element name="name" type="token" maxOccurs="2"/></sequence></complexType></element>
</schema>`
	set, findings := xsd.Compile([]xsd.Source{{Name: "names.xsd", Data: []byte(schema)}}, xsd.Options{})
	if set == nil {
		fmt.Print(findings)
		return
	}
	err := set.Schema().Validate([]byte(`<names xmlns="urn:example"><name>a</name><nmae>b</nmae></names>`), xsdrun.Options{})
	if invalid, ok := errors.AsType[*xsdrun.ValidationError](err); ok {
		fault := invalid.Faults[0]
		fmt.Println(fault.Line, fault.Column, fault.Path, fault.Rule)
	}
	// Output: 1 42 /names/nmae cvc-complex-type.2.4.a
}

// Findings name the file, the line, the column and the constraint of the standard.
func Example_findings() {
	const schema = `<schema xmlns="http://www.w3.org/2001/XMLSchema">
  <element name="name" type="tokn"/>
</schema>`
	_, findings := xsd.Compile([]xsd.Source{{Name: "names.xsd", Data: []byte(schema)}}, xsd.Options{})
	fmt.Print(findings)
	// Output: names.xsd:2:24: error[src-resolve]: there is no type xs:tokn (did you mean "token"?)
}
