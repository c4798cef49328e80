// Package formula is under emitted code: it computes what the formulas of specifications compute and Go has no operator for.
package formula

// Lower is text with A to Z made small, and every other octet as it is.
func Lower(text string) string {
	for i := range len(text) {
		if isUpper(text[i]) {
			b := []byte(text)
			for ; i < len(b); i++ {
				if isUpper(b[i]) {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return text
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// Pow is x to the power of y, 1 where y is not positive. Whoever calls it knows that the result fits; the generator refuses formulas
// whose result may not.
func Pow(x, y int64) int64 {
	z := int64(1)
	for ; y > 0; y-- {
		z *= x
	}
	return z
}
