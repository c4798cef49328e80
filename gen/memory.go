package gen

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/protogen-go/protogen/gen/emit"
)

// memory remembers, in the user's cache folder, what was last emitted from what by which build of the generator, so that
// an unchanged specification costs a few file hashes. Losing it costs nothing but time.
type memory struct {
	path string // empty: no cache
	key  string // this build of the generator
	out  string
	spec string
}

// record is a memory on disk: file paths with the hash of what they held.
type record struct {
	Key     string            `json:"key"`
	Inputs  map[string]string `json:"inputs"`
	Outputs map[string]string `json:"outputs"`
}

func newMemory(o Options) *memory {
	m := &memory{out: absolute(o.Out), spec: absolute(o.Spec)}
	executable, err := os.Executable()
	if err != nil || o.Cache == "" {
		return m
	}
	info, err := os.Stat(executable)
	if err != nil {
		return m
	}
	m.key = fmt.Sprintf("%s %d %d", executable, info.Size(), info.ModTime().UnixNano())
	sum := sha256.Sum256([]byte(m.spec + "\x00" + m.out))
	m.path = filepath.Join(o.Cache, hex.EncodeToString(sum[:12])+".json")
	return m
}

func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// fresh reports whether this very build has emitted the folder as it stands from the specification as it stands.
func (m *memory) fresh() bool {
	data, err := os.ReadFile(m.path)
	if m.path == "" || err != nil {
		return false
	}
	var r record
	if json.Unmarshal(data, &r) != nil || r.Key != m.key || len(r.Inputs) == 0 || len(r.Outputs) == 0 {
		return false
	}
	return same(r.Inputs) && same(r.Outputs) && m.knows(m.spec, "*.cue", r.Inputs) && m.knows(m.out, "*.go", r.Outputs)
}

// same reports whether every file still holds what it held.
func same(files map[string]string) bool {
	for path, hash := range files {
		if data, err := os.ReadFile(path); err != nil || sum(data) != hash {
			return false
		}
	}
	return true
}

// knows reports whether no file has appeared in dir that the record does not mention and that could matter.
func (m *memory) knows(dir, pattern string, files map[string]string) bool {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	return err == nil && !slices.ContainsFunc(found, func(path string) bool {
		if _, known := files[path]; known {
			return false
		}
		if pattern == "*.cue" {
			return true
		}
		data, err := os.ReadFile(path)
		return err != nil || len(data) >= len(header) && string(data[:len(header)]) == header
	})
}

// remember records a finished run. A cache that cannot be written is no error: the next run is slower, no worse.
func (m *memory) remember(inputs []string, outputs []emit.File) {
	if m.path == "" {
		return
	}
	r := record{Key: m.key, Inputs: map[string]string{}, Outputs: map[string]string{}}
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			return
		}
		r.Inputs[absolute(path)] = sum(data)
	}
	for _, file := range outputs {
		r.Outputs[filepath.Join(m.out, filepath.FromSlash(file.Name))] = sum(file.Data)
	}
	data, err := json.Marshal(r)
	if err == nil && os.MkdirAll(filepath.Dir(m.path), 0o777) == nil {
		_ = replace(m.path, data)
	}
}

func sum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}
