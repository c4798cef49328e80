package session_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/session"
)

// A session driven by octets alone: what the peer sends goes in, what it gets comes out, and time passes when the caller
// says so. The clerk stands for an emitted machine.
func ExamplePush() {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	fmt.Printf("%q\n", push.Open())
	fmt.Printf("%q\n", push.Receive([]byte("\x00\x00\x00\x0elogin 1 me")))
	fmt.Println(push.Armed())
	push.Expire("idle")
	fmt.Println(push.Ended())
	// Output:
	// "\x00\x00\x00\x0egreeting 0"
	// "\x00\x00\x00\x18reply 1 1000 welcome"
	// [idle]
	// true <nil>
}
