package uri_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/header/uri"
)

func Example() {
	a, err := uri.Parse("sip:%61lice@AtLanTa.example.com;transport=TCP")
	if err != nil {
		fmt.Println(err)
		return
	}
	b, _ := uri.Parse("sip:alice@atlanta.example.com;Transport=tcp")
	fmt.Println(a.Equal(&b))
	fmt.Println(uri.Unescape(a.User), a.Host, a.Params.Value("transport"))
	c := uri.URI{Scheme: "sip", User: uri.EscapeUser("a b@c"), Host: "example.org"}
	fmt.Println(c)
	// Output:
	// true
	// alice AtLanTa.example.com TCP
	// sip:a%20b%40c@example.org
}
