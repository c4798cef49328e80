package transaction

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// A record at rest is nothing to the collector.
func TestRecordHasNoPointers(t *testing.T) {
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for f := range typ.Fields() {
				look(f.Type)
			}
		case reflect.Array:
			look(typ.Elem())
		case reflect.Bool, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Int64:
		default:
			t.Errorf("%v in a record", typ)
		}
	}
	look(reflect.TypeFor[record]())
	if n := reflect.TypeFor[record]().Size(); n > 168 {
		t.Errorf("a record has %d octets", n)
	}
}

// What is put is what is got, whatever else comes and goes.
func TestStore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s store
	held := map[int]piece{}
	want := map[int][]byte{}
	for i := range 20000 {
		if r.IntN(2) == 0 || len(held) == 0 {
			b := make([]byte, r.IntN([]int{100, 1000, 5000, maxPiece + 1}[r.IntN(4)]))
			for k := range b {
				b[k] = byte(i + k)
			}
			held[i], want[i] = s.put(b), b
		} else {
			for k, p := range held {
				if !bytes.Equal(s.get(p), want[k]) {
					t.Fatalf("piece %d of %d octets is not what was put", k, len(want[k]))
				}
				s.drop(&p)
				delete(held, k)
				delete(want, k)
				break
			}
		}
		if len(held) > 300 {
			for k, p := range held {
				s.drop(&p)
				delete(held, k)
				delete(want, k)
			}
			if s.size != 0 {
				t.Fatalf("%d octets in an empty store", s.size)
			}
		}
	}
	for n := range maxPiece + 1 {
		class, size := classOf(n)
		if size < n || size-n > max(64, n/2) || class >= classes {
			t.Fatalf("%d octets in class %d of %d", n, class, size)
		}
	}
}

// The wheel opens at the tick of each record, neither before nor after.
func TestWheel(t *testing.T) {
	for _, begin := range []int64{0, 1<<32 - 5000, 12345678} {
		r := rand.New(rand.NewPCG(3, uint64(begin)))
		var rs records
		rs.init(3000)
		w := wheel{records: &rs, done: begin}
		due := map[uint32]int64{}
		present := begin
		for range 3000 {
			i, use := rs.take()
			*rs.at(i) = record{use: use}
			due[i] = present + 1 + r.Int64N([]int64{10, 5000, 400000}[r.IntN(3)])
			rs.at(i).due[1] = instant(due[i])
			w.arm(i, present)
		}
		for len(due) > 0 {
			if r.IntN(3) == 0 { // one moves, or goes
				for i, at := range due {
					w.remove(i)
					delete(due, i)
					if r.IntN(2) == 0 {
						due[i] = at + 77
						rs.at(i).due[1] = instant(at + 77)
						w.arm(i, present)
					}
					break
				}
			}
			present = max(present+1, w.upcoming())
			for _, i := range w.advance(present, nil) {
				if d, ok := due[i]; !ok || instant(d) != instant(present) {
					t.Fatalf("at %d: record %d, due at %d", present, i, d)
				}
				delete(due, i)
			}
		}
		if w.armed != 0 {
			t.Errorf("%d armed in the end", w.armed)
		}
	}
}

func TestLinkAddress(t *testing.T) {
	for _, s := range []string{"192.0.2.1:5060", "[2001:db8::1]:5061", "[fe80::1%3]:5060", "[::ffff:192.0.2.1]:1"} {
		var l Link
		l.SetAddr(parseAddr(t, s))
		if got, want := l.Addr(), parseAddr(t, s); got.Port() != want.Port() || got.Addr() != want.Addr().Unmap() {
			t.Errorf("%s became %v", s, got)
		}
	}
	if new(Link).Addr().IsValid() {
		t.Error("an address of nothing")
	}
}

func parseAddr(t *testing.T, s string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTicks(t *testing.T) {
	e := &Engine{epoch: time.Now().Add(-time.Hour), config: Config{Tick: 10 * time.Millisecond}}
	now := e.present()
	if d := int64(e.after(time.Second)) - now; d < 100 || d > 102 {
		t.Errorf("a second is %d ticks", d)
	}
	if !tick(1<<32-1).before(5) || tick(5).before(1<<32-1) {
		t.Error("ticks do not run over")
	}
}

// An index finds what is in it, and nothing else, however it grows.
func TestIndex(t *testing.T) {
	var r records
	r.init(5000)
	random := rand.New(rand.NewPCG(5, 6))
	var x index
	in := map[uint32]uint64{}
	finds := func(i uint32, hash uint64) bool {
		at := x.first(hash)
		for at != 0 && at != i {
			at = r.at(at).chain
		}
		return at == i
	}
	for round := range 20000 {
		if filling := round/5000%2 == 0; len(in) == 0 || random.IntN(10) < 5+2*btoi(filling) && r.used < r.limit {
			i, use := r.take()
			hash := random.Uint64() >> random.IntN(60) // some are alike
			*r.at(i) = record{use: use, hash: hash}
			x.add(&r, i)
			in[i] = hash
		}
		for i, hash := range in {
			if !finds(i, hash) {
				t.Fatalf("record %d of hash %x is not found among %d", i, hash, len(in))
			}
			if random.IntN(10) < 4 {
				x.remove(&r, i)
				if finds(i, hash) {
					t.Fatalf("record %d is still found", i)
				}
				r.give(i)
				delete(in, i)
			}
			break
		}
	}
	for i := range in {
		x.remove(&r, i)
	}
	if x.heads != nil {
		t.Errorf("an empty index keeps the room of many")
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
