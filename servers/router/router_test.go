package router

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestRequests makes every request, rightly and wrongly, and gets the outcomes that the original was recorded to give.
func TestRequests(t *testing.T) {
	r := &Router{Logger: quiet}
	a, b := play(t, r), play(t, r)
	methods := tree.MapOf(tree.Pair("m", tree.MapOf(tree.Pair("signature", tree.String("()")))))
	for _, c := range []struct {
		name    string
		ask     func(answer)
		success bool
		want    any
	}{
		{"publish", func(f answer) { a.conn.publish(tree.String("S1"), tree.String("real1"), methods, f) }, true, "S1"},
		{"publish again", func(f answer) { b.conn.publish(tree.String("S1"), tree.String("other"), methods, f) }, false, "Session 'S1' already exists"},
		{"publish again without a name", func(f answer) { b.conn.publish(tree.String("S1"), tree.Value{}, methods, f) }, false, "Session 'S1' already exists"},
		{"publish without an alias", func(f answer) { b.conn.publish(tree.Value{}, tree.String("noalias"), methods, f) }, false, "Session alias must be defined"},
		{"publish with a false alias", func(f answer) { b.conn.publish(tree.Int(0), tree.String("noalias"), methods, f) }, false, "Session alias must be defined"},
		{"publish without a name", func(f answer) { b.conn.publish(tree.String("noname"), tree.Value{}, methods, f) }, false, "Session name is required"},
		{"listing", b.conn.listing, true, []any{"S1"}},
		{
			"subscribe", func(f answer) { b.conn.subscribe("S1", f) }, true,
			map[string]any{"session": "S1", "methods": map[string]any{"m": map[string]any{"signature": "()"}}},
		},
		{"subscribe to nobody", func(f answer) { b.conn.subscribe("missing", f) }, false, "Session 'missing' doesn't exist"},
		{"deliver to nobody", func(f answer) { b.conn.deliver("missing", nil, f) }, false, "Session 'missing' doesn't exist"},
		{"unknown", func(f answer) { b.conn.refuse("bogus", f) }, false, "Unknown message type 'bogus'"},
		{"rescind without an alias", func(f answer) { b.conn.rescind(tree.Value{}, f) }, false, "Session alias is required"},
		{"rescind nothing", func(f answer) { b.conn.rescind(tree.String("missing"), f) }, false, "Session 'missing' doesn't exist"},
		{"rescind another's", func(f answer) { b.conn.rescind(tree.String("S1"), f) }, false, "Session 'S1' belongs to another connection"},
		{"rescind", func(f answer) { a.conn.rescind(tree.String("S1"), f) }, true, nil},
		{"listing of nothing", b.conn.listing, true, []any{}},
	} {
		ok, got := said(t, c.ask)
		if ok != c.success {
			t.Errorf("%s: success %v", c.name, ok)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

// TestCompatible lets anybody rescind, as the original does.
func TestCompatible(t *testing.T) {
	r := &Router{Compatible: true, Logger: quiet}
	a, b := play(t, r), play(t, r)
	a.publish("S1", "real1")
	if ok, text := said(t, func(f answer) { b.conn.rescind(tree.String("S1"), f) }); !ok {
		t.Errorf("refused: %v", text)
	}
}

// TestDeliver brings events under the publisher's name of the session, and results back to who asked, though both ask with
// what was one number with the original, and though the results come in another order.
func TestDeliver(t *testing.T) {
	r := &Router{Logger: quiet}
	a, b, d := play(t, r), play(t, r), play(t, r)
	a.publish("S2", "real2")
	results := make(chan string, 2)
	for _, who := range []struct {
		*program
		name string
	}{{b, "from b"}, {d, "from d"}} {
		who.conn.deliver("S2", []byte(who.name), func(o Outcome) {
			results <- who.name + " " + string(o.Payload)
		})
	}
	one, two := <-a.got, <-a.got
	if one.id == two.id || one.to != "real2" {
		t.Errorf("deliveries %v and %v", one, two)
	}
	a.conn.settle(999, Outcome{Success: true})
	a.conn.settle(two.id, Outcome{Success: true, Payload: two.event})
	a.conn.settle(one.id, Outcome{Success: true, Payload: one.event})
	a.conn.settle(one.id, Outcome{Success: true, Payload: []byte("again")})
	for range 2 {
		if got := <-results; got != "from b from b" && got != "from d from d" {
			t.Errorf("crossed: %s", got)
		}
	}
}

// TestStolenResult settles nothing by results of another connection.
func TestStolenResult(t *testing.T) {
	r := &Router{Logger: quiet}
	a, b := play(t, r), play(t, r)
	a.publish("S", "s")
	out := make(chan Outcome, 1)
	b.conn.deliver("S", nil, func(o Outcome) { out <- o })
	id := (<-a.got).id
	b.conn.settle(id, Outcome{Success: true, Payload: []byte("stolen")})
	a.conn.settle(id, Outcome{Success: true, Payload: []byte("right")})
	if o := <-out; string(o.Payload) != "right" {
		t.Errorf("%s", o.Payload)
	}
}

// TestPublisherLeaves: its sessions go, and events that it has not answered fail.
func TestPublisherLeaves(t *testing.T) {
	r := &Router{Logger: quiet}
	a, b := play(t, r), play(t, r)
	a.publish("S1", "s")
	a.publish("S2", "s")
	b.publish("S3", "s")
	out := make(chan Outcome, 1)
	b.conn.deliver("S1", nil, func(o Outcome) { out <- o })
	<-a.got
	a.conn.left()
	if ok, text := read(t, <-out); ok || text != "Session 'S1' has left" {
		t.Errorf("%v %v", ok, text)
	}
	if _, list := said(t, b.conn.listing); !cmp.Equal(list, []any{"S3"}) {
		t.Errorf("left are %v", list)
	}
	if ok, text := said(t, func(f answer) { b.conn.deliver("S1", nil, f) }); ok || text != "Session 'S1' doesn't exist" {
		t.Errorf("%v %v", ok, text)
	}
}

// TestMutePublisher fails events that are not answered in time.
func TestMutePublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Router{Logger: quiet}
		a, b := play(t, r), play(t, r)
		a.publish("S", "s")
		begun := time.Now()
		ok, text := said(t, func(f answer) { b.conn.deliver("S", nil, f) })
		if ok || text != "Session 'S' has not answered" || time.Since(begun) != time.Minute {
			t.Errorf("%v %v after %v", ok, text, time.Since(begun))
		}
	})
}

// TestLimits refuses one session too many, and one event too many.
func TestLimits(t *testing.T) {
	r := &Router{Logger: quiet, MaxSessions: 1, MaxPending: 1}
	a := play(t, r)
	a.publish("S1", "s")
	if ok, text := a.publish("S2", "s"); ok || text != "Session 'S2' is one too many" {
		t.Errorf("%v %v", ok, text)
	}
	a.conn.deliver("S1", nil, func(Outcome) {})
	if ok, text := said(t, func(f answer) { a.conn.deliver("S1", nil, f) }); ok || text != "Session 'S1' is busy" {
		t.Errorf("%v %v", ok, text)
	}
	if ok, text := said(t, func(f answer) { a.conn.rescind(tree.String("S1"), f) }); !ok {
		t.Errorf("%v %v", ok, text)
	}
	if ok, text := a.publish("S2", "s"); !ok {
		t.Errorf("what was rescinded counts: %v", text)
	}
}

// network joins routers: it is what a directory and deliveries through a network would be.
type network map[string]*Router

func (n network) Deliver(ctx context.Context, p Publication, event []byte, done func(Outcome)) {
	n[p.Owner.Router].Deliver(ctx, p, event, done)
}

// TestTwoRouters has a publisher and a subscriber on routers that share a directory.
func TestTwoRouters(t *testing.T) {
	directory, routers := &Memory{}, network{}
	one, two := &Router{Directory: directory, Delivery: routers, Logger: quiet}, &Router{Directory: directory, Delivery: routers, Logger: quiet}
	routers[one.Name()], routers[two.Name()] = one, two
	publisher, subscriber := connect(t, one), connect(t, two)
	if err := publisher.Publish(t.Context(), "test", Methods{"add": func(a, b int) int { return a + b }}); err != nil {
		t.Fatal(err)
	}
	p, err := subscriber.Subscribe(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := p.Call(t.Context(), "add", 2, 3); err != nil || !v.Equal(tree.Int(5)) {
		t.Errorf("%v, %v", v, err)
	}
}

// stuck is a directory that does not answer.
type stuck struct{ Memory }

func (*stuck) List(ctx context.Context) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestStuckDirectory frees the work of a connection that ends while the directory hangs.
func TestStuckDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Router{Directory: &stuck{}, Logger: quiet}
		a := play(t, r)
		out := make(chan Outcome, 1)
		a.conn.listing(func(o Outcome) { out <- o })
		synctest.Wait()
		a.conn.left()
		if ok, text := read(t, <-out); ok || text != "The router cannot listing now" {
			t.Errorf("%v %v", ok, text)
		}
	})
}
