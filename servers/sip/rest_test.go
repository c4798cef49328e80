package sip_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/sip"
)

// The second copy of a request that somebody has forked is refused; the same one again is not, nor is one of a dialog.
func TestMerged(t *testing.T) {
	s := dial(t, sip.Config{})
	first := options(1)
	s.write(first)
	s.want("200")
	copied := strings.Replace(first, "branch=z9hG4bK1", "branch=z9hG4bKother", 1)
	for text, want := range map[string]string{
		first: "200", copied: "482",
		strings.Replace(copied, "Call-ID: c1", "Call-ID: c2", 1):               "200",
		strings.Replace(copied, "CSeq: 1 ", "CSeq: 2 ", 1):                     "200",
		strings.Replace(copied, "To: <sip:bob@biloxi.example>", "$&;tag=1", 1): "200",
	} {
		s.write(strings.Replace(text, "$&", "To: <sip:bob@biloxi.example>", 1))
		s.want(want)
	}
}

// A server that asks to be left in peace is, but for what belongs to dialogs.
func TestRetryAfter(t *testing.T) {
	var came atomic.Int32
	server := serve(t, sip.Config{Handler: sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
		came.Add(1)
		res := sip.NewResponse(r, wire.CodeServiceUnavailable)
		if string(r.Body) == "later" {
			res.RetryAfter = header.Some(wire.RetryAfter{Seconds: 1000})
		}
		_ = w.Respond(res)
	})}})
	client := newClient(t, sip.Config{})
	message := func(target, text string, change func(*sip.Request)) error {
		req := request(t, "MESSAGE", target)
		req.ContentType, req.Body = wire.MediaType{Type: "text", Subtype: "plain"}, []byte(text)
		if change != nil {
			change(req)
		}
		res, err := client.Do(t.Context(), req)
		if err == nil && res.Status != wire.CodeServiceUnavailable {
			t.Errorf("%v", res)
		}
		return err
	}
	udp, tcp := targets(server, "bob")[0], targets(server, "bob")[1]
	for i, tt := range []struct {
		target, text string
		change       func(*sip.Request)
		want         error
	}{
		{udp, "now", nil, nil},
		{udp, "later", nil, nil},
		{udp, "now", nil, sip.ErrResting},
		{tcp, "now", nil, nil},
		{udp, "now", func(r *sip.Request) { r.To.SetTag("x") }, nil},
	} {
		if err := message(tt.target, tt.text, tt.change); !errors.Is(err, tt.want) {
			t.Errorf("%d: %v, want %v", i, err, tt.want)
		}
	}
	if came.Load() != 4 {
		t.Errorf("%d requests came", came.Load())
	}
}
