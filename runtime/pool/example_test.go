package pool_test

import (
	"context"
	"fmt"
	"log"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

// Two pools of a protocol of lines talk to each other. The response takes the connection its request came in on.
func Example() {
	engine := loop.NewGoroutines(loop.Config{})
	defer engine.Close()
	lines := pool.Frames{Framing: frame.Delimited{Ends: []string{"\n"}}}

	config := pool.Config{Proto: pool.TCP, Framer: lines}
	if err := config.Listen(context.Background(), "127.0.0.1", 0); err != nil {
		log.Fatal(err)
	}
	server, err := pool.New(config)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	err = server.Attach(engine, pool.HandlerFunc(func(m pool.Message, from pool.From) {
		reply := pool.Message{Data: fmt.Appendf(nil, "hello, %s\n", m.Data), Kind: pool.Response}
		server.Send(context.Background(), reply, from.Route(), nil)
	}))
	if err != nil {
		log.Fatal(err)
	}

	client, err := pool.New(pool.Config{Proto: pool.TCP, Framer: lines}) // without a master: it accepts nothing
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	replies := make(chan string)
	err = client.Attach(engine, pool.HandlerFunc(func(m pool.Message, _ pool.From) { replies <- string(m.Data) }))
	if err != nil {
		log.Fatal(err)
	}
	master, err := server.Master()
	if err != nil {
		log.Fatal(err)
	}
	to, err := pool.ParseDestination(master.String())
	if err != nil {
		log.Fatal(err)
	}
	client.Send(context.Background(), pool.Message{Data: []byte("world\n")}, pool.Route{To: to}, func(_ pool.Flow, err error) {
		if err != nil {
			log.Fatal(err)
		}
	})
	fmt.Println(<-replies)
	// Output: hello, world
}
