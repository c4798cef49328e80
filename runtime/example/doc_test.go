// Package example_test shows package loop without generated code. docs/runtime.md explains what is here.
package example_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/loop"
)

// quiet is a session that ignores everything. The examples embed it, and say what they do not ignore.
type quiet struct{}

func (quiet) Open(*loop.Conn)                          {}
func (quiet) Data(_ *loop.Conn, b []byte) (int, error) { return len(b), nil }
func (quiet) End(c *loop.Conn, _ []byte)               { c.CloseAfterFlush() }
func (quiet) Writable(*loop.Conn)                      {}
func (quiet) Timer(*loop.Conn, int)                    {}
func (quiet) Message(*loop.Conn, any)                  {}
func (quiet) Closed(*loop.Conn, error)                 {}

// TestDocument demands that the Go in docs/runtime.md is the Go of the examples, line by line.
func TestDocument(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "runtime.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(document), -1)
	if len(blocks) == 0 {
		t.Error("docs/runtime.md has no Go")
	}
	compiled := outdent(source.String())
	for _, block := range blocks {
		if !strings.Contains(compiled, outdent(block[1])) {
			t.Errorf("docs/runtime.md has Go that no example has:\n%s", block[1])
		}
	}
}

// outdent removes what lines begin with.
func outdent(text string) string {
	return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "")
}
