// Package replay helps tests of servers to play recorded conversations: it reads them, prints values so that they can be compared, and
// judges what our side does otherwise. Only tests import it.
package replay

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/runtime/tree"
)

// A Capture is a recorded conversation, on one connection or several.
type Capture struct {
	Name  string
	Steps []Step
	// Logs has what the programs have printed, by their roles: each line a list in JSON.
	Logs map[string][]string
}

// A Step is some octets of one end, its end of file, or the beginning of a connection.
type Step struct {
	Conn  int
	T     int    // milliseconds
	Dir   string // c2s or s2c
	Hex   string
	Event string
}

// Octets is what was sent.
func (s Step) Octets(t *testing.T) []byte {
	t.Helper()
	b, err := hex.DecodeString(s.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Wait lets the time between two steps pass.
func Wait(before, now Step) {
	if d := now.T - before.T; before.T > 0 && d > 0 {
		time.Sleep(time.Duration(d) * time.Millisecond)
	}
}

// Read reads the captures of a directory, of which there must be so many.
func Read(t *testing.T, dir string, count int) []Capture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) != count {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	all := make([]Capture, len(files))
	for i, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = Capture{Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), Logs: map[string][]string{}}
		for _, f := range archive.Files {
			if role, ok := strings.CutSuffix(f.Name, ".log"); ok {
				all[i].Logs[role] = printed(f.Data)
				continue
			}
			for lines := json.NewDecoder(bytes.NewReader(f.Data)); lines.More(); {
				var s Step
				if err := lines.Decode(&s); err != nil {
					t.Fatal(err)
				}
				all[i].Steps = append(all[i].Steps, s)
			}
		}
	}
	return all
}

// printed cuts a log into what each line says behind its first word.
func printed(log []byte) []string {
	var all []string
	for line := range strings.Lines(string(log)) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, text)
	}
	return all
}

// Show prints a value as Perl takes it: numbers are strings, pairs have no order. plain takes out of strings what differs from run to run.
func Show(v tree.Value, plain func(string) string) string {
	s, scalar := v.Str()
	switch {
	case v.IsUndef():
		return "undef"
	case scalar && len(s) > 1000:
		return fmt.Sprintf("(%d octets)", len(s))
	case scalar:
		return plain(s)
	case v.Kind() == tree.KindRef:
		return `\` + Show(v.Ref().Value(), plain)
	case v.Kind() == tree.KindList:
		var parts []string
		for _, element := range v.List().All() {
			parts = append(parts, Show(element, plain))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var parts []string
	for k, element := range v.Map().All() {
		parts = append(parts, k.Name+": "+Show(element, plain))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// A Diary is what handlers have been told. Any goroutine may write it.
type Diary struct {
	mu      sync.Mutex
	entries []string
}

// Add adds an entry.
func (d *Diary) Add(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

// Entries are the entries so far.
func (d *Diary) Entries() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

// kept is where a package keeps what its side does otherwise than was recorded.
const kept = "testdata/replay.txtar"

var update = flag.Bool("update", false, "rewrite "+kept)

// A Verdict compares what our end says, and its handlers are told, with the recording. Where it is not the same there must be a reason, and
// what we say is kept in testdata/replay.txtar of the package.
type Verdict struct {
	role    string
	reasons map[string]string // by capture
	ours    *txtar.Archive
	used    map[string]bool
}

// NewVerdict begins to judge our end in a role.
func NewVerdict(t *testing.T, role string, reasons map[string]string) *Verdict {
	t.Helper()
	ours, err := txtar.ParseFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	return &Verdict{role: role, reasons: reasons, ours: ours, used: map[string]bool{}}
}

// Judge compares for one capture.
func (v *Verdict) Judge(t *testing.T, capture string, got, want []string) {
	t.Helper()
	reason, different := v.reasons[capture]
	if slices.Equal(got, want) {
		if different {
			t.Errorf("the same as recorded, although %s", reason)
		}
		return
	}
	if !different {
		t.Errorf("-recorded +ours\n%s", gocmp.Diff(want, got))
		return
	}
	file := v.role + "/" + capture
	v.used[file] = true
	text := "# " + reason + "\n" + strings.Join(got, "\n") + "\n"
	at := slices.IndexFunc(v.ours.Files, func(f txtar.File) bool { return f.Name == file })
	switch {
	case *update && at < 0:
		v.ours.Files = append(v.ours.Files, txtar.File{Name: file, Data: []byte(text)})
	case *update:
		v.ours.Files[at].Data = []byte(text)
	case at < 0:
		t.Errorf("no transcript in %s; run with -update", kept)
	default:
		if diff := gocmp.Diff(string(v.ours.Files[at].Data), text); diff != "" {
			t.Errorf("-kept +ours\n%s", diff)
		}
	}
}

// Finish writes the transcripts, if asked to, or complains of those that nothing has used.
func (v *Verdict) Finish(t *testing.T) {
	t.Helper()
	v.ours.Files = slices.DeleteFunc(v.ours.Files, func(f txtar.File) bool {
		stale := strings.HasPrefix(f.Name, v.role+"/") && !v.used[f.Name]
		if stale && !*update {
			t.Errorf("%s in %s is of no use any more", f.Name, kept)
		}
		return stale
	})
	if !*update {
		return
	}
	slices.SortFunc(v.ours.Files, func(a, b txtar.File) int { return cmp.Compare(a.Name, b.Name) })
	if err := os.WriteFile(kept, txtar.Format(v.ours), 0o644); err != nil {
		t.Fatal(err)
	}
}
