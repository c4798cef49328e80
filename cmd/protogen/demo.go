package main

import (
	"math"

	"github.com/protogen-go/protogen/runtime/tree"
)

// demoSession is the session that the servers of POE's protocols have for a first try.
const demoSession = "test"

// demoFunctions are its states, or methods; refuse makes the error that a caller is told.
func demoFunctions(refuse func(format string, args ...any) error) map[string]any {
	return map[string]any{
		"echo": func(v tree.Value) tree.Value { return v }, // octet for octet
		"add":  func(a, b float64) any { return number(a + b) },
		"list": func() (int, string, map[string]int) { return 1, "two", map[string]int{"three": 3} },
		"fail": func() error { return refuse("asked to fail") },
	}
}

// exact is above all integers that a float64 tells from their neighbours.
const exact = 1 << 53

// number is a sum as a caller wants to see it: an integer, if it is one.
func number(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < exact {
		return int64(f)
	}
	return f
}
