//go:build unix

package loop_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// limitedServer, when set, makes the test binary a server on that unix socket with few descriptors; limitedEngine is its engine.
const (
	limitedServer = "LOOP_TEST_LIMITED_SERVER"
	limitedEngine = "LOOP_TEST_LIMITED_ENGINE"
)

// FAULTS 25: a process out of descriptors lives, serves the connections it has, and accepts again when some are free.
func TestFaultDescriptorLimit(t *testing.T) {
	if path := os.Getenv(limitedServer); path != "" {
		serveLimited(t, path)
		return
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) { testDescriptorLimit(t, engine) })
	}
}

func testDescriptorLimit(t *testing.T, engine string) {
	path := filepath.Join(t.TempDir(), "socket")
	child := exec.Command(os.Args[0], "-test.run=^TestFaultDescriptorLimit$")
	child.Env = append(os.Environ(), limitedServer+"="+path, limitedEngine+"="+engine)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	mustRead(t, stdout, len("ready"))

	var conns []net.Conn
	for range 100 {
		nc, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.SetDeadline(time.Now().Add(time.Minute))
		mustWrite(t, nc, framed([]byte("x")))
		conns = append(conns, nc)
	}
	for range 10 { // an old one is served while accepting is at a loss
		mustRead(t, conns[0], 5)
		mustWrite(t, conns[0], framed([]byte("x")))
	}
	for _, nc := range conns { // each that ends makes room for another
		mustRead(t, nc, 5)
		_ = nc.Close()
	}
	_ = stdin.Close()
	rest, _ := io.ReadAll(stdout)
	if err := child.Wait(); err != nil {
		t.Errorf("the server: %v\n%s", err, rest)
	}
}

// serveLimited is the other process: it echoes until its standard input ends.
func serveLimited(t *testing.T, path string) {
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 40, Max: 40}); err != nil {
		t.Skip(err)
	}
	engine, err := loop.New(os.Getenv(limitedEngine), loop.Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() {
		served <- engine.Serve(l, loop.Service{New: func() loop.Session { return &script{t: t, data: echo} }})
	}()
	_, _ = os.Stdout.WriteString("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if engine.Stats().AcceptErrors == 0 {
		t.Error("there was no shortage")
	}
	_ = engine.Close()
	if err := <-served; err != loop.ErrClosed {
		t.Errorf("Serve returned %v", err)
	}
}
