// Package jsontree reads and writes trees as JSON (RFC 8259).
//
// JSON says less than a [tree.Value] may hold. Octets are written as the characters with these numbers, which is how Perl compares octets and
// text; read back they are text. References to scalars, classes, numbers that are not finite, and text that is not UTF-8 are refused.
// What is shared is written as often as it is reached, and a cycle ends at [tree.Limits].MaxDepth with an error.
package jsontree

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/tree"
)

// A Codec reads and writes JSON. Its zero value is ready for use.
type Codec struct {
	// Limits bound what Decode builds, and the depth and the elements of what Append writes.
	Limits tree.Limits
}

var _ tree.Codec = Codec{}

const name = "JSON"

// Name implements [tree.Codec]: "JSON".
func (c Codec) Name() string { return name }

func fail(fault tree.Fault, at int, format string, args ...any) error {
	return &tree.Error{Codec: name, Fault: fault, Offset: at, Detail: fmt.Sprintf(format, args...)}
}
