package storable

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Decode implements [tree.Codec]. The strings of the value share one copy of the image: whoever keeps one of them for long does well to
// clone it.
func (c Codec) Decode(b []byte) (tree.Value, error) {
	d := decoders.Get().(*decoder)
	d.limits = c.Limits.OrDefault()
	d.decode(b)
	v, err := d.root, d.err
	d.release()
	if err != nil {
		return tree.Value{}, err
	}
	return v, nil
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// A decoder reads one image. Objects are numbered by tags in the order in which they begin. Few images refer to one; only those are read a
// second time, with the objects noted.
type decoder struct {
	src     string
	at      int
	err     error
	little  bool // lengths are little endian
	root    tree.Value
	noting  bool
	seen    []thing // by tag, if noting
	classes []string
	arena   arena
	limits  tree.Limits
	spent   int // of Limits.MaxMemory
	owed    int // octets that elements promised by lengths and not yet begun will take at least
	many    int // elements and pairs so far
	depth   int
}

// A thing is an object that was seen: the scalar in a slot, or what the reference in a slot refers to.
type thing struct {
	slot   *tree.Value
	target bool
	at     int // the octet of its type code
}

// scratch is the number of things above which a decoder or encoder is not kept for the next image.
const scratch = 1 << 12

func (d *decoder) release() {
	if cap(d.seen) > scratch || cap(d.classes) > scratch {
		return
	}
	clear(d.seen)
	clear(d.classes)
	*d = decoder{seen: d.seen[:0], classes: d.classes[:0]}
	decoders.Put(d)
}

func (d *decoder) decode(b []byte) {
	if !d.charge(len(b)) {
		return
	}
	d.src = string(b)
	d.head()
	begin := d.at
	d.arena.open(d)
	d.target(&d.root, 0)
	if d.err == errNote {
		*d = decoder{src: d.src, at: begin, little: d.little, noting: true, seen: d.seen, limits: d.limits, spent: len(b)}
		d.target(&d.root, 0)
	}
	if d.at != len(d.src) {
		d.fail(tree.Trailing, d.at, "%d octets", len(d.src)-d.at)
	}
}

// Locate implements [tree.Locator]. It reads the image once more.
func (c Codec) Locate(b []byte, keys ...string) int {
	d := &decoder{limits: c.Limits.OrDefault(), noting: true}
	d.decode(b)
	slot := &d.root
	for _, key := range keys {
		entries := slot.Map().Entries()
		i := slices.IndexFunc(entries, func(e tree.Entry) bool { return e.Key.Name == key && !e.Key.Absent })
		if i < 0 {
			break
		}
		slot = &entries[i].Value
	}
	for _, t := range d.seen {
		if t.slot == slot {
			return t.at
		}
	}
	return 0
}

// errNote asks for a second reading that notes what is seen.
var errNote = errors.New("storable: an object is referred to")

// head reads the version and, of a native image, the form of the machine.
func (d *decoder) head() {
	if strings.HasPrefix(d.src, "pst0") {
		d.fail(tree.BadHeader, 0, "the magic of a file")
		return
	}
	first := d.octet()
	d.octet() // any minor version: what is unknown fails at its type code
	switch {
	case d.err != nil:
	case first>>1 != major:
		d.fail(tree.BadVersion, 0, "major version %d", first>>1)
	case first&netOrder == 0:
		d.layout(nativeLayout)
	}
}

// layout reads the form of the machine.
func (d *decoder) layout(want string) {
	d.little = true
	if d.src[1] < 2 {
		want = want[:len(want)-1] // no size of double yet
	}
	switch rest := d.src[d.at:]; {
	case strings.HasPrefix(rest, want):
		d.at += len(want)
	case strings.HasPrefix(want, rest):
		d.truncated(len(want))
	default:
		d.fail(tree.BadVersion, d.at, "not the form of a 64-bit little-endian machine")
	}
}

// see gives the next tag to what is in slot, or what the reference there refers to.
func (d *decoder) see(slot *tree.Value, target bool) {
	if d.noting && d.charge(2*int(unsafe.Sizeof(thing{}))) { // append keeps half in reserve
		d.seen = append(d.seen, thing{slot, target, d.at - 1})
	}
}

// target reads an object that a reference refers to and puts the reference into slot.
func (d *decoder) target(slot *tree.Value, mark tree.Mark) {
	if d.depth == d.limits.MaxDepth {
		d.fail(tree.TooDeep, d.at, "over %d levels", d.limits.MaxDepth)
		return
	}
	d.depth++
	var class string
	c := d.code()
	if c == bless || c == ixBless {
		class, c = d.class(c)
	}
	switch c {
	case object:
		d.refer(slot, mark)
	case array:
		if l := d.arena.list(d); l != nil {
			l.Bless(class)
			*slot = l.Value().WithMark(mark)
			d.see(slot, true)
			d.array(l)
		}
	case hash, flagHash:
		if m := d.arena.hash(d); m != nil {
			m.Bless(class)
			*slot = m.Value().WithMark(mark)
			d.see(slot, true)
			d.hash(m, c == flagHash)
		}
	default:
		if s := d.arena.scalar(d); s != nil {
			s.Bless(class)
			*slot = s.Ref().WithMark(mark)
			d.see(slot, true)
			d.scalar(c, s.Variable())
		}
	}
	d.depth--
}

// refer reads a tag and puts a reference to what it says into slot.
func (d *decoder) refer(slot *tree.Value, mark tree.Mark) {
	t, ok := d.tag()
	switch {
	case !ok:
	case t.target:
		*slot = t.slot.WithMark(mark)
	default:
		if to := d.share(t.slot); to != nil {
			v := to.Ref().WithMark(mark)
			if own := slot.Shared(); own != nil { // it is the scalar of this slot itself
				own.Set(v)
				return
			}
			*slot = v
		}
	}
}

// alias reads a tag and makes slot the scalar that it says.
func (d *decoder) alias(slot *tree.Value) {
	at := d.at
	t, ok := d.tag()
	if !ok {
		return
	}
	var s *tree.Scalar
	if t.target {
		s = t.slot.Ref()
	} else {
		s = d.share(t.slot)
	}
	if s == nil {
		d.fail(tree.BadType, at, "a %v where a scalar must be", t.slot.Kind())
		return
	}
	*slot = s.Slot()
}

// tag reads a tag.
func (d *decoder) tag() (thing, bool) {
	if !d.noting && d.err == nil {
		d.err = errNote
	}
	n := d.word()
	if d.err == nil && uint64(n) >= uint64(len(d.seen)) {
		d.fail(tree.BadTag, d.at-4, "object %d of %d", n, len(d.seen))
	}
	if d.err != nil {
		return thing{}, false
	}
	return d.seen[n], true
}

// share makes the scalar in a slot one that others can refer to.
func (d *decoder) share(slot *tree.Value) *tree.Scalar {
	if s := slot.Shared(); s != nil {
		return s
	}
	s := d.arena.scalar(d)
	if s != nil {
		s.Set(*slot)
		*slot = s.Slot()
	}
	return s
}

// class reads the class of a blessed object and its type code, given the first.
func (d *decoder) class(c code) (string, code) {
	at := d.at
	n := d.classLength()
	var class string
	switch {
	case c == bless:
		class = d.take(n)
		if class == "" {
			class = "main" // as Perl's bless does
		}
		if d.charge(2 * int(unsafe.Sizeof(class))) {
			d.classes = append(d.classes, class)
		}
	case n < len(d.classes):
		class = d.classes[n]
	default:
		d.fail(tree.BadClass, at, "class %d of %d", n, len(d.classes))
	}
	c = d.code()
	if c == bless || c == ixBless || c == object {
		d.fail(tree.BadType, d.at-1, "%v behind a class", c)
		c = undef
	}
	return class, c
}

// element reads an object into the slot of a list or map.
func (d *decoder) element(slot *tree.Value) {
	switch c := d.code(); c {
	case scalar: // most are
		d.see(slot, false)
		*slot = tree.Octets(d.short())
	case ref: // and most others
		d.see(slot, false)
		d.target(slot, 0)
	case object:
		d.alias(slot)
	case bless, ixBless: // a variable that is blessed, whatever it holds
		class, c := d.class(c)
		if s := d.share(slot); s != nil {
			s.Bless(class)
			d.see(slot, false)
			d.scalar(c, s.Variable())
		}
	default:
		d.see(slot, false)
		d.scalar(c, slot)
	}
}

// The least octets of an element of a list, and of a pair of a hash without and with flags: type code, flags, length of the key.
const (
	leastElement = 1
	leastPair    = 1 + 4
	leastFlagged = 1 + 1 + 4
)

// A map of more pairs than these has an index that takes so many octets for a pair at most.
const (
	fewPairs  = 8
	indexSize = 16
)

// count reads the length of a list or hash whose elements take at least so many octets each.
func (d *decoder) count(least int) int {
	n := d.length()
	left := len(d.src) - d.at - d.owed
	if int64(n)*int64(least) > int64(left) {
		d.fail(tree.Truncated, d.at-4, "%d elements in %d octets", n, left)
		return 0
	}
	d.owed += n * least
	d.many += n
	if d.many > d.limits.MaxElements {
		d.fail(tree.TooMany, d.at-4, "over %d", d.limits.MaxElements)
		return 0
	}
	return n
}

// array reads the elements of a list.
func (d *decoder) array(l *tree.List) {
	slots := d.arena.elements(d, d.count(leastElement))
	l.Adopt(slots)
	for i := range slots {
		if d.err != nil {
			return
		}
		d.owed -= leastElement
		d.element(&slots[i])
	}
}

// hash reads the pairs of a map.
func (d *decoder) hash(m *tree.Map, flagged bool) {
	least := leastPair
	if flagged {
		least = leastFlagged
		m.Restrict(d.octet()&hashRestricted != 0)
	}
	entries := d.arena.pairs(d, d.count(least))
	for i := range entries {
		d.owed -= least
		entry := &entries[i]
		d.element(&entry.Value)
		if flagged {
			d.flaggedKey(&entry.Key)
		} else {
			entry.Key.Name = d.long()
		}
		if d.err != nil {
			return
		}
	}
	if len(entries) <= fewPairs || d.charge(indexSize*len(entries)) {
		m.Adopt(entries)
	}
}

// flaggedKey reads a key of a hash with flags.
func (d *decoder) flaggedKey(k *tree.Key) {
	flags := d.octet()
	if flags&keyIsObject != 0 {
		d.fail(tree.Unsupported, d.at-1, "a key that is an object")
		return
	}
	k.Name = d.long()
	k.Locked = flags&keyLocked != 0
	k.Absent = flags&keyPlaceholder != 0
	k.Text = flags&(keyUTF8|keyWasUTF8) != 0
	if flags&keyUTF8 == 0 && k.Text && d.charge(2*len(k.Name)) {
		k.Name = fromLatin1(k.Name)
	}
}

// scalar reads what a scalar holds, given its type code, into slot.
func (d *decoder) scalar(c code, slot *tree.Value) {
	switch c {
	case scalar:
		*slot = tree.Octets(d.short())
	case lscalar:
		*slot = tree.Octets(d.long())
	case utf8str:
		*slot = tree.Text(d.short())
	case lutf8str:
		*slot = tree.Text(d.long())
	case smallInt:
		*slot = tree.Int(int64(d.octet()) - 128)
	case netint:
		*slot = tree.Int(int64(int32(d.word())))
	case integer:
		*slot = tree.Int(int64(d.eight()))
	case double:
		*slot = tree.Float(math.Float64frombits(d.eight()))
	case undef:
		*slot = tree.Value{}
	case svUndef:
		*slot = tree.Value{}.WithMark(tree.MarkAbsent)
	case svundefElem:
		*slot = tree.Value{}.WithMark(tree.MarkImmortal)
	case svYes, booleanTrue:
		*slot = tree.Bool(true)
	case svNo, booleanFalse:
		*slot = tree.Bool(false)
	case ref:
		d.target(slot, 0)
	case overload:
		d.target(slot, tree.MarkOverloaded)
	case weakref:
		d.target(slot, tree.MarkWeak)
	case weakOverload:
		d.target(slot, tree.MarkWeak|tree.MarkOverloaded)
	case vstring:
		d.short()
		d.version(slot)
	case lvstring:
		d.long()
		d.version(slot)
	default:
		d.strange(c)
	}
}

// version reads the string behind the literal of a version, which is dropped.
func (d *decoder) version(slot *tree.Value) {
	switch c := d.code(); c {
	case scalar, lscalar, utf8str, lutf8str:
		d.scalar(c, slot)
	default:
		d.fail(tree.BadType, d.at-1, "%v behind a version", c)
	}
}

// strange fails at a type code that is not a scalar's.
func (d *decoder) strange(c code) {
	fault := tree.BadType
	switch c {
	case tiedArray, tiedHash, tiedScalar, tiedKey, tiedIdx, hook, sourceCode, regexpCode:
		fault = tree.Refused
	case lobject:
		fault = tree.Unsupported
	}
	d.fail(fault, d.at-1, "%v", c)
}
