package xsdrun_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var sampleValue = Epp{
	Create: &DomainCreate{
		Name:       "larkspur.example",
		Period:     &DomainPeriod{Unit: "y", Value: 2},
		NS:         []string{"ns1.larkspur.example", "ns2.larkspur.example"},
		Registrant: "holder-7",
		Contacts:   []DomainContact{{"admin", "sh8013"}, {"tech", "sh8014"}},
		AuthInfo:   DomainPw{Value: "2fooBAR!bramble"},
	},
	Extensions: []Element{&SecDNSCreate{
		MaxSigLife: 604800,
		DSData: []SecDNSDSData{{
			KeyTag: 12345, Alg: 13, DigestType: 2,
			Digest: xsdrun.ParseHex("49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC"),
		}},
	}},
	ClTRID: "LARK-12345-XML",
}

var ignoreMemory = cmpopts.IgnoreUnexported(Epp{})

func TestDecode(t *testing.T) {
	var v Epp
	if err := unmarshal(readFile(t, "testdata/create.xml"), &v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleValue, v, ignoreMemory); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestRoundTrip(t *testing.T) {
	b, err := sampleValue.AppendXML(nil)
	if err != nil {
		t.Fatal(err)
	}
	var v Epp
	if err := unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleValue, v, ignoreMemory); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestDecodeAllocs(t *testing.T) {
	doc := readFile(t, "testdata/create.xml")
	fresh := testing.AllocsPerRun(100, func() {
		var v Epp
		if err := unmarshal(doc, &v); err != nil {
			t.Fatal(err)
		}
	})
	if fresh > 15 {
		t.Errorf("decoding into a new value: %v allocations, want at most 15", fresh)
	}
	var v Epp
	d := xsdrun.NewDecoder(sampleSpaces, xsdrun.Options{Alias: true})
	reused := testing.AllocsPerRun(100, func() {
		if err := decode(d, doc, &v); err != nil {
			t.Fatal(err)
		}
	})
	if reused != 0 {
		t.Errorf("decoding into the same value, aliasing: %v allocations, want none", reused)
	}
	var b []byte
	encode := testing.AllocsPerRun(100, func() {
		var err error
		if b, err = sampleValue.AppendXML(b[:0]); err != nil {
			t.Fatal(err)
		}
	})
	if encode != 0 {
		t.Errorf("encoding into the same buffer: %v allocations, want none", encode)
	}
}

func BenchmarkDecode(b *testing.B) {
	doc := readFile(b, "testdata/create.xml")
	b.Run("fresh", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			var v Epp
			if err := unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reused", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		var v Epp
		d := xsdrun.NewDecoder(sampleSpaces, xsdrun.Options{Alias: true})
		for b.Loop() {
			if err := decode(d, doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tokens", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		r := xmlstream.NewReader(sampleSpaces, xmlstream.Options{})
		for b.Loop() {
			r.Reset(doc)
			for r.Next() != xmlstream.EOF {
			}
			if r.Err() != nil {
				b.Fatal(r.Err())
			}
		}
	})
	b.Run("encoding-xml-tokens", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(doc))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = sampleValue.AppendXML(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}
