package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
)

func ExampleListen() {
	ctx := context.Background()
	l, err := socket.Listen(ctx, "tcp", "127.0.0.1:0", socket.Options{Backlog: 128, UserTimeout: 30 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(nc, "hello")
			_ = nc.Close()
		}
	}()
	nc, err := socket.Dial(ctx, "tcp", l.Addr().String(), socket.Options{Timeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	b, err := io.ReadAll(nc)
	fmt.Println(string(b), err)
	// Output: hello <nil>
}

// An error says what failed, and whether to try again.
func ExampleError() {
	_, err := socket.Dial(context.Background(), "unix", "/nonexistent/socket", socket.Options{})
	var se *socket.Error
	if errors.As(err, &se) {
		fmt.Println(se.Op, se.Retry)
	}
	_, err = socket.Listen(context.Background(), "unix", "/nonexistent/socket", socket.Options{ReusePort: true})
	fmt.Println(err)
	// Output:
	// connect true
	// socket: config unix /nonexistent/socket: ReusePort is for the Internet
}

// A service takes its listener from systemd, or from the process that it replaces, and else makes one.
func ExampleInherited() {
	in, err := socket.Inherited()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	var l net.Listener
	if len(in.Names()) > 0 {
		l, err = in.Listen(in.Names()[0], "tcp", socket.Options{})
	} else {
		l, err = socket.Listen(context.Background(), "tcp", "127.0.0.1:0", socket.Options{})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	// Begin to serve l here.
	fmt.Println(in.Ready())
	// Output: <nil>
}

// On a signal, say, a server starts its new version and leaves it the listener.
func ExampleHandover() {
	var l *socket.Listener // that we serve
	upgrade := func(ctx context.Context) error {
		cmd := exec.Command(os.Args[0], os.Args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := socket.Handover(ctx, cmd, socket.Handed{Name: "web", Socket: l}); err != nil {
			return err // we go on
		}
		return l.Close() // and end when the connections that are open have ended
	}
	_ = upgrade
}
