//go:build !race

package bench

import (
	"testing"

	"github.com/protogen-go/protogen/generated/epp"
)

// What the codec promises for the document.
const (
	maxFreshAllocs  = 15
	maxReusedAllocs = 0
	maxEncodeAllocs = 0
)

// TestAllocations demands what the codec promises. The race detector makes pools forget, which is why this is not built with it.
func TestAllocations(t *testing.T) {
	d := epp.NewDecoder()
	m := decoded(t)
	var buffer []byte
	for _, c := range []struct {
		name string
		max  float64
		run  func() error
	}{
		{"decode fresh", maxFreshAllocs, func() error {
			_, err := epp.DecodeMessage(create)
			return err
		}},
		{"decode reused", maxReusedAllocs, func() error {
			_, err := d.Decode(create)
			return err
		}},
		{"encode into a reused buffer", maxEncodeAllocs, func() (err error) {
			buffer, err = m.AppendXML(buffer[:0])
			return err
		}},
	} {
		var err error
		n := testing.AllocsPerRun(200, func() { err = c.run() })
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if n > c.max {
			t.Errorf("%s: %v allocations, promised are at most %v", c.name, n, c.max)
		}
	}
}
