package header

import (
	"iter"
	"slices"
)

// A Field is a header field as it stands in a message: its name in the case that the sender chose, and its value without
// the spaces around it, folds made spaces.
type Field struct {
	Name, Value string
}

// Fields are header fields in order, those of one name not necessarily together. The zero Fields has none.
type Fields []Field

// Get returns the value of the first field called name, in any case.
func (f Fields) Get(name string) (value string, ok bool) {
	for i := range f {
		if EqualFold(f[i].Name, name) {
			return f[i].Value, true
		}
	}
	return "", false
}

// Values yields the values of all fields called name, in any case.
func (f Fields) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range f {
			if EqualFold(f[i].Name, name) && !yield(f[i].Value) {
				return
			}
		}
	}
}

// Add appends a field.
func (f *Fields) Add(name, value string) { *f = append(*f, Field{name, value}) }

// Set makes name stand once, with value, where it stood first; at the end if it did not.
func (f *Fields) Set(name, value string) {
	for i := range *f {
		if EqualFold((*f)[i].Name, name) {
			(*f)[i] = Field{name, value}
			rest := Fields((*f)[i+1:])
			rest.Del(name)
			*f = (*f)[:i+1+len(rest)]
			return
		}
	}
	f.Add(name, value)
}

// Del removes all fields called name.
func (f *Fields) Del(name string) {
	*f = slices.DeleteFunc(*f, func(field Field) bool { return EqualFold(field.Name, name) })
}

// Append appends the fields that have one of the names to dst, but for those that a [Writer] would not write.
func (f Fields) Append(dst Fields, names ...string) Fields {
	for i := range f {
		if oneLine(f[i].Value) && slices.ContainsFunc(names, func(name string) bool { return EqualFold(f[i].Name, name) }) {
			dst = append(dst, f[i])
		}
	}
	return dst
}
