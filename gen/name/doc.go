// Package name turns the names of a wire protocol into Go's, once. It knows how words are cut, which are initialisms, how
// a repeated field is called, and which names Go keeps for itself; nothing else in the generator invents a name.
//
// [Assign] names everything in a [model.Protocol]; gen/emit calls the functions below it for what comes from schemas. Two
// things that would share a name are a finding, never a silent suffix.
package name
