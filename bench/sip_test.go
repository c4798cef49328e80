package bench

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/protogen-go/protogen/generated/sip"
)

// invite is an INVITE of 852 octets: ten header fields that both parsers know, one that neither does, and a description of a
// session.
//
//go:embed testdata/invite.sip
var invite []byte

func measureSIP(b *testing.B, work func() error) {
	b.SetBytes(int64(len(invite)))
	b.ReportAllocs()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSIPParse reads the INVITE with every value of its header fields: emitted-reused into the same memory, emitted into
// new memory of its own.
func BenchmarkSIPParse(b *testing.B) {
	b.Run("emitted-reused", func(b *testing.B) {
		var d sip.Decoder
		measureSIP(b, func() error {
			_, err := d.Decode(invite)
			return err
		})
	})
	b.Run("emitted-reused-validated", func(b *testing.B) {
		var d sip.Decoder
		measureSIP(b, func() error {
			m, err := d.Decode(invite)
			if err != nil {
				return err
			}
			return m.Validate()
		})
	})
	b.Run("emitted", func(b *testing.B) {
		measureSIP(b, func() error {
			_, err := sip.ParseMessage(invite)
			return err
		})
	})
	b.Run("sipgo", func(b *testing.B) {
		p := sipgo.NewParser()
		measureSIP(b, func() error {
			_, err := p.ParseSIP(invite)
			return err
		})
	})
}

// BenchmarkSIPAnswer reads the INVITE, makes a 200 of it and writes that.
func BenchmarkSIPAnswer(b *testing.B) {
	b.Run("emitted", func(b *testing.B) {
		var d sip.Decoder
		var res sip.Response
		var out []byte
		measureSIP(b, func() error {
			m, err := d.Decode(invite)
			if err != nil {
				return err
			}
			res.Answer(m.(*sip.Request), sip.CodeOK)
			out, err = res.AppendMessage(out[:0])
			return err
		})
	})
	b.Run("sipgo", func(b *testing.B) {
		p := sipgo.NewParser()
		measureSIP(b, func() error {
			m, err := p.ParseSIP(invite)
			if err != nil {
				return err
			}
			req, ok := m.(*sipgo.Request)
			if !ok {
				return fmt.Errorf("%T", m)
			}
			if len(sipgo.NewResponseFromRequest(req, 200, "OK", nil).String()) == 0 {
				return fmt.Errorf("nothing written")
			}
			return nil
		})
	})
}

// TestSIPParse holds what is promised of the reused memory, and that both parsers understand the INVITE.
func TestSIPParse(t *testing.T) {
	if len(invite) != 852 {
		t.Errorf("the INVITE has %d octets", len(invite))
	}
	m, err := sip.ParseMessage(invite)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := sipgo.NewParser().ParseSIP(invite); err != nil {
		t.Error(err)
	}
	var d sip.Decoder
	var res sip.Response
	var out []byte
	allocs := testing.AllocsPerRun(100, func() {
		m, err := d.Decode(invite)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		res.Answer(m.(*sip.Request), sip.CodeOK)
		if out, err = res.AppendMessage(out[:0]); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestSIPDifferential reads the valid requests of testdata/sip with both parsers, which must agree on what tells a transaction, but for
// those messages that sipgo is known to read otherwise.
func TestSIPDifferential(t *testing.T) {
	otherwise := map[string]string{
		"via-list":     "hops without parameters become one",
		"via-spaces":   "spaces stay in names and values",
		"cseq-spaces":  "spaces stay in the method",
		"method-other": "methods are made capitals",
		"scheme-dots":  "a scheme has no dots there",
	}
	paths, err := filepath.Glob("../testdata/sip/*.sip")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sip"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := sip.ParseMessage(data)
			if err != nil {
				t.Fatal(err)
			}
			ours, ok := m.(*sip.Request)
			if !ok || ours.Validate() != nil {
				t.Skip("no valid request")
			}
			theirs, err := sipgo.NewParser().ParseSIP(data)
			got := "refused: " + fmt.Sprint(err)
			if req, ok := theirs.(*sipgo.Request); ok && err == nil {
				got = inSipgo(req)
			}
			via := ours.Via[0]
			want := fmt.Sprintf("%s %s %s:%d %s %s %d %s %q", ours.Method, via.Transport, strings.Trim(via.Host, "[]"), via.Port, via.Branch(), ours.CallID, ours.CSeq.Number,
				ours.CSeq.Method, ours.From.Tag())
			reason, known := otherwise[strings.TrimSuffix(filepath.Base(path), ".sip")]
			if same := got == want; same == known {
				t.Errorf("sipgo: %s\nours:  %s\nknown to differ: %v, %s", got, want, known, reason)
			}
		})
	}
}

// inSipgo is what tells the transaction of a request of sipgo.
func inSipgo(req *sipgo.Request) string {
	via, cseq, id, from := req.Via(), req.CSeq(), req.CallID(), req.From()
	if via == nil || cseq == nil || id == nil || from == nil {
		return "incomplete"
	}
	branch, _ := via.Params.Get("branch")
	tag, _ := from.Params.Get("tag")
	return fmt.Sprintf("%s %s %s:%d %s %s %d %s %q", req.Method, via.Transport, strings.Trim(via.Host, "[]"), via.Port, branch, id.Value(), cseq.SeqNo, cseq.MethodName, tag)
}
