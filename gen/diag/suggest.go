package diag

import (
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"
)

// maxTypos is how many edits may separate a name from the one we take it for.
const maxTypos = 2

// Nearest returns the known name that name most likely stands for: the one within two edits (a letter added, dropped or
// changed, two neighbours swapped; one edit for names under four letters), the first of several. It returns "" when no name is that near.
func Nearest(name string, known iter.Seq[string]) string {
	limit := min(maxTypos, utf8.RuneCountInString(name)/2)
	best := ""
	for k := range known {
		if d := distance(name, k, limit); d <= limit && k != name {
			best, limit = k, d-1
		}
	}
	return best
}

// DidYouMean returns ` (did you mean "x"?)` with the known name nearest to name, or "" when none is near.
func DidYouMean(name string, known ...string) string {
	if k := Nearest(name, slices.Values(known)); k != "" {
		return fmt.Sprintf(" (did you mean %q?)", k)
	}
	return ""
}

// distance is the number of edits from a to b (Damerau's: optimal string alignment), or any number over limit once it is
// known to be more than that.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if d := len(s) - len(t); d > limit || -d > limit {
		return limit + 1
	}
	before := make([]int, len(t)+1) // the row two above
	above := make([]int, len(t)+1)
	row := make([]int, len(t)+1)
	for j := range row {
		above[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit+1 { // a swap may still gain one
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return above[len(t)]
}
