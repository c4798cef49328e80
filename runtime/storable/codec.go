package storable

import "github.com/protogen-go/protogen/runtime/tree"

// A Codec reads and writes images. Its zero value is Network.
type Codec struct {
	// Machine makes Append write the form of this kind of machine (freeze) rather than network order (nfreeze). Either form is read.
	Machine bool

	// Canonical makes Append write the pairs of maps sorted by key, as $Storable::canonical does, not in the order of the map.
	Canonical bool

	// PerlDigits makes Append write floats in network images in 15 digits at most, as Perl does, even where that is not enough for them
	// to be read back the same. Otherwise such floats get 16 or 17, which Perl reads as well.
	PerlDigits bool

	// Limits bound what Decode builds, and the depth of what Append writes.
	Limits tree.Limits
}

// The two forms of images, with default limits.
var (
	Network = Codec{}
	Native  = Codec{Machine: true}
)

var _ tree.Locator = Codec{}

// name is what peers call the serializer.
const name = "Storable"

// Name implements [tree.Codec]: "Storable".
func (c Codec) Name() string { return name }
