package gen

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/protogen-go/protogen/gen/emit"
	"github.com/rogpeppe/go-internal/diff"
)

// header begins every emitted file, and is what makes a file ours to delete.
const header = emit.Header + "\n"

// folder is the folder of an emitted package while it is brought up to date.
type folder struct {
	dir    string
	dry    bool
	report *Report
}

// update writes the files that differ, deletes those that nothing emits any more, and leaves all others alone.
func (f *folder) update(files []emit.File) error {
	wanted := make(map[string]bool, len(files))
	for _, file := range files {
		wanted[file.Name] = true
		if err := f.write(file); err != nil {
			return err
		}
	}
	owned, err := f.owned()
	if err != nil {
		return err
	}
	for _, name := range owned {
		if !wanted[name] {
			if err := f.remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *folder) write(file emit.File) error {
	path := filepath.Join(f.dir, filepath.FromSlash(file.Name))
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && bytes.Equal(old, file.Data) {
		return nil
	}
	f.changed(&f.report.Changed, file.Name, old, file.Data)
	if f.dry {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return replace(path, file.Data)
}

func (f *folder) remove(name string) error {
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f.changed(&f.report.Removed, name, old, nil)
	if f.dry {
		return nil
	}
	return os.Remove(path)
}

func (f *folder) changed(list *[]string, name string, old, data []byte) {
	*list = append(*list, name)
	if f.dry {
		path := filepath.ToSlash(filepath.Join(f.dir, name))
		f.report.Diff = append(f.report.Diff, diff.Diff(path, old, path+" (generated)", data)...)
	}
}

// owned lists the files below the folder that carry our header, corpora of emitted fuzz targets and hand-written files
// thus excluded.
func (f *folder) owned() ([]string, error) {
	var names []string
	err := filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == f.dir {
			return fs.SkipAll
		}
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte(header)) {
			return err
		}
		name, err := filepath.Rel(f.dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	slices.Sort(names)
	return names, err
}

// replace writes a file so that a reader sees the old text or the new, never half of one.
func replace(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".protogen-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}
