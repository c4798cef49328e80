package xsd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// FuzzCompile compiles arbitrary bytes as a schema document that may include itself and one other: whatever they are, the
// compiler returns, with a set or with an error that has a position, and a set can be executed.
func FuzzCompile(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, entry := range archive.Files {
			if strings.HasSuffix(entry.Name, ".xsd") {
				f.Add(entry.Data)
			}
		}
	}
	const library = `<schema xmlns="http://www.w3.org/2001/XMLSchema"><complexType name="c"><sequence><element name="x"/></sequence></complexType>` +
		`<simpleType name="s"><restriction base="token"/></simpleType></schema>`
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := xsd.Options{MaxStates: 200, Open: func(name string) ([]byte, error) {
			switch name {
			case "lib.xsd":
				return []byte(library), nil
			case "b.xsd":
				return data, nil
			}
			return nil, os.ErrNotExist
		}}
		set, findings := xsd.Compile([]xsd.Source{{Name: "a.xsd", Data: data}}, opts)
		if set == nil {
			if !findings.HasErrors() {
				t.Fatal("no set and no error")
			}
			for _, finding := range findings {
				if !finding.Pos.IsValid() {
					t.Fatalf("no position: %v", finding)
				}
			}
			return
		}
		schema := set.Schema()
		_ = schema.Validate([]byte("<a><b c='d'>e</b></a>"), xsdrun.Options{})
		for name := range schema.Elements {
			if name.Space == "" {
				_ = schema.Validate([]byte("<"+name.Local+"/>"), xsdrun.Options{})
			}
		}
	})
}
