//go:build linux

package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A lab runs servers and SIPp.
type lab struct {
	options
	dir    string // of the binaries and of what the processes write
	self   string // this command
	pinned bool
}

// An agent is a kind of server: command is how one is started that listens on an address of a network.
type agent struct {
	name    string
	command func(network, address string) ([]string, error)
}

// newLab builds protogen.
func newLab(dir string, o options) (*lab, error) {
	if _, err := exec.LookPath("sipp"); err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-o", dir, "github.com/protogen-go/protogen/cmd/protogen")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building protogen: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	_, err = exec.LookPath("taskset")
	return &lab{options: o, dir: dir, self: self, pinned: err == nil && runtime.NumCPU() > 1}, nil
}

func (l *lab) pinning() string {
	if !l.pinned {
		return "server and SIPp share the processors"
	}
	return fmt.Sprintf("server on processor %s, SIPp on %s", l.serverCPUs, l.sippCPUs)
}

// agents are those there are on this machine, ours first.
func (l *lab) agents() []agent {
	list := []agent{
		{"protogen", func(network, address string) ([]string, error) {
			return []string{filepath.Join(l.dir, "protogen"), "serve", "sip", "--answer", "--listen", network + "://" + address}, nil
		}},
		{"sipgo", func(network, address string) ([]string, error) {
			return []string{l.self, "-serve", network + "://" + address, "-buffer", strconv.Itoa(l.buffer)}, nil
		}},
	}
	if _, err := exec.LookPath("kamailio"); err == nil {
		list = append(list, l.kamailio("Kamailio, stateless", kamailioStateless), l.kamailio("Kamailio, stateful", kamailioStateful))
	}
	return list
}

// The routes of Kamailio that make it a user agent server.
var (
	//go:embed stateless.cfg
	kamailioStateless string
	//go:embed stateful.cfg
	kamailioStateful string
)

// kamailio is Kamailio with one process that serves, and a route.
func (l *lab) kamailio(name, route string) agent {
	return agent{name, func(network, address string) ([]string, error) {
		config := filepath.Join(l.dir, "kamailio.cfg")
		text := fmt.Sprintf("debug=0\nlog_stderror=yes\nchildren=1\ntcp_children=1\nlisten=%s:%s\n%s", network, address, route)
		return []string{
			"kamailio", "-DD", "-E", "-x", "fm", "-X", "fm", "-m", "2048", "-M", "64", "-b", strconv.Itoa(l.buffer), "-Y", l.dir, "-f", config,
		}, os.WriteFile(config, []byte(text), 0o600)
	}}
}

// command is a command on its processors, in a group of processes of its own. It does not outlive this process.
func (l *lab) command(cpus string, words ...string) *exec.Cmd {
	if l.pinned {
		words = append([]string{"taskset", "-c", cpus}, words...)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = l.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// A server is a running agent.
type server struct {
	cmd     *exec.Cmd
	address string
}

// ready is how long a server may take to answer after its start.
const ready = 10 * time.Second

// start starts an agent at a port of the system's choice and waits until it answers.
func (l *lab) start(a agent, network string) (*server, error) {
	address, err := freeAddress(network)
	if err != nil {
		return nil, err
	}
	words, err := a.command(network, address)
	if err != nil {
		return nil, err
	}
	var said strings.Builder
	s := &server{cmd: l.command(l.serverCPUs, words...), address: address}
	s.cmd.Stderr = &said
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for until := time.Now().Add(ready); time.Now().Before(until); {
		if err = answers(network, address); err == nil {
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer: %w\n%s", a.name, err, said.String())
}

// stop ends the server and its children, whatever they do.
func (s *server) stop() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	_ = s.cmd.Wait() // says that it was killed
}

// freeAddress is an address that nobody listens on at the moment.
func freeAddress(network string) (string, error) {
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		return c.LocalAddr().String(), c.Close()
	}
	c, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return c.Addr().String(), c.Close()
}

// answers tries a BYE.
func answers(network, address string) error {
	c, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c, "BYE sip:a@%[1]s SIP/2.0\r\nVia: SIP/2.0/%[2]s %[3]s;branch=z9hG4bKfirst\r\nFrom: <sip:b@%[3]s>;tag=1\r\nTo: <sip:a@%[1]s>;tag=2\r\n"+
		"Call-ID: first\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", address, strings.ToUpper(network), c.LocalAddr())
	if err != nil {
		return err
	}
	var b [2000]byte
	n, err := c.Read(b[:])
	if err == nil && !strings.HasPrefix(string(b[:n]), "SIP/2.0 ") {
		err = errors.New("that is no SIP")
	}
	return err
}
