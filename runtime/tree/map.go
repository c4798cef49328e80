package tree

import (
	"iter"
	"slices"
	"unsafe"
)

// A Key is a key of a Map. Two keys are the same if their names are and, for names that are not ASCII, both are text or neither.
type Key struct {
	Name   string // octets, or UTF-8 if Text
	Text   bool   // the name is characters, not octets
	Locked bool   // the value must not be changed: a restricted hash in Perl. It is kept, not enforced
	Absent bool   // the key may be set in a restricted hash and is not; such keys are neither counted nor found
}

func (k Key) same(other Key) bool {
	return k.Name == other.Name && (k.Text == other.Text || isASCII(k.Name))
}

// An Entry is a pair of a Map.
type Entry struct {
	Key   Key
	Value Value
}

// A Map is pairs in the order of their insertion, no two of the same key. Its zero value is empty and ready for use. A nil *Map
// reads as empty and must not be changed.
type Map struct {
	entries    []Entry
	index      *index // of a map over smallMap
	class      string
	absent     int32 // entries whose key is absent
	restricted bool
}

// MapOf returns a reference to a new Map of entries, which it keeps; of two with one key the later counts.
func MapOf(entries ...Entry) Value {
	m := new(Map)
	m.Adopt(entries)
	return m.Value()
}

// Pair returns an entry for MapOf. The key is text unless it is ASCII.
func Pair(name string, v Value) Entry {
	return Entry{Key: nameKey(name), Value: v.look()}
}

func nameKey(name string) Key { return Key{Name: name, Text: !isASCII(name)} }

// Value returns a reference to m.
func (m *Map) Value() Value { return Value{form: form(KindMap), ptr: unsafe.Pointer(m)} }

// Len returns the number of pairs.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.entries) - int(m.absent)
}

// Get returns the value of a key and whether there is one. It does not ask whether the key is text or octets; should there be both,
// the earlier counts.
func (m *Map) Get(name string) (Value, bool) {
	if m == nil {
		return Value{}, false
	}
	if m.index != nil {
		if i := m.index.find(m.entries, name, func(k Key) bool { return !k.Absent }); i >= 0 {
			return m.entries[i].Value.look(), true
		}
		return Value{}, false
	}
	for i := range m.entries {
		if e := &m.entries[i]; e.Key.Name == name && !e.Key.Absent {
			return e.Value.look(), true
		}
	}
	return Value{}, false
}

// Has reports whether m has a key.
func (m *Map) Has(name string) bool {
	_, ok := m.Get(name)
	return ok
}

// find returns the position of the first entry of that name that suits, -1 if there is none.
func (m *Map) find(name string, suits func(Key) bool) int {
	if m.index != nil {
		return m.index.find(m.entries, name, suits)
	}
	for i := range m.entries {
		if m.entries[i].Key.Name == name && suits(m.entries[i].Key) {
			return i
		}
	}
	return -1
}

// Set sets the value of a key, which is text unless it is ASCII. A new key goes to the end. A variable that others refer to stays
// the variable and takes v.
func (m *Map) Set(name string, v Value) { m.SetKey(nameKey(name), v) }

// SetKey is Set for a key of any form.
func (m *Map) SetKey(k Key, v Value) {
	if i := m.find(k.Name, k.same); i >= 0 {
		m.absent += count(k.Absent) - count(m.entries[i].Key.Absent)
		m.entries[i].Key = k
		assign(&m.entries[i].Value, v)
		return
	}
	m.absent += count(k.Absent)
	m.entries = append(m.entries, Entry{Key: k, Value: v.look()})
	m.enter(len(m.entries) - 1)
}

func count(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// Delete removes a key in either form, if m has it.
func (m *Map) Delete(name string) {
	if m == nil {
		return
	}
	m.Adopt(slices.DeleteFunc(m.entries, func(e Entry) bool { return e.Key.Name == name && !e.Key.Absent }))
}

// All iterates over the pairs in their order.
func (m *Map) All() iter.Seq2[Key, Value] {
	return func(yield func(Key, Value) bool) {
		for _, e := range m.Entries() {
			if !e.Key.Absent && !yield(e.Key, e.Value.look()) {
				return
			}
		}
	}
}

// Entries returns the pairs as they are stored, absent keys included, for codecs: see [Value.Shared]. It is m's own slice; its
// keys must not be changed.
func (m *Map) Entries() []Entry {
	if m == nil {
		return nil
	}
	return m.entries
}

// Adopt makes entries the pairs of m, in place of those it had; of two with one key the later counts, at the place of the
// earlier. The slice belongs to m from then on.
func (m *Map) Adopt(entries []Entry) {
	m.entries, m.index, m.absent = entries, nil, 0
	if len(entries) <= smallMap && !repeats(entries) {
		for i := range entries {
			m.absent += count(entries[i].Key.Absent)
		}
		return
	}
	m.entries = entries[:0]
	m.index = newIndex(len(entries))
	for i := range entries {
		k := entries[i].Key
		if at := m.find(k.Name, k.same); at >= 0 {
			m.replace(at, entries[i], i)
			continue
		}
		m.entries = append(m.entries, entries[i])
		m.absent += count(k.Absent)
		m.enter(len(m.entries) - 1)
	}
}

// repeats reports whether a name is there twice.
func repeats(entries []Entry) bool {
	for i := range entries {
		for j := range i {
			if entries[i].Key.Name == entries[j].Key.Name {
				return true
			}
		}
	}
	return false
}

// replace puts the entry e, of the same key, at the place of an earlier one. The first time, the entries before i move to a slice of their
// own: those that a decoder has taken the address of stay as they are.
func (m *Map) replace(at int, e Entry, i int) {
	if len(m.entries) == i {
		m.entries = slices.Clone(m.entries)
	}
	m.absent += count(e.Key.Absent) - count(m.entries[at].Key.Absent)
	m.entries[at] = e
}

// Class returns the name of the class m is blessed into, "" if none.
func (m *Map) Class() string {
	if m == nil {
		return ""
	}
	return m.class
}

// Bless sets the name of the class of m; "" is none.
func (m *Map) Bless(class string) { m.class = class }

// Restricted reports whether m is a restricted hash, one whose keys Perl does not let change.
func (m *Map) Restricted() bool { return m != nil && m.restricted }

// Restrict sets whether m is a restricted hash. It is kept, not enforced.
func (m *Map) Restrict(restricted bool) { m.restricted = restricted }
