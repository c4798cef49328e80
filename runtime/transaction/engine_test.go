package transaction_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/transaction"
)

var (
	unreliable = transaction.Link{Port: 5060}
	reliable   = transaction.Link{Port: 5060, Reliable: true}
)

// from is the link of the n-th peer.
func from(n int) transaction.Link {
	l := unreliable
	binary.BigEndian.PutUint32(l.IP[12:], uint32(n))
	return l
}

// A play is what happens to one transaction, step by step, and what it does. Steps are "< METHOD" or "< status" from the peer, "> call [status]" of
// the program's, "+ duration" and "failed". What it does stands indented below its step, times after an @.
var plays = []struct {
	name    string
	machine int
	link    transaction.Link
	steps   string
}{
	{"invite answered", machineInviteServer, unreliable, `
		< INVITE
			invited b | start -> proceeding
		< INVITE
		+ 300ms
			send 100 INVITE b
		< INVITE
			send 100 INVITE b
		> provisional 180
			send 180 INVITE b
		< INVITE
			send 180 INVITE b
		> success 200
			send 200 INVITE b | proceeding -> accepted
		< INVITE
		> success 200
			send 200 INVITE b
		< ACK
			ack b
		> failure 486
		failed
			failed
		+ 33s
			accepted -> terminated`},
	{"invite rejected", machineInviteServer, unreliable, `
		< INVITE
			invited b | start -> proceeding
		> failure 486
			send 486 INVITE b | proceeding -> completed
		< INVITE
			send 486 INVITE b
		+ 2s
			send 486 INVITE b | send 486 INVITE b
		< ACK
			completed -> confirmed
		< ACK
		< INVITE
		+ 6s
			confirmed -> terminated`},
	{"invite rejected, reliable", machineInviteServer, reliable, `
		< INVITE
			invited b | start -> proceeding
		> failure 486
			send 486 INVITE b | proceeding -> completed
		+ 20s
		< ACK
			completed -> confirmed | confirmed -> terminated
		< ACK
			stray ACK b h `},
	{"ack never comes", machineInviteServer, reliable, `
		< INVITE
			invited b | start -> proceeding
		> failure 486
			send 486 INVITE b | proceeding -> completed
		failed
			failed
		+ 33s
			no ack | completed -> terminated`},
	{"request", machineServer, unreliable, `
		< OPTIONS
			requested OPTIONS b | start -> trying
		< OPTIONS
		> provisional 100
			send 100 OPTIONS b | trying -> proceeding
		< OPTIONS
			send 100 OPTIONS b
		> success 200
			send 200 OPTIONS b | proceeding -> completed
		< OPTIONS
			send 200 OPTIONS b
		> failure 500
		+ 33s
			completed -> terminated`},
	{"request, reliable", machineServer, reliable, `
		< OPTIONS
			requested OPTIONS b | start -> trying
		> success 200
			send 200 OPTIONS b | trying -> completed | completed -> terminated`},
	{"request, transport fails", machineServer, unreliable, `
		< OPTIONS
			requested OPTIONS b | start -> trying
		> provisional 100
			send 100 OPTIONS b | trying -> proceeding
		failed
			failed | proceeding -> terminated`},
	{"inviting", machineInviteClient, unreliable, `
		> request
			send INVITE b h  | start -> calling
		< 100
			answered 100 | calling -> proceeding
		+ 60s
		< 180
			answered 180
		< 200
			answered 200 | proceeding -> accepted
		< 200
			answered 200
		< 180
		< 486
		+ 33s
			accepted -> terminated
		< 200
			stray 200 INVITE b `},
	{"inviting in vain", machineInviteClient, unreliable, `
		> request
			send INVITE b h  | start -> calling
		< 486
			answered 486 | calling -> completed | send ACK b h 
		< 486
			send ACK b h 
		< 180
		< 200
		+ 33s
			completed -> terminated`},
	{"inviting in vain, reliable", machineInviteClient, reliable, `
		> request
			send INVITE b h  | start -> calling
		< 100
			answered 100 | calling -> proceeding
		< 486
			answered 486 | proceeding -> completed | send ACK b h  | completed -> terminated`},
	{"inviting nobody", machineInviteClient, reliable, `
		> request
			send INVITE b h  | start -> calling
		+ 33s
			timeout | calling -> terminated`},
	{"inviting, transport fails", machineInviteClient, reliable, `
		> request
			send INVITE b h  | start -> calling
		failed
			failed | calling -> terminated`},
	{"asking", machineClient, unreliable, `
		> request
			send OPTIONS b h  | start -> trying
		< 100
			answered 100 | trying -> proceeding
		+ 5s
			send OPTIONS b h  | send OPTIONS b h 
		< 200
			answered 200 | proceeding -> completed
		< 200
		+ 6s
			completed -> terminated`},
	{"asking, reliable", machineClient, reliable, `
		> request
			send OPTIONS b h  | start -> trying
		+ 5s
		< 200
			answered 200 | trying -> completed | completed -> terminated`},
	{"asking nobody", machineClient, reliable, `
		> request
			send OPTIONS b h  | start -> trying
		+ 33s
			timeout | trying -> terminated`},
}

func TestPlays(t *testing.T) {
	for _, p := range plays {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, p.machine, p.link, p.steps) })
		})
	}
}

func play(t *testing.T, machine int, link transaction.Link, steps string) {
	s := newSide(t, "", transaction.Config{})
	s.send = func([]byte, transaction.Link, transaction.ID) {}
	method := map[int]string{machineInviteServer: "INVITE", machineInviteClient: "INVITE"}[machine]
	if method == "" {
		method = "OPTIONS"
	}
	var id transaction.ID
	lines := strings.Split(strings.Trim(steps, "\n"), "\n")
	for n := 0; n < len(lines); n++ {
		words := strings.Fields(lines[n])
		switch words[0] {
		case "<":
			s.receive(fromPeer(words[1], method), link)
		case ">":
			id = s.callOf(t, machine, words[1:], method, link, id)
		case "+":
			d, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			synctest.Wait()
		case "failed":
			s.engine.Failed(s.id(id), errors.New("refused"))
		}
		var want []string
		if n+1 < len(lines) && strings.HasPrefix(lines[n+1], "\t\t\t") {
			n++
			for _, w := range strings.Split(lines[n][3:], "|") {
				want = append(want, strings.TrimSpace(w))
			}
		}
		var got []string
		for _, g := range s.take() {
			got = append(got, strings.TrimSpace(g))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after %q (-want +got):\n%s", strings.TrimSpace(strings.Join(words, " ")), diff)
		}
	}
	if st := s.engine.Stats(); st.Open != 0 || st.Kept != 0 || st.Faults != 0 {
		t.Errorf("left: %+v", st)
	}
}

// id is the one transaction of a play: the first record of its shard, whichever that is.
func (s *side) id(id transaction.ID) transaction.ID {
	if id != 0 {
		return id
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func fromPeer(word, method string) transaction.Message {
	var status int64
	if _, err := fmt.Sscan(word, &status); err == nil {
		return &response{status: status, method: method, branch: "b"}
	}
	return &request{method: word, branch: "b", sentBy: "h"}
}

// callOf makes the call of a play's step.
func (s *side) callOf(t *testing.T, machine int, words []string, method string, link transaction.Link, id transaction.ID) transaction.ID {
	t.Helper()
	var err error
	if words[0] == "request" {
		id, err = s.engine.Start(machine, callRequest, &request{method: method, branch: "b", sentBy: "h"}, link, 1)
	} else {
		call := map[string]int{"provisional": callProvisional, "success": callSuccess, "failure": callFailure}[words[0]]
		err = s.engine.Call(s.id(id), call, fromPeer(words[1], method))
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The instants at which RFC 3261 has messages sent again, in seconds.
func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		name    string
		machine int
		method  string
		status  int64
		want    string
	}{
		{"INVITE", machineInviteClient, "INVITE", 0, "0.0 0.5 1.5 3.5 7.5 15.5 31.5; 32.0 timeout"},
		{"request", machineClient, "OPTIONS", 0, "0.0 0.5 1.5 3.5 7.5 11.5 15.5 19.5 23.5 27.5 31.5; 32.0 timeout"},
		{"final response", machineInviteServer, "INVITE", 486, "0.0 0.5 1.5 3.5 7.5 11.5 15.5 19.5 23.5 27.5 31.5; 32.0 no ack"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				s := newSide(t, "", transaction.Config{Tick: 10 * time.Millisecond})
				s.send = func([]byte, transaction.Link, transaction.ID) { sent = append(sent, s.seconds()) }
				if tt.status == 0 {
					if _, err := s.engine.Start(tt.machine, callRequest, &request{method: tt.method, branch: "b"}, unreliable, 1); err != nil {
						t.Fatal(err)
					}
				} else {
					s.onInvite = func(tr *transaction.Transaction, m *request) {
						_ = s.engine.Call(tr.ID(), callFailure, &response{tt.status, m.method, m.branch, ""})
					}
					s.receive(&request{method: tt.method, branch: "b"}, unreliable)
				}
				time.Sleep(31900 * time.Millisecond)
				synctest.Wait()
				if s.engine.Stats().Open != 1 {
					t.Error("ended early")
				}
				s.take()
				time.Sleep(150 * time.Millisecond)
				synctest.Wait()
				got := strings.Join(sent, " ") + "; 32.0 " + s.take()[0]
				if got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			})
		})
	}
}

// Over a link that loses, doubles, delays and reorders, every exchange comes to the same end on both sides, or to a time-out.
func TestLossyLink(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) { overLossyLink(t, seed) })
	}
}

func overLossyLink(t *testing.T, seed uint64) {
	const calls = 25
	r := rand.New(rand.NewPCG(seed, 1))
	link := &lossy{rand: r, loss: 0.05 + 0.3*r.Float64(), twice: 0.2, delay: 400 * time.Millisecond}
	client, server := newSide(t, "client", transaction.Config{}), newSide(t, "server", transaction.Config{})
	link.between(client, server)
	statuses := []int64{200, 486, 180, 100}
	answer := func(call int, status int64, tr transaction.ID, m *request) {
		time.AfterFunc(time.Duration(r.Int64N(int64(time.Second))), func() {
			_ = server.engine.Call(tr, call, &response{status, m.method, m.branch, ""})
		})
	}
	asked := map[string]int{}
	serve := func(tr *transaction.Transaction, m *request) {
		server.mu.Lock()
		asked[m.method+m.branch]++
		server.mu.Unlock()
		link.mu.Lock()
		defer link.mu.Unlock()
		if status := statuses[r.IntN(4)]; status < 200 {
			answer(callProvisional, status, tr.ID(), cloneMessage(m).(*request))
		}
		status := statuses[r.IntN(2)]
		answer(map[int64]int{200: callSuccess, 486: callFailure}[status], status, tr.ID(), cloneMessage(m).(*request))
	}
	server.onInvite, server.onRequest = serve, serve
	for i := range calls {
		for machine, method := range map[int]string{machineInviteClient: "INVITE", machineClient: "OPTIONS"} {
			if _, err := client.engine.Start(machine, callRequest, &request{method, fmt.Sprint("b", i), "h", ""}, unreliable, uint64(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	time.Sleep(3 * time.Minute)
	synctest.Wait()
	ends := 0
	for _, e := range client.take() {
		if strings.HasPrefix(e, "answered 2") || strings.HasPrefix(e, "answered 4") || e == "timeout" {
			ends++
		}
	}
	// An INVITE that was heard but whose 2xx was lost ends without a word: the program repeats 2xx, and this one does not.
	if ends > 2*calls+link.sent || ends < calls {
		t.Errorf("seed %d: %d ends of %d", seed, ends, 2*calls)
	}
	for branch, n := range asked {
		if n != 1 {
			t.Errorf("seed %d: %s was asked %d times", seed, branch, n)
		}
	}
	for _, s := range []*side{client, server} {
		if st := s.engine.Stats(); st.Open != 0 && s == server || st.Kept != 0 && s == server || st.Faults != 0 {
			t.Errorf("seed %d: left on the %s: %+v", seed, s.name, st)
		}
	}
}

// A million branches are bounded, and nobody else is disturbed.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t, "", transaction.Config{MaxTransactions: 100, Shards: 4})
		s.onRequest = func(tr *transaction.Transaction, m *request) {}
		for i := range 1000 {
			s.receive(&request{"OPTIONS", fmt.Sprint("b", i), "h", ""}, from(i))
		}
		full := 0
		for _, e := range s.take() {
			full += btoi(strings.HasPrefix(e, "full"))
		}
		st := s.engine.Stats()
		if st.Open != 100 || full != 900 || st.Full != 900 {
			t.Errorf("full %d, stats %+v", full, st)
		}
		var err error
		for i := 0; err == nil; i++ {
			_, err = s.engine.Start(machineClient, callRequest, &request{"OPTIONS", fmt.Sprint("c", i), "h", ""}, unreliable, 1)
		}
		if !errors.Is(err, transaction.ErrFull) {
			t.Errorf("start: %v", err)
		}
	})
	s := newSide(t, "", transaction.Config{MaxKept: 1000})
	for i := range 1000 {
		s.receive(&request{"OPTIONS", fmt.Sprint("b", i), "h", ""}, from(i))
	}
	if st := s.engine.Stats(); st.Kept > 1100 || st.Full == 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestStartErrors(t *testing.T) {
	s := newSide(t, "", transaction.Config{})
	if _, err := s.engine.Start(machineInviteClient, callRequest, &request{"OPTIONS", "b", "h", ""}, reliable, 1); !errors.Is(err, transaction.ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
	if _, err := s.engine.Start(machineClient, callRequest, nil, reliable, 1); err == nil {
		t.Error("no message")
	}
	for range 2 {
		if _, err := s.engine.Start(machineClient, callRequest, &request{"OPTIONS", "b", "h", ""}, reliable, 1); err != nil {
			t.Error(err)
		}
	}
	want := []string{"send OPTIONS b h ", "start -> trying", "failed", "start -> terminated"}
	if diff := cmp.Diff(want, s.take()); diff != "" {
		t.Error(diff)
	}
	if err := s.engine.Call(1<<60, callSuccess, &response{}); err != nil {
		t.Errorf("a transaction that never was: %v", err)
	}
	s.engine.Close()
	if _, err := s.engine.Start(machineClient, callRequest, &request{"OPTIONS", "c", "h", ""}, reliable, 1); !errors.Is(err, transaction.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// A panic of the program's ends that transaction, and no other.
func TestPanic(t *testing.T) {
	s := newSide(t, "", transaction.Config{Shards: 1})
	s.onRequest = func(_ *transaction.Transaction, m *request) {
		if m.branch == "bad" {
			panic("program")
		}
	}
	for _, b := range []string{"a", "bad", "c"} {
		s.receive(&request{"OPTIONS", b, "h", ""}, unreliable)
	}
	if st := s.engine.Stats(); st.Open != 2 || st.Faults != 1 {
		t.Errorf("stats %+v", st)
	}
}

// Many goroutines at a time bring messages, answers and timers.
func TestConcurrent(t *testing.T) {
	s := newSide(t, "", transaction.Config{Shards: 2})
	var mu sync.Mutex
	var answers sync.WaitGroup
	n := 0
	s.onRequest = func(tr *transaction.Transaction, m *request) {
		mu.Lock()
		n++
		mu.Unlock()
		id, c := tr.ID(), cloneMessage(m).(*request)
		answers.Go(func() { _ = s.engine.Call(id, callSuccess, &response{200, c.method, c.branch, ""}) })
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				for range 2 {
					s.receive(&request{"OPTIONS", fmt.Sprint(g, "-", i), "h", ""}, reliable)
				}
			}
		})
	}
	wg.Wait()
	answers.Wait()
	if st := s.engine.Stats(); n < 8*200 || st.Open != 0 || st.Dropped != 0 || st.Faults != 0 {
		t.Errorf("%d asked, stats %+v", n, st)
	}
}

// What a transaction that waits for retransmissions costs, with the answer to a call's INVITE: at most 1.1 KB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("makes many transactions")
	}
	const many = 50000
	s := newSide(t, "", transaction.Config{Shards: 1, Transition: func(transaction.Transition) {}})
	body := strings.Repeat("x", 750)
	s.onRequest = func(tr *transaction.Transaction, m *request) {
		_ = s.engine.Call(tr.ID(), callSuccess, &response{200, m.method, m.branch, body})
	}
	heap := func() int64 {
		s.take()
		runtime.GC()
		runtime.GC() // what the first has found unused in a pool, or has finalized
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range many {
		s.receive(&request{"BYE", fmt.Sprintf("z9hG4bK%032d", i), "192.0.2.1:5060", ""}, unreliable)
		if i%1000 == 0 {
			s.take()
		}
	}
	each := (heap() - before) / many
	t.Logf("%d octets a transaction", each)
	if each > 1126 {
		t.Errorf("%d octets a transaction, want at most 1.1 KB", each)
	}
	runtime.KeepAlive(s)
}
