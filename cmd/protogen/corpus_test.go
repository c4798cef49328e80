package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/xsd/libxml2"
	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// suites is where the suites are that are not part of the repository: beside it.
const suites = "../../../shared"

// suite returns the path of something in the suites, and skips the test when it is not there.
func suite(t *testing.T, elements ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{suites}, elements...)...)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED: the suite %s is not beside the repository", path.Join(elements...))
	}
	return name
}

// sample is a document of the EPP corpus with the verdict of libxml2 under the standard's schemas.
type sample struct {
	path       string
	kind       string // "natural", or "mutated:" and what was done to it
	verdict    string // valid, invalid or malformed
	firstError string // what libxml2 says first; cut at the first line break
}

// corpus reads the index of the EPP corpus, a table with one line per document.
func corpus(t *testing.T) []sample {
	t.Helper()
	dir := suite(t, "corpus", "epp")
	data, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	column := func(name string) int {
		at := slices.Index(head, name)
		if at < 0 {
			t.Fatalf("index.tsv has no column %s", name)
		}
		return at
	}
	file, kind, verdict, first := column("file"), column("kind"), column("verdict_std"), column("first_error_std")
	samples := make([]sample, 0, len(lines))
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != len(head) {
			t.Fatalf("index.tsv:%d: %d columns, not %d", i+2, len(fields), len(head))
		}
		samples = append(samples, sample{filepath.Join(dir, fields[file]), fields[kind], fields[verdict], fields[first]})
	}
	return samples
}

// exception is a fault of libxml2 that makes some of its verdicts wrong.
type exception struct {
	name string
	// holds tells whether the sample is one that libxml2 misjudges in this way.
	holds func(sample) bool
	// check says what is wrong with our answer about such a sample; nothing if it is what the standard asks for.
	check func(s sample, faults []fault) string
}

// uncollapsed is what libxml2 says of a value that has white space around it. A value that begins with a line break is cut.
var uncollapsed = regexp.MustCompile(`^\d+: element (\w+): .*': '(?:$|\s|[^']*\s' is not a valid value)`)

// exceptions are all the faults of libxml2 that we do not share. Whatever else differs is a bug of ours.
var exceptions = []exception{
	{
		// XML 1.0 section 2.2: U+0000 is no character. libxml2 takes it for the end of the document.
		name:  "accepts a NUL after the root element",
		holds: func(s sample) bool { return s.kind == "mutated:quirk-trailing-nul" },
		check: func(_ sample, faults []fault) string {
			if len(faults) != 1 || faults[0].Rule != "xml-well-formed" || !strings.Contains(faults[0].Text, "U+0000") {
				return "it should be refused for its U+0000"
			}
			return ""
		},
	},
	{
		// XML Schema part 2 section 4.3.6: white space around dates and numbers is collapsed before they are judged. libxml2
		// does not do so for dateTime, date and the bounded integers in element content.
		name: "judges dates and bounded integers with the white space around them",
		holds: func(s sample) bool {
			text := s.kind == "natural" || s.kind == "mutated:ok-whitespace-in-tokens" || s.kind == "mutated:bad-number"
			return text && uncollapsed.MatchString(s.firstError)
		},
		check: func(s sample, faults []fault) string {
			local := uncollapsed.FindStringSubmatch(s.firstError)[1]
			for _, f := range faults {
				if element := path.Base(f.Path); element == local || strings.HasSuffix(element, ":"+local) {
					return "the value of <" + local + "> is good"
				}
			}
			return ""
		},
	},
}

// judged compares our answer about a sample with libxml2's. It returns the name of the exception that it falls under.
func judged(t *testing.T, s sample, faults []fault) string {
	t.Helper()
	for _, e := range exceptions {
		if e.holds(s) {
			if trouble := e.check(s, faults); trouble != "" {
				t.Errorf("%s: %s (libxml2 %s); we say %v", s.path, trouble, e.name, faults)
			}
			return e.name
		}
	}
	switch valid := len(faults) == 0; {
	case valid != (s.verdict == "valid"):
		t.Errorf("%s (%s): %s is the verdict of libxml2 (%s); we say %v", s.path, s.kind, s.verdict, s.firstError, faults)
	case s.verdict == "malformed" && !slices.Contains([]string{"xml-well-formed", "limit"}, faults[0].Rule):
		t.Errorf("%s: not well-formed for libxml2 (%s); we say %v", s.path, s.firstError, faults)
	}
	return ""
}

// TestCorpusBatch judges the whole corpus by the schemas of the standards, as a batch.
func TestCorpusBatch(t *testing.T) {
	t.Parallel()
	samples := corpus(t)
	schemas := []string{suite(t, "xsd", "epp", "std", "all.xsd")}
	var in, out, trouble bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, s := range samples {
		if err := encoder.Encode(task{ID: jsonID(s.path), Schemas: schemas, Instance: s.path}); err != nil {
			t.Fatal(err)
		}
	}
	if code := run(context.Background(), console{&in, &out, &trouble}, []string{"validate", "--batch"}); code != 0 {
		t.Fatalf("exit code %d: %s", code, trouble.String())
	}
	decoder := json.NewDecoder(&out)
	seen := map[string]int{}
	for _, s := range samples {
		var a answer
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		if string(a.ID) != string(jsonID(s.path)) || !a.SchemaValid || a.Valid != (len(a.Errors) == 0) {
			t.Fatalf("the answer for %s is %+v", s.path, a)
		}
		seen[judged(t, s, a.Errors)]++
	}
	for _, e := range exceptions {
		if seen[e.name] == 0 {
			t.Errorf("no document shows that libxml2 %s: the exception is not needed", e.name)
		}
	}
	t.Logf("%d documents, %d under an exception", len(samples), len(samples)-seen[""])
}

// TestCorpusProtocol judges the documents that need no schema beyond those of the specification, with emitted code.
func TestCorpusProtocol(t *testing.T) {
	t.Parallel()
	samples := eppSamples(t)
	arguments := []string{"validate", "--protocol", "epp", "--schema-only", "--json"}
	for _, s := range samples {
		arguments = append(arguments, s.path)
	}
	var out, trouble bytes.Buffer
	if code := run(context.Background(), console{nil, &out, &trouble}, arguments); code != 1 {
		t.Fatalf("exit code %d: %s", code, trouble.String())
	}
	decoder := json.NewDecoder(&out)
	for _, s := range samples {
		var v verdict
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if v.File != s.path {
			t.Fatalf("a verdict on %s where that on %s is due", v.File, s.path)
		}
		judged(t, s, v.Errors)
	}
	t.Logf("%d documents", len(samples))
}

// TestCorpusEngines compares the engines with each other: emitted code and the interpreter find the same faults in the same
// places, and libxml2 comes to the same verdict.
func TestCorpusEngines(t *testing.T) {
	t.Parallel()
	emitted, interpreted := engine(t, engineEmitted), engine(t, engineInterpreted)
	var reference judge
	if libxml2.Available {
		reference = engine(t, engineLibxml2)
	} else {
		t.Log("SKIPPED: the comparison with libxml2, without which this is built: add -tags libxml2")
	}
	for _, s := range eppSamples(t) {
		doc, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		faults := emitted.judge(doc)
		if diff := cmp.Diff(interpreted.judge(doc), faults); diff != "" {
			t.Errorf("%s: -interpreted +emitted\n%s", s.path, diff)
		}
		if reference == nil || slices.ContainsFunc(exceptions, func(e exception) bool { return e.holds(s) }) {
			continue
		}
		if theirs := reference.judge(doc); (len(theirs) == 0) != (len(faults) == 0) {
			t.Errorf("%s: emitted %v, libxml2 %v", s.path, faults, theirs)
		}
	}
}

func engine(t *testing.T, name string) judge {
	t.Helper()
	j, err := protocolJudge("epp", true, name, "")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// eppSpaces are the namespaces of specs/epp, and those that every document may use.
var eppSpaces = xmlstream.NewSpaces(
	"urn:ietf:params:xml:ns:epp-1.0", "urn:ietf:params:xml:ns:eppcom-1.0", "urn:ietf:params:xml:ns:domain-1.0",
	"urn:ietf:params:xml:ns:host-1.0", "urn:ietf:params:xml:ns:contact-1.0", "urn:ietf:params:xml:ns:secDNS-1.1",
	"urn:ietf:params:xml:ns:rgp-1.0",
)

// eppSamples is the part of the corpus whose elements are all in namespaces of specs/epp, as far as it can be read.
func eppSamples(t *testing.T) []sample {
	t.Helper()
	reader := xmlstream.NewReader(eppSpaces, files)
	samples := corpus(t)
	all := len(samples)
	samples = slices.DeleteFunc(samples, func(s sample) bool {
		doc, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		reader.Reset(doc)
		for reader.NextTag() != xmlstream.EOF {
			if reader.Space() < 0 {
				return true
			}
		}
		return false
	})
	if len(samples) == 0 || len(samples) == all {
		t.Fatalf("%d of %d documents use the specification's namespaces alone", len(samples), all)
	}
	return samples
}

// String is f as a test prints it.
func (f fault) String() string {
	return fmt.Sprintf("%d:%d: %s: %s: %s", f.Line, f.Column, f.Path, f.Rule, f.Text)
}

// jsonID is a path as the id of a task.
func jsonID(path string) json.RawMessage { return json.RawMessage(strconv.Quote(path)) }
