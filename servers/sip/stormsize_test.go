//go:build !faults

package sip

// stormSize is how many messages a storm has: enough to fill what there is several times.
const stormSize = 4_000
