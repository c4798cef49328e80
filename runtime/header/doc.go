// Package header is what emitted codecs of the encoding "headers" stand on: messages of a start line, header fields and a
// body, as those of RFC 3261 (SIP) and its kin.
//
// A [Reader] walks the lines of a message in place: fields in any order, repeated, folded, under compact names. A [Scanner]
// reads one value; what it returns are parts of the message's text, not copies. A [Writer] writes messages and lets no value
// say more than it may: a token with a line end in it is an error, never a second field. [Framing] finds messages in a
// stream.
//
// The division of labour: a reader refuses what it cannot represent (no start line, no room), and notes everything else as a
// [Fault] with the status code that it earns, so that a broken request can still be answered. Nothing here knows the name of
// a header field; the emitted package does.
package header
