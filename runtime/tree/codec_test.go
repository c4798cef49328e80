package tree_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

func TestError(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("frame 7: %w", &tree.Error{Codec: "Storable", Fault: tree.BadTag, Offset: 12, Detail: "object 3 of 2"})
	if got, want := err.Error(), "frame 7: Storable: bad tag at octet 12: object 3 of 2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !errors.Is(err, &tree.Error{Fault: tree.BadTag}) || errors.Is(err, &tree.Error{Fault: tree.Refused}) {
		t.Error("errors.Is goes by the fault")
	}
	for f := tree.Truncated; f <= tree.Unwritable; f++ {
		if name := f.String(); name == "" || name == fmt.Sprintf("Fault(%d)", uint8(f)) {
			t.Errorf("fault %d is called %q", uint8(f), name)
		}
	}
	for k := tree.KindUndef; k <= tree.KindRef; k++ {
		if name := k.String(); name == "" || name == fmt.Sprintf("Kind(%d)", uint8(k)) {
			t.Errorf("kind %d is called %q", uint8(k), name)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	want := tree.Limits{MaxDepth: 3, MaxElements: tree.DefaultMaxElements, MaxMemory: tree.DefaultMaxMemory}
	if got := (tree.Limits{MaxDepth: 3, MaxMemory: -1}).OrDefault(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestIdentity tells things from their likes.
func TestIdentity(t *testing.T) {
	t.Parallel()
	a, b := tree.ListOf(), tree.ListOf()
	s := tree.NewScalar(a)
	if a.Identity() == b.Identity() || s.Value().Identity() != a.Identity() || s.Ref().Identity() != s.Slot().Identity() {
		t.Error("identities")
	}
	if tree.Octets("x").Identity() != 0 || (tree.Value{}).Identity() != 0 {
		t.Error("a scalar has an identity")
	}
	s.Bless("C")
	*s.Variable() = tree.Int(1)
	if s.Class() != "C" || !s.Value().Equal(tree.Int(1)) || s.Ref().WithMark(tree.MarkWeak).Mark() != tree.MarkWeak {
		t.Errorf("%v", s.Ref())
	}
	if (tree.Value{}).IsZero() == tree.Undef().IsZero() {
		t.Error("an undef that is there is as one that is not")
	}
}
