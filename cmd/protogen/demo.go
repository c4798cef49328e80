package main

// demoSession is the session that the servers of POE's protocols have for a first try.
const demoSession = "test"

// demoFunctions are its states, or methods; refuse makes the error that a caller is told.
func demoFunctions(refuse func(format string, args ...any) error) map[string]any {
	return map[string]any{
		"echo": func(v any) any { return v },
		"add":  func(a, b float64) any { return number(a + b) },
		"list": func() (int, string, map[string]int) { return 1, "two", map[string]int{"three": 3} },
		"fail": func() error { return refuse("asked to fail") },
	}
}

// number is a sum as a caller wants to see it: without a fraction, if it has none.
func number(f float64) any {
	if i := int64(f); float64(i) == f {
		return i
	}
	return f
}
