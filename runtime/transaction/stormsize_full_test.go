//go:build faults

package transaction_test

const stormSize = 1_000_000
