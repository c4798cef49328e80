package kernel_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/protogen-go/protogen/servers/kernel"
)

// A kernel with a session, and another one that calls it.
func Example() {
	ctx := context.Background()
	server := &kernel.Kernel{Name: "Server"}
	err := server.Publish(ctx, "test", kernel.States{
		"add": kernel.Func(func(_ context.Context, a, b int) (int, error) { return a + b, nil }),
	})
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()

	client := &kernel.Kernel{Name: "Client"}
	defer client.Close()
	if _, err := client.Connect(ctx, "tcp", l.Addr().String()); err != nil {
		log.Fatal(err)
	}
	sum, err := client.Call(ctx, "poe://Server/test/add", []int{2, 40})
	fmt.Println(sum, err)
	// Output: 42 <nil>
}

// A client that has no sessions of its own.
func ExampleDial() {
	ctx := context.Background()
	server := &kernel.Kernel{Name: "Server"}
	err := server.Publish(ctx, "greeter", kernel.States{
		"hello": kernel.Func(func(who string) (string, error) {
			if who == "" {
				return "", kernel.Refuse("Hello whom?")
			}
			return "Hello " + who, nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()

	c, err := kernel.Dial(ctx, "tcp", l.Addr().String(), &kernel.LiteConfig{Name: "Lite"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	greeting, err := c.Call(ctx, "poe://Server/greeter/hello", "world")
	fmt.Println(greeting, err)
	_, err = c.Call(ctx, "poe://Server/greeter/hello", "")
	fmt.Println(err)
	// Output:
	// "Hello world" <nil>
	// kernel: remote: Hello whom?.  Request poe://Server/greeter/hello sent by poe://Lite/IKCLite
}
