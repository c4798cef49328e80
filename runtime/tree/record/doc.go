// Package record reads and writes maps with typed fields, as messages of the encoding "tree" are. It is what the emitted
// codecs of that encoding stand on.
//
// A [Reader] takes the values of a map's pairs, a [Writer] makes a map of them and has a codec append its image.
// A value is of its field's type or it is an error: what a peer may write instead (Perl does not tell 5 from "5") is taken by the
// methods whose names begin with Lenient.
package record
