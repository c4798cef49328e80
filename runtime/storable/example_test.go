package storable_test

import (
	"errors"
	"fmt"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

func Example() {
	message := tree.MapOf(
		tree.Pair("event", tree.String("poe://Server/test/echo")),
		tree.Pair("params", tree.ListOf(tree.Int(1), tree.String("two"))),
	)
	image, err := storable.Network.Append(nil, message)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", image[:8])

	v, err := storable.Network.Decode(image)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v)
	// Output:
	// "\x05\v\x03\x00\x00\x00\x02\n"
	// {"event": "poe://Server/test/echo", "params": [1, "two"]}
}

func ExampleCodec_Decode_refused() {
	// An image that asks its reader to compile a function.
	_, err := storable.Network.Decode([]byte("\x05\x0b\x1a\x0a\x02{}"))
	fmt.Println(errors.Is(err, &tree.Error{Fault: tree.Refused}))
	fmt.Println(err)
	// Output:
	// true
	// Storable: refused at octet 2: SX_CODE
}
