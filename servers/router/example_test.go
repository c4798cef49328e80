package router_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/protogen-go/protogen/servers/router"
)

// Calculator is a Go value whose methods are published.
type Calculator struct{}

// Add adds.
func (Calculator) Add(a, b int) int { return a + b }

// Div divides.
func (Calculator) Div(_ context.Context, a, b int) (int, error) {
	if b == 0 {
		return 0, router.Refuse("division by zero")
	}
	return a / b, nil
}

// A router, a program that publishes a Go value, and one that calls its methods.
func Example() {
	ctx := context.Background()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	r := &router.Router{}
	go r.Serve(l)
	defer r.Close()

	publisher, err := router.Dial(ctx, "tcp", l.Addr().String(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer publisher.Close()
	if err := publisher.Publish(ctx, "calculator", Calculator{}); err != nil {
		log.Fatal(err)
	}

	c, err := router.Dial(ctx, "tcp", l.Addr().String(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	calculator, err := c.Subscribe(ctx, "calculator")
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range calculator.Methods() {
		fmt.Println(m.Name, m.Signature, m.ReturnSignature)
	}
	sum, err := calculator.Call(ctx, "Add", 2, 40)
	fmt.Println(sum, err)
	_, err = calculator.Call(ctx, "Div", 1, 0)
	fmt.Println(err)
	// Output:
	// Add (Int $arg0?, Int $arg1?) Int
	// Div (Int $arg0?, Int $arg1?) Int
	// 42 <nil>
	// router: deliver: division by zero
}
