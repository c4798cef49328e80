package loop_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// shouter answers lines in capitals until the peer has said enough.
type shouter struct{}

func (shouter) Open(c *loop.Conn) { _, _ = c.Write([]byte("hello\n")) }

func (shouter) Data(c *loop.Conn, b []byte) (int, error) {
	used := 0
	for {
		end := bytes.IndexByte(b[used:], '\n')
		if end < 0 {
			return used, nil
		}
		line := b[used : used+end+1]
		if _, err := c.Write(bytes.ToUpper(line)); err != nil {
			return used, err
		}
		used += len(line)
	}
}

func (shouter) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (shouter) Writable(*loop.Conn)        {}
func (shouter) Timer(*loop.Conn, int)      {}
func (shouter) Message(*loop.Conn, any)    {}
func (shouter) Closed(*loop.Conn, error)   {}

func Example() {
	engine := loop.NewGoroutines(loop.Config{})
	l := looptest.Listen() // or socket.Listen
	served := make(chan error)
	go func() {
		served <- engine.Serve(l, loop.Service{New: func() loop.Session { return shouter{} }})
	}()

	nc, _ := l.Dial()
	_, _ = nc.Write([]byte("how are you?\nbye\n"))
	_ = nc.CloseWrite()
	lines := bufio.NewScanner(nc)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}

	_ = engine.Drain(context.Background())
	fmt.Println(<-served)
	// Output:
	// hello
	// HOW ARE YOU?
	// BYE
	// loop: use of closed network connection
}
