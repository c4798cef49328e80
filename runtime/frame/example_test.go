package frame_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/frame"
)

func Example() {
	dataUnit := frame.Length{Width: 4, All: true, Max: 1 << 20} // RFC 5734 section 4
	stream, _ := dataUnit.Append(nil, []byte("<epp/>"))
	stream, _ = dataUnit.Append(stream, []byte("<epp>…"))
	stream = stream[:len(stream)-1] // the rest has not arrived
	for {
		payload, n, err := dataUnit.Next(stream)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", payload)
		stream = stream[n:]
	}
	// Output:
	// <epp/>
	// frame: more octets needed
}
