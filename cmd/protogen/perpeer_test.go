package main

import "testing"

// TestMaxPerPeer: an address that has its connections is told so and gets no more, on either engine, until one of them ends.
func TestMaxPerPeer(t *testing.T) {
	for _, engine := range []string{"goroutine", "epoll"} {
		t.Run(engine, func(t *testing.T) {
			p := serveEPPProcess(t, "--self-signed", "--engine", engine, "--max-per-peer", "1")
			first := p.greeted(t)
			refused := p.dial(t)
			refused.expect(`<result code="2502">`)
			refused.expectEnd()
			first.hello()
		})
	}
}
