package xsdrun

import (
	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Location is a hint of a document at where a schema may be found (XML Schema part 1, 4.3.2).
type Location struct {
	Space    string // the namespace; empty for xsi:noNamespaceSchemaLocation
	Location string // a URI reference, relative to the document
}

// SchemaLocations returns the schema locations that doc hints at, in document order, each once. [Schema.Validate] does not
// follow them: whether a document may choose its schema is for the caller to say. Of a malformed document it returns those
// before the fault.
func SchemaLocations(doc []byte, opts xmlstream.Options) []Location {
	var found []Location
	known := map[Location]bool{}
	add := func(space, location string) {
		if l := (Location{space, location}); !known[l] {
			known[l] = true
			found = append(found, l)
		}
	}
	r := xmlstream.NewReader(nil, opts)
	r.ResetString(string(doc))
	for k := r.Next(); k != xmlstream.EOF; k = r.Next() {
		if k != xmlstream.StartElement || !r.HasXSI() {
			continue
		}
		for _, a := range r.Attrs() {
			switch {
			case !a.IsXSI():
			case a.Local() == "noNamespaceSchemaLocation":
				add("", normalizeText(a.Value, WhiteSpaceCollapse))
			case a.Local() == "schemaLocation":
				space, paired := "", false
				for item := range Items(a.Value) {
					if paired {
						add(space, item)
					}
					space, paired = item, !paired
				}
			}
		}
	}
	return found
}
