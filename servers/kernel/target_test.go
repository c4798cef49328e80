package kernel

import (
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestLastTarget reads events as readTarget does, whatever came before, and remembers no long text.
func TestLastTarget(t *testing.T) {
	long := "poe://one/test/" + strings.Repeat("s", maxLastTarget)
	events := []tree.Value{
		tree.String("poe://one/test/log"),
		tree.String("poe://one/test/log"),
		tree.String("poe://one/test/echo?args"),
		tree.Text("poe://one/test/echo?args"),
		tree.String("no specifier: /"),
		tree.String("no specifier: /"),
		tree.String(long),
		tree.Int(1),
		{},
		address(Specifier{Kernel: "one", Session: "test", State: "log"}),
		tree.String("poe://one/test/log"),
	}
	var p peer
	for i, v := range events {
		got, want := p.target(v), readTarget(v)
		if got.Specifier != want.Specifier || got.known != want.known || !got.args.Equal(want.args) {
			t.Errorf("event %d, %v: %+v, not %+v", i, v, got, want)
		}
		if last := p.last.Load(); last == nil || last.text == long {
			t.Errorf("event %d, %v: remembered: %v", i, v, last)
		}
	}
	same := events[0]
	p.target(same)
	if n := testing.AllocsPerRun(10, func() { p.target(same) }); n != 0 {
		t.Errorf("%v allocations for a text that was read before", n)
	}
}
