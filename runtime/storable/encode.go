package storable

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Append implements [tree.Codec]. v must be a list, map or ref, as Perl freezes nothing but references; wrap a scalar in [tree.Ref]. What the
// image shares is what v shares, cycles included.
func (c Codec) Append(b []byte, v tree.Value) ([]byte, error) {
	e := encoders.Get().(*encoder)
	e.b, e.begin, e.codec, e.limits = b, len(b), c, c.Limits.OrDefault()
	err := e.encode(v)
	image := e.b
	e.release()
	if err != nil {
		return b, err
	}
	return image, nil
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// An encoder writes one image.
type encoder struct {
	b       []byte
	begin   int
	codec   Codec
	limits  tree.Limits
	depth   int
	tags    uint32 // objects so far
	seen    tagTable
	classes map[string]int
	order   []int32 // positions of entries, of each map that is being written in canonical order
}

func (e *encoder) release() {
	if e.seen.count > scratch || len(e.classes) > scratch {
		return
	}
	e.b, e.tags, e.depth, e.order = nil, 0, 0, e.order[:0]
	e.seen.reset()
	clear(e.classes)
	encoders.Put(e)
}

func (e *encoder) fail(fault tree.Fault, format string, args ...any) error {
	return &tree.Error{Codec: name, Fault: fault, Offset: len(e.b) - e.begin, Detail: fmt.Sprintf(format, args...)}
}

func (e *encoder) encode(v tree.Value) error {
	if e.codec.Machine {
		e.b = append(e.b, nativeHead...)
	} else {
		e.b = append(e.b, networkHead...)
	}
	switch v.Kind() {
	case tree.KindList, tree.KindMap, tree.KindRef:
		return e.target(v)
	}
	return e.fail(tree.Unwritable, "%v is no reference", v.Kind())
}

func (e *encoder) code(c code) { e.b = append(e.b, byte(c)) }

// length writes the length of something.
func (e *encoder) length(n int) error {
	if n > math.MaxInt32 {
		return e.fail(tree.TooLarge, "length %d", n)
	}
	if e.codec.Machine {
		e.b = binary.LittleEndian.AppendUint32(e.b, uint32(n))
	} else {
		e.b = binary.BigEndian.AppendUint32(e.b, uint32(n))
	}
	return nil
}

// known writes the tag of a thing that was written before; if it was not, it gets the next one.
func (e *encoder) known(identity uintptr) bool {
	tag, ok := e.seen.tag(identity, e.tags)
	if !ok {
		e.tags++
		return false
	}
	e.code(object)
	e.b = binary.BigEndian.AppendUint32(e.b, tag)
	return true
}

// target writes what a reference refers to.
func (e *encoder) target(v tree.Value) error {
	if e.known(v.Identity()) {
		return nil
	}
	if e.depth == e.limits.MaxDepth {
		return e.fail(tree.TooDeep, "over %d levels", e.limits.MaxDepth)
	}
	e.depth++
	err := e.class(v.Class())
	if err == nil {
		switch v.Kind() {
		case tree.KindList:
			err = e.list(v.List())
		case tree.KindMap:
			err = e.pairs(v.Map())
		default:
			err = e.scalar(v.Ref().Value())
		}
	}
	e.depth--
	return err
}

// class writes that the object behind is blessed.
func (e *encoder) class(class string) error {
	if class == "" {
		return nil
	}
	if index, ok := e.classes[class]; ok {
		e.code(ixBless)
		return e.classLength(index)
	}
	if e.classes == nil {
		e.classes = make(map[string]int)
	}
	e.classes[class] = len(e.classes)
	e.code(bless)
	err := e.classLength(len(class))
	e.b = append(e.b, class...)
	return err
}

// classLength writes the length or the number of a class in one octet, or in five.
func (e *encoder) classLength(n int) error {
	if n < longForm {
		e.b = append(e.b, byte(n))
		return nil
	}
	e.b = append(e.b, longForm)
	return e.length(n)
}

// element writes what is in a slot of a list or map.
func (e *encoder) element(slot tree.Value) error {
	s := slot.Shared()
	if s == nil {
		e.tags++
		return e.scalar(slot)
	}
	if e.known(slot.Identity()) {
		return nil
	}
	if err := e.class(s.Class()); err != nil {
		return err
	}
	return e.scalar(s.Value())
}

func (e *encoder) list(l *tree.List) error {
	e.code(array)
	if err := e.length(l.Len()); err != nil {
		return err
	}
	for _, slot := range l.Slots() {
		if err := e.element(slot); err != nil {
			return err
		}
	}
	return nil
}

// pairs writes a map, with flags if it is restricted or any key is text.
func (e *encoder) pairs(m *tree.Map) error {
	entries := m.Entries()
	flagged := m.Restricted() || anyText(entries)
	switch {
	case flagged && m.Restricted():
		e.b = append(e.b, byte(flagHash), hashRestricted)
	case flagged:
		e.b = append(e.b, byte(flagHash), 0)
	default:
		e.code(hash)
	}
	if err := e.length(len(entries)); err != nil {
		return err
	}
	if e.codec.Canonical {
		return e.sorted(entries, m.Restricted(), flagged)
	}
	for i := range entries {
		if err := e.pair(&entries[i], m.Restricted(), flagged); err != nil {
			return err
		}
	}
	return nil
}

// anyText reports whether any key is text.
func anyText(entries []tree.Entry) bool {
	for i := range entries {
		if entries[i].Key.Text {
			return true
		}
	}
	return false
}

// sorted writes the entries of a map in the order of their keys.
func (e *encoder) sorted(entries []tree.Entry, restricted, flagged bool) error {
	begin, end := len(e.order), len(e.order)+len(entries)
	for i := range entries {
		e.order = append(e.order, int32(i))
	}
	slices.SortFunc(e.order[begin:], func(i, j int32) int { return compareKeys(entries[i].Key, entries[j].Key) })
	for i := begin; i < end; i++ { // e.order may move meanwhile
		if err := e.pair(&entries[e.order[i]], restricted, flagged); err != nil {
			return err
		}
	}
	e.order = e.order[:begin]
	return nil
}

func (e *encoder) pair(entry *tree.Entry, restricted, flagged bool) error {
	if err := e.element(entry.Value); err != nil {
		return err
	}
	k := entry.Key
	if !flagged {
		if err := e.length(len(k.Name)); err != nil {
			return err
		}
		e.b = append(e.b, k.Name...)
		return nil
	}
	var flags byte
	if restricted && k.Locked {
		flags |= keyLocked
	}
	if k.Absent {
		flags |= keyPlaceholder
	}
	size, narrow := latin1Length(k.Name)
	switch {
	case k.Text && narrow:
		flags |= keyWasUTF8
	case k.Text:
		flags |= keyUTF8
	}
	e.b = append(e.b, flags)
	if flags&keyWasUTF8 == 0 {
		size = len(k.Name)
	}
	if err := e.length(size); err != nil {
		return err
	}
	if flags&keyWasUTF8 != 0 {
		e.b = appendLatin1(e.b, k.Name)
	} else {
		e.b = append(e.b, k.Name...)
	}
	return nil
}

// scalar writes what a scalar holds.
func (e *encoder) scalar(v tree.Value) error {
	switch v.Kind() {
	case tree.KindUndef:
		e.code(undefCode(v.Mark()))
	case tree.KindBool:
		if v.Truth() {
			e.code(svYes)
		} else {
			e.code(svNo)
		}
	case tree.KindInt:
		i, _ := v.Int()
		e.int(i)
	case tree.KindUint:
		u, _ := v.Uint()
		var buf [20]byte
		e.digits(strconv.AppendUint(buf[:0], u, 10))
	case tree.KindFloat:
		f, _ := v.Float()
		e.float(f)
	case tree.KindBytes:
		s, _ := v.Str()
		return e.string(scalar, lscalar, s)
	case tree.KindText:
		s, _ := v.Str()
		return e.string(utf8str, lutf8str, s)
	default:
		e.code(refCode(v.Mark()))
		return e.target(v)
	}
	return nil
}

func undefCode(mark tree.Mark) code {
	switch {
	case mark&tree.MarkAbsent != 0:
		return svUndef
	case mark&tree.MarkImmortal != 0:
		return svundefElem
	}
	return undef
}

func refCode(mark tree.Mark) code {
	switch mark & (tree.MarkWeak | tree.MarkOverloaded) {
	case tree.MarkWeak:
		return weakref
	case tree.MarkOverloaded:
		return overload
	case tree.MarkWeak | tree.MarkOverloaded:
		return weakOverload
	}
	return ref
}

func (e *encoder) string(short, long code, s string) error {
	if len(s) <= math.MaxUint8 {
		e.b = append(e.b, byte(short), byte(len(s)))
	} else {
		e.code(long)
		if err := e.length(len(s)); err != nil {
			return err
		}
	}
	e.b = append(e.b, s...)
	return nil
}

// digits writes a number as octets.
func (e *encoder) digits(text []byte) {
	e.b = append(e.b, byte(scalar), byte(len(text)))
	e.b = append(e.b, text...)
}

func (e *encoder) int(i int64) {
	var buf [20]byte
	switch {
	case i >= -128 && i <= 127:
		e.b = append(e.b, byte(smallInt), byte(i+128))
	case e.codec.Machine:
		e.code(integer)
		e.b = binary.LittleEndian.AppendUint64(e.b, uint64(i))
	case i >= math.MinInt32 && i <= math.MaxInt32:
		e.code(netint)
		e.b = binary.BigEndian.AppendUint32(e.b, uint32(i))
	default:
		e.digits(strconv.AppendInt(buf[:0], i, 10))
	}
}

// exactIntegers is where a float stops telling integers apart; from there on Perl leaves floats floats.
const exactIntegers = 1 << 53

func (e *encoder) float(f float64) {
	var buf [32]byte
	switch {
	case f == math.Trunc(f) && math.Abs(f) < exactIntegers:
		e.int(int64(f))
	case e.codec.Machine:
		e.code(double)
		e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(f))
	default:
		text := tree.AppendFloat(buf[:0], f)
		if back, err := strconv.ParseFloat(string(text), 64); !e.codec.PerlDigits && err == nil && back != f && f == f {
			text = strconv.AppendFloat(buf[:0], f, 'g', -1, 64)
		}
		e.digits(text)
	}
}

// compareKeys is the order of Perl's cmp: by characters.
func compareKeys(a, b tree.Key) int {
	if a.Text == b.Text {
		return strings.Compare(a.Name, b.Name)
	}
	x, y := a.Name, b.Name
	for x != "" && y != "" {
		var p, q rune
		p, x = firstCharacter(x, a.Text)
		q, y = firstCharacter(y, b.Text)
		if p != q {
			return cmp.Compare(p, q)
		}
	}
	return cmp.Compare(len(x), len(y))
}

func firstCharacter(s string, text bool) (rune, string) {
	if !text {
		return rune(s[0]), s[1:]
	}
	r, n := utf8.DecodeRuneInString(s)
	return r, s[n:]
}
