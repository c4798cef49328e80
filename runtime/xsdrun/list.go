package xsdrun

import "strings"

// Emptied returns list without its items, for what is read next into its memory. It is never nil: an empty list is there.
func Emptied[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list[:0]
}

// BeginList begins a value that is a list. Each item is written by a call of Item and one of the method for its type; EndList
// ends the list.
func (e *Encoder) BeginList() { e.list, e.items = len(e.b), 0 }

// Item begins the next item of a list.
func (e *Encoder) Item() {
	if e.items++; e.items > 1 {
		e.b = append(e.b, ' ')
	}
}

// EndList ends a list and checks it by its type. An item that would not be read back as one, because it is empty or has white
// space in it, is refused.
func (e *Encoder) EndList(t *SimpleType) {
	if e.err != nil {
		return
	}
	text := string(e.b[e.list:])
	n := 0
	for range Items(text) {
		n++
	}
	if n != e.items {
		e.Fail("cvc-datatype-valid.1.2.2", "an item of a list is neither empty nor has it white space")
		return
	}
	if strings.Contains(text, "&") {
		text = unescaped.Replace(text)
	}
	e.fail(t.Check(text, nil))
}

// unescaped takes the escapes of an Encoder back.
var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&#34;", `"`, "&quot;", `"`, "&apos;", "'")
