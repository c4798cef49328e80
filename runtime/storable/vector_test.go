package storable_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// vectors is where images that Perl 5.36 with Storable 3.26 has written are kept.
const vectors = "../../testdata/storable"

// An image is a line of images.jsonl: one value in both forms, and what Perl reads back where it is something else.
type image struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Net         []byte `json:"net"`
	Nat         []byte `json:"nat"`
	Root        *node  `json:"root"`
	ThawedNet   *node  `json:"thawed_net"`
	ThawedNat   *node  `json:"thawed_nat"`
}

// A node describes a Perl value.
type node struct {
	Kind       string `json:"k"`
	V          json.RawMessage
	Bits       string // of a num: IEEE 754, big endian, in hexadecimal digits
	Hex        *string
	UTF8Hex    string
	SHA256     string
	ID         int // of a value that is shared, and of its other places, whose kind is "same"
	Blessed    string
	Immortal   bool
	Restricted bool
	Weak       bool
}

// readLines decodes each line of a file of vectors.
func readLines[T any](t testing.TB, file string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	for lines := json.NewDecoder(bufio.NewReader(f)); lines.More(); {
		var one T
		if err := lines.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// refusedImages are those of the vectors that Perl reads by running or loading code.
var refusedImages = []string{"hook_simple", "hook_refs", "regexp"}

// dropped is the one image of which something is lost on purpose: the literal of a version.
const dropped = "vstring"

// TestDecodeImages reads what Perl wrote and compares with what Perl reads. What is written back is the same octets.
func TestDecodeImages(t *testing.T) {
	t.Parallel()
	identical := 0
	for _, im := range readLines[image](t, "images.jsonl") {
		for form, c := range map[string]storable.Codec{"net": storable.Network, "nat": storable.Native} {
			t.Run(im.Name+"/"+form, func(t *testing.T) {
				octets, want := im.Net, im.ThawedNet
				if form == "nat" {
					octets, want = im.Nat, im.ThawedNat
				}
				if want == nil {
					want = im.Root
				}
				v, err := c.Decode(octets)
				if slices.Contains(refusedImages, im.Name) {
					if !errors.Is(err, &tree.Error{Fault: tree.Refused}) {
						t.Fatalf("%v, want refusal", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				w := witness{t: t, seen: map[int]uintptr{}}
				w.thing(want, v)
				back, err := c.Append(nil, v)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Equal(back, octets) {
					identical++
				} else if im.Name != dropped {
					t.Errorf("written back as\n%x, not\n%x", back, octets)
				}
			})
		}
	}
	if want := 2 * (88 - len(refusedImages) - 1); identical != want {
		t.Errorf("%d images written back octet for octet, want %d", identical, want)
	}
}

// A witness compares values with their descriptions.
type witness struct {
	t    *testing.T
	seen map[int]uintptr
}

// thing compares what the reference v refers to.
func (w *witness) thing(n *node, v tree.Value) {
	w.t.Helper()
	if n.ID != 0 {
		if id, ok := w.seen[n.ID]; ok && id != v.Identity() {
			w.t.Errorf("not the thing it should be: %v", v)
		}
		w.seen[n.ID] = v.Identity()
	}
	if n.Kind == "same" {
		return
	}
	if v.Class() != n.Blessed {
		w.t.Errorf("class %q, want %q", v.Class(), n.Blessed)
	}
	switch v.Kind() {
	case tree.KindList:
		w.list(n, v.List())
	case tree.KindMap:
		w.pairs(n, v.Map())
	case tree.KindRef:
		w.scalar(n, v.Ref().Value())
	default:
		w.t.Errorf("%v is no reference", v)
	}
}

func parse[T any](t *testing.T, text json.RawMessage) T {
	t.Helper()
	var x T
	if err := json.Unmarshal(text, &x); err != nil {
		t.Fatal(err)
	}
	return x
}

func (w *witness) list(n *node, l *tree.List) {
	w.t.Helper()
	if n.Kind != "array" {
		w.t.Fatalf("a list, want %s", n.Kind)
	}
	nodes := parse[[]*node](w.t, n.V)
	if len(nodes) != l.Len() {
		w.t.Fatalf("%d elements, want %d", l.Len(), len(nodes))
	}
	for i, slot := range l.Slots() {
		if nodes[i].Immortal && nodes[i].Kind == "undef" { // what is MarkAbsent elsewhere
			if slot.Mark() != tree.MarkImmortal {
				w.t.Errorf("element %d: %v %v", i, slot, slot.Mark())
			}
			continue
		}
		w.slot(nodes[i], slot)
	}
}

func (w *witness) pairs(n *node, m *tree.Map) {
	w.t.Helper()
	if n.Kind != "hash" {
		w.t.Fatalf("a map, want %s", n.Kind)
	}
	if m.Restricted() != n.Restricted {
		w.t.Errorf("restricted: %v", m.Restricted())
	}
	pairs := parse[[][2]*node](w.t, n.V)
	if len(pairs) != m.Len() {
		w.t.Fatalf("%d pairs, want %d", m.Len(), len(pairs))
	}
	i := 0
	for _, entry := range m.Entries() {
		if entry.Key.Absent {
			continue
		}
		key := tree.Octets(entry.Key.Name)
		if entry.Key.Text {
			key = tree.Text(entry.Key.Name)
		}
		w.scalar(pairs[i][0], key)
		w.slot(pairs[i][1], entry.Value)
		i++
	}
}

// slot compares what is in a slot of a list or map.
func (w *witness) slot(n *node, slot tree.Value) {
	w.t.Helper()
	if slot.Shared() != nil || n.Kind == "same" {
		w.thing(n, slot.Shared().Ref())
		return
	}
	w.scalar(n, slot)
}

func (w *witness) scalar(n *node, v tree.Value) {
	w.t.Helper()
	if n.Kind == "ref" {
		if weak := v.Mark()&tree.MarkWeak != 0; weak != n.Weak {
			w.t.Errorf("weak: %v", weak)
		}
		w.thing(parse[*node](w.t, n.V), v)
		return
	}
	if n.SHA256 != "" {
		s, _ := v.Str()
		if sum := sha256.Sum256([]byte(s)); hex.EncodeToString(sum[:]) != n.SHA256 {
			w.t.Errorf("octets of another digest")
		}
		return
	}
	if want := n.value(w.t); !v.Equal(want) || v.Mark() != want.Mark() {
		w.t.Errorf("%v %v %v, want %v %v %v", v.Kind(), v, v.Mark(), want.Kind(), want, want.Mark())
	}
}

// value returns the value of a description of a scalar that is no reference.
func (n *node) value(t *testing.T) tree.Value {
	t.Helper()
	switch n.Kind {
	case "undef":
		if n.Immortal {
			return tree.Value{}.WithMark(tree.MarkAbsent)
		}
		return tree.Value{}
	case "absent":
		return tree.Value{}.WithMark(tree.MarkAbsent)
	case "true":
		return tree.Bool(true)
	case "false":
		return tree.Bool(false)
	case "int":
		digits := parse[string](t, n.V)
		if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return tree.Int(i)
		}
		u, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return tree.Uint(u)
	case "num":
		bits, err := strconv.ParseUint(n.Bits, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return tree.Float(math.Float64frombits(bits))
	case "invalid-utf8":
		octets, err := hex.DecodeString(n.UTF8Hex)
		if err != nil {
			t.Fatal(err)
		}
		return tree.Text(string(octets))
	case "bytes":
		octets, err := hex.DecodeString(*n.Hex)
		if err != nil {
			t.Fatal(err)
		}
		return tree.Bytes(octets)
	case "text":
		return tree.Text(parse[string](t, n.V))
	}
	t.Fatalf("no value of kind %q", n.Kind)
	return tree.Value{}
}

// undescribed are the images that hold more than their descriptions say: locks and absent keys of restricted hashes, overloading, the literal of
// a version, the octets of a long string.
var undescribed = []string{"hash_restricted", "hash_placeholder", "overloaded", dropped, "bytes_70000"}

// TestEncodeImages builds the described values and writes what Perl wrote.
func TestEncodeImages(t *testing.T) {
	t.Parallel()
	for _, im := range readLines[image](t, "images.jsonl") {
		if slices.Contains(refusedImages, im.Name) || slices.Contains(undescribed, im.Name) {
			continue
		}
		t.Run(im.Name, func(t *testing.T) {
			v := (&builder{t, map[int]tree.Value{}}).thing(im.Root)
			for machine, want := range map[bool][]byte{false: im.Net, true: im.Nat} {
				got, err := storable.Codec{Machine: machine, Canonical: true, PerlDigits: true}.Append(nil, v)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%v is written as\n%x, Perl writes\n%x", v, got, want)
				}
			}
		})
	}
}

// A builder makes values of descriptions.
type builder struct {
	t    *testing.T
	seen map[int]tree.Value
}

// thing returns a reference to what is described.
func (b *builder) thing(n *node) tree.Value {
	b.t.Helper()
	switch n.Kind {
	case "same":
		return b.seen[n.ID]
	case "array":
		l := new(tree.List)
		l.Bless(n.Blessed)
		b.seen[n.ID] = l.Value()
		var slots []tree.Value
		for _, element := range parse[[]*node](b.t, n.V) {
			slots = append(slots, b.slot(element, tree.MarkImmortal))
		}
		l.Adopt(slots)
		return l.Value()
	case "hash":
		m := new(tree.Map)
		m.Bless(n.Blessed)
		b.seen[n.ID] = m.Value()
		var entries []tree.Entry
		for _, pair := range parse[[][2]*node](b.t, n.V) {
			name, _ := pair[0].value(b.t).Str()
			key := tree.Key{Name: name, Text: pair[0].Kind == "text"}
			entries = append(entries, tree.Entry{Key: key, Value: b.slot(pair[1], tree.MarkAbsent)})
		}
		m.Adopt(entries)
		return m.Value()
	}
	s := tree.NewScalar(tree.Value{})
	s.Bless(n.Blessed)
	b.seen[n.ID] = s.Ref()
	s.Set(b.scalar(n, tree.MarkAbsent))
	return s.Ref()
}

// slot returns what goes into a list or map; the shared undef gets a mark.
func (b *builder) slot(n *node, immortal tree.Mark) tree.Value {
	if n.ID != 0 || n.Blessed != "" {
		return b.thing(n).Ref().Slot()
	}
	return b.scalar(n, immortal)
}

func (b *builder) scalar(n *node, immortal tree.Mark) tree.Value {
	b.t.Helper()
	switch {
	case n.Kind == "ref" && n.Weak:
		return b.thing(parse[*node](b.t, n.V)).WithMark(tree.MarkWeak)
	case n.Kind == "ref":
		return b.thing(parse[*node](b.t, n.V))
	case n.Kind == "undef" && n.Immortal:
		return tree.Value{}.WithMark(immortal)
	}
	return n.value(b.t)
}

// A reject is a line of rejects.jsonl: an image that is malformed or dangerous, and what becomes of a Perl process that reads it.
type reject struct {
	Name  string
	Image []byte
	Perl  struct {
		Outcome string // value, undef, croak or crash
		Value   *node
	}
}

// verdicts has the fault and its offset that we find in each; those that are not here are fine, and read as Perl reads them.
var verdicts = map[string]tree.Error{
	"array_huge_len":        {Fault: tree.Truncated, Offset: 3},
	"array_neg_len":         {Fault: tree.BadLength, Offset: 3}, // Perl: empty
	"array_truncated":       {Fault: tree.Truncated, Offset: 3},
	"bless_ix_bad":          {Fault: tree.BadClass, Offset: 3},
	"bless_long_neg":        {Fault: tree.BadLength, Offset: 4},
	"code":                  {Fault: tree.Refused, Offset: 2},
	"deep_arrays_20000":     {Fault: tree.TooDeep, Offset: 3074},
	"deep_refs_10000":       {Fault: tree.TooDeep, Offset: 514},
	"deep_refs_100000":      {Fault: tree.TooDeep, Offset: 514},
	"empty":                 {Fault: tree.Truncated, Offset: 0},
	"file_magic":            {Fault: tree.BadHeader, Offset: 0},
	"flaghash_issv":         {Fault: tree.Unsupported, Offset: 10}, // Perl: the object as a string
	"hash_huge_len":         {Fault: tree.Truncated, Offset: 3},
	"hash_key_neg":          {Fault: tree.BadLength, Offset: 9},
	"hash_key_short":        {Fault: tree.Truncated, Offset: 13},
	"hash_neg_len":          {Fault: tree.BadLength, Offset: 3}, // Perl: empty
	"hdr_only_net":          {Fault: tree.Truncated, Offset: 2},
	"hook_noclass":          {Fault: tree.Refused, Offset: 2},
	"lobject_array_huge":    {Fault: tree.Unsupported, Offset: 2},
	"lobject_bad":           {Fault: tree.Unsupported, Offset: 2},
	"lobject_lscalar_small": {Fault: tree.Unsupported, Offset: 2}, // Perl: the string
	"lscalar_huge":          {Fault: tree.Truncated, Offset: 7},
	"lscalar_neg":           {Fault: tree.BadLength, Offset: 3},
	"major_0":               {Fault: tree.BadVersion, Offset: 0},
	"major_1_net":           {Fault: tree.BadVersion, Offset: 0},
	"major_3":               {Fault: tree.BadVersion, Offset: 0},
	"minor_11_type200":      {Fault: tree.BadType, Offset: 2},
	"nat_32bit":             {Fault: tree.BadVersion, Offset: 2},
	"nat_bigendian":         {Fault: tree.BadVersion, Offset: 2},
	"nat_longsize":          {Fault: tree.BadVersion, Offset: 2},
	"nat_nvsize16":          {Fault: tree.BadVersion, Offset: 2},
	"object_bad_tag":        {Fault: tree.BadTag, Offset: 8},
	"object_forward":        {Fault: tree.BadTag, Offset: 8},
	"object_root":           {Fault: tree.BadTag, Offset: 3},
	"one_byte":              {Fault: tree.Truncated, Offset: 1},
	"regexp":                {Fault: tree.Refused, Offset: 10},
	"scalar_short":          {Fault: tree.Truncated, Offset: 4},
	"text_garbage":          {Fault: tree.BadVersion, Offset: 0},
	"tied_array":            {Fault: tree.Refused, Offset: 2},
	"tied_hash":             {Fault: tree.Refused, Offset: 2},
	"tied_scalar":           {Fault: tree.Refused, Offset: 2},
	"trailing":              {Fault: tree.Trailing, Offset: 4}, // Perl: ignored
	"vstring_only":          {Fault: tree.Truncated, Offset: 5},
}

// strangers are the images that are fine here and not in Perl: newer types, a class that cannot be loaded; and one whose weak
// reference Perl drops at once because nothing else holds what it refers to; and an undef that keeps the mark of a list's element.
var strangers = []string{"minor_11_type34", "minor_12_type34", "overload_noclass", "weakref_root", "svundef_elem_root"}

// memoryLimit is what reading any image may allocate, in octets.
const memoryLimit = 64 << 20

// TestDecodeRejects is not parallel: it measures what is allocated.
func TestDecodeRejects(t *testing.T) {
	all := readLines[reject](t, "rejects.jsonl")
	if len(all) != 61 {
		t.Errorf("%d images", len(all))
	}
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v, err := storable.Network.Decode(r.Image)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > memoryLimit {
				t.Errorf("%d octets allocated", used)
			}
			want, faulty := verdicts[r.Name]
			var got *tree.Error
			switch {
			case errors.As(err, &got) && (got.Fault != want.Fault || got.Offset != want.Offset):
				t.Errorf("%v, want %v", err, &want)
			case err == nil && faulty:
				t.Errorf("%v, want %v", v, &want)
			case err == nil && !slices.Contains(strangers, r.Name):
				(&witness{t: t, seen: map[int]uintptr{}}).thing(r.Perl.Value, v)
			}
		})
	}
}
