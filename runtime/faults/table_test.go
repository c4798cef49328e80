package faults_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that the table of faults names is there, and every test of this package is in the table.
func TestTable(t *testing.T) {
	root := filepath.Join("..", "..")
	table, err := os.ReadFile(filepath.Join(root, "docs", "faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)\\w+)[`/]").FindAllStringSubmatch(string(table), -1) {
		named[name[1]] = true
	}
	written := map[string]bool{} // here, or elsewhere
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, dir := range []string{"runtime", "cmd", "generated"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, name := range declaration.FindAllSubmatch(source, -1) {
				name := string(name[1])
				written[name] = written[name] || filepath.Base(filepath.Dir(path)) == "faults"
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range named {
		if _, ok := written[name]; !ok {
			t.Errorf("docs/faults.md names %s, which is nowhere", name)
		}
	}
	for name, here := range written {
		if here && strings.HasPrefix(name, "TestFault") && !named[name] {
			t.Errorf("%s is not in docs/faults.md", name)
		}
	}
}
