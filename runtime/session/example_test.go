package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// A session driven by octets alone: what the peer sends goes in, what it gets comes out, and time passes when the caller
// says so. The clerk stands for an emitted machine.
func ExamplePush() {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	fmt.Printf("%q\n", push.Open())
	fmt.Printf("%q\n", push.Receive([]byte("\x00\x00\x00\x0elogin 1 me")))
	fmt.Println(push.Armed())
	push.Expire("idle")
	fmt.Println(push.Ended())
	// Output:
	// "\x00\x00\x00\x0egreeting 0"
	// "\x00\x00\x00\x18reply 1 1000 welcome"
	// [idle]
	// true <nil>
}

// An event loop of one's own keeps one timer per session, set for Next, and calls Advance with the time that has passed.
func ExamplePush_Advance() {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	push.Open()
	fmt.Println(push.Next()) // the client has so long to log in
	push.Advance(9 * time.Second)
	fmt.Println(push.Next())
	push.Advance(time.Second)
	fmt.Println(push.Next())
	fmt.Println(push.Ended())
	// Output:
	// 10s true
	// 1s true
	// 0s false
	// true <nil>
}

// A server and a client on a connection in memory. Emitted packages wrap both in types of their own.
func ExampleServer() {
	l := looptest.Listen() // any net.Listener will do
	var server session.Server
	served := make(chan error)
	go func() {
		served <- server.Serve(l, nil, loop.EngineGoroutine, loop.Config{}, newClerk(echo{}, clerkConfig{}))
	}()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	nc, err := l.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := session.NewClient(ctx, nc, nil, loop.Config{}, newCustomer(time.Hour, 4))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.Call(ctx, customerCallOrder, "login", &login{"1", "me"})
	fmt.Println(res.(*reply).text, err)

	_ = client.Close()
	fmt.Println(server.Shutdown(ctx))
	fmt.Println(<-served)
	// Output:
	// welcome <nil>
	// <nil>
	// session: server closed
}

// Hooks count what sessions do. They see names, times and causes, never what messages hold.
func ExampleHooks() {
	service := newClerk(echo{}, clerkConfig{})
	service.Logger = slog.New(slog.DiscardHandler)
	service.Hooks = session.Hooks{
		Transition: func(t session.Transition) { fmt.Printf("%s: %s: %s -> %s\n", t.Machine, t.Input, t.From, t.To) },
		Answered:   func(a session.Answered) { fmt.Println("answered", a.Request) },
		Closed:     func(_ uint64, cause error) { fmt.Println("closed:", cause) },
	}
	push := session.NewPush(service)
	push.Open()
	push.Receive([]byte("\x00\x00\x00\x0elogin 1 me\x00\x00\x00\x0clogout 2"))
	// Output:
	// clerk: enter: greeting -> waitingForLogin
	// clerk: login: waitingForLogin -> loggingIn
	// clerk: login.accepted: loggingIn -> waitingForOrder
	// answered login
	// clerk: logout: waitingForOrder -> end
	// answered logout
	// closed: <nil>
}
