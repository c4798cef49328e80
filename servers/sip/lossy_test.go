package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/header/uri"
)

// Calls over a link that loses, doubles, delays and reorders end as over a good one, and leave nothing.
func TestLossyCalls(t *testing.T) {
	for _, loss := range []float64{0, 0.05, 0.2} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { lossyCalls(t, loss) })
		})
	}
}

func lossyCalls(t *testing.T, loss float64) {
	const calls = 50
	a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(1, uint64(loss*100)))
	sent := 0
	link := func(from, to *packets) func([]byte, netip.AddrPort) {
		return func(octets []byte, _ netip.AddrPort) {
			mu.Lock()
			defer mu.Unlock()
			sent++
			for range 1 + r.IntN(10)/9 {
				if r.Float64() >= loss {
					time.AfterFunc(time.Duration(r.Int64N(int64(100*time.Millisecond))), func() { to.deliver(from.addr, octets) })
				}
			}
		}
	}
	a.send, b.send = link(a, b), link(b, a)
	var answered sync.Map
	methods := Answerer{}.Methods()
	invited := methods["INVITE"]
	methods["INVITE"] = HandlerFunc(func(w *Responder, r *Request) {
		if _, twice := answered.LoadOrStore(strings.Clone(r.CallID), true); twice {
			t.Errorf("%s was told of twice", r.CallID)
		}
		invited.ServeSIP(w, r)
	})
	client, server := onPackets(t, Config{}, a), onPackets(t, Config{Handler: methods, Inline: true}, b)
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
			call(t, &Client{client}, i)
		})
	}
	wg.Wait()
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	for name, s := range map[string]*stack{"client": client, "server": server} {
		st := s.Stats()
		if st.Transactions.Open != 0 || st.Transactions.Kept != 0 || st.Transactions.Faults != 0 || st.Repeating != 0 || st.Unacknowledged != 0 {
			t.Errorf("left on the %s: %+v", name, st)
		}
	}
	if loss == 0 && sent > calls*6+20 {
		t.Errorf("%d messages for %d calls over a good link", sent, calls)
	}
}

// call makes one call and ends it.
func call(t *testing.T, c *Client, i int) {
	req, err := NewRequest("INVITE", "sip:bob@192.0.2.2")
	if err != nil {
		t.Error(err)
		return
	}
	req.CallID = fmt.Sprintf("call-%d", i)
	req.Contact = []Contact{{URI: uri.URI{Scheme: "sip", User: "alice", Host: "192.0.2.1"}}}
	inv, err := c.Invite(context.Background(), req, nil, nil)
	if err != nil {
		t.Errorf("call %d: %v", i, err)
		return
	}
	time.Sleep(10 * time.Second)
	if err := inv.Bye(context.Background()); err != nil {
		t.Errorf("call %d: BYE: %v", i, err)
	}
}
