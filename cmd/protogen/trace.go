package main

import (
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/protogen-go/protogen/runtime/frame"
)

// traced is a connection that prints every frame that passes, passwords included: it is for a person at a terminal.
type traced struct {
	net.Conn
	mu       sync.Mutex
	out      io.Writer
	sent     frameLog
	received frameLog
}

// frameLog cuts one direction's octets into frames.
type frameLog struct {
	mark    string
	framing frame.Framing
	rest    []byte
}

func newTraced(nc net.Conn, out io.Writer, framing frame.Framing) *traced {
	return &traced{
		Conn: nc, out: out,
		sent: frameLog{mark: ">>>", framing: framing}, received: frameLog{mark: "<<<", framing: framing},
	}
}

func (t *traced) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.print(&t.received, p[:n])
	return n, err
}

func (t *traced) Write(p []byte) (int, error) {
	t.print(&t.sent, p)
	return t.Conn.Write(p)
}

func (t *traced) print(log *frameLog, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	log.rest = append(log.rest, p...)
	for {
		payload, n, err := log.framing.Next(log.rest)
		if err != nil {
			return // not whole yet; a garbled stream is the session's to report
		}
		fmt.Fprintf(t.out, "%s %s\n", log.mark, payload)
		log.rest = log.rest[n:]
	}
}
