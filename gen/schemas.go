package gen

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/emit"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// SchemaOptions says what RunSchemas does. Only Schemas, Package and Out are required.
type SchemaOptions struct {
	Schemas []string // XSD files; what they import and include is read from beside them
	Package string   // the name of the emitted package
	Out     string   // its folder
	Check   bool     // write nothing; report what would change
}

// RunSchemas brings a package up to date that is made of XML schemas alone: types, codec and validator, with no protocol around
// them. Findings are in the report, as with [Run].
func RunSchemas(ctx context.Context, o SchemaOptions) (*Report, error) {
	if !token.IsIdentifier(o.Package) {
		return nil, fmt.Errorf("%q is no name for a Go package", o.Package)
	}
	sources := make([]xsd.Source, len(o.Schemas))
	for i, path := range o.Schemas {
		data, err := xsd.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sources[i] = xsd.Source{Name: filepath.ToSlash(path), Data: data}
	}
	set, findings := xsd.Compile(sources, xsd.Options{Open: xsd.ReadFile})
	report := &Report{Findings: findings}
	if set == nil || ctx.Err() != nil {
		return report, ctx.Err()
	}
	files, refused, err := emitSchemas(o.Package, sources, set)
	report.Findings = append(report.Findings, refused...)
	report.Findings.Sort()
	if err != nil || report.Findings.HasErrors() {
		return report, err
	}
	folder := folder{dir: o.Out, dry: o.Check, report: report}
	return report, folder.update(files)
}

// emitSchemas prints the package.
func emitSchemas(pkg string, sources []xsd.Source, set *xsd.Set) ([]emit.File, diag.List, error) {
	p := SchemaProtocol(pkg, sources, set)
	if found := name.Assign(p, set); found.HasErrors() {
		return nil, found, nil
	}
	files, err := emit.Files(p, set)
	var refused diag.List
	if errors.As(err, &refused) {
		return nil, refused, nil
	}
	return files, nil, err
}

// SchemaProtocol is the protocol that is nothing but the schemas in set, which were compiled from sources. The namespace of the
// first source is the one whose types take no prefix in Go and whose elements are written without one.
func SchemaProtocol(pkg string, sources []xsd.Source, set *xsd.Set) *model.Protocol {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = filepath.Base(s.Name)
	}
	p := &model.Protocol{
		Node: model.Node{Name: pkg, Doc: fmt.Sprintf(schemaDoc, strings.Join(names, ", "))}, Source: strings.Join(names, ", "),
	}
	first := set.Documents[0].Namespace
	taken := map[string]bool{}
	for _, space := range set.Namespaces() {
		s := &model.Schema{Namespace: space, Bare: space == first, Default: space == first}
		s.Name = schemaPrefix(set.Prefix(space), taken)
		taken[name.Exported(s.Name)] = true
		p.Schemas = append(p.Schemas, s)
	}
	return p
}

// schemaPrefix is wanted, or what can be had instead: no prefix twice, also not in the form that Go gives it.
func schemaPrefix(wanted string, taken map[string]bool) string {
	if !xmlstream.IsNCName(wanted) {
		wanted = "ns"
	}
	prefix := wanted
	for n := 2; taken[name.Exported(prefix)]; n++ {
		prefix = fmt.Sprintf("%s%d", wanted, n)
	}
	return prefix
}

const schemaDoc = `handles documents of the schemas in %s: it reads, writes and validates them.

Every element that they declare has a type of its name. [Unmarshal] reads a document into one, [DecodeElement] reads whichever
it is, the AppendXML method writes one, and [ValidateElement] only judges. All of them judge by the schemas; the error is an
[*xsdrun.ValidationError] with every fault: line, column, path, rule.`
