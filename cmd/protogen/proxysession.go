//go:build !bootstrap

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/router"
)

// proxysessionAddress is where routers listen if nobody says otherwise.
const proxysessionAddress = "127.0.0.1:56789"

// serveProxySession runs a router with a session to try it by.
func serveProxySession(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("serve proxysession", flag.ContinueOnError)
	var listen socketFlags
	listen.register(flags, proxysessionAddress)
	compatible := flags.Bool("compatible", false, "let any connection rescind any session, as the original does")
	within := flags.Duration("answer-within", 0, "how long a publisher may take to answer an event (default 1m)")
	frameMax := flags.Int("frame-max", 0, "octets of the largest message (default 16 MiB)")
	pending := flags.Int("pending", 0, "events that one publisher may have to answer (default 4096)")
	sessions := flags.Int("sessions", 0, "sessions that one connection may publish (default 1024)")
	if err := listen.parse(c, flags, arguments); err != nil {
		return err
	}
	if err := notNegative(flags); err != nil {
		return err
	}
	logger := listen.logger(c)
	r := &router.Router{
		Compatible: *compatible, AnswerWithin: *within, MaxPending: *pending, MaxSessions: *sessions, Logger: logger,
		Config: proxysession.Config{FrameMax: *frameMax},
		Engine: listen.engine, Limits: listen.limits(), Hooks: listen.hooks(logger),
	}
	if err := r.Client().Publish(ctx, demoSession, router.Methods(demoFunctions(router.Refuse))); err != nil {
		return err
	}
	return listen.run(ctx, c, r)
}

// proxysessionVerbs says what call proxysession can do, one line each.
const proxysessionVerbs = `listing                    the aliases of all sessions
  subscribe ALIAS            the methods of a session
  deliver ALIAS METHOD [JSON...]
                             call a method of a session`

// callProxySession makes one request of a router.
func callProxySession(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("call proxysession", flag.ContinueOnError)
	address := flags.String("addr", proxysessionAddress, "the router")
	unix := flags.String("unix", "", "path of its socket, instead of --addr")
	timeout := flags.Duration("timeout", 30*time.Second, "how long everything may take")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "protogen call proxysession VERB ...\n\n  %s\n\nWhat is no JSON is a text.\n\n", proxysessionVerbs)
		flags.PrintDefaults()
	}
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	do, err := proxysessionVerb(rest)
	if err != nil {
		return err
	}
	network, where := "tcp", *address
	if *unix != "" {
		network, where = "unix", *unix
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	client, err := router.Dial(ctx, network, where, &router.ClientConfig{Logger: quietLogger()})
	if err != nil {
		return err
	}
	defer client.Close()
	v, err := do(ctx, client)
	var failed *router.FailedError
	switch {
	case errors.As(err, &failed):
		fmt.Fprintln(c.err, failed.Text)
		return errFindings
	case errors.Is(err, router.ErrNoMethod):
		fmt.Fprintln(c.err, err)
		return errFindings
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in %v", *timeout)
	case err != nil:
		return err
	}
	return c.printValue(v)
}

// proxysessionVerb finds what to do before anything is dialled.
func proxysessionVerb(rest []string) (func(context.Context, *router.Client) (tree.Value, error), error) {
	if err := words(rest, "VERB"); err != nil {
		return nil, err
	}
	switch rest[0] {
	case "listing":
		if len(rest) > 1 {
			return nil, usagef("unexpected argument %q", rest[1])
		}
		return func(ctx context.Context, client *router.Client) (tree.Value, error) {
			aliases, err := client.Listing(ctx)
			if err != nil {
				return tree.Value{}, err
			}
			return tree.Of(append([]string{}, aliases...))
		}, nil
	case "subscribe":
		return subscribe(rest[1:])
	case "deliver":
		return deliver(rest[1:])
	}
	return nil, usagef("no verb %q; there are:\n  %s", rest[0], proxysessionVerbs)
}

// subscribe prints the methods of a session.
func subscribe(rest []string) (func(context.Context, *router.Client) (tree.Value, error), error) {
	if err := words(rest, "ALIAS"); err != nil {
		return nil, err
	}
	if len(rest) > 1 {
		return nil, usagef("unexpected argument %q", rest[1])
	}
	return func(ctx context.Context, client *router.Client) (tree.Value, error) {
		p, err := client.Subscribe(ctx, rest[0])
		if err != nil {
			return tree.Value{}, err
		}
		methods := new(tree.Map)
		for _, m := range p.Methods() {
			methods.Set(m.Name, tree.MapOf(tree.Pair("signature", tree.String(m.Signature)), tree.Pair("returns", tree.String(m.ReturnSignature))))
		}
		return methods.Value(), nil
	}, nil
}

// deliver calls a method of a session.
func deliver(rest []string) (func(context.Context, *router.Client) (tree.Value, error), error) {
	if err := words(rest, "ALIAS", "METHOD"); err != nil {
		return nil, err
	}
	return func(ctx context.Context, client *router.Client) (tree.Value, error) {
		p, err := client.Subscribe(ctx, rest[0])
		if err != nil {
			return tree.Value{}, err
		}
		args := make([]any, len(rest)-2)
		for i, v := range jsonValues(rest[2:]) {
			args[i] = v
		}
		return p.Call(ctx, rest[1], args...)
	}, nil
}
