package example_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// lines is the framing: at most 4096 octets, with a line feed behind them.
var lines = frame.Delimited{Ends: []string{"\n", "\r\n"}, Max: 4096}

// idle is a timer of the greeter's: any number will do.
const idle = 1

// A greeter answers every line with a greeting, and leaves when it has heard nothing for a minute.
type greeter struct{ quiet }

func (greeter) Open(c *loop.Conn) { c.After(idle, time.Minute) }

func (greeter) Data(c *loop.Conn, b []byte) (int, error) {
	c.After(idle, time.Minute)
	used := 0
	for !c.Full() { // a peer that does not read its answers gets no more of them
		name, n, err := lines.Next(b[used:])
		if errors.Is(err, frame.ErrMore) {
			return used, nil // what is left comes again, with more behind it
		}
		if err != nil {
			return used, err // ends the connection; Closed gets the error
		}
		used += n
		if _, err := fmt.Fprintf(c, "hello %s\n", name); err != nil {
			return used, err
		}
	}
	return used, nil
}

func (greeter) Timer(c *loop.Conn, id int) {
	if id == idle {
		c.CloseAfterFlush()
	}
}

func Example_server() {
	engine := loop.NewGoroutines(loop.Config{})
	l, err := socket.Listen(context.Background(), "tcp", "127.0.0.1:0", socket.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() {
		served <- engine.Serve(l, loop.Service{New: func() loop.Session { return greeter{} }})
	}()

	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(client, "Ada\r\nGrace\n")
	answers := bufio.NewScanner(client)
	for range 2 {
		answers.Scan()
		fmt.Println(answers.Text())
	}
	_ = client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println("drained:", engine.Drain(ctx))
	fmt.Println("served:", errors.Is(<-served, loop.ErrClosed))
	// Output:
	// hello Ada
	// hello Grace
	// drained: <nil>
	// served: true
}
