package example_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Example_besideHTTP is one program with two ports: the protocol on one, and what the operators ask on the other.
func Example_besideHTTP() {
	engine := loop.NewGoroutines(loop.Config{})
	protocol, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	operators, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		s := engine.Stats()
		fmt.Fprintf(w, "open %d, accepted %d, panics %d\n", s.Open, s.Accepted, s.Panics)
	})
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 2)
	go func() { ended <- web.Serve(operators) }()
	go func() {
		ended <- engine.Serve(protocol, loop.Service{New: func() loop.Session { return greeter{} }})
	}()

	client := greet(protocol.Addr())
	show("http://" + operators.Addr().String() + "/stats")
	_ = client.Close()

	// Both stop the same way: no new connections, then the old ones come to their end, then ctx cuts what is left.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(engine.Drain(ctx), web.Shutdown(ctx))
	<-ended
	<-ended
	fmt.Println("stopped:", err)
	// Output:
	// hello Ada
	// open 1, accepted 1, panics 0
	// stopped: <nil>
}

// greet talks to a greeter, and leaves the connection open.
func greet(address net.Addr) net.Conn {
	nc, err := net.Dial("tcp", address.String())
	if err != nil {
		panic(err)
	}
	fmt.Fprint(nc, "Ada\n")
	answer, _ := bufio.NewReader(nc).ReadString('\n')
	fmt.Print(answer)
	return nc
}

func show(url string) {
	res, err := http.Get(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Print(string(body))
}

// Example_upgrade is one port: a connection begins as HTTP and goes on as the protocol.
func Example_upgrade() {
	engine := loop.NewGoroutines(loop.Config{})
	defer engine.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greeter", func(w http.ResponseWriter, r *http.Request) {
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, "this connection cannot change its protocol", http.StatusHTTPVersionNotSupported)
			return
		}
		if rw.Reader.Buffered() > 0 { // the client has to wait for the 101
			_ = nc.Close()
			return
		}
		_ = nc.SetDeadline(time.Time{}) // those of the web server
		fmt.Fprint(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: greeter\r\n\r\n")
		if _, err := engine.Attach(r.Context(), nc, nil, greeter{}); err != nil {
			fmt.Println(err) // nc has been closed
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go web.Serve(l)
	defer web.Close()

	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	fmt.Fprint(nc, "GET /greeter HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\nUpgrade: greeter\r\n\r\n")
	r := bufio.NewReader(nc)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Status)
	fmt.Fprint(nc, "Ada\n")
	answer, _ := r.ReadString('\n')
	fmt.Print(answer)
	// Output:
	// 101 Switching Protocols
	// hello Ada
}
