package example_test

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// A clerk has every line looked up by something slow. One look-up at a time: while it runs, nothing is read, and End does not come.
type clerk struct {
	quiet
	lookUp func(name string) string // blocks
	busy   bool
}

func (s *clerk) Data(c *loop.Conn, b []byte) (int, error) {
	if s.busy {
		return 0, nil
	}
	line, n, err := lines.Next(b)
	if errors.Is(err, frame.ErrMore) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	s.busy = true
	c.PauseRead()
	name := string(line) // b is the engine's again when Data returns
	go func() { _ = c.Deliver(s.lookUp(name)) }()
	return n, nil
}

// Message is an event like Data: it may use the session's fields and write.
func (s *clerk) Message(c *loop.Conn, m any) {
	fmt.Fprintf(c, "%s\n", m)
	s.busy = false
	c.ResumeRead() // the rest of b comes now
}

func Example_worker() {
	engine := loop.NewGoroutines(loop.Config{})
	defer engine.Close()
	l := looptest.Listen() // connections in memory, for tests
	go engine.Serve(l, loop.Service{New: func() loop.Session { return &clerk{lookUp: strings.ToUpper} }})

	client, err := l.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(client, "one\ntwo\n")
	_ = client.CloseWrite()
	answers := bufio.NewScanner(client)
	for answers.Scan() {
		fmt.Println(answers.Text())
	}
	// Output:
	// ONE
	// TWO
}
