// Package frame cuts a stream of octets into frames and makes frames of payloads. A frame is what a message travels in:
// its payload plus what says where it ends. The kinds are [Length], [Counted], [Delimited] and [Raw]; [Compressed] makes any of them one
// whose payloads are compressed.
//
// Framings are values without state and may be shared by goroutines. Nothing here allocates for a frame that has not
// arrived, whatever its length field claims.
package frame
