//go:build faults || soak

package faults_test

// full says that the tests run at the size the table of faults asks for.
const full = true
