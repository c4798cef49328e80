// Package line reads and writes messages that are lines of text: literals with words between them, and parameters, which are
// keys with values. It is what emitted codecs of the encoding "text" stand on.
//
// A word is of a [Token], which says what octets it is made of. Nothing else is ever written: a value that would end its word, the
// line, or begin another parameter is an error, so no value can say what its field does not.
package line
