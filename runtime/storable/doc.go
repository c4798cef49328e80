// Package storable reads and writes the images of Perl's Storable, the serializer that POE programs talk with.
//
// [Network] writes what Storable::nfreeze writes and [Native] what freeze writes on a 64-bit little-endian machine, octet for octet where
// Perl itself is deterministic, floats excepted that Perl would round (see [Codec.PerlDigits]); both read either form. An image always holds a reference: what freeze was given. Its
// value is a [tree.Value] of kind list, map or ref.
//
// # What Perl does to values
//
// Perl's writer does not keep all it is given, and its images say no more than this package returns:
//
//   - a float without a fraction below 2^53 is written as an integer;
//   - network images have no form for floats, nor for integers of more than 32 bits: both become octets in decimal digits;
//   - a key that is text becomes octets of Latin-1 with a note that it was text, if its characters allow.
//
// # What is refused
//
// An image can ask its reader to compile code, to load modules, to tie variables. Such content is refused wherever it stands, with the fault
// [tree.Refused] and the octet it was found at. Lengths are held against the octets that are left before anything is
// allocated, and the [tree.Limits] against everything. Unlike Perl's, this reader wants the image to end where the value does.
//
// # The format
//
// Storable has no standard; the names of the type codes are those of its source (Storable.xs, format 2.11).
package storable
