package kernel

import (
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestLiteUnclaimed sends a light client more messages than it keeps that nobody asks for: the oldest go, and the others are told
// when they are asked for.
func TestLiteUnclaimed(t *testing.T) {
	l := newLite(&LiteConfig{Name: "Lite", Logger: quiet}, nil)
	for i := range maxUnclaimed + 1 {
		l.deliver(&Message{Event: address(Specifier{Kernel: "Lite", Session: sessionLite, State: "s" + strconv.Itoa(i)}), Params: tree.Int(int64(i))})
	}
	if len(l.unclaimed) != maxUnclaimed || l.unclaimed[0].state != "s1" {
		t.Errorf("%d are kept, the first of which is %s", len(l.unclaimed), l.unclaimed[0].state)
	}
	if v, err := l.Responded(t.Context(), "s"+strconv.Itoa(maxUnclaimed)); err != nil || !v.Equal(tree.Int(maxUnclaimed)) {
		t.Errorf("%v, %v", v, err)
	}
}
