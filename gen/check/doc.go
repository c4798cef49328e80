// Package check judges a protocol before anything is generated from it: whether its formulas mean something, whether its
// machines can be entered, left and finished, whether they say what happens to every message, and whether two messages
// can be told apart.
//
// [Run] runs every rule and returns all findings, sorted by position; what only follows from an earlier finding is left
// out. A finding says what is wrong in the words of the specification, shows it (a message, a path through the machine, a
// table), suggests one edit, and tells how to accept it: by an entry of the specification's accept list, which gives the
// rule, the place and the reason. An entry that accepts nothing is a finding itself.
//
// Each rule stands in a file of its own, beside its test. [Rules] lists them. What several share is in graph.go (moves as
// edges between states), flow.go (what holds in a state on every way, or on some way, to it) and table.go (what a state
// does with each message).
package check
