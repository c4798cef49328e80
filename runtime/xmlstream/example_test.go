package xmlstream_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

func ExampleReader() {
	r := xmlstream.NewReader(xmlstream.NewSpaces("urn:a"), xmlstream.Options{})
	r.Reset([]byte(`<p:greeting xmlns:p="urn:a" lang="en">hello &amp; welcome</p:greeting>`))
	for k := r.Next(); k != xmlstream.EOF; k = r.Next() {
		switch k {
		case xmlstream.StartElement:
			fmt.Println("start", r.Space(), r.Local(), r.Attrs()[0].Value)
		case xmlstream.EndElement:
			fmt.Println("end", r.Local())
		case xmlstream.Text:
			fmt.Println("text", r.Text())
		}
	}
	fmt.Println(r.Err())
	// Output:
	// start 1 greeting en
	// text hello & welcome
	// end greeting
	// <nil>
}

func ExampleReader_malformed() {
	r := xmlstream.NewReader(nil, xmlstream.Options{})
	r.Reset([]byte("<a>\n  <b></a>"))
	for r.Next() != xmlstream.EOF {
	}
	fmt.Println(r.Err())
	// Output:
	// 2:6: malformed XML: </a> where </b> was expected
}
