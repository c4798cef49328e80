package load_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/specs"
)

var update = flag.Bool("update", false, "rewrite what the golden files want")

const epp = "../../specs/epp"

// TestFindings loads the specification in each archive of testdata/findings, in a folder of its own that knows nothing of
// this repository, and compares what is found with the archive's file "want".
func TestFindings(t *testing.T) {
	archives, err := filepath.Glob("testdata/findings/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var want *txtar.File
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				write(t, filepath.Join(dir, f.Name), f.Data)
			}
			if want == nil {
				t.Fatal(`no file "want"`)
			}
			t.Chdir(dir)
			result, findings := load.Load("spec", load.Options{})
			if (result == nil) != findings.HasErrors() {
				t.Errorf("a result of %v with these findings", result)
			}
			got := findings.String()
			if *update {
				want.Data = []byte(got)
				t.Chdir(filepath.Dir(absolute(t, name)))
				write(t, filepath.Base(name), txtar.Format(archive))
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

var start, _ = os.Getwd()

// absolute is a name relative to where the test began.
func absolute(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(start, name)
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// mustLoad loads what must have no findings.
func mustLoad(t *testing.T, dir string, opts load.Options) *load.Result {
	t.Helper()
	result, findings := load.Load(dir, opts)
	if len(findings) > 0 {
		t.Fatalf("%s:\n%s", dir, findings)
	}
	return result
}

// TestEPP compares the specification of EPP with a summary of what it is.
func TestEPP(t *testing.T) {
	got := summary(mustLoad(t, epp, load.Options{}))
	const golden = "testdata/epp.golden"
	if *update {
		write(t, golden, []byte(got))
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// summary tells what a specification holds, line by line.
func summary(r *load.Result) string {
	var b strings.Builder
	p := r.Protocol
	fmt.Fprintf(&b, "protocol %s from %s\n", p.Name, p.Source)
	for _, s := range p.Settings {
		fmt.Fprintf(&b, "setting %s %s = %v\n", s.Name, s.Type, s.Value)
	}
	for i, s := range p.Schemas {
		fmt.Fprintf(&b, "schema %s %s from %s\n", s.Name, s.Namespace, r.Schemas.Documents[i].Name)
	}
	for _, c := range p.Codes {
		fmt.Fprintf(&b, "code %d %s %s closes=%t %q\n", c.Value, c.Name, c.Class, c.Closes, c.Text)
	}
	for _, m := range p.Messages {
		fmt.Fprintf(&b, "message %s %s at %s", m.Class, m.Name, m.At)
		for _, bind := range m.Bind {
			fmt.Fprintf(&b, ", %s {%s}%s", bind.Name, bind.Element.Namespace, bind.Element.Local)
		}
		fmt.Fprintf(&b, ", %d fields, %d examples\n", len(m.Fields), len(m.Examples))
	}
	for _, g := range p.Groups {
		fmt.Fprintf(&b, "group %s of %d\n", g.Name, len(g.Messages))
	}
	for _, m := range p.Machines {
		for _, s := range m.States {
			fmt.Fprintf(&b, "state %s.%s:", m.Name, s.Name)
			for _, ons := range [][]*model.On{s.On, s.Done, s.Call, s.After} {
				for _, on := range ons {
					fmt.Fprintf(&b, " %s(%d)", on.Name, len(on.Moves))
				}
			}
			b.WriteByte('\n')
		}
	}
	for _, s := range p.Scenarios {
		fmt.Fprintf(&b, "scenario %q of %d steps\n", s.Name, len(s.Steps))
	}
	return b.String()
}

// TestEmbedded: what the binary carries is what the folder holds.
func TestEmbedded(t *testing.T) {
	result, findings := load.Embedded("epp")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	want := mustLoad(t, epp, load.Options{})
	if got, want := hash(t, result), hash(t, want); got != want {
		t.Error("the two differ")
	}
	if got := result.Files[0]; got != "epp/client.cue" {
		t.Errorf("the first file is %s", got)
	}
}

// hash is the hash of what does not depend on where a specification was read from.
func hash(t *testing.T, r *load.Result) string {
	t.Helper()
	r.Protocol.Source = ""
	h, err := r.Protocol.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestFS loads a specification that is nowhere on disk, and imports the definitions that come with the binary.
func TestFS(t *testing.T) {
	fsys := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS("testdata"), "ping", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join("testdata", name))
		fsys[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	result := mustLoad(t, "ping", load.Options{FS: fsys})
	if diff := cmp.Diff([]string{"ping/ping.cue", "ping/xsd/ping.xsd"}, result.Files); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestModules loads a specification from a folder without a module and from a module of its own.
func TestModules(t *testing.T) {
	for name, module := range map[string]string{
		"none": "",
		"own":  "module: \"example.com/protocols@v0\"\nlanguage: version: \"v0.17.0\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "ping"), os.DirFS("testdata/ping")); err != nil {
				t.Fatal(err)
			}
			if module != "" {
				write(t, filepath.Join(dir, "cue.mod", "module.cue"), []byte(module))
			}
			result := mustLoad(t, filepath.Join(dir, "ping"), load.Options{})
			if result.Protocol.Name != "ping" {
				t.Errorf("it is called %q", result.Protocol.Name)
			}
		})
	}
}

// TestSource: what emitted files call the specification does not depend on where the generator runs, nor on how the folder
// is named.
func TestSource(t *testing.T) {
	for name, tc := range map[string]struct {
		file string // makes the root a module
		want string
	}{
		"no module":  {"", "ping/ping.cue"},
		"CUE module": {"cue.mod/module.cue", "protocols/ping/ping.cue"},
		"Go module":  {"go.mod", "protocols/ping/ping.cue"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "protocols", "ping")
			if err := os.CopyFS(dir, os.DirFS("testdata/ping")); err != nil {
				t.Fatal(err)
			}
			if tc.file != "" {
				write(t, filepath.Join(root, filepath.FromSlash(tc.file)), []byte("module: \"example.com/protocols@v0\"\nlanguage: version: \"v0.17.0\"\n"))
			}
			elsewhere := t.TempDir()
			far, err := filepath.Rel(elsewhere, dir)
			if err != nil {
				t.Fatal(err)
			}
			for from, named := range map[string]string{root: "protocols/ping", dir: ".", elsewhere: far, start: dir} {
				t.Chdir(from)
				if got := mustLoad(t, named, load.Options{}).Protocol.Source; got != tc.want {
					t.Errorf("%s from %s: the source is %s, want %s", named, from, got, tc.want)
				}
			}
		})
	}
}

// TestPositions: every node knows where the user wrote it, though CUE unifies it with the definitions.
func TestPositions(t *testing.T) {
	p := mustLoad(t, "testdata/ping", load.Options{}).Protocol
	text, err := os.ReadFile("testdata/ping/ping.cue")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	server, client := p.Machines[0], p.Machines[1]
	waiting := server.States[0]
	for _, tc := range []struct {
		name string
		pos  model.Pos
		want string // what stands there
	}{
		{"protocol", p.Pos, `name: "ping"`},
		{"setting", p.Settings[0].Pos, "frameMax: {"},
		{"role", p.Roles[1].Pos, "server: {}}"},
		{"frame", p.Frames[0].Pos, "counted: {"},
		{"formula", p.Frames[0].Max.Pos, `config.frameMax"}`},
		{"schema", p.Schemas[0].Pos, "ping: {namespace"},
		{"message", p.Messages[1].Pos, "pong: {"},
		{"field", p.Messages[0].Fields[0].Pos, `{name: "word"`},
		{"raw formula", p.Messages[0].Valid[0].Rule.Pos, `word != "quiet""#`},
		{"operation", p.Operations[0].Pos, "answer: {doc"},
		{"outcome", p.Operations[0].Gives[0].Pos, "answered: {}"},
		{"machine", client.Pos, "client: {"},
		{"state", waiting.Pos, "waiting: {"},
		{"timer", server.Timers[0].Pos, "idle: after"},
		{"input", waiting.On[0].Pos, "(M.ping.#name): [{run"},
		{"move", waiting.On[0].Moves[0].Pos, "{run: O.answer"},
		{"move of a let", waiting.Closed[0].Pos, "{close: true, to"},
		{"send", server.States[1].Done[0].Moves[0].Send[0].Pos, "{reply: true}"},
		{"deferred", server.States[1].Defer[0].Pos, "M.ping.#name]"},
		{"step", p.Scenarios[0].Steps[1].Pos, "{expect: M.pong"},
	} {
		if tc.pos.File != "testdata/ping/ping.cue" || tc.pos.Line < 1 || tc.pos.Line > len(lines) {
			t.Errorf("%s is at %q", tc.name, tc.pos)
			continue
		}
		if got := lines[tc.pos.Line-1][tc.pos.Col-1:]; !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s: there is %q, want %q", tc.name, tc.pos, got, tc.want)
		}
	}
}

// TestDisabled: what a dialect switches off goes away with everything that names it.
func TestDisabled(t *testing.T) {
	text, err := os.ReadFile("testdata/ping/ping.cue")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"ping/ping.cue":     {Data: text},
		"ping/more.cue":     {Data: []byte("package ping\n\nspec: {\n\tmessages: extra: {from: [\"client\"], class: \"request\", encoding: \"xml\", element: {namespace: \"urn:example:ping\", name: \"ping\"}, enabled: false}\n\tmachines: server: states: waiting: {\n\t\ton: extra: [{to: \"ended\"}]\n\t\tignore: [\"extra\"]\n\t}\n\tgroups: all: messages: [\"ping\", \"extra\"]\n}\n")},
		"ping/xsd/ping.xsd": {Data: must(os.ReadFile("testdata/ping/xsd/ping.xsd"))},
	}
	p := mustLoad(t, "ping", load.Options{FS: fsys}).Protocol
	waiting := p.Machines[0].States[0]
	if len(p.Messages) != 2 || len(waiting.On) != 1 || len(waiting.Ignore) != 0 || len(p.Groups[0].Messages) != 1 {
		t.Errorf("%d messages, %d inputs, %d ignored, %d in the group", len(p.Messages), len(waiting.On), len(waiting.Ignore), len(p.Groups[0].Messages))
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// TestShippedSpecs: every specification that ships is in the binary.
func TestShippedSpecs(t *testing.T) {
	files, err := fs.Glob(specs.FS, "*/*.cue")
	if err != nil {
		t.Fatal(err)
	}
	onDisk, err := filepath.Glob("../../specs/*/*.cue")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(onDisk) {
		t.Errorf("the binary carries %d files, the folder holds %d", len(files), len(onDisk))
	}
}

func BenchmarkLoadEPP(b *testing.B) {
	for b.Loop() {
		if _, findings := load.Load(epp, load.Options{}); len(findings) > 0 {
			b.Fatal(findings)
		}
	}
}
