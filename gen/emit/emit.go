// Package emit prints a protocol as a Go package: types, codecs, messages, session machines, servers and clients over the
// runtime, and the tests that prove them. It is pure: [Files] reads a model and a compiled schema set and returns text,
// the same text for the same input. Disk belongs to the caller.
//
// A file here carries the name of the emitted file it writes: who dislikes a line of state_gen.go opens state.go. A
// recipe is a function that returns one construct as jennifer code; above it, as its comment, stands the Go it emits. The
// words that recipes share are in vocab.go.
package emit

import (
	"errors"
	"slices"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

// emitter is what the recipes of one run share. It is built once and then only read, but for what recipes note as they go.
type emitter struct {
	p      *model.Protocol
	set    *xsd.Set // nil for a protocol without schemas
	names  *name.Table
	shapes *shapes
	tables *tables // nil without schemas
	lax    *lax    // nil without schemas
	msgs   *messages
	// encodings are those of the messages, by name; encs the same in order.
	encodings map[string]encoding
	encs      []encoding
	// projected are the methods that formulas need, by owner and name, and projectedOrder is the order they were asked for.
	projected      map[string]*projection
	projectedOrder []string
	// first says that emitted code goes into the first of a list, by the function of that name.
	first bool
	// tokens are the types of words that emitted code needs, numbers the methods that formulas read numbers by.
	tokens  map[*model.Type]bool
	numbers []optionalNumber
	// patterns are what formulas match texts with.
	patterns []string
	// found is what recipes cannot print, noted as they go.
	found diag.List
}

// topic is an emitted file and the recipe that writes it. A recipe that refuses something returns a [diag.List].
type topic struct {
	name   string
	recipe func(*emitter) (File, error)
}

// topics are the files of an emitted package. A recipe that has nothing to say returns a file without Data. Messages come
// last: the other recipes tell which of their methods are needed.
var topics = slices.Concat([]topic{
	{"doc.go", (*emitter).docFile},
	{"element_gen.go", (*emitter).elementFile},
	{"schema_gen.go", (*emitter).schemaFile},
	{"codec_gen.go", (*emitter).codecFile},
	{"header_gen.go", (*emitter).headerFile},
	{"codec_gen_test.go", (*emitter).codecTestFile},
}, machineTopics, []topic{
	{"message_gen.go", (*emitter).messageFile},
})

// Files prints p, whose names have been assigned and whose checks have passed, and the schemas its messages are made of
// (nil if it has none). An error is a [diag.List] when the specification asks for what cannot be emitted, and otherwise a
// fault of this package.
func Files(p *model.Protocol, set *xsd.Set) ([]File, error) {
	e, found := newEmitter(p, set)
	if found.HasErrors() {
		found.Sort()
		return nil, found
	}
	var files []File
	for _, t := range topics {
		f, err := t.recipe(e)
		var refused diag.List
		switch {
		case errors.As(err, &refused):
			e.found = append(e.found, refused...)
		case err != nil:
			return nil, err
		case f.Data != nil:
			files = append(files, f)
		}
	}
	if e.found.HasErrors() {
		e.found.Sort()
		return nil, e.found
	}
	return files, nil
}

// newEmitter works out what the recipes need to know.
func newEmitter(p *model.Protocol, set *xsd.Set) (*emitter, diag.List) {
	found := refuse(p)
	names, collisions := name.Schemas(p, set)
	found = append(found, collisions...)
	if found.HasErrors() {
		return nil, found
	}
	e := &emitter{p: p, set: set, names: names, projected: map[string]*projection{}, tokens: map[*model.Type]bool{}}
	e.shapes, found = newShapes(p, set, names)
	if set != nil {
		e.lax = newLax(e.shapes)
		e.tables, collisions = newTables(e.shapes, e.lax, &names.Scope)
		found = append(found, collisions...)
	}
	e.newEncodings(&found)
	e.msgs = newMessages(e, &found)
	return e, found
}

// refuse reports what the emitter does not know how to print.
func refuse(p *model.Protocol) diag.List {
	var found diag.List
	for _, m := range p.Messages {
		if !canEmit(m.Encoding) {
			found.Errorf(m.Pos, "not-emitted", "message %q: no codec is emitted for encoding %q yet", m.Name, m.Encoding)
		}
	}
	for _, m := range p.Machines {
		if m.Per != "" && m.Per != "connection" && !isTransaction(m) {
			found.Errorf(m.Pos, "not-emitted", "machine %q: no machine is emitted per %s yet; only per connection", m.Name, m.Per)
		}
	}
	return found
}
