package kernel

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestSpecifier parses and prints what POE::Component::IKC::Specifier was recorded to parse and print.
func TestSpecifier(t *testing.T) {
	data, err := os.ReadFile("testdata/specifiers.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		In    any
		Parse map[string]string
		Name  *string
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if _, isList := c.In.([]any); isList {
			continue // only Perl's printer takes a list, and no message carries one
		}
		in, err := tree.Of(c.In)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := in.Str()
		t.Run(name, func(t *testing.T) {
			got := readTarget(in)
			if got.known != (c.Parse != nil) {
				t.Fatalf("known: %v, want %v", got.known, c.Parse != nil)
			}
			args, _ := got.args.Str()
			want := Specifier{Kernel: c.Parse["kernel"], Session: c.Parse["session"], State: c.Parse["state"]}
			got.Args = ""
			if diff := cmp.Diff(want, got.Specifier); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if args != c.Parse["args"] {
				t.Errorf("args %q, want %q", args, c.Parse["args"])
			}
			if c.Name != nil && got.String() != *c.Name {
				t.Errorf("prints %q, want %q", got, *c.Name)
			}
		})
	}
}

// TestSpecifierString prints what it has parsed.
func FuzzSpecifier(f *testing.F) {
	for _, seed := range []string{"poe://Server/test/log", "poe:/s/t?arg", "//k/s/t", "s/t", "poe://127.0.0.1:603/s/t", "poe://unix:_tmp_x:12-3/s", "poe://*/s/t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpecifier(text)
		if err != nil || s.Kernel != "" && s.Session == "" || s.Session == "" && s.State != "" {
			return // printed, these are something else
		}
		again, err := ParseSpecifier(s.String())
		s.Args = ""
		if err != nil || again != s {
			t.Errorf("%q: %+v prints as %s, which is %+v, %v", text, s, s, again, err)
		}
	})
}
