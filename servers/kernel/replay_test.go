package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/replay"
)

// captures are conversations between Perl programs, and what the programs have printed.
func captures(t *testing.T) []replay.Capture {
	t.Helper()
	return replay.Read(t, "../../testdata/ikc", 70)
}

// sent returns what one end has sent on all connections together: lines and frames.
func sent(t *testing.T, c replay.Capture, dir string) []string {
	t.Helper()
	streams := map[int]*transcript{}
	var order []int
	gone := map[int]bool{} // connections that the other end has closed
	for _, s := range c.Steps {
		if streams[s.Conn] == nil {
			streams[s.Conn] = &transcript{conn: s.Conn}
			order = append(order, s.Conn)
		}
		switch {
		case s.Event == "eof" && s.Dir == dir && !gone[s.Conn]:
			streams[s.Conn].ended = true
		case s.Event == "eof":
			gone[s.Conn] = true
		case s.Dir == dir:
			streams[s.Conn].add(s.Octets(t))
		}
	}
	slices.Sort(order)
	var all []string
	for _, conn := range order {
		all = append(all, streams[conn].items()...)
	}
	return all
}

// A transcript is what one end has sent on a connection.
type transcript struct {
	conn   int
	octets []byte
	ended  bool // by this end
}

func (tr *transcript) add(b []byte) { tr.octets = append(tr.octets, b...) }

// items cuts the octets into lines and frames. Lines of the negotiation begin with a letter, frames with a digit.
func (tr *transcript) items() []string {
	var all []string
	rest := tr.octets
	for len(rest) > 0 {
		if rest[0] < '0' || rest[0] > '9' {
			line, after, _ := bytes.Cut(rest, []byte("\r\n"))
			all = append(all, plainLine(string(line)))
			rest = after
			continue
		}
		payload, n, err := frame.Counted{End: "\x00", Max: 1 << 24}.Next(rest)
		if err != nil {
			all = append(all, fmt.Sprintf("? %d octets", len(rest)))
			break
		}
		v, err := storable.Network.Decode(payload)
		if err != nil {
			all = append(all, "? a frame in another format")
		} else {
			all = append(all, plainValue(v))
		}
		rest = rest[n:]
	}
	if tr.ended {
		all = append(all, "end")
	}
	for i := range all {
		all[i] = strconv.Itoa(tr.conn) + " " + all[i]
	}
	return all
}

// What differs from run to run: ids of kernels, addresses, numbers of processes, addresses in memory.
var (
	kernelID  = regexp.MustCompile(`\b[-\w.]+-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\b`)
	address0  = regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+:\d+|unix:[-:.\w]+`)
	processID = regexp.MustCompile(`PID=\d+`)
	memory    = regexp.MustCompile(`CODE\(0x[0-9a-f]+\)`)
)

func plainText(s string) string {
	s = kernelID.ReplaceAllString(s, "ID")
	s = address0.ReplaceAllString(s, "ADDRESS")
	return memory.ReplaceAllString(s, "CODE")
}

func plainLine(line string) string {
	return plainText(processID.ReplaceAllString(line, "PID=N"))
}

// plainValue prints a value without what differs from run to run.
func plainValue(v tree.Value) string { return replay.Show(v, plainText) }

// An end is our end of a connection, driven by octets.
type end struct {
	push *session.Push
	said transcript
}

// newEnd opens our end. Both have addresses, as those of the recorded connections.
func newEnd(conn int, push *session.Push) *end {
	push.SetLocal(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 603})
	push.SetPeer(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000 + conn}, nil)
	e := &end{push: push, said: transcript{conn: conn}}
	e.said.add(push.Open())
	return e
}

func (e *end) receive(b []byte) { e.said.add(e.push.Receive(b)) }

// flush takes what handlers have posted meanwhile.
func (e *end) flush() { e.receive(nil) }

func (e *end) close() {
	if over, _ := e.push.Ended(); over {
		e.said.ended = true
		return
	}
	e.said.add(e.push.End())
}

// A diary is what handlers have been told, as their Perl counterparts print it, and why connections were ended.
type diary struct{ replay.Diary }

func (d *diary) note(state string, values ...tree.Value) {
	d.Add("told " + plainValue(tree.ListOf(append([]tree.Value{tree.String(state)}, values...)...)))
}

// left is for Kernel.OnDisconnect.
func (d *diary) left(_ Peer, cause error) {
	if cause != nil && !errors.Is(cause, ErrServerClosed) {
		d.Add("cause " + cause.Error())
	}
}
