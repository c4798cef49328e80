package emit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// suiteEvery is how many schemas of the W3C suite there are for each that is emitted and compiled here: all of them take minutes.
const suiteEvery = 45

// suiteInstance is a document of the suite with what the interpreter says of it.
type suiteInstance struct {
	path  string
	valid bool
}

// TestSuite emits a part of the schemas of the W3C's suite, and compares: the emitted validator says of every document what the
// interpreter says, and what is read of a valid one can be written, is valid, and stays the same.
func TestSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	root, err := filepath.Abs("../../../shared/xsts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		t.Skip("the W3C XML Schema test suite is not beside the repository (../shared/xsts)")
	}
	s := newSamples(t)
	var imports, table bytes.Buffer
	for i, group := range suiteGroups(t, root) {
		if i%suiteEvery != 0 {
			continue
		}
		pkg := fmt.Sprintf("p%d", i)
		set, instances := judged(t, root, group)
		if set == nil || len(instances) == 0 {
			continue
		}
		s.add(t, pkg, emitSet(t, group.schemas[0], set), nil)
		fmt.Fprintf(&imports, "%s %q\n", pkg, "sample/"+pkg)
		for _, x := range instances {
			fmt.Fprintf(&table, "{%q, %t, %s.ValidateElement, func(doc []byte) ([]byte, error) {\n"+
				"el, err := %s.DecodeElement(doc)\nif err != nil {\nreturn nil, err\n}\nreturn el.AppendXML(nil)\n}},\n", x.path, x.valid, pkg, pkg)
		}
	}
	driver := readFile(t, "testdata/suite.go.txt")
	src := strings.Replace(string(driver), "// IMPORTS\n", imports.String(), 1)
	src = strings.Replace(src, "// INSTANCES\n", table.String(), 1)
	formatted, err := format.Source([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "run/run_test.go", formatted)
	s.goTool(t, "test", "./run")
}

// suiteGroup is a schema of the suite with its documents.
type suiteGroup struct {
	schemas   []string
	instances []string
}

// suiteGroups are the groups of the suite's index that have documents, but for the NIST's, which are all of one kind.
func suiteGroups(t *testing.T, root string) []*suiteGroup {
	t.Helper()
	var groups []*suiteGroup
	known := map[string]*suiteGroup{}
	lines := bufio.NewScanner(bytes.NewReader(readFile(t, filepath.Join(root, "index.jsonl"))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var test struct {
			Contributor, Instance string
			Schemas               []string
		}
		if err := json.Unmarshal(lines.Bytes(), &test); err != nil {
			t.Fatal(err)
		}
		if test.Contributor == "NIST" || test.Instance == "" {
			continue
		}
		key := strings.Join(test.Schemas, " ")
		if known[key] == nil {
			known[key] = &suiteGroup{schemas: test.Schemas}
			groups = append(groups, known[key])
		}
		known[key].instances = append(known[key].instances, test.Instance)
	}
	return groups
}

// judged compiles the schema of a group and has the interpreter judge its documents; nil for a schema that is wrong.
func judged(t *testing.T, root string, group *suiteGroup) (*xsd.Set, []suiteInstance) {
	t.Helper()
	var sources []xsd.Source
	for _, path := range group.schemas {
		full := filepath.Join(root, path)
		sources = append(sources, xsd.Source{Name: full, Data: readFile(t, full)})
	}
	set, _ := xsd.Compile(sources, xsd.Options{Open: os.ReadFile})
	if set == nil {
		return nil, nil
	}
	var instances []suiteInstance
	for _, path := range group.instances {
		full := filepath.Join(root, path)
		err := set.Schema().Validate(readFile(t, full), xsdrun.Options{XML: xmlstream.Options{DTD: xmlstream.DTDSkip}})
		instances = append(instances, suiteInstance{full, err == nil})
	}
	return set, instances
}

// emitSet emits a package of schemas alone.
func emitSet(t *testing.T, source string, set *xsd.Set) []File {
	t.Helper()
	p := bareProtocol(set, source)
	if found := name.Assign(p, set); found.HasErrors() {
		t.Fatal(found)
	}
	files, err := Files(p, set)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
