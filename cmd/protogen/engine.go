package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/gen/xsd/libxml2"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
	"github.com/protogen-go/protogen/specs"
)

// The engines that judge documents.
const (
	engineEmitted     = "emitted"
	engineInterpreted = "interpreted"
	engineLibxml2     = "libxml2"
)

// files are documents as users keep them: a DOCTYPE is read past, its external parts never are, and the limits are those
// of a batch job rather than of a server.
var files = xmlstream.Options{DTD: xmlstream.DTDSkip, MaxDepth: 4096, MaxAttributes: 10_000, MaxName: 1 << 16, MaxDocument: 1 << 30}

// schemaJudge compiles schema files into a judge. Findings are those of the schemas.
func schemaJudge(paths []string, engine string) (judge, diag.List, error) {
	switch engine {
	case "", engineInterpreted:
		return compileFiles(paths)
	case engineLibxml2:
		j, err := newReference(paths)
		return j, nil, err
	case engineEmitted:
		return nil, nil, usagef("--engine emitted judges the protocols this binary was built with: say --protocol")
	}
	return nil, nil, usagef("no engine %q: emitted, interpreted or libxml2", engine)
}

func compileFiles(paths []string) (judge, diag.List, error) {
	set, findings, err := compileSet(paths)
	if set == nil {
		return nil, findings, err
	}
	return &located{interpreted: interpreted{set.Schema(), files}, set: set, paths: paths}, findings, nil
}

// compileSet compiles schema files; the set is nil if they could not be read or hold errors.
func compileSet(paths []string) (*xsd.Set, diag.List, error) {
	sources := make([]xsd.Source, len(paths))
	for i, path := range paths {
		data, err := xsd.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		sources[i] = xsd.Source{Name: path, Data: data}
	}
	set, findings := xsd.Compile(sources, xsd.Options{Open: xsd.ReadFile})
	return set, findings, nil
}

// protocolJudge makes the judge of a protocol's messages. The codec is that of messages that are trees, by name.
func protocolJudge(protocol string, schemaOnly bool, engine, codec string) (judge, error) {
	if newMessageJudge := messageJudges[protocol]; newMessageJudge != nil {
		if schemaOnly || engine != "" && engine != engineEmitted {
			return nil, usagef("the messages of %s have no schema: --schema-only and --engine do not go with them", protocol)
		}
		c, err := codecNamed(codec)
		if err != nil {
			return nil, err
		}
		return newMessageJudge(c), nil
	}
	if protocol != "epp" {
		known := append([]string{"epp"}, slices.Sorted(maps.Keys(messageJudges))...)
		return nil, usagef("no protocol %q; this binary knows: %s", protocol, strings.Join(known, ", "))
	}
	if codec != "" {
		return nil, usagef("the messages of epp are XML: --codec does not go with them")
	}
	var schemas judge
	var err error
	switch engine {
	case "", engineEmitted:
		return eppJudge{schemaOnly}, nil
	case engineInterpreted:
		schemas, err = specJudge(protocol)
	case engineLibxml2:
		schemas, err = referenceJudge(protocol)
	default:
		err = usagef("no engine %q: emitted, interpreted or libxml2", engine)
	}
	if err != nil || schemaOnly {
		return schemas, err
	}
	return ruled{schemas: schemas, rules: eppJudge{}}, nil
}

// ruled judges by schemas, and what they find valid by the rules of a protocol.
type ruled struct{ schemas, rules judge }

func (r ruled) judge(doc []byte) []fault {
	if faults := r.schemas.judge(doc); len(faults) > 0 {
		return faults
	}
	return r.rules.judge(doc)
}

// specJudge interprets the schemas of a specification that this binary carries.
func specJudge(protocol string) (judge, error) {
	result, findings := load.Embedded(protocol)
	if err := findings.Err(); err != nil {
		return nil, err
	}
	return interpreted{result.Schemas.Schema(), files}, nil
}

// interpreted is a compiled schema.
type interpreted struct {
	schema *xsdrun.Schema
	xml    xmlstream.Options
}

func (i interpreted) judge(doc []byte) []fault {
	return faultsOf(i.schema.Validate(doc, xsdrun.Options{XML: i.xml}))
}

// faultsOf turns the error of a codec or the interpreter into faults.
func faultsOf(err error) []fault {
	var invalid *xsdrun.ValidationError
	var syntax *xmlstream.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		faults := make([]fault, len(invalid.Faults))
		for i, f := range invalid.Faults {
			faults[i] = fault{Line: f.Line, Column: f.Column, Path: f.Path, Rule: f.Rule, Text: f.Text}
		}
		if invalid.Truncated {
			faults = append(faults, fault{Rule: "limit", Text: fmt.Sprintf("more faults than the %d listed", len(invalid.Faults))})
		}
		return faults
	case errors.As(err, &syntax) && syntax.Limit != "":
		return []fault{{Line: syntax.Line, Column: syntax.Column, Rule: "limit", Text: syntax.Text}}
	case errors.As(err, &syntax):
		return []fault{{Line: syntax.Line, Column: syntax.Column, Rule: "xml-well-formed", Text: syntax.Text}}
	}
	return []fault{{Line: 1, Column: 1, Rule: "message", Text: err.Error()}} // the document as a whole
}

// reference judges with libxml2. Documents with a DOCTYPE are judged too: its slowness on hostile ones is a known fault of
// that engine and the reason why it is not the default.
type reference struct{ schema *libxml2.Schema }

func newReference(paths []string) (judge, error) {
	path, clean, err := oneSchema(paths)
	if err != nil {
		return nil, err
	}
	defer clean()
	schema, err := libxml2.Compile(path)
	if err != nil {
		return nil, err
	}
	return reference{schema}, nil
}

// oneSchema makes one document of several, since libxml2 compiles one.
func oneSchema(paths []string) (path string, clean func(), err error) {
	if len(paths) == 1 {
		return paths[0], func() {}, nil
	}
	dir, err := os.MkdirTemp("", "protogen-xsd")
	if err != nil {
		return "", nil, err
	}
	clean = func() { os.RemoveAll(dir) }
	var b strings.Builder
	b.WriteString(`<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:protogen:all">` + "\n")
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			clean()
			return "", nil, err
		}
		full, err := filepath.Abs(p)
		if err != nil {
			clean()
			return "", nil, err
		}
		namespace, err := targetNamespace(data)
		if err != nil {
			clean()
			return "", nil, fmt.Errorf("%s: %w", p, err)
		}
		fmt.Fprintf(&b, "<import namespace=%q schemaLocation=%q/>\n", namespace, "file://"+full)
	}
	b.WriteString("</schema>\n")
	path = filepath.Join(dir, "all.xsd")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		clean()
		return "", nil, err
	}
	return path, clean, nil
}

// targetNamespace reads the namespace that a schema document declares.
func targetNamespace(data []byte) (string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", err
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range root.Attr {
			if a.Name == (xml.Name{Local: "targetNamespace"}) {
				return a.Value, nil
			}
		}
		return "", errors.New("libxml2 can combine schemas only if each has a target namespace")
	}
}

// referenceJudge gives libxml2 the schemas of a specification that this binary carries.
func referenceJudge(protocol string) (judge, error) {
	dir, err := os.MkdirTemp("", "protogen-spec")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	schemas, err := fs.Sub(specs.FS, protocol+"/xsd")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(dir, schemas); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.xsd"))
	if err != nil {
		return nil, err
	}
	return newReference(paths)
}

func (r reference) judge(doc []byte) []fault {
	found, err := r.schema.Validate(doc)
	if err != nil {
		return []fault{{Rule: "xml-well-formed", Text: err.Error()}}
	}
	faults := make([]fault, len(found))
	for i, f := range found {
		faults[i] = fault{Line: f.Line, Rule: "schema", Text: strings.TrimSpace(f.Text)}
	}
	return faults
}
