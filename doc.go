// Package protogen is the root of a code-generated protocol toolkit: CUE and XSD specifications describe a protocol's
// session state machines, message shapes and framing, and a generator proves them sound and emits typed Go.
//
// The map, in the order of the data:
//
//   - specs: the specifications; specs/proto is the language they are written in, specs/epp the first protocol.
//   - gen: the generator. gen/load reads CUE and gen/xsd XML Schema; gen/model holds what they say; gen/formula, gen/check
//     and gen/name judge and name it; gen/emit prints it. gen itself runs the stages.
//   - generated: what was emitted, one package per specification.
//   - runtime: the hand-written part under emitted code: loop, socket, frame, session, xmlstream, xsdrun.
//   - servers: handlers that make an emitted server a real one, such as servers/registry for EPP.
//   - cmd/protogen: the command line.
//
// Imports point one way along this list, from servers and cmd down to runtime; a test in this package keeps it so.
package protogen
