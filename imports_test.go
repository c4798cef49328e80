package protogen

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/protogen-go/protogen/"

// rooms lists, for each room of the tree, what its non-test files may import from this module, as path prefixes. The most
// specific room wins. A room that is not listed may import nothing of ours.
var rooms = map[string][]string{
	"runtime":          {"runtime/"},
	"generated":        {"runtime/"},
	"specs":            {},
	"gen/model":        {},
	"gen/diag":         {"gen/model"},
	"gen/formula":      {"gen/model", "gen/diag", "gen/xsd", "runtime/xsdrun"},
	"gen/xsd":          {"gen/diag", "gen/xsd", "runtime/xmlstream", "runtime/xsdrun"},
	"gen/pattern":      {"gen/model", "gen/diag"},
	"gen/load":         {"gen/model", "gen/diag", "gen/xsd", "specs"},
	"gen/check":        {"gen/model", "gen/diag", "gen/formula", "gen/pattern", "gen/xsd", "runtime/xmlstream", "runtime/xsdrun"},
	"gen/name":         {"gen/model", "gen/diag", "gen/xsd"},
	"gen/emit":         {"gen/model", "gen/diag", "gen/formula", "gen/name", "gen/pattern", "gen/xsd", "runtime/xmlstream", "runtime/xsdrun"},
	"gen/interpreter":  {"gen/model", "gen/formula", "runtime/header"},
	"gen/emit/diagram": {"gen/model"},
	"gen":              {"gen/", "specs", "runtime/xmlstream", "runtime/xsdrun"},
	"servers":          {"generated/", "runtime/"},
	"cmd":              {"gen", "generated/", "runtime/", "servers/", "specs"},
	"bench":            {"generated/", "runtime/", "servers/", "gen"},
}

// owners lists the outside modules that only one room may import.
var owners = map[string]string{
	"cuelang.org/go":                       "gen/load",
	"github.com/dave/jennifer":             "gen/emit",
	"github.com/terminalstatic/":           "gen/xsd/libxml2",
	"modernc.org/sqlite":                   "servers/registry",
	"github.com/magefile/mage":             ".",
	"github.com/rogpeppe/go-internal/diff": "gen",
	"github.com/pires/go-proxyproto":       "runtime/socket/proxyproto",
	"github.com/miekg/dns":                 "servers/sip",
	"github.com/coder/websocket":           "servers/sip",
}

// TestImportDirection parses import blocks, so the test cache sees the files it depends on.
func TestImportDirection(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		checkFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, path string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	dir := filepath.ToSlash(filepath.Dir(path))
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		ours, isOurs := strings.CutPrefix(imported, module)
		switch {
		case isOurs && !allowed(dir, ours):
			t.Errorf("%s: %s may not import %s", path, dir, ours)
		case !isOurs && !mayUse(dir, imported):
			t.Errorf("%s: %s belongs to another room", path, imported)
		case !isOurs && stdOnly(dir) && strings.Contains(strings.Split(imported, "/")[0], "."):
			t.Errorf("%s: %s uses the standard library and runtime only, not %s", path, dir, imported)
		}
	}
}

func room(dir string) (string, []string) {
	for d := dir; d != "."; d = filepath.ToSlash(filepath.Dir(d)) {
		if list, ok := rooms[d]; ok {
			return d, list
		}
	}
	return "", nil
}

func allowed(dir, imported string) bool {
	name, list := room(dir)
	if strings.HasPrefix(imported+"/", name+"/") && name != "gen" && name != "" {
		return true // within the room
	}
	for _, prefix := range list {
		if imported == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(imported, strings.TrimSuffix(prefix, "/")+"/") {
			return true
		}
	}
	return false
}

func mayUse(dir, imported string) bool {
	for prefix, owner := range owners {
		if strings.HasPrefix(imported, prefix) && dir != owner && !strings.HasPrefix(dir, owner+"/") {
			return false
		}
	}
	return true
}

// stdOnly reports whether a room uses the standard library alone. The adapter of the PROXY protocol is a package of its own
// so that only those who want it pull its library in.
func stdOnly(dir string) bool {
	if dir == "runtime/socket/proxyproto" {
		return false
	}
	return strings.HasPrefix(dir, "runtime/") || strings.HasPrefix(dir, "generated/") || strings.HasPrefix(dir, "gen/model")
}
