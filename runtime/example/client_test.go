package example_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A caller says one line and hands the answer over.
type caller struct {
	quiet
	line   string
	answer chan string
}

func (s *caller) Open(c *loop.Conn) { fmt.Fprintf(c, "%s\n", s.line) }

func (s *caller) Data(c *loop.Conn, b []byte) (int, error) {
	line, n, err := lines.Next(b)
	if err != nil {
		return 0, nil
	}
	s.answer <- string(line) // has room: an event must not wait
	c.CloseAfterFlush()
	return n, nil
}

// Closed comes once, whatever happened: here is where the caller learns that there will be no answer.
func (s *caller) Closed(*loop.Conn, error) { close(s.answer) }

func Example_client() {
	engine := loop.NewGoroutines(loop.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0") // any listener will do
	if err != nil {
		fmt.Println(err)
		return
	}
	go engine.Serve(l, loop.Service{New: func() loop.Session { return greeter{} }})
	defer engine.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s := &caller{line: "Ada", answer: make(chan string, 1)}
	if _, err := loop.Dial(ctx, engine, "tcp", l.Addr().String(), nil, s); err != nil {
		fmt.Println(err) // a *socket.Error, which knows the step that failed
		return
	}
	fmt.Println(<-s.answer)
	// Output: hello Ada
}
