package xmlstream

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why a document is not well-formed, or which limit it exceeds. Nothing of such a document may be trusted.
type SyntaxError struct {
	Offset       int    // of the fault, in the UTF-8 form of the document, byte order mark excluded
	Line, Column int    // of the same place, from 1; the column counts characters
	Text         string // what is wrong
	Limit        string // the field of [Options] that was exceeded; empty for a fault of the document
	Cause        error  // why a stream could not be read on; nil for a fault of the document
}

// Unwrap returns Cause.
func (e *SyntaxError) Unwrap() error { return e.Cause }

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: malformed XML: %s", e.Line, e.Column, e.Text)
}

// position returns the line and column of offset in s, both from 1. A line ends with a line feed, a carriage return, or both
// (XML 1.0, 2.11).
func position(s string, offset int) (line, column int) {
	offset = max(0, min(offset, len(s)))
	head := s[:offset]
	line = 1 + strings.Count(head, "\n")
	last := strings.LastIndexByte(head, '\n')
	if returns := strings.Count(head, "\r"); returns > 0 {
		line += returns - strings.Count(head, "\r\n")
		last = max(last, strings.LastIndexByte(head, '\r'))
	}
	return line, 1 + utf8.RuneCountInString(head[last+1:])
}
