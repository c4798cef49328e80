package xmlstream

import (
	"bytes"
	"encoding/xml"
	"io"
	"testing"
)

// compareStandard checks that encoding/xml accepts a document that the Reader accepted. It knows neither other encodings
// nor the names of the fifth edition, so only plain ASCII documents are compared.
func compareStandard(t *testing.T, doc []byte) {
	t.Helper()
	for _, c := range doc {
		if c >= 0x80 || c == 0 {
			return
		}
	}
	if bytes.HasPrefix(doc, []byte("<?xml")) {
		return
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		switch _, err := d.Token(); err {
		case nil:
		case io.EOF:
			return
		default:
			t.Fatalf("%q is accepted here, not by encoding/xml: %v", doc, err)
		}
	}
}
