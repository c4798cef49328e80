//go:build faults

package sip

const stormSize = 1_000_000
