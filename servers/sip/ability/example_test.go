package ability_test

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

func Example() {
	m, err := sip.ParseMessage([]byte(strings.ReplaceAll(`INVITE sip:bob@example.org SIP/2.0
Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds
From: "Alice" <sip:alice@example.com>;tag=1928301774
To: <sip:bob@example.org>
Call-ID: a84b4c76e66710
CSeq: 314159 INVITE
Require: time-travel

`, "\n", "\r\n")))
	if err != nil {
		fmt.Println(err)
		return
	}
	agent := ability.Set{Extensions: []string{"100rel"}}
	if res := agent.Judge(m.(*sip.Request)); res != nil {
		text, _ := res.AppendMessage(nil)
		fmt.Println(strings.ReplaceAll(string(text), "\r", ""))
	}
	// Output:
	// SIP/2.0 420 Bad Extension
	// Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds
	// From: "Alice" <sip:alice@example.com>;tag=1928301774
	// To: <sip:bob@example.org>
	// Call-ID: a84b4c76e66710
	// CSeq: 314159 INVITE
	// Unsupported: time-travel
	// Content-Length: 0
}
