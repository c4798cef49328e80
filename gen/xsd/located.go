package xsd

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// Located returns the names of the schema documents that doc, the document called name, hints at by xsi:schemaLocation and
// xsi:noNamespaceSchemaLocation (XML Schema part 1, 4.3.2), as [Options] Open is asked for them: of namespaces that the set
// says nothing of, each once, never an absolute URI. Compiled together with the sources of the set they judge what the set
// alone does not know. Whether a document may choose them is for the caller to say.
func (s *Set) Located(name string, doc []byte, opts xmlstream.Options) []string {
	if !mayHint(doc) {
		return nil
	}
	var names []string
	for _, l := range xsdrun.SchemaLocations(doc, opts) {
		known := slices.ContainsFunc(s.Documents, func(d *Document) bool { return d.Namespace == l.Space })
		if known || l.Location == "" || strings.Contains(l.Location, "://") {
			continue
		}
		at := l.Location
		if !path.IsAbs(at) {
			at = path.Join(path.Dir(name), at)
		}
		if !slices.Contains(names, at) {
			names = append(names, at)
		}
	}
	return names
}

// mayHint reports whether doc may hold a schema location; most documents that do not need no second reading.
func mayHint(doc []byte) bool {
	return bytes.Contains(doc, []byte("chemaLocation")) || bytes.Contains(doc, []byte("c\x00h\x00e\x00m\x00a\x00L"))
}
