package emit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

// miniSuite holds schemas of one feature each, with a document.
const miniSuite = "../../../shared/xsd/mini"

// miniNormal are the features whose documents are written in a normal form of what they say.
var miniNormal = map[string]string{
	"dates":   "hexadecimal digits are written in capitals",
	"default": "an empty element is written with its default",
}

// TestMini emits every schema of the suite and sends its document through: what is written says what was read, and can be
// read again.
func TestMini(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	dirs, _ := filepath.Glob(miniSuite + "/*")
	if len(dirs) == 0 {
		t.Skip("the suite of one-feature schemas is not beside the repository (../shared/xsd/mini)")
	}
	s := newSamples(t)
	for _, dir := range dirs {
		feature := filepath.Base(dir)
		main := readFile(t, filepath.Join(dir, "s.xsd"))
		p, set := schemaProtocol(t, []xsd.Source{{Name: filepath.Join(dir, "s.xsd"), Data: main}}, os.ReadFile)
		if found := name.Assign(p, set); found.HasErrors() {
			t.Errorf("%s: %v", feature, found)
			continue
		}
		files, err := Files(p, set)
		if err != nil {
			t.Errorf("%s: %v", feature, err)
			continue
		}
		e, _ := newEmitter(p, set)
		doc := string(readFile(t, filepath.Join(dir, "d.xml")))
		schema := string(main)
		if more, _ := filepath.Glob(filepath.Join(dir, "*.xsd")); len(more) > 1 {
			schema = "" // the driver compiles one document only, and compares verdicts where there is something to compare
		}
		s.add(t, "mini_"+feature, files, []sampleDoc{{feature, schema, doc, rootType(t, e, doc), false, miniNormal[feature] != ""}})
	}
	s.drive(t)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
