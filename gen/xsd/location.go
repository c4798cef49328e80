package xsd

import (
	"slices"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Location is a pair of xsi:schemaLocation, or a value of xsi:noNamespaceSchemaLocation, in a document.
type Location struct {
	Namespace string // empty for noNamespaceSchemaLocation
	Location  string // as written: relative to the document
}

// Locations returns the schema locations that a document names, each once, in document order: hints that an open-ended
// validator may follow (XML Schema part 1, 4.3.2). Nothing in this package follows them. Of a document that is not
// well-formed it returns those before the fault.
func Locations(doc []byte) []Location {
	r := xmlstream.NewReader(nil, xmlstream.Options{DTD: xmlstream.DTDSkip})
	r.ResetString(string(doc))
	var all []Location
	add := func(namespace, location string) {
		l := Location{namespace, location}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	for kind := r.Next(); kind != xmlstream.EOF; kind = r.Next() {
		if kind != xmlstream.StartElement || !r.HasXSI() {
			continue
		}
		for _, a := range r.Attrs() {
			switch a.Name() {
			case Name{Space: xsiSpace, Local: "schemaLocation"}:
				pairs := words(a.Value)
				for i := 0; i+1 < len(pairs); i += 2 {
					add(pairs[i], pairs[i+1])
				}
			case Name{Space: xsiSpace, Local: "noNamespaceSchemaLocation"}:
				add("", collapse(a.Value))
			}
		}
	}
	return all
}
