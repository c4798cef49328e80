package header_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/header"
)

var framing = header.Framing{Length: "Length", Short: "l", MaxHead: 100, MaxBody: 50}

// cut takes frames from stream as they arrive in pieces of n octets; at the end stands the error.
func cut(f frame.Framing, stream []byte, n int) (frames []string, err error) {
	var buf []byte
	for len(stream) > 0 {
		size := min(n, len(stream))
		buf = append(buf, stream[:size]...)
		stream = stream[size:]
		for {
			payload, took, err := f.Next(buf)
			if errors.Is(err, frame.ErrMore) {
				break
			}
			if err != nil {
				return frames, err
			}
			frames = append(frames, string(payload))
			buf = buf[took:]
		}
	}
	if len(buf) > 0 {
		err = frame.ErrMore
	}
	return frames, err
}

// TestFraming cuts streams in any fragmentation: the frames are the same, and so is the error at the end.
func TestFraming(t *testing.T) {
	var tooLong, badLength error = &frame.Error{Kind: frame.TooLong}, &frame.Error{Kind: frame.BadLength}
	for _, test := range []struct {
		name   string
		stream string
		frames []string
		err    error
	}{
		{"nothing", "", nil, nil},
		{"one", "A\nLength: 3\n\nabc", []string{"A\nLength: 3\n\nabc"}, nil},
		{"no body", "A\nl:0\n\n", []string{"A\nl:0\n\n"}, nil},
		{"spaces", "A\nlENGTH \t:\t 1 \n\na", []string{"A\nlENGTH \t:\t 1 \n\na"}, nil},
		{"several", "A\nl: 1\n\naB\nl: 2\n\nbb", []string{"A\nl: 1\n\na", "B\nl: 2\n\nbb"}, nil},
		{"twice the same length", "A\nl: 1\nl: 1\n\na", []string{"A\nl: 1\nl: 1\n\na"}, nil},
		{"a ping", "\n\nA\nl:0\n\n\n\n", []string{"\n", "\n", "A\nl:0\n\n", "\n", "\n"}, nil},
		{"a line end before a message", "\nA\nl:0\n\n", []string{"\n", "A\nl:0\n\n"}, nil},
		{"a fold elsewhere", "A\nX: a,\n b\nl: 1\n\na", []string{"A\nX: a,\n b\nl: 1\n\na"}, nil},
		{"a body of line ends", "A\nl: 4\n\n\n\n\n", []string{"A\nl: 4\n\n\n\n", "\n"}, nil},
		{"the length in a fold of another field", "A\nX: y\n l: 1\nl: 0\n\n", []string{"A\nX: y\n l: 1\nl: 0\n\n"}, nil},
		{"half a head", "A\nl: 1\n", nil, frame.ErrMore},
		{"half a body", "A\nl: 2\n\na", nil, frame.ErrMore},
		{"no length", "A\nX: y\n\n", nil, badLength},
		{"negative length", "A\nl: -1\n\n", nil, badLength},
		{"length that is no number", "A\nl: 1x\n\n", nil, badLength},
		{"empty length", "A\nl:\n\n", nil, badLength},
		{"two lengths", "A\nl: 1\nLength: 2\n\nab", nil, badLength},
		{"two numbers", "A\nl: 1, 1\n\na", nil, badLength},
		{"folded length", "A\nl:\n 1\n\na", nil, badLength},
		{"length with a fold behind it", "A\nl: 1\n 2\n\na", nil, badLength},
		{"body at the limit", "A\nl: 50\n\n" + strings.Repeat("x", 50), []string{"A\nl: 50\n\n" + strings.Repeat("x", 50)}, nil},
		{"body over the limit", "A\nl: 51\n\n", nil, tooLong},
		{"length that would wrap", "A\nl: 18446744073709551617\n\n", nil, tooLong},
		{"head over the limit", "A\nX: " + strings.Repeat("x", 100) + "\nl: 0\n\n", nil, tooLong},
		{"head without end", strings.Repeat("x", 200), nil, tooLong},
		{"the second is bad", "A\nl: 0\n\nB\n\n", []string{"A\nl: 0\n\n"}, badLength},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := lines(test.stream)
			var want []string
			for _, f := range test.frames {
				want = append(want, string(lines(f)))
			}
			for n := 1; n <= len(stream); n++ {
				frames, err := cut(framing, stream, n)
				if diff := cmp.Diff(want, frames); diff != "" {
					t.Fatalf("in pieces of %d: -want +got:\n%s", n, diff)
				}
				var wrong, wanted *frame.Error
				if errors.As(test.err, &wanted) {
					if !errors.As(err, &wrong) || wrong.Kind != wanted.Kind {
						t.Fatalf("in pieces of %d: %v, want %v", n, err, test.err)
					}
				} else if err != test.err {
					t.Fatalf("in pieces of %d: %v, want %v", n, err, test.err)
				}
			}
		})
	}
}

// TestFramingPayloadOfErrors: what comes with an error is enough of the message to answer it.
func TestFramingPayloadOfErrors(t *testing.T) {
	for _, test := range []struct{ stream, want string }{
		{"A\nX: y\n\nbody", "A\nX: y\n\n"},
		{"A\nl: 99\nX: y\n\nbody", "A\nl: 99\nX: y\n\n"},
		{"A\nX: " + strings.Repeat("x", 200), "A\nX: " + strings.Repeat("x", 94)},
	} {
		payload, n, err := framing.Next(lines(test.stream))
		if err == nil || n != 0 || string(payload) != string(lines(test.want)) {
			t.Errorf("%q: %q, %d, %v", test.stream, payload, n, err)
		}
	}
}

func TestFramingAppend(t *testing.T) {
	whole := lines("A\nl: 1\n\na")
	for _, test := range []struct {
		payload string
		ok      bool
	}{
		{string(whole), true},
		{"\r\n", true},
		{string(whole) + "b", false},
		{string(whole[:len(whole)-1]), false},
		{string(lines("A\n\n")), false},
		{"", false},
	} {
		got, err := framing.Append([]byte("x"), []byte(test.payload))
		if want := "x" + test.payload; test.ok && (err != nil || string(got) != want) || !test.ok && (err == nil || string(got) != "x") {
			t.Errorf("%q: %q, %v", test.payload, got, err)
		}
	}
}

// TestKeepAlive: two line ends in a row are a ping, however they arrive; one before a message is none.
func TestKeepAlive(t *testing.T) {
	for _, test := range []struct {
		stream string
		pings  int
	}{
		{"\n\n", 1},
		{"\n", 0},
		{"\n\n\n\n", 2},
		{"\n\n\nA\nl:0\n\n\n", 1},
		{"\nA\nl:0\n\n\n\n", 1},
	} {
		stream := lines(test.stream)
		for n := 1; n <= len(stream); n++ {
			frames, err := cut(framing, stream, n)
			if err != nil {
				t.Fatal(err)
			}
			var k header.KeepAlive
			pings := 0
			for _, f := range frames {
				if k.Ping([]byte(f)) {
					pings++
				}
			}
			if pings != test.pings {
				t.Errorf("%q in pieces of %d: %d pings", stream, n, pings)
			}
		}
	}
	for in, want := range map[string]bool{"\r\n\r\n": true, "\r\n": true, "": false, "\r\n\r": false, "\n\n": false, "a\r\n": false} {
		if header.IsKeepAlive([]byte(in)) != want {
			t.Errorf("%q", in)
		}
	}
}

// FuzzFraming: pieces change nothing, and a frame is read by a Reader with the body that the framing saw.
func FuzzFraming(f *testing.F) {
	for _, s := range []string{"A\nl: 1\n\naB\nl: 0\n\n", "\n\nA\nl: 0\n\n", "A\nl:\n 1\n\na", "A\nX: a\n b\nl: 2\n\n\n"} {
		f.Add(lines(s), 3)
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, stream []byte, n int) {
		if n < 1 || len(stream) > 1000 {
			return
		}
		whole, err := cut(framing, stream, len(stream)+1)
		pieces, errPieces := cut(framing, stream, n)
		if diff := cmp.Diff(whole, pieces); diff != "" || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", errPieces) {
			t.Errorf("%s %v %v", diff, err, errPieces)
		}
		for _, frame := range whole {
			if frame == "\r\n" {
				continue
			}
			var r header.Reader
			m, err := parse(&r, []byte(frame))
			if err != nil || len(m.Faults) > 0 {
				continue
			}
			if head := bytes.LastIndex([]byte(frame), []byte(m.Body)); head < 0 || len(m.Body) > 0 && !strings.HasSuffix(frame, m.Body) {
				t.Errorf("%q has the body %q", frame, m.Body)
			}
		}
	})
}
