//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A lab runs servers and loads.
type lab struct {
	options
	dir    string // of the binaries
	pinned bool
}

// newLab builds the commands.
func newLab(dir string, o options) (*lab, error) {
	build := exec.Command("go", "build", "-o", dir, "./cmd/echo", "./cmd/load")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building echo and load: %w", err)
	}
	_, err := exec.LookPath("taskset")
	return &lab{options: o, dir: dir, pinned: err == nil && runtime.NumCPU() > 1}, nil
}

func (l *lab) pinning() string {
	if !l.pinned {
		return "server and load share the processors"
	}
	return fmt.Sprintf("server on processor %s, load on %s", l.serverCPUs, l.loadCPUs)
}

// command is one of the commands, on its processors. It does not outlive this process.
func (l *lab) command(cpus, name string, arguments ...string) *exec.Cmd {
	words := append([]string{filepath.Join(l.dir, name)}, arguments...)
	if l.pinned {
		words = append([]string{"taskset", "-c", cpus}, words...)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// A server is a running process of command echo.
type server struct {
	cmd     *exec.Cmd
	out     *bufio.Reader
	address string
}

func (l *lab) serve(engine string, k kind) (*server, error) {
	s := &server{cmd: l.command(l.serverCPUs, "echo", append([]string{"--engine", engine}, k.flags...)...)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if s.address, err = s.line("listening on "); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// line is the next line that the server prints, without the words it begins with.
func (s *server) line(words string) (string, error) {
	text, err := s.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("waiting for %q: %w", words, err)
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), words)
	if !ok {
		return "", fmt.Errorf("the server says %q, not %q", text, words)
	}
	return rest, nil
}

// collect makes the server collect garbage. It returns how many objects it has allocated since its start.
func (s *server) collect() (int64, error) {
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return 0, err
	}
	number, err := s.line("mallocs ")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(number, 10, 64)
}

// memory is what the server has of its own in memory, in octets: without the pages of its binary, which come as they are needed.
func (s *server) memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	number, _, ok := strings.Cut(rest, "kB")
	if !ok {
		return 0, errors.New("the system does not say RssAnon")
	}
	kilo, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	return kilo << 10, err
}

// stop ends the server, whatever it does.
func (s *server) stop() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = s.cmd.Wait() // says that it was killed
	return nil
}

// A result is what command load prints.
type result struct {
	Requests  int64   `json:"requests"`
	Total     int64   `json:"total"`
	Seconds   float64 `json:"seconds"`
	ServerCPU float64 `json:"server_cpu"`
}

// perRequest is the server's processor time in microseconds.
func (r result) perRequest() float64 { return r.ServerCPU / float64(r.Requests) * 1e6 }

// arguments are those of a load for the server.
func (s *server) arguments(k kind, c cell) []string {
	flags := []string{
		"--addr", s.address, "--pid", strconv.Itoa(s.cmd.Process.Pid),
		"--conns", strconv.Itoa(c.conns), "--depth", strconv.Itoa(c.depth), "--size", strconv.Itoa(k.size),
	}
	return append(flags, k.flags...)
}

// load runs a load to its end. It may find no time for a request.
func (l *lab) load(s *server, k kind, c cell, each time.Duration) (result, error) {
	var r result
	out, err := l.command(l.loadCPUs, "load", append(s.arguments(k, c), "--time", each.String())...).Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// holding has idle connections open while do runs.
func (l *lab) holding(s *server, k kind, c cell, do func() error) error {
	cmd := l.command(l.loadCPUs, "load", append(s.arguments(k, c), "--idle")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = do()
	} else if err == io.EOF {
		err = errors.New("the load has ended")
	}
	return errors.Join(err, in.Close(), cmd.Wait())
}
