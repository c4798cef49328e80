package xsddiff

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// shared is where the suites are that are too large, or not ours, to be in the repository.
var shared = filepath.Join("..", "..", "..", "shared")

// seed is a schema to be changed, with instances of it.
type seed struct {
	schema    string
	instances []string
}

// suiteSeeds are the schemas of one document of the W3C suite, copied to dir so that what is made of them finds what they include.
func suiteSeeds(t *testing.T, dir string) []seed {
	t.Helper()
	root := filepath.Join(shared, "xsts")
	f, err := os.Open(filepath.Join(root, "index.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("skipping the W3C XML Schema test suite: it is not there")
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.CopyFS(dir, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	var seeds []seed
	at := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var test struct {
			Schemas  []string
			Instance string
		}
		if err := json.Unmarshal(lines.Bytes(), &test); err != nil {
			t.Fatal(err)
		}
		if len(test.Schemas) != 1 {
			continue
		}
		name := filepath.Join(dir, test.Schemas[0])
		i, ok := at[name]
		if !ok {
			i = len(seeds)
			at[name] = i
			seeds = append(seeds, seed{schema: name})
		}
		if test.Instance != "" {
			seeds[i].instances = append(seeds[i].instances, filepath.Join(dir, test.Instance))
		}
	}
	return seeds
}

// dirSeeds are the schemas of directories that hold s.xsd with instances beside it, copied to dir.
func dirSeeds(t *testing.T, from, dir string) []seed {
	t.Helper()
	if _, err := os.Stat(from); err != nil {
		t.Logf("skipping the seeds of %s: it is not there", from)
		return nil
	}
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "*.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	var seeds []seed
	for _, name := range names {
		instances, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*.xml"))
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, seed{name, instances})
	}
	return seeds
}

// tree reads a document; nil is one that cannot be changed.
func tree(name string) *Node {
	data, err := os.ReadFile(name)
	if err != nil || len(data) > 64<<10 {
		return nil
	}
	n, err := ParseTree(data)
	if err != nil {
		return nil
	}
	return n
}
