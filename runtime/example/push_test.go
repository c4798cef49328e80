package example_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/loop"
)

func Example_push() {
	f := loop.NewFeed(greeter{}, loop.Config{})
	f.Input([]byte("A"))
	fmt.Printf("%q\n", f.Output())
	f.Input([]byte("da\nGrace\n"))
	fmt.Printf("%q\n", f.Output())
	f.End()
	fmt.Println("closed:", f.Closed())
	// Output:
	// ""
	// "hello Ada\nhello Grace\n"
	// closed: true
}
