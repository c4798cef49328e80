// Package tree holds values that describe themselves: what a serializer reads and writes. It is the value model of the encoding
// "tree" of a specification.
//
// A [Value] is one of: undef, a boolean, an integer, a floating-point number, octets, text, or a reference to a [List], a [Map] or a
// [Scalar]. The model is that of Perl, the widest of those we meet: octets and text are two kinds, a list or map is always
// reached through a reference, so that two references to one map share it and a map may contain itself, what is referred to
// may carry a class name ([Map.Class]), and keys keep their order.
//
// # Values from a Perl peer
//
// Perl does not tell 5 from "5". The accessors [Value.Int], [Value.Float], [Value.Str] and [Value.Truth] therefore convert as Perl does;
// ask [Value.Kind] where the difference counts. [As] converts to Go types with the same tolerance, [Of] comes from them.
//
// # Serializers
//
// A [Codec] turns a Value into an image, a string of octets, and back. Package storable is Perl's Storable; package
// jsontree is JSON.
//
// # Ownership and goroutines
//
// A Value is small and passed by value. Copying it copies a reference to its list, map or scalar, not the contents. Any number of goroutines
// may read; a goroutine that changes a List, Map or Scalar must be alone with it.
package tree
