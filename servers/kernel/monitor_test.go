package kernel

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestMonitor tells of a kernel's coming, mistakes and going under all of its names, in order.
func TestMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &Kernel{Name: "Server", Aliases: []string{"Ikc"}, Logger: quiet}
		all, one := watch(server, "*"), watch(server, "poe://Client/")
		r := newRaw(server, 17, "id", "Client")
		synctest.Wait()
		want := []Notice{
			{Kind: NoticeRegister, Monitored: "*", Kernel: "id", ID: true, PID: 17},
			{Kind: NoticeRegister, Monitored: "*", Kernel: "Client", PID: 17},
			{Kind: NoticeChannel, Monitored: "*", Kernel: "id", ID: true, State: ChannelReady, Channel: 1},
			{Kind: NoticeChannel, Monitored: "*", Kernel: "Client", State: ChannelReady, Channel: 1},
		}
		if diff := cmp.Diff(want, all.take()); diff != "" {
			t.Errorf("connect: -want +got\n%s", diff)
		}
		text := "Session 'nosuch' is not available for remote kernels.  Request poe://"
		for name, told := range map[string][]Notice{
			"Server": {{Kind: NoticeError, Monitored: "*", Kernel: "Server", Op: "local-check", Text: text + "Server/nosuch/x"}},
			server.ID(): {
				{Kind: NoticeError, Monitored: "*", Kernel: server.ID(), ID: true, Op: "local-check", Text: text + server.ID() + "/nosuch/x"},
				{Kind: NoticeError, Monitored: "*", Kernel: "Server", Op: "local-check", Text: text + server.ID() + "/nosuch/x"},
				{Kind: NoticeError, Monitored: "*", Kernel: "Ikc", Op: "local-check", Text: text + server.ID() + "/nosuch/x"},
			},
		} {
			r.peer.deliver(&Message{Event: tree.String("poe://" + name + "/nosuch/x")})
			synctest.Wait()
			if diff := cmp.Diff(told, all.take()); diff != "" {
				t.Errorf("mistake: -want +got\n%s", diff)
			}
		}
		r.peer.deliver(&Message{Event: tree.String("poe://Server/IKC/remote_error"), IsError: tree.Int(1), Params: value(t, []any{"boom", "id", "remote-x"})})
		synctest.Wait()
		want = []Notice{
			{Kind: NoticeError, Monitored: "*", Kernel: "id", ID: true, Op: "remote-x", Text: "boom"},
			{Kind: NoticeError, Monitored: "*", Kernel: "Client", Op: "remote-x", Text: "boom"},
		}
		if diff := cmp.Diff(want, all.take()); diff != "" {
			t.Errorf("report: -want +got\n%s", diff)
		}
		r.peer.left(nil)
		synctest.Wait()
		want = []Notice{
			{Kind: NoticeError, Monitored: "*", Kernel: "id", ID: true, Op: "channel-read", Text: "[0] "},
			{Kind: NoticeError, Monitored: "*", Kernel: "Client", Op: "channel-read", Text: "[0] "},
			{Kind: NoticeChannel, Monitored: "*", Kernel: "id", ID: true, State: ChannelClose, Channel: 1},
			{Kind: NoticeChannel, Monitored: "*", Kernel: "Client", State: ChannelClose, Channel: 1},
			{Kind: NoticeUnregister, Monitored: "*", Kernel: "id", ID: true},
			{Kind: NoticeUnregister, Monitored: "*", Kernel: "Client"},
		}
		if diff := cmp.Diff(want, all.take()); diff != "" {
			t.Errorf("disconnect: -want +got\n%s", diff)
		}
		var kinds []string
		for _, n := range one.take() {
			kinds = append(kinds, string(n.Kind))
		}
		if got := strings.Join(kinds, " "); got != "register channel error error channel unregister" {
			t.Errorf("the monitor of Client saw %s", got)
		}
	})
}

// TestMonitorStops and tells nothing after that.
func TestMonitorStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Logger: quiet}
		stop := k.Monitor("*", func(n Notice) { t.Errorf("told of %v", n) })
		stop()
		play(t, k, "raw")
	})
}

// TestUnknownKernel tells monitors of what cannot be sent.
func TestUnknownKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Logger: quiet}
		told := watch(k, "*")
		if n, err := k.Post(t.Context(), "poe://NoKernel/test/log", "x"); n != 0 || err == nil {
			t.Errorf("%d, %v", n, err)
		}
		synctest.Wait()
		got := told.take()
		if len(got) != 1 || got[0].Op != "resolve" || !strings.HasSuffix(got[0].Text, ": Unknown kernel 'NoKernel'.") {
			t.Errorf("%v", got)
		}
	})
}

func TestSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := servedBy(t)
		told := watch(client, "Server")
		proxies, err := client.Subscribe(t.Context(), "poe://Server/test", "poe://Server/nosuch", "poe://Server/test/nostate", "poe://*/test/echo")
		if len(proxies) != 2 || proxies[0].Specifier().String() != "poe://Server/test" || proxies[1].Kernel() != server.ID() {
			t.Fatalf("%v, %v", proxies, err)
		}
		want := "kernel: subscribe to poe://Server/nosuch: Refused subscription poe://Server/nosuch\n" +
			"kernel: subscribe to poe://Server/test/nostate: Refused subscription poe://Server/test/nostate"
		if err == nil || err.Error() != want {
			t.Errorf("refused: %v", err)
		}
		for _, name := range []string{"poe://Server/test", "test", "poe://" + server.ID() + "/test"} {
			if client.Proxy(name) == nil {
				t.Errorf("no proxy %s", name)
			}
		}
		p := client.Proxy("test")
		if v, err := p.Call(t.Context(), "add", 2, 3); err != nil || !v.Equal(tree.Int(5)) {
			t.Errorf("%v, %v", v, err)
		}
		if _, err := p.Call(t.Context(), "nosuch"); err == nil || !strings.Contains(err.Error(), "has not published state 'nosuch'") {
			t.Error(err)
		}
		if err := p.Post(t.Context(), "echo", "x"); err != nil {
			t.Error(err)
		}
		p.Unsubscribe()
		p.Unsubscribe()
		server.Disconnect(1)
		synctest.Wait()
		if client.Proxy("test") != nil {
			t.Error("a proxy outlives its kernel")
		}
		count := map[NoticeKind]int{}
		for _, n := range told.take() {
			count[n.Kind]++
		}
		if count[NoticeSubscribe] != 2 || count[NoticeUnsubscribe] != 2 {
			t.Errorf("monitors saw %v", count)
		}
	})
}

// TestSubscribeTimeout takes silence for a refusal.
func TestSubscribeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Logger: quiet}
		play(t, k, "mute")
		begun := time.Now()
		proxies, err := k.Subscribe(t.Context(), "poe://mute/test")
		if len(proxies) > 0 || err == nil || time.Since(begun) != 60*time.Second {
			t.Errorf("%v, %v after %v", proxies, err, time.Since(begun))
		}
	})
}
