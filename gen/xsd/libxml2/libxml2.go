//go:build cgo && libxml2

// Package libxml2 is the reference engine for XML Schema: libxml2 through github.com/terminalstatic/go-xsd-validate.
//
// It is compiled only with cgo and the build tag libxml2 (Debian: apt-get install libxml2-dev), so that everything else
// builds with CGO_ENABLED=0. Its known wrong answers are listed in docs/xsd-conformance.md.
package libxml2

import (
	"errors"
	"fmt"
	"sync"

	xsdvalidate "github.com/terminalstatic/go-xsd-validate"
)

// Available tells whether this binary carries libxml2.
const Available = true

// initOnce guards the library's process-wide start. It is never cleaned up: its clean-up is unsafe while anything in the
// process still uses libxml2.
var initOnce = sync.OnceValue(xsdvalidate.Init)

// Schema is a compiled schema. Any number of goroutines may use it; [Schema.Close] frees its C memory.
type Schema struct{ handler *xsdvalidate.XsdHandler }

// Fault is one thing libxml2 found wrong. It knows no columns, and lines only up to 65535.
type Fault struct {
	Line int
	Text string
}

// Compile reads the schema document at path and everything it imports or includes by location. The library would fetch
// http locations, so callers give it files whose imports are local.
func Compile(path string) (*Schema, error) {
	if err := initOnce(); err != nil {
		return nil, err
	}
	handler, err := xsdvalidate.NewXsdHandlerUrl(path, xsdvalidate.ParsErrVerbose)
	if err != nil {
		return nil, fmt.Errorf("libxml2: %s: %w", path, err)
	}
	return &Schema{handler}, nil
}

// Validate judges one document. No faults and no error mean valid; an error means that doc is not well-formed.
func (s *Schema) Validate(doc []byte) ([]Fault, error) {
	err := s.handler.ValidateMem(doc, xsdvalidate.ValidErrDefault)
	var invalid xsdvalidate.ValidationError
	if errors.As(err, &invalid) {
		faults := make([]Fault, len(invalid.Errors))
		for i, e := range invalid.Errors {
			faults[i] = Fault{Line: e.Line, Text: e.Message}
		}
		return faults, nil
	}
	return nil, err
}

// Close frees the schema. It must not be used afterwards.
func (s *Schema) Close() { s.handler.Free() }
