// Package xsdrun executes compiled XML Schemas.
//
// The schema compiler turns schema documents into the structures of this package: a [Schema] of elements, types, content
// models as automata, and simple types with their facets. Two engines run them over a document, and both share every check:
//
//   - [Schema.Validate] is the interpreter: it needs nothing but the Schema and judges a document completely, identity
//     constraints and derived types included.
//   - [Decoder] is what emitted code is written against: the code says which field a child element goes to, the Decoder
//     reads, checks and converts.
//
// [Encoder] is the other direction: emitted code writes markup it knows in advance and hands over the values, which are
// checked against the same simple types.
//
// A document that does not conform gives a [ValidationError] with a [Fault] for everything that is wrong, each with its
// place, its path and the rule of the standard; a document that is not XML gives an [xmlstream.SyntaxError].
//
// The standard is XML Schema 1.0, second edition: part 1 (structures) and part 2 (datatypes).
package xsdrun
