package header

// Names finds header fields by their names. The zero Names knows none. It may be shared by goroutines.
type Names struct {
	slots []slot // hashed, probed one by one; a power of two of them, at most half of them full
}

type slot struct {
	name  string
	field int
}

// A Name is the name of the field that a specification counts as number Field, from 1.
type Name struct {
	Field int
	Name  string
	Short string // the compact form; none if empty
}

// NewNames makes a table of names. No two names may be the same but for case.
func NewNames(names ...Name) *Names {
	size := 8
	for size < 4*len(names)+2 {
		size *= 2
	}
	n := &Names{slots: make([]slot, size)}
	for _, name := range names {
		n.add(name.Name, name.Field)
		if name.Short != "" {
			n.add(name.Short, name.Field)
		}
	}
	return n
}

func (n *Names) add(name string, field int) {
	i := hash(name) & (len(n.slots) - 1)
	for n.slots[i].field != 0 {
		i = (i + 1) & (len(n.slots) - 1)
	}
	n.slots[i] = slot{name, field}
}

// Find returns the number of the field called name, in any case, in full or compact; 0 for a name that n does not know.
func (n *Names) Find(name string) int {
	if name == "" || len(n.slots) == 0 {
		return 0
	}
	for i := hash(name) & (len(n.slots) - 1); ; i = (i + 1) & (len(n.slots) - 1) {
		switch s := &n.slots[i]; {
		case s.field == 0:
			return 0
		case s.name == name || EqualFold(s.name, name):
			return s.field
		}
	}
}

// hash mixes the length and three letters of a name, their case apart.
func hash(name string) int {
	n := len(name)
	return n*7 + int(name[0]|0x20)*31 + int(name[n-1]|0x20)*17 + int(name[n/2]|0x20)*3
}
