package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/protogen-go/protogen/gen/xsd/libxml2"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare output with")

// TestMain makes this binary the command itself under the name protogen, which is found by scripts and tests on the PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"protogen": main})
}

// TestScript runs testdata/script: one behaviour of the command in each file. The scripts find the protocol they generate
// from in $ECHO, and the root of this repository in $REPOSITORY.
func TestScript(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	golang, err := goEnvironment("GOCACHE", "GOMODCACHE", "GOTOOLCHAIN")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(ts *testscript.TestScript, neg bool, arguments []string){"serve": serveInScript},
		Condition: func(name string) (bool, error) {
			if name != "libxml2" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return libxml2.Available, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ECHO", filepath.Join(here, "testdata", "echo"))
			env.Setenv("REPOSITORY", filepath.Join(here, "..", ".."))
			for name, value := range golang {
				env.Setenv(name, value)
			}
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			return nil
		},
	})
}

// serveInScript is the command serve of scripts: it runs "protogen serve" until the script ends, and leaves the address in $ADDR.
// At the end the server has to stop cleanly.
func serveInScript(ts *testscript.TestScript, neg bool, arguments []string) {
	if neg {
		ts.Fatalf("serve cannot be expected to fail: use exec")
	}
	server := exec.Command("protogen", append([]string{"serve"}, arguments...)...)
	server.Dir = ts.Getenv("WORK")
	log := &lockedBuffer{}
	server.Stderr = log
	out, err := server.StdoutPipe()
	ts.Check(err)
	ts.Check(server.Start())
	ts.Defer(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			ts.Logf("the server ends with %v\n%s", err, log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	address, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "listening on "), " over ")
	ts.Setenv("ADDR", address)
}

// goEnvironment gives scripts the caches of the go command, which they cannot find without a home.
func goEnvironment(names ...string) (map[string]string, error) {
	out, err := exec.Command("go", append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	return values, json.Unmarshal(out, &values)
}
