package xsd_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

var listFailures = flag.Bool("xsts.failures", false, "list the tests of the W3C suite that fail")

// suiteTest is a line of the suite's index.
type suiteTest struct {
	ID          string
	Contributor string
	Schemas     []string
	Instance    string
	Expected    string
	Status      string
}

// suiteSchema is a compiled schema of the suite.
type suiteSchema struct {
	set      *xsd.Set
	findings diag.List
}

// suiteRoot is the W3C suite, or the test is skipped.
func suiteRoot(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "xsts")
	if _, err := os.Stat(filepath.Join(root, "index.jsonl")); err != nil {
		t.Skip("the W3C XML Schema test suite is not there: skipping XSTS")
	}
	return root
}

func readIndex(t *testing.T, root string) []suiteTest {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "index.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tests []suiteTest
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var test suiteTest
		if err := json.Unmarshal(lines.Bytes(), &test); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, test)
	}
	return tests
}

// compileSuite compiles the schema documents of one test.
func compileSuite(root string, names []string) suiteSchema {
	var sources []xsd.Source
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return suiteSchema{findings: diag.List{{Message: err.Error()}}}
		}
		sources = append(sources, xsd.Source{Name: name, Data: data})
	}
	set, findings := xsd.Compile(sources, xsd.Options{Open: func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(root, name))
	}})
	return suiteSchema{set, findings}
}

// suiteTally counts results of one contributor.
type suiteTally struct{ passed, total int }

func (s suiteTally) String() string {
	return fmt.Sprintf("%d of %d (%.2f %%)", s.passed, s.total, 100*float64(s.passed)/float64(max(s.total, 1)))
}

// suiteFloor is how many tests of the suite may fail: the number reached so far. It only ever goes down.
var suiteFloor = map[string]int{
	"Boeing instance": 0,
	"Boeing schema":   0,
	"MS instance":     16,
	"MS schema":       2,
	"NIST instance":   0,
	"NIST schema":     0,
	"Sun instance":    1,
	"Sun schema":      0,
}

// TestSuite runs the W3C's XML Schema 1.0 tests: is each schema judged as the suite expects, and is each instance?
func TestSuite(t *testing.T) {
	root := suiteRoot(t)
	tallies := map[string]*suiteTally{}
	schemas := map[string]suiteSchema{}
	for _, test := range readIndex(t, root) {
		key := strings.Join(test.Schemas, " ")
		s, ok := schemas[key]
		if !ok {
			s = compileSuite(root, test.Schemas)
			clear(schemas)
			schemas[key] = s
		}
		kind, passed, detail := "schema", (s.set != nil) == (test.Expected == "valid"), ""
		if test.Instance != "" {
			kind = "instance"
			passed, detail = judgeInstance(root, s, test)
		} else if len(s.findings) > 0 {
			detail = s.findings[0].Error()
		}
		name := test.Contributor + " " + kind
		if tallies[name] == nil {
			tallies[name] = &suiteTally{}
		}
		tallies[name].total++
		if passed {
			tallies[name].passed++
		} else if *listFailures {
			t.Logf("FAIL %s %s expected=%s status=%s schemas=%v instance=%s: %s", kind, test.ID, test.Expected, test.Status, test.Schemas, test.Instance, detail)
		}
	}
	var names []string
	for name := range tallies {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		got := tallies[name]
		t.Logf("%-16s %s", name, got)
		if floor, ok := suiteFloor[name]; ok && got.total-got.passed > floor {
			t.Errorf("%s: %d tests fail, at most %d did before", name, got.total-got.passed, floor)
		}
	}
}

// judgeInstance validates an instance of the suite.
func judgeInstance(root string, s suiteSchema, test suiteTest) (passed bool, detail string) {
	if s.set == nil {
		return false, "the schema is refused"
	}
	doc, err := os.ReadFile(filepath.Join(root, test.Instance))
	if err != nil {
		return false, err.Error()
	}
	set := s.set
	if names := located(set, test, doc); len(names) > 0 {
		if more := compileSuite(root, append(slices.Clone(test.Schemas), names...)); more.set != nil {
			set = more.set
		}
	}
	err = set.Schema().Validate(doc, xsdrun.Options{XML: xmlstream.Options{DTD: xmlstream.DTDSkip, MaxAttributes: 10000}})
	if err != nil {
		detail = err.Error()
	}
	return (err == nil) == (test.Expected == "valid"), detail
}

// located are the schema documents that an instance asks for, of namespaces that its schema says nothing of.
func located(set *xsd.Set, test suiteTest, doc []byte) []string {
	var names []string
	for _, l := range xsdrun.SchemaLocations(doc, xmlstream.Options{DTD: xmlstream.DTDSkip}) {
		known := slices.ContainsFunc(set.Documents, func(d *xsd.Document) bool { return d.Namespace == l.Space })
		if name := path.Join(path.Dir(test.Instance), l.Location); !known && !slices.Contains(test.Schemas, name) {
			names = append(names, name)
		}
	}
	return names
}
