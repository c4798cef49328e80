// Package load reads a specification: CUE files and the XML schemas beside them become a [model.Protocol] and an
// [xsd.Set], with a position on every node.
//
// It is the only importer of CUE. A specification is one CUE package with a field "spec" of type proto.#Protocol; the
// definitions come with the binary, so that a folder anywhere can hold one. All findings of a run are reported together,
// in the terms of the specification rather than of CUE.
package load

import (
	"io/fs"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/specs"
)

// Options says where a specification is read from. The zero Options reads the disk.
type Options struct {
	// FS, if not nil, holds the specification, and everything it refers to, instead of the disk.
	FS fs.FS
}

// Result is a specification that has been read.
type Result struct {
	Protocol *model.Protocol
	Schemas  *xsd.Set // nil for a protocol without schemas
	// Files are the files that were read, sorted, named as findings name them: what the output depends on besides the
	// generator itself.
	Files []string
}

// Load reads the specification in the folder dir. The findings are sorted by position; the result is nil if any of them is
// an error. Findings name files as dir does: relative to the working directory if dir is.
func Load(dir string, opts Options) (*Result, diag.List) {
	l := &loader{}
	result := l.load(dir, opts)
	l.findings.Sort()
	if l.findings.HasErrors() {
		return nil, l.findings
	}
	return result, l.findings
}

// Embedded reads one of the specifications that the binary carries, such as "epp".
func Embedded(protocol string) (*Result, diag.List) {
	return Load(protocol, Options{FS: specs.FS})
}

// loader is one run of Load.
type loader struct {
	source   *source
	findings diag.List
	symbols  symbols
	labels   labels // of the specification as it came
}

func (l *loader) load(dir string, opts Options) *Result {
	var err error
	if l.source, err = newSource(dir, opts.FS); err != nil {
		l.findings.Errorf(diag.Pos{File: dir}, "no-specification", "%v", err)
		return nil
	}
	root, ok := l.evaluate()
	if !root.Exists() {
		return nil
	}
	spec := node{l: l, v: root.LookupPath(cue.ParsePath("spec"))}
	if !spec.v.LookupPath(cue.ParsePath("#language")).Exists() {
		if !l.findings.HasErrors() {
			l.findings.Add(diag.Diagnostic{
				Pos: diag.Pos{File: l.source.slashed()}, Rule: "no-specification", Message: `no field "spec" that is a protocol`,
				Fix: `import "` + specs.Proto + `" and write spec: proto.#Protocol & {...}`,
			})
		}
		return nil
	}
	p := &model.Protocol{}
	defer l.forget(len(l.findings))
	l.schemas(p, spec)
	set, compiled := l.compile(p)
	if !ok {
		return nil
	}
	l.protocol(p, spec)
	if compiled {
		l.paths(p, set)
	}
	return &Result{Protocol: p, Schemas: set, Files: l.source.files()}
}

// forget drops those of the findings from number n on that only repeat what the first n say: about a text that stands for
// one that is wrong or missing.
func (l *loader) forget(n int) {
	if l.findings[:n].HasErrors() {
		l.findings = append(l.findings[:n], slices.DeleteFunc(l.findings[n:], func(d diag.Diagnostic) bool {
			return strings.Contains(d.Message, mark) || strings.Contains(d.Message, `""`)
		})...)
	}
}

// maxRounds bounds how often a specification is mended.
const maxRounds = 12

// evaluate is the value of the specification's package. What is wrong with it is reported and mended in the value. ok is
// false if the value cannot be read all the same; it does not exist if the files are no CUE.
func (l *loader) evaluate() (root cue.Value, ok bool) {
	for range maxRounds {
		again, err := l.build()
		if err == nil {
			return again, true
		}
		if !again.Exists() && root.Exists() {
			return root, false // a mend went wrong
		}
		root = again
		r := l.report(err, root)
		if !r.mended {
			return root, r.readable
		}
	}
	return root, false
}

// build loads and evaluates the package. The value does not exist if the files are no CUE.
func (l *loader) build() (cue.Value, error) {
	instance := l.source.instance()
	if instance.Err != nil {
		return cue.Value{}, instance.Err
	}
	root := cuecontext.New().BuildInstance(instance)
	return root, root.Validate(cue.Concrete(true), cue.All())
}
