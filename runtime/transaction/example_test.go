package transaction_test

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// A request, its answer, and the retransmission that the machine answers by itself.
func Example() {
	p := &answerer{reply: &response{status: 200, method: "OPTIONS", branch: "b"}}
	config := defaults
	engine, err := transaction.New(newSpec(&config, p), transaction.Config{Transport: p, Program: p})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	p.engine = engine
	m := &request{method: "OPTIONS", branch: "b", sentBy: "192.0.2.1"}
	for range 2 {
		engine.Receive(m, []byte("OPTIONS b 192.0.2.1 "), transaction.Link{Port: 5060})
	}
	st := engine.Stats()
	fmt.Println(st.Begun, "begun,", st.Sent, "sent,", st.Open, "open")
	// Output: 1 begun, 2 sent, 1 open
}
