package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for anything before it takes it for lost.
const patience = time.Minute

// process is a running server.
type process struct {
	address string
	plain   bool
	command *exec.Cmd
	log     *lockedBuffer
	ended   chan error
}

// serveEPPProcess runs "protogen serve epp" on a port of its own, with a database of its own, until the test ends.
func serveEPPProcess(t *testing.T, arguments ...string) *process {
	t.Helper()
	db := filepath.Join(t.TempDir(), "registry.db")
	seed := filepath.Join("..", "..", "testdata", "epp", "seed.json")
	arguments = append([]string{"serve", "epp", "--listen", "127.0.0.1:0", "--db", db, "--seed", seed}, arguments...)
	p := &process{
		plain: strings.Contains(strings.Join(arguments, " "), "--plain"), command: exec.Command("protogen", arguments...),
		log: &lockedBuffer{}, ended: make(chan error, 1),
	}
	p.command.Stderr = p.log
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		_ = p.command.Process.Kill()
		t.Fatalf("the server says %q (%v) and %s", line, err, p.log)
	}
	p.address = address
	go func() { p.ended <- p.command.Wait() }()
	t.Cleanup(func() { p.stop(t) })
	return p
}

// stop sends SIGTERM and demands a clean end. It may be called again.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.command.ProcessState != nil {
		return
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server is gone: %v\n%s", err, p.log)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the server ends with %v\n%s", err, p.log)
		}
	case <-time.After(patience):
		_ = p.command.Process.Kill()
		t.Errorf("SIGTERM does not end the server\n%s", p.log)
	}
}

// dial connects, with TLS unless the server is plain. Every wait on the connection ends after [patience].
func (p *process) dial(t *testing.T) *client {
	t.Helper()
	nc, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if !p.plain {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
	}
	t.Cleanup(func() { nc.Close() })
	return &client{Conn: nc, t: t}
}

// greeted connects and reads the greeting.
func (p *process) greeted(t *testing.T) *client {
	t.Helper()
	c := p.dial(t)
	c.expect("<greeting>")
	return c
}

// client writes and reads octets and frames.
type client struct {
	net.Conn
	t *testing.T
}

// dataUnit is a payload with its length before it (RFC 5734 section 4).
func dataUnit(payload string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(payload)+4))) + payload
}

func (c *client) send(octets string) {
	c.t.Helper()
	if _, err := io.WriteString(c, octets); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads a frame; "" is the end of the stream, however it came about.
func (c *client) receive() string {
	var header [4]byte
	if _, err := io.ReadFull(c, header[:]); err != nil {
		return ""
	}
	payload := make([]byte, max(4, min(binary.BigEndian.Uint32(header[:]), 1<<20))-4)
	if _, err := io.ReadFull(c, payload); err != nil {
		return ""
	}
	return string(payload)
}

// expect reads a frame that holds every one of parts.
func (c *client) expect(parts ...string) {
	c.t.Helper()
	got := c.receive()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			c.t.Fatalf("received %q, which lacks %q", got, part)
		}
	}
}

// expectEnd demands that the server has closed the connection and says nothing more.
func (c *client) expectEnd() {
	c.t.Helper()
	if got := c.receive(); got != "" {
		c.t.Fatalf("received %q instead of the end", got)
	}
	if n, err := c.Read(make([]byte, 1)); n > 0 || os.IsTimeout(err) {
		c.t.Fatalf("the connection is not closed: %d octets, %v", n, err)
	}
}

// hello asks for the greeting and gets it.
func (c *client) hello() {
	c.t.Helper()
	c.send(dataUnit(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>`))
	c.expect("<greeting>")
}

// login logs a registrar of the seed in.
func (c *client) login() {
	c.t.Helper()
	c.send(dataUnit(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>ClientX</clID><pw>foo-BAR2</pw>` +
		`<options><version>1.0</version><lang>en</lang></options><svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs>` +
		`</login><clTRID>LOGIN-1</clTRID></command></epp>`))
	c.expect(`<result code="1000">`, "<clTRID>LOGIN-1</clTRID>")
}

// lockedBuffer takes what a process writes while a test reads it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
