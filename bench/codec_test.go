package bench

import (
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/xsd/libxml2"
	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// BenchmarkDecode reads and validates the document; encoding/xml only reads it, libxml2 and the interpreter only judge it.
func BenchmarkDecode(b *testing.B) {
	b.Run("emitted", func(b *testing.B) {
		measure(b, func() error {
			_, err := epp.DecodeMessage(create)
			return err
		})
	})
	b.Run("emitted-reused", func(b *testing.B) {
		d := epp.NewDecoder()
		measure(b, func() error {
			_, err := d.Decode(create)
			return err
		})
	})
	b.Run("interpreter", func(b *testing.B) {
		schema := interpreter(b)
		measure(b, func() error { return schema.Validate(create, xsdrun.Options{}) })
	})
	b.Run("libxml2", func(b *testing.B) {
		schema := reference(b)
		measure(b, func() error {
			faults, err := schema.Validate(create)
			if len(faults) > 0 {
				return fmt.Errorf("%v", faults)
			}
			return err
		})
	})
	b.Run("encoding-xml", func(b *testing.B) {
		measure(b, func() error {
			var d document
			return xml.Unmarshal(create, &d)
		})
	})
}

// BenchmarkEncode writes the message that the document carries; encoding/xml checks no facet.
func BenchmarkEncode(b *testing.B) {
	b.Run("emitted", func(b *testing.B) {
		m := decoded(b)
		var buffer []byte
		measure(b, func() (err error) {
			buffer, err = m.AppendXML(buffer[:0])
			return err
		})
	})
	b.Run("encoding-xml", func(b *testing.B) {
		var d document
		if err := xml.Unmarshal(create, &d); err != nil {
			b.Fatal(err)
		}
		measure(b, func() error {
			_, err := xml.Marshal(&d)
			return err
		})
	})
}

// TestSameWork makes sure that the engines compared see the same document: what encoding/xml reads is what emitted code
// reads, and what either writes reads back.
func TestSameWork(t *testing.T) {
	var want document
	if err := xml.Unmarshal(create, &want); err != nil {
		t.Fatal(err)
	}
	marshalled, err := xml.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	appended, err := decoded(t).AppendXML(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string][]byte{"the document": create, "encoding/xml": marshalled, "emitted": appended} {
		m, err := epp.DecodeMessage(doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := summary(m.(*epp.DomainCreateRequest)); got != want.summary() {
			t.Errorf("%s reads\n%s\nwant\n%s", name, got, want.summary())
		}
	}
	if err := interpreter(t).Validate(create, xsdrun.Options{}); err != nil {
		t.Error("interpreter:", err)
	}
}

// measure runs work until the benchmark is satisfied.
func measure(b *testing.B, work func() error) {
	b.SetBytes(int64(len(create)))
	b.ReportAllocs()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
}

func decoded(tb testing.TB) *epp.DomainCreateRequest {
	tb.Helper()
	m, err := epp.DecodeMessage(create)
	if err != nil {
		tb.Fatal(err)
	}
	return m.(*epp.DomainCreateRequest)
}

func interpreter(tb testing.TB) *xsdrun.Schema {
	tb.Helper()
	spec, findings := load.Embedded("epp")
	if findings.HasErrors() {
		tb.Fatal(findings)
	}
	return spec.Schemas.Schema()
}

// reference is libxml2 with the schemas of the specification.
func reference(tb testing.TB) *libxml2.Schema {
	tb.Helper()
	if !libxml2.Available {
		tb.Skip("built without libxml2: add -tags libxml2")
	}
	dir, err := filepath.Abs("../specs/epp/xsd")
	if err != nil {
		tb.Fatal(err)
	}
	var all strings.Builder
	all.WriteString(`<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:bench">`)
	for _, name := range []string{"epp-1.0", "domain-1.0", "secDNS-1.1"} {
		fmt.Fprintf(&all, `<import namespace="urn:ietf:params:xml:ns:%s" schemaLocation="file://%s/%s.xsd"/>`, name, dir, name)
	}
	all.WriteString(`</schema>`)
	path := filepath.Join(tb.TempDir(), "all.xsd")
	if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	schema, err := libxml2.Compile(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(schema.Close)
	return schema
}

// summary is the data of the document in one line per element, the same for both ways of holding it.
func (d *document) summary() string {
	c := &d.Command.Create.Domain
	lines := []string{
		c.Name, fmt.Sprint(c.Period.Value, c.Period.Unit), fmt.Sprint(c.NS.HostObjs), c.Registrant,
		fmt.Sprint(c.Contacts), c.AuthInfo.PW, fmt.Sprint(d.Command.Extension.SecDNS.MaxSigLife),
		fmt.Sprint(d.Command.Extension.SecDNS.DSData), d.Command.ClTRID,
	}
	return strings.Join(lines, "\n")
}

func summary(m *epp.DomainCreateRequest) string {
	d := document{Command: command{
		Create: createCommand{Domain: domainCreate{
			Name:       m.Name,
			Period:     &domainPeriod{string(m.Period.Unit), m.Period.Value},
			NS:         &domainNS{m.NS.HostObjs},
			Registrant: m.Registrant,
			AuthInfo:   domainAuthInfo{m.AuthInfo.PW.Value},
		}},
		Extension: &commandExtension{},
		ClTRID:    m.ClTRID,
	}}
	for _, c := range m.Contacts {
		d.Command.Create.Domain.Contacts = append(d.Command.Create.Domain.Contacts, domainContact{string(c.Type), c.Value})
	}
	secDNS := m.Extensions[0].(*epp.SecDNSCreate)
	d.Command.Extension.SecDNS.MaxSigLife = secDNS.MaxSigLife
	for _, ds := range secDNS.DSData {
		d.Command.Extension.SecDNS.DSData = append(d.Command.Extension.SecDNS.DSData,
			secDNSDSData{ds.KeyTag, ds.Alg, ds.DigestType, strings.ToUpper(hex.EncodeToString(ds.Digest))})
	}
	return d.summary()
}
