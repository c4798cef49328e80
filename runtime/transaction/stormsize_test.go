//go:build !faults

package transaction_test

// stormSize is how many messages a storm has: enough to fill what there is several times.
const stormSize = 10_000
