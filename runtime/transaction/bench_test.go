package transaction_test

import (
	"strconv"
	"testing"

	"github.com/protogen-go/protogen/runtime/transaction"
)

// BenchmarkServer is a request that is answered at once, and a retransmission of it.
func BenchmarkServer(b *testing.B) {
	p := &answerer{reply: &response{status: 200, method: "OPTIONS", body: string(make([]byte, 400))}}
	config := defaults
	var err error
	if p.engine, err = transaction.New(newSpec(&config, p), transaction.Config{Transport: p, Program: p}); err != nil {
		b.Fatal(err)
	}
	defer p.engine.Close()
	m := &request{method: "OPTIONS", sentBy: "192.0.2.1"}
	octets := make([]byte, 500)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		m.branch = "z9hG4bK" + strconv.Itoa(i)
		p.reply.branch = m.branch
		p.engine.Receive(m, octets, reliable)
		p.engine.Receive(m, octets, reliable)
	}
}

type answerer struct {
	program
	engine *transaction.Engine
	reply  *response
}

func (p *answerer) Send([]byte, transaction.Link, transaction.ID) {}
func (p *answerer) Stray(transaction.Message, transaction.Link)   {}
func (p *answerer) Full(transaction.Message, transaction.Link)    {}
func (p *answerer) requested(t *transaction.Transaction, _ *request) {
	_ = p.engine.Call(t.ID(), callSuccess, p.reply)
}
