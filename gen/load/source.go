package load

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/protogen-go/protogen/gen/diag"
	"github.com/protogen-go/protogen/specs"
)

// source is the folder of a specification, on disk or in a file system that CUE sees under a made-up root.
type source struct {
	dir     string // as the user named it
	abs     string // as CUE knows it
	root    string // abs of the module's root
	fsys    fs.FS  // nil: the disk
	overlay map[string]load.Source
	laid    map[string]bool // absolute names of what comes with the binary
	syntax  []*ast.File     // the specification's own files
	read    map[string]bool // the names of all files that were read
	mends   mends           // what to change in the specification's own files
}

// newSource finds the module that dir is in and adds to it what it lacks: a module file and the definitions.
func newSource(dir string, fsys fs.FS) (*source, error) {
	s := &source{dir: dir, fsys: fsys, overlay: map[string]load.Source{}, laid: map[string]bool{}, read: map[string]bool{}, mends: mends{}}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s.abs, s.root = abs, moduleRoot(abs)
	if fsys != nil {
		if err := s.mount(); err != nil {
			return nil, err
		}
	} else if cueFiles, _ := filepath.Glob(filepath.Join(abs, "*.cue")); len(cueFiles) == 0 {
		return nil, fmt.Errorf("no .cue file in the folder")
	}
	return s, s.addDefinitions()
}

// moduleRoot is the nearest folder at or above dir that has a cue.mod, or dir itself if none has.
func moduleRoot(dir string) string {
	if root, ok := above(dir, "cue.mod"); ok {
		return root
	}
	return dir
}

// mount shows CUE the files of s.fsys under a root of their own.
func (s *source) mount() error {
	s.root = filepath.Join(filepath.VolumeName(s.abs)+string(filepath.Separator), "protogen-specs")
	s.abs = filepath.Join(s.root, filepath.FromSlash(s.dir))
	if matches, _ := fs.Glob(s.fsys, path.Join(s.dir, "*.cue")); len(matches) == 0 {
		return fmt.Errorf("no .cue file in the folder")
	}
	return fs.WalkDir(s.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".cue" {
			return err
		}
		data, err := fs.ReadFile(s.fsys, name)
		s.overlay[filepath.Join(s.root, filepath.FromSlash(name))] = load.FromBytes(data)
		return err
	})
}

// addDefinitions lets the specification import the definitions: unless the module is the one that holds them, they are
// laid over its cue.mod/pkg, and a module file beside them if it has none.
func (s *source) addDefinitions() error {
	moduleFile := filepath.Join(s.root, "cue.mod", "module.cue")
	if _, mounted := s.overlay[moduleFile]; mounted {
		return nil
	}
	text, err := os.ReadFile(moduleFile)
	switch {
	case os.IsNotExist(err):
		s.overlay[moduleFile] = load.FromString("module: \"specification.local/specification@v0\"\nlanguage: version: \"v0.17.0\"\n")
	case err != nil:
		return err
	case strings.Contains(string(text), `"`+specs.Module+`@`):
		return nil
	}
	files, err := fs.Glob(specs.FS, "proto/*.cue")
	if err != nil {
		return err
	}
	for _, name := range files {
		data, err := specs.FS.ReadFile(name)
		if err != nil {
			return err
		}
		at := filepath.Join(s.root, "cue.mod", "pkg", filepath.FromSlash(specs.Proto), path.Base(name))
		s.overlay[at], s.laid[at] = load.FromBytes(data), true
	}
	return nil
}

// instance is the specification's CUE package. Nothing is ever fetched for it.
func (s *source) instance() *build.Instance {
	instances := load.Instances([]string{"."}, &load.Config{
		Dir:        s.abs,
		ModuleRoot: s.root,
		Overlay:    s.overlay,
		Env:        []string{"CUE_REGISTRY=none"},
		ParseFile:  s.mends.parse,
	})
	inst := instances[0]
	s.syntax = inst.Files
	s.note(inst)
	return inst
}

// note remembers the files of a package, and of the packages it imports, as read; not those that come with the binary.
func (s *source) note(inst *build.Instance) {
	for _, f := range inst.BuildFiles {
		if !s.laid[f.Filename] {
			s.read[s.name(f.Filename)] = true
		}
	}
	for _, imported := range inst.Imports {
		s.note(imported)
	}
}

// slashed is the folder as findings name it.
func (s *source) slashed() string { return filepath.ToSlash(s.dir) }

// name is what the user calls a file that CUE knows by its absolute name.
func (s *source) name(filename string) string {
	rel, err := filepath.Rel(s.abs, filename)
	if err != nil {
		return filename
	}
	return filepath.ToSlash(filepath.Join(s.dir, rel))
}

// origin is what emitted files call the file that name is a name of: the same wherever the generator runs. It is relative to the
// Go module that the specification is part of, else to the root of its CUE module, else to what its folder is in.
func (s *source) origin(name string) string {
	if s.fsys != nil {
		return name
	}
	abs, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return path.Base(name)
	}
	root := filepath.Dir(s.abs)
	if s.root != s.abs {
		root = s.root
	}
	if module, ok := above(s.abs, "go.mod"); ok {
		root = module
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil {
		return path.Base(name)
	}
	return filepath.ToSlash(rel)
}

// above is the nearest folder at or above dir that holds something of that name.
func above(dir, name string) (folder string, ok bool) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, name)); err == nil {
			return d, true
		}
		if d == filepath.Dir(d) {
			return "", false
		}
	}
}

// owns reports whether pos is in one of the specification's own files rather than in the definitions.
func (s *source) owns(pos token.Pos) bool {
	return pos.IsValid() && filepath.Dir(pos.Filename()) == s.abs
}

// foreign reports whether pos is in the definitions.
func (s *source) foreign(pos token.Pos) bool { return pos.IsValid() && !s.owns(pos) }

// definition is what the definitions say that a specification is, and every label in them.
func definition() (protocol cue.Value, names []string) {
	file, err := parser.ParseFile("proto.cue", definitions())
	if err != nil {
		return cue.Value{}, nil
	}
	for _, below := range collectLabels([]*ast.File{file}).below {
		names = append(names, below...)
	}
	return cuecontext.New().BuildFile(file).LookupPath(cue.ParsePath("#Protocol")), names
}

// definitions is the text of the definitions.
func definitions() []byte {
	text, _ := specs.FS.ReadFile("proto/proto.cue") // it is part of the binary
	return text
}

// position is pos as findings name it.
func (s *source) position(pos token.Pos) diag.Pos {
	if !pos.IsValid() {
		return diag.Pos{}
	}
	p := pos.Position()
	return diag.Pos{File: s.name(p.Filename), Line: p.Line, Col: p.Column}
}

// open reads a file beside the specification, by the name that findings have for it. A file outside of the module's root
// is never read.
func (s *source) open(name string) ([]byte, error) {
	if s.fsys != nil {
		data, err := fs.ReadFile(s.fsys, path.Clean(name))
		if err == nil {
			s.read[name] = true
		}
		return data, err
	}
	abs, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if rel, err := filepath.Rel(s.root, abs); err != nil || !filepath.IsLocal(rel) {
		return nil, fmt.Errorf("%s is outside of %s", name, s.root)
	}
	data, err := os.ReadFile(abs)
	if err == nil {
		s.read[name] = true
	}
	return data, err
}

// files are the names of the files read so far, sorted.
func (s *source) files() []string {
	names := make([]string, 0, len(s.read))
	for name := range s.read {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
