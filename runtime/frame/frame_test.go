package frame_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/frame"
)

// framings are those the fuzz target and the properties try.
var framings = map[string]frame.Framing{
	"length 1":     frame.Length{Width: 1},
	"length 2":     frame.Length{Width: 2, Little: true, Max: 1000},
	"length 3 all": frame.Length{Width: 3, All: true, Max: 1000},
	"length 4 all": frame.Length{Width: 4, All: true, Min: 1, Max: 1000},
	"length 8":     frame.Length{Width: 8, Little: true, Max: 1000},
	"counted":      frame.Counted{End: "\x00", Max: 1000},
	"counted crlf": frame.Counted{End: "\r\n", Digits: 3},
	"line":         frame.Delimited{Ends: []string{"\n"}, Max: 1000},
	"any line":     frame.Delimited{Ends: []string{"\r\n", "\n", "\r"}, Max: 20},
	"overlapping":  frame.Delimited{Ends: []string{"aab", "b", "aabb", "ba"}, Max: 50},
	"split":        frame.Delimited{Ends: []string{"\r\n", "\n\r", "\n", "\r"}, Max: 40, Split: true},
	"compressed":   frame.Compressed{Framing: frame.Counted{End: "\x00", Max: 1000}, Max: 2000},
	"raw":          frame.Raw{Max: 1000},
}

func TestNext(t *testing.T) {
	epp := frame.Length{Width: 4, All: true, Max: 1 << 20}
	body := frame.Length{Width: 4, Max: 1 << 20}
	counted := frame.Counted{End: "\x00", Max: 1000}
	line := frame.Delimited{Ends: []string{"\r\n", "\n"}, Max: 8}
	split := frame.Delimited{Ends: []string{"\r\n", "\n\r", "\n", "\r"}, Max: 8, Split: true}
	zipped := frame.Compressed{Framing: frame.Counted{End: "\x00"}, Max: 2000}
	framed, err := frame.Compressed{Framing: zipped.Framing}.Append(nil, make([]byte, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	bomb := string(framed)
	for _, test := range []struct {
		name    string
		framing frame.Framing
		in      string
		payload string
		n       int
		err     error
	}{
		{"empty", epp, "", "", 0, frame.ErrMore},
		{"half a length", epp, "\x00\x00\x00", "", 0, frame.ErrMore},
		{"length 0", epp, "\x00\x00\x00\x00", "", 0, &frame.Error{Kind: frame.TooShort, Size: 0, Limit: 4}},
		{"length 3", epp, "\x00\x00\x00\x03", "", 0, &frame.Error{Kind: frame.TooShort, Size: 3, Limit: 4}},
		{"length 4", epp, "\x00\x00\x00\x04rest", "", 4, nil},
		{"length 6", epp, "\x00\x00\x00\x06abrest", "ab", 6, nil},
		{"all but one", epp, "\x00\x00\x00\x06a", "", 0, frame.ErrMore},
		{"the limit", epp, "\x00\x10\x00\x00", "", 0, frame.ErrMore},
		{"limit and 1", epp, "\x00\x10\x00\x01", "", 0, &frame.Error{Kind: frame.TooLong, Size: 1<<20 + 1, Limit: 1 << 20}},
		{"2 GiB", epp, "\x80\x00\x00\x00", "", 0, &frame.Error{Kind: frame.TooLong, Size: 1 << 31, Limit: 1 << 20}},
		{"4 GiB", epp, "\xff\xff\xff\xff", "", 0, &frame.Error{Kind: frame.TooLong, Size: 1<<32 - 1, Limit: 1 << 20}},
		{"body of 0", body, "\x00\x00\x00\x00x", "", 4, nil},
		{"body of 4 GiB", body, "\xff\xff\xff\xff", "", 0, &frame.Error{Kind: frame.TooLong, Size: 1<<32 + 3, Limit: 1 << 20}},
		{"16 EiB", frame.Length{Width: 8}, strings.Repeat("\xff", 8), "", 0, &frame.Error{Kind: frame.TooLong, Size: math.MaxUint64, Limit: frame.DefaultMax}},
		{"8 EiB", frame.Length{Width: 8}, "\x7f" + strings.Repeat("\xff", 7), "", 0, &frame.Error{Kind: frame.TooLong, Size: 1<<63 + 7, Limit: frame.DefaultMax}},
		{"under the least", frame.Length{Width: 2, Min: 3}, "\x00\x02ab", "", 0, &frame.Error{Kind: frame.TooShort, Size: 4, Limit: 5}},
		{"little", frame.Length{Width: 3, Little: true}, "\x02\x00\x00abc", "ab", 5, nil},

		{"counted", counted, "3\x00abcd", "abc", 5, nil},
		{"counted 0", counted, "0\x00", "", 2, nil},
		{"leading zeros", counted, "003\x00abcd", "abc", 7, nil},
		{"only digits", counted, "12", "", 0, frame.ErrMore},
		{"no digit", counted, "\x00", "", 0, &frame.Error{Kind: frame.BadLength}},
		{"a sign", counted, "-1\x00", "", 0, &frame.Error{Kind: frame.BadLength}},
		{"another end", counted, "3 abc", "", 0, &frame.Error{Kind: frame.BadEnd}},
		{"many digits", counted, strings.Repeat("0", 11), "", 0, &frame.Error{Kind: frame.BadLength}},
		{"counted too much", counted, "999\x00", "", 0, &frame.Error{Kind: frame.TooLong, Size: 1003, Limit: 1000}},
		{"half an end", frame.Counted{End: "\r\n"}, "1\r", "", 0, frame.ErrMore},
		{"end gone wrong", frame.Counted{End: "\r\n"}, "1\rx", "", 0, &frame.Error{Kind: frame.BadEnd}},

		{"line", line, "ab\ncd\r\n", "ab", 3, nil},
		{"CRLF", line, "ab\r\ncd\n", "ab", 4, nil},
		{"empty line", line, "\r\n", "", 2, nil},
		{"no end yet", line, "abcdefg", "", 0, frame.ErrMore},
		{"CR at the end", line, "ab\r", "", 0, frame.ErrMore},
		{"line at the limit", line, "abcdef\r\n", "abcdef", 8, nil},
		{"line over the limit", line, "abcdefgh\n", "", 0, &frame.Error{Kind: frame.TooLong, Size: 9, Limit: 8}},
		{"no end at the limit", line, "abcdefgh", "", 0, &frame.Error{Kind: frame.TooLong, Size: 8, Limit: 8}},

		{"CR alone, split", split, "ab\r", "ab", 3, nil},
		{"CRLF, split", split, "ab\r\nc", "ab", 4, nil},
		{"LFCR, split", split, "ab\n\rc", "ab", 4, nil},
		{"CR CR, split", split, "\r\r", "", 1, nil},

		{"compressed", zipped, "11\x00x\x9cKLJ\x06\x00\x02M\x01'", "abc", 14, nil},
		{"compressed, cut off", zipped, "11\x00x\x9cKLJ\x06\x00\x02M\x01", "", 0, frame.ErrMore},
		{"not compressed", zipped, "3\x00abc", "", 0, &frame.Error{Kind: frame.BadBody}},
		{"nothing compressed", zipped, "0\x00", "", 0, &frame.Error{Kind: frame.BadBody}},
		{"a wrong checksum", zipped, "11\x00x\x9cKLJ\x06\x00\x02M\x01(", "", 0, &frame.Error{Kind: frame.BadBody}},
		{"something behind", zipped, "12\x00x\x9cKLJ\x06\x00\x02M\x01'x", "", 0, &frame.Error{Kind: frame.BadBody}},
		{"a bomb", zipped, bomb, "", 0, &frame.Error{Kind: frame.TooLong, Size: 2001, Limit: 2000}},

		{"raw", frame.Raw{Max: 2}, "abc", "ab", 2, nil},
		{"raw nothing", frame.Raw{}, "", "", 0, frame.ErrMore},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload, n, err := test.framing.Next([]byte(test.in))
			if string(payload) != test.payload || n != test.n {
				t.Errorf("got %q, %d octets", payload, n)
			}
			if diff := cmp.Diff(test.err, err, cmp.Comparer(sameError)); diff != "" {
				t.Error(diff)
			}
			if n > 0 && cap(payload) != len(payload) {
				t.Error("the payload's slice reaches into the next frame")
			}
		})
	}
}

// TestTrailing: the octet that would have made a terminator longer belongs to the frame that was cut before it came.
func TestTrailing(t *testing.T) {
	split := frame.Delimited{Ends: []string{"\r\n", "\n\r", "\n", "\r"}, Split: true}
	for frame, want := range map[string]string{"ab\r": "\n", "ab\n": "\r", "ab\r\n": "", "\n\r": "", "\r": "\n"} {
		if got := split.Trailing([]byte(frame)); got != want {
			t.Errorf("behind %q comes %q, want %q", frame, got, want)
		}
	}
	split.Split = false
	if got := split.Trailing([]byte("ab\r")); got != "" {
		t.Errorf("%q trails a frame that was not cut early", got)
	}
}

// TestInflationIsBounded: what is allocated follows what there is, not what could be.
func TestInflationIsBounded(t *testing.T) {
	zipped := frame.Compressed{Framing: frame.Counted{End: "\x00", Max: 1 << 30}, Max: 1 << 30}
	framed, err := zipped.Append(nil, make([]byte, 1000))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	payload, _, err := zipped.Next(framed)
	runtime.ReadMemStats(&after)
	if err != nil || len(payload) != 1000 {
		t.Fatal(len(payload), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("1000 octets took %d", used)
	}
}

func sameError(a, b error) bool {
	var fa, fb *frame.Error
	if errors.As(a, &fa) && errors.As(b, &fb) {
		return *fa == *fb
	}
	return a == b
}

func TestAppend(t *testing.T) {
	for _, test := range []struct {
		name    string
		framing frame.Framing
		payload string
		want    string
		err     error
	}{
		{"EPP", frame.Length{Width: 4, All: true}, "ab", "\x00\x00\x00\x06ab", nil},
		{"body", frame.Length{Width: 2, Little: true}, "ab", "\x02\x00ab", nil},
		{"widest of one octet", frame.Length{Width: 1}, strings.Repeat("x", 255), "\xff" + strings.Repeat("x", 255), nil},
		{"wider than the field", frame.Length{Width: 1}, strings.Repeat("x", 256), "", &frame.Error{Kind: frame.TooLong, Size: 257, Limit: 255}},
		{"over the limit", frame.Length{Width: 4, Max: 5}, "ab", "", &frame.Error{Kind: frame.TooLong, Size: 6, Limit: 5}},
		{"under the least", frame.Length{Width: 4, Min: 3}, "ab", "", &frame.Error{Kind: frame.TooShort, Size: 6, Limit: 7}},
		{"counted", frame.Counted{End: "\x00"}, "abc", "3\x00abc", nil},
		{"counted over the limit", frame.Counted{End: "\x00", Max: 4}, "abc", "", &frame.Error{Kind: frame.TooLong, Size: 5, Limit: 4}},
		{"more digits than allowed", frame.Counted{End: " ", Digits: 1}, "0123456789", "", &frame.Error{Kind: frame.TooLong, Size: 13}},
		{"line", frame.Delimited{Ends: []string{"\r\n", "\n"}}, "abc", "abc\r\n", nil},
		{"line with an end", frame.Delimited{Ends: []string{"\r\n", "\n"}}, "a\nb", "", &frame.Error{Kind: frame.EndInside, Size: 5}},
		{"line with half an end", frame.Delimited{Ends: []string{"\r\n"}}, "a\rb", "a\rb\r\n", nil},
		{"end made with the terminator", frame.Delimited{Ends: []string{"aa"}}, "ba", "", &frame.Error{Kind: frame.EndInside, Size: 4}},
		{"line over the limit", frame.Delimited{Ends: []string{"\n"}, Max: 3}, "abc", "", &frame.Error{Kind: frame.TooLong, Size: 4, Limit: 3}},
		{"raw", frame.Raw{}, "abc", "abc", nil},
		{"raw over the limit", frame.Raw{Max: 2}, "abc", "", &frame.Error{Kind: frame.TooLong, Size: 3, Limit: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.framing.Append([]byte("before"), []byte(test.payload))
			if string(got) != "before"+test.want {
				t.Errorf("got %q", got)
			}
			if diff := cmp.Diff(test.err, err, cmp.Comparer(sameError)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestError(t *testing.T) {
	err := error(&frame.Error{Kind: frame.TooLong, Size: 9, Limit: 8})
	if got := err.Error(); got != "frame: too long: 9 octets, limit 8" {
		t.Error(got)
	}
	if got := (&frame.Error{Kind: frame.BadEnd}).Error(); got != "frame: bad end" {
		t.Error(got)
	}
	if got := frame.Kind(99).String(); got != "Kind(99)" {
		t.Error(got)
	}
	if !errors.Is(err, &frame.Error{Kind: frame.TooLong}) || errors.Is(err, &frame.Error{Kind: frame.TooShort}) {
		t.Error("errors.Is does not look at the kind")
	}
}

// cut returns the frames of a stream that arrives in pieces, and the kind of error that ends it.
func cut(framing frame.Framing, stream []byte, piece func(left int) int) (frames []string, kind frame.Kind) {
	buf, trailing := []byte{}, ""
	for {
		if len(buf) > 0 {
			buf = bytes.TrimPrefix(buf, []byte(trailing))
			trailing = ""
		}
		payload, n, err := framing.Next(buf)
		var fe *frame.Error
		switch {
		case errors.As(err, &fe):
			return frames, fe.Kind
		case err == nil:
			frames = append(frames, string(payload))
			if t, ok := framing.(frame.Trailer); ok && n == len(buf) {
				trailing = t.Trailing(buf)
			}
			buf = buf[n:]
		case len(stream) == 0:
			return frames, 0
		default:
			n := piece(len(stream))
			buf = append(buf, stream[:n]...)
			stream = stream[n:]
		}
	}
}

// FuzzFragmentation: however a stream is fragmented, the frames are the same. It includes the frames of what has been appended.
func FuzzFragmentation(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x05a\x00\x00\x00\x04"), uint8(1))
	f.Add([]byte("3\x00abc0\x0012\x00"), uint8(2))
	f.Add([]byte("a\r\nb\rc\n\r\n"), uint8(3))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(4))
	f.Add([]byte("aabbabaaabb"), uint8(1))
	f.Add([]byte("a\r\nb\n\rc\r\r\n\r\n\n\rd\n"), uint8(1))
	f.Add([]byte("11\x00x\x9cKLJ\x06\x00\x02M\x01'9\x00"), uint8(2))
	f.Add([]byte("aaaaaaaaaaaaaaaaaaa\r\n"), uint8(19))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		for name, framing := range framings {
			if _, ok := framing.(frame.Raw); ok {
				continue // its frames are the fragments
			}
			want, wantKind := cut(framing, stream, func(left int) int { return left })
			for _, size := range []int{1, int(step)} {
				got, kind := cut(framing, stream, func(left int) int { return max(1, min(left, size)) })
				if !slices.Equal(want, got) || kind != wantKind {
					t.Errorf("%s, pieces of %d: %q then %v, want %q then %v", name, size, got, kind, want, wantKind)
				}
			}
		}
	})
}

// FuzzRoundTrip: what Append makes, Next takes apart, and nothing of what follows.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("payload"), []byte("rest"))
	f.Add([]byte(""), []byte("\n"))
	f.Add([]byte("\r"), []byte("\n"))
	f.Add([]byte("aab"), []byte("b"))
	f.Fuzz(func(t *testing.T, payload, rest []byte) {
		for name, framing := range framings {
			framed, err := framing.Append(nil, payload)
			if err != nil {
				if len(framed) != 0 {
					t.Errorf("%s: %q behind an error", name, framed)
				}
				continue
			}
			if _, ok := framing.(frame.Raw); ok {
				continue
			}
			got, n, err := framing.Next(framed)
			if name == "any line" || name == "overlapping" {
				if err == frame.ErrMore {
					continue // the terminator may be part of a longer one
				}
			}
			if err != nil || n != len(framed) || !bytes.Equal(got, payload) {
				t.Errorf("%s: %q came back as %q, %d of %d octets, %v", name, payload, got, n, len(framed), err)
			}
			if _, ok := framing.(frame.Delimited); ok {
				continue // what follows may make a longer terminator
			}
			if got, n, err := framing.Next(append(framed, rest...)); err != nil || n != len(framed) || !bytes.Equal(got, payload) {
				t.Errorf("%s, with %q behind: %q, %d octets, %v", name, rest, got, n, err)
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	payload, dst := bytes.Repeat([]byte("x"), 200), make([]byte, 0, 1024)
	for name, framing := range framings {
		framed, err := framing.Append(nil, payload)
		if err != nil {
			continue
		}
		if name == "compressed" {
			continue
		}
		if allocs := testing.AllocsPerRun(100, func() {
			dst, _ = framing.Append(dst[:0], payload)
			_, _, _ = framing.Next(framed)
		}); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func BenchmarkLength(b *testing.B) {
	framing := frame.Framing(frame.Length{Width: 4, All: true})
	framed, err := framing.Append(nil, make([]byte, 512))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := framing.Next(framed); err != nil {
			b.Fatal(err)
		}
	}
}
