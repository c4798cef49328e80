package xsdrun_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

func ExampleSimpleType_Check() {
	period := &xsdrun.SimpleType{
		Label:        "domain:pLimitType",
		Builtin:      xsdrun.BuiltinUnsignedShort,
		MinInclusive: "1",
		MaxInclusive: "99",
	}
	fmt.Println(period.Check(" 2 ", nil) == nil)
	fmt.Println(period.Check("200", nil))
	// Output:
	// true
	// cvc-maxInclusive-valid: "200" is more than 99, the greatest value of domain:pLimitType
}

func ExampleSchema_Validate() {
	age := &xsdrun.Element{Name: xmlstream.Name{Local: "age"}, Type: xsdrun.BuiltinUnsignedByte.Type()}
	schema := &xsdrun.Schema{Elements: map[xmlstream.Name]*xsdrun.Element{age.Name: age}}

	fmt.Println(schema.Validate([]byte("<age>7</age>"), xsdrun.Options{}))
	fmt.Println(schema.Validate([]byte("<age>seven</age>"), xsdrun.Options{}))
	// Output:
	// <nil>
	// 1:1: /age: cvc-datatype-valid.1.2.1: "seven" is no value of xs:unsignedByte
}
