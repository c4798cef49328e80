// Package uri reads, writes and compares the URIs of telephony: SIP and SIPS (RFC 3261 section 19.1) and tel (RFC 3966).
// URIs of other schemes are kept as they are.
//
// A [URI] holds parts of the text it was read from, escapes included: nothing is decoded into something that would be read
// differently, and writing gives back what was read.
package uri
