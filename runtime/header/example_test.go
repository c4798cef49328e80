package header_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

func ExampleScanner() {
	s := header.NewScanner(`"Bob, at home" <sip:bob@biloxi.example.com;transport=tcp> ;tag = 456248`)
	var display string
	var u uri.URI
	s.NameAddr(&display, &u)
	params := s.Params()
	fmt.Println(display)
	fmt.Println(u.Host, u.Params.Value("transport"))
	fmt.Println(params.Value("tag"), s.Failed())
	// Output:
	// Bob, at home
	// biloxi.example.com tcp
	// 456248 false
}

func ExampleWriter() {
	w := header.NewWriter(nil)
	w.Begin("Subject")
	w.Text("hello\r\nVia: somewhere else")
	w.End()
	_, err := w.Done()
	fmt.Println(err)
	// Output:
	// header: Subject: "hello\r\nVia: somewhere else" is no text without control characters
}

func ExampleFraming() {
	framing := header.Framing{Length: "Content-Length", Short: "l"}
	stream := []byte("\r\nHELLO\r\nContent-Length: 2\r\n\r\nhiBYE\r\nl: 0\r\n\r\n")
	for len(stream) > 0 {
		payload, n, err := framing.Next(stream)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", payload)
		stream = stream[n:]
	}
	// Output:
	// "\r\n"
	// "HELLO\r\nContent-Length: 2\r\n\r\nhi"
	// "BYE\r\nl: 0\r\n\r\n"
}
