package ability_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/header"
)

// stream is what becomes of octets that come over a stream: the names of the messages in it, and how it ends.
type stream struct {
	Messages []string
	Rest     string // "" for a stream that ends between messages, "waits", "400" or "513"
}

// receive cuts octets that arrive n at a time.
func receive(t *testing.T, data []byte, n int) (s stream) {
	t.Helper()
	framing := sip.Framing(header.Limits{})
	var buf []byte
	for from := 0; from < len(data); from += n {
		buf = append(buf, data[from:min(from+n, len(data))]...)
		for {
			payload, took, err := framing.Next(buf)
			if errors.Is(err, frame.ErrMore) {
				break
			}
			var wrong *frame.Error
			if errors.As(err, &wrong) {
				if m, err := sip.ParseMessage(payload); err == nil && len(s.Messages) == 0 && m.MessageName() != "request" {
					t.Errorf("what is left to be answered is a %s", m.MessageName())
				}
				s.Rest = "400"
				if wrong.Kind == frame.TooLong {
					s.Rest = "513"
				}
				return s
			}
			if m, err := sip.ParseMessage(payload); err == nil {
				if req, ok := m.(*sip.Request); ok {
					s.Messages = append(s.Messages, req.Method)
				} else {
					s.Messages = append(s.Messages, "response")
				}
			} else if string(payload) != "\r\n" {
				t.Fatalf("%q: %v", payload, err)
			}
			buf = buf[took:]
		}
	}
	if len(buf) > 0 {
		s.Rest = "waits"
	}
	return s
}

// TestOwnStream: messages of testdata/sip, one after the other, in pieces of every size.
func TestOwnStream(t *testing.T) {
	load := func(names ...string) (data []byte) {
		for _, name := range names {
			data = append(data, read(t, "../../../testdata/sip/"+name+".sip")...)
		}
		return data
	}
	for _, test := range []struct {
		name string
		data []byte
		want stream
	}{
		{"folds", load("via-spaces", "cseq-fold", "ipv6"), stream{[]string{"OPTIONS", "OPTIONS", "OPTIONS"}, ""}},
		{"a ping before a message", append([]byte("\r\n\r\n"), load("ipv6")...), stream{[]string{"OPTIONS"}, ""}},
		{"invalid, but framed", load("version", "separators", "status-wrap", "ipv6"), stream{[]string{"OPTIONS", "OPTIONS", "response", "OPTIONS"}, ""}},
		{"no length", load("ipv6", "length-none"), stream{[]string{"OPTIONS"}, "400"}},
		{"two lengths", load("length-conflict"), stream{nil, "400"}},
		{"a length in a fold", load("length-fold"), stream{nil, "400"}},
		{"a length with a space", load("length-spaces"), stream{[]string{"OPTIONS"}, ""}},
		{"a length that would wrap", load("length-huge"), stream{nil, "513"}},
		{"a body that has not come", load("length-short"), stream{nil, "waits"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n := 1; n <= len(test.data); n++ {
				if diff := cmp.Diff(test.want, receive(t, test.data, n)); diff != "" {
					t.Fatalf("in pieces of %d: -want +got:\n%s", n, diff)
				}
			}
		})
	}
}

// TestTortureStream: the messages of RFC 4475 in pieces of every size, where the suite is there. Most are framed whatever else is wrong
// with them; what no stream can frame is refused, and what has not come in full is waited for.
func TestTortureStream(t *testing.T) {
	const dir = "../../../../shared/torture"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipping RFC 4475: the torture suite is not beside the repository")
	}
	special := map[string]stream{
		"dblreq":  {[]string{"REGISTER", "INVITE"}, "400"}, // the second body is longer than it says
		"inv2543": {nil, "400"},                            // no length
		"ncl":     {nil, "400"},
		"mcl01":   {nil, "400"},
		"clerr":   {nil, "waits"},
		"baddn":   {nil, "waits"}, // no empty line
	}
	for _, row := range rows(t, filepath.Join(dir, "index.tsv")) {
		name := filepath.Base(row[0][:len(row[0])-len(".dat")])
		t.Run(name, func(t *testing.T) {
			data := read(t, filepath.Join(dir, row[0]))
			whole := receive(t, data, len(data))
			if want, ok := special[name]; ok {
				if diff := cmp.Diff(want, whole); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			} else if len(whole.Messages) != 1 {
				t.Errorf("%+v", whole)
			}
			for n := 1; n < len(data); n += 1 + len(data)/150 {
				if diff := cmp.Diff(whole, receive(t, data, n)); diff != "" {
					t.Fatalf("in pieces of %d: -want +got:\n%s", n, diff)
				}
			}
		})
	}
}
