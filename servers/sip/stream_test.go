package sip_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/servers/sip"
)

// options is an OPTIONS as it stands on a stream, with header fields in place of Content-Length if some are given.
func options(branch int, fields ...string) string {
	length := "Content-Length: 0"
	if len(fields) > 0 {
		length = strings.Join(fields, "\r\n")
	}
	return fmt.Sprintf("OPTIONS sip:bob@biloxi.example SIP/2.0\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\nTo: <sip:bob@biloxi.example>\r\n"+
		"From: <sip:alice@a.example>;tag=1\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\n%s\r\n\r\n", branch, branch, length)
}

// A stream is a TCP connection to a server.
type stream struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, c sip.Config) *stream {
	t.Helper()
	c.Handler, c.Inline = sip.Answerer{}.Methods(), true
	nc, err := net.Dial("tcp", serve(t, c).Addrs()[1].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &stream{t, nc, bufio.NewReader(nc)}
}

func (s *stream) write(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s, text); err != nil {
		s.t.Fatal(err)
	}
}

// status reads a response, without a body, and returns its code; "pong" for an empty line, "end" for the end.
func (s *stream) status() string {
	s.t.Helper()
	line, err := s.r.ReadString('\n')
	switch {
	case err == io.EOF && line == "":
		return "end"
	case err != nil:
		s.t.Fatalf("%q, %v", line, err)
	case line == "\r\n":
		return "pong"
	}
	for {
		header, err := s.r.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		if header == "\r\n" {
			return strings.Fields(line)[1]
		}
	}
}

func (s *stream) want(statuses ...string) {
	s.t.Helper()
	for _, want := range statuses {
		if got := s.status(); got != want {
			s.t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// However a stream is cut into segments, its messages are the same.
func TestFragmentation(t *testing.T) {
	s := dial(t, sip.Config{})
	text := options(1) + "\r\n\r\n" + options(2, "l :\r\n 0") + "\r\n\r\n\r\n\r\n" + options(3, "CONTENT-LENGTH: 3") + "abc" + options(4)
	want := []string{"200", "pong", "200", "pong", "pong", "200", "200"}
	s.write(text) // all at once
	s.want(want...)
	for _, cut := range []string{"\r\n ", "\n\r\n", "Content-Length", "abc"} { // in two, at every place of a kind
		at := strings.Index(text, cut) + len(cut) - 1
		s.write(renumber(text, cut)[:at])
		s.write(renumber(text, cut)[at:])
		s.want(want...)
	}
	for i := range text { // octet by octet
		s.write(renumber(text, "octets")[i : i+1])
	}
	s.want(want...)
}

// renumber makes other transactions of those in a text, of the same size.
func renumber(text, by string) string {
	return strings.ReplaceAll(text, "alice", "al"+string("abcdefg"[len(by)%7])+"ce")
}

// A stream whose messages cannot be told apart any more is answered, and closed.
func TestStreamRefusals(t *testing.T) {
	limits := pool.Limits{MaxHeader: 1000, MaxBody: 100}
	for _, tt := range []struct{ name, text, want string }{
		{"no length", options(1, "Subject: x"), "400"},
		{"negative", options(1, "Content-Length: -1"), "400"},
		{"conflict", options(1, "Content-Length: 0", "l: 1"), "400"},
		{"no number", options(1, "Content-Length: x"), "400"},
		{"long body", options(1, "Content-Length: 101"), "513"},
		{"huge body", options(1, "Content-Length: 99999999999999999999"), "513"},
		{"long head", options(1, "Subject: "+strings.Repeat("x", 1000)), "513"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := dial(t, sip.Config{Limits: limits})
			s.write(options(0) + tt.text)
			s.want("200", tt.want, "end")
		})
	}
}

// A peer that has ended its side gets the answers it is owed.
func TestHalfClosed(t *testing.T) {
	s := dial(t, sip.Config{})
	s.write(options(1) + options(2))
	if err := s.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	s.want("200", "200", "end")
}

// More transactions than there is room for get 503, and tell when to come again.
func TestOverload(t *testing.T) {
	server := serve(t, sip.Config{MaxTransactions: 7, Handler: sip.HandlerFunc(func(*sip.Responder, *sip.Request) {})})
	nc, err := net.Dial("tcp", server.Addrs()[1].String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for i := range 100 {
		if _, err := io.WriteString(nc, options(i)); err != nil {
			t.Fatal(err)
		}
	}
	s := &stream{t, nc, bufio.NewReader(nc)}
	for range 93 {
		s.want("503")
	}
	if st := server.Stats().Transactions; st.Open != 7 || st.Full != 93 {
		t.Errorf("stats %+v", st)
	}
}
