package check

import "github.com/protogen-go/protogen/gen/pattern"

// lines is V14 for messages of text: what a line is made of can be taken apart again.
func lines(c *checker) {
	_, found := pattern.Lines(c.p)
	for _, d := range found {
		c.report("messages", d)
	}
}
