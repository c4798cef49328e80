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
// A file of this package is named after what it holds: grammar.go the schema for schemas, document.go and declare.go the
// documents, what they declare and how they refer to one another, simple.go, facet.go and complex.go the types,
// element.go, attribute.go, particle.go, wildcard.go and identity.go the other components, derive.go, restrict.go
// and restrict_particle.go derivation, automaton.go, ambiguity.go and model.go content models, run.go what the runtime
// executes.
package xsd
