package storable_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

// A tape turns octets into values: the same octets, the same value. What it has no octet for is undef, so that it ends.
type tape struct {
	octets []byte
	// things are the references made so far, to be used again: shared, and cyclic while they are being filled.
	things []tree.Value
}

// randomTape returns a tape of so many octets.
func randomTape(seed uint64, octets int) *tape {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, octets)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return &tape{octets: b}
}

func (t *tape) next() byte {
	if len(t.octets) == 0 {
		return 0
	}
	c := t.octets[0]
	t.octets = t.octets[1:]
	return c
}

func (t *tape) number() uint64 {
	var n uint64
	for range t.next() % 9 {
		n = n<<8 | uint64(t.next())
	}
	return n
}

func (t *tape) octetString() string {
	n := int(t.next())
	if n >= 250 {
		n *= 3 // over 255
	}
	n = min(n, len(t.octets))
	s := string(t.octets[:n])
	t.octets = t.octets[n:]
	return s
}

// text is a string of characters, about half of them of Latin-1. It is not empty: Perl reads text without characters as octets.
func (t *tape) text() string {
	var b strings.Builder
	for range 1 + t.next()%40 {
		c := rune(t.next())
		if t.next()&1 != 0 {
			c = 0x100 + c*17
		}
		b.WriteRune(c)
	}
	return b.String()
}

// root returns a reference, which is what an image holds.
func (t *tape) root() tree.Value { return t.reference(0) }

// value returns any value but a boolean, which has two forms in Perl.
func (t *tape) value(depth int) tree.Value {
	switch t.next() % 12 {
	case 1:
		return tree.Int(int64(int8(t.next())))
	case 2:
		return tree.Int(int64(t.number()))
	case 3:
		return tree.Uint(t.number())
	case 4:
		return tree.Octets(strconv.FormatUint(t.number(), 10))
	case 5:
		return tree.Float(math.Float64frombits(t.number()))
	case 6, 7:
		return tree.Octets(t.octetString())
	case 8:
		return tree.Text(t.text())
	case 9, 10, 11:
		return t.reference(depth)
	}
	return tree.Value{}
}

func (t *tape) reference(depth int) tree.Value {
	if depth > 20 {
		return tree.ListOf()
	}
	choice := t.next()
	if i := int(choice >> 3); i < len(t.things) {
		return t.things[i]
	}
	switch choice % 3 {
	case 0:
		l := new(tree.List)
		l.Bless(t.class())
		t.things = append(t.things, l.Value())
		l.Adopt(t.slots(depth + 1))
		return l.Value()
	case 1:
		s := tree.NewScalar(tree.Value{})
		s.Bless(t.class())
		t.things = append(t.things, s.Ref())
		s.Set(t.value(depth + 1))
		return s.Ref()
	}
	m := new(tree.Map)
	m.Bless(t.class())
	t.things = append(t.things, m.Value())
	t.fill(m, depth+1)
	return m.Value()
}

// class returns the name of a class, mostly none.
func (t *tape) class() string {
	switch c := t.next(); {
	case c < 20:
		return "Class" + strconv.Itoa(int(c))
	case c == 20:
		return "Long" + strings.Repeat("er", 100)
	}
	return ""
}

// slots returns the elements of a list: some never assigned, some variables that something else refers to.
func (t *tape) slots(depth int) []tree.Value {
	slots := make([]tree.Value, t.next()%12)
	for i := range slots {
		slots[i] = t.slot(depth)
		if slots[i].IsUndef() && i > 0 && i < len(slots)-1 {
			slots[i] = tree.Value{}.WithMark(tree.MarkAbsent)
		}
	}
	return slots
}

// slot returns a value, or one of the scalars made so far as the variable itself.
func (t *tape) slot(depth int) tree.Value {
	if i := int(t.next() >> 2); i < len(t.things) && t.things[i].Ref() != nil {
		return t.things[i].Ref().Slot()
	}
	return t.value(depth)
}

// fill sets pairs of m. Octet keys and text keys begin with different characters, as Perl takes some of them for the same.
func (t *tape) fill(m *tree.Map, depth int) {
	flags := t.next()
	entries := make([]tree.Entry, 0, t.next()%12)
	m.Restrict(flags < 16 && cap(entries) > 0) // Perl does not restrict an empty map when it reads one
	for range cap(entries) {
		k := tree.Key{Name: "o" + t.octetString()}
		if t.next() < 32 {
			k = tree.Key{Name: "t" + t.text(), Text: true}
		}
		v := t.slot(depth)
		if m.Restricted() && t.next() < 32 {
			k.Locked, k.Absent, v = true, true, tree.Value{}.WithMark(tree.MarkAbsent)
		}
		entries = append(entries, tree.Entry{Key: k, Value: v})
	}
	m.Adopt(entries)
}

// TestTape makes sure that the tape knows what the tests are to see.
func TestTape(t *testing.T) {
	t.Parallel()
	var shared, classes, restricted, cycles int
	for seed := range uint64(200) {
		tp := randomTape(seed, 2000)
		v := tp.root()
		for _, thing := range tp.things {
			for _, slot := range thing.List().Slots() {
				if slot.Shared() != nil {
					shared++
				}
				if slot.Identity() == v.Identity() {
					cycles++
				}
			}
			if thing.Class() != "" {
				classes++
			}
			if thing.Map().Restricted() {
				restricted++
			}
		}
	}
	if shared == 0 || classes == 0 || restricted == 0 || cycles == 0 {
		t.Errorf("%d shared variables, %d classes, %d restricted maps, %d cycles", shared, classes, restricted, cycles)
	}
}
