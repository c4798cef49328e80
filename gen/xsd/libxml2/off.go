//go:build !cgo || !libxml2

// Package libxml2 is the reference engine for XML Schema: libxml2 through github.com/terminalstatic/go-xsd-validate.
//
// This build does not carry it: build with cgo and -tags libxml2 (Debian: apt-get install libxml2-dev).
package libxml2

import "errors"

// Available tells whether this binary carries libxml2.
const Available = false

var errOff = errors.New("this build has no libxml2: build with CGO_ENABLED=1 and -tags libxml2 (Debian: libxml2-dev)")

// Schema is a compiled schema; without libxml2 there are none.
type Schema struct{}

// Fault is one thing libxml2 found wrong. It knows no columns, and lines only up to 65535.
type Fault struct {
	Line int
	Text string
}

// Compile always fails in this build.
func Compile(string) (*Schema, error) { return nil, errOff }

// Validate always fails in this build.
func (*Schema) Validate([]byte) ([]Fault, error) { return nil, errOff }

// Close does nothing.
func (*Schema) Close() {}
