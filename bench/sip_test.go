package bench

import (
	_ "embed"
	"fmt"
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
