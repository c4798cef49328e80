// Package pattern understands the line patterns of messages of the encoding "text", such as "IAM {name}": literals, {field}s, and
// {*} for the parameters, which are the fields that have a key. It says what octets the words of a field are made of, and finds
// patterns that cannot be read back: two fields with nothing to part them, a field that may hold what ends it, and two messages that
// the same line may be.
package pattern
