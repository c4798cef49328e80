// Package interpreter reads, judges and writes messages by the model of their protocol alone. It is slow and small, and what the emitted
// code is held against: both stand on the same runtime, but what a form, a start line, a condition or a rule means is worked out here
// anew, from the specification, every time.
//
// So far it knows messages of headers.
package interpreter
