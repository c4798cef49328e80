// Package xsd compiles XML Schema 1.0 documents: text to components to the automata and value checks that
// runtime/xsdrun executes.
//
// [Compile] reads schema documents and everything they include, import or redefine, and judges them by the whole of
// XML Schema part 1 and 2 (second edition): the schema for schemas, the constraints on representation (src-...), on
// components (...-props-correct), on derivation, and unique particle attribution. What it finds is reported with file,
// line, column and the standard's own name of the constraint.
//
// The result is a [Set]. The generator reads its components ([Set.Elements], [Set.Types]) with their particle trees,
// positions and documentation; the interpreter executes [Set.Schema]; emitted decoders carry [Set.Model].
//
// A file of this package is named after what it holds: grammar.go the schema for schemas, document.go the documents and how
// they refer to one another, simple.go and complex.go the two kinds of type, element.go, attribute.go, particle.go,
// wildcard.go and identity.go the other components, extend.go and restrict.go derivation, automaton.go and model.go the content models.
package xsd
