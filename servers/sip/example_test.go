package sip_test

import (
	"context"
	"fmt"
	"log"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip"
)

// A server that takes messages, and a client that sends it one.
func Example() {
	ctx := context.Background()
	server, err := sip.Listen(ctx, sip.Config{
		Listen: []string{"udp://127.0.0.1:0"},
		Handler: sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
			fmt.Printf("%s says %s\n", r.From.URI.User, r.Body)
			_ = w.Reply(wire.CodeOK)
		})},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := sip.NewClient(ctx, sip.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	req, err := sip.NewRequest("MESSAGE", "sip:bob@"+server.Addrs()[0].String())
	if err != nil {
		log.Fatal(err)
	}
	req.From.URI.User = "alice"
	req.ContentType = wire.MediaType{Type: "text", Subtype: "plain"}
	req.Body = []byte("hello")
	res, err := client.Do(ctx, req)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Status, res.Reason)
	// Output:
	// alice says hello
	// 200 OK
}
