// Package bench measures protogen against its peers and runs clients written by others against its servers. It is a module
// of its own so that the peers stay out of the main one's requirements.
//
// Everything is in its tests. "go run ./cmd/table" runs the benchmarks and prints the table of the README.
package bench
