//go:build !race

package storable_test

const race = false
