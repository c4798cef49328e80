//go:build linux

package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// TestMain makes this binary the servers too, which every row starts in a process of their own.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "--serve") {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestRows measures every row for a moment, on both engines.
func TestRows(t *testing.T) {
	for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		for _, r := range rows() {
			var out bytes.Buffer
			if err := run(&out, options{engine: engine, time: 20 * time.Millisecond}, []string{r.name}); err != nil {
				t.Errorf("%s, %s: %v", engine, r.name, err)
			}
			if !strings.Contains(out.String(), r.name) {
				t.Errorf("%s, %s: no row in %q", engine, r.name, out.String())
			}
		}
	}
}
