package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"strings"

	"github.com/protogen-go/protogen/runtime/loop"
)

// socketFlags are the flags of servers that listen on plain sockets, of the Internet or of Unix.
type socketFlags struct {
	serveFlags
	concurrency int
}

func (f *socketFlags) register(flags *flag.FlagSet, address string) {
	f.serveFlags.register(flags, address)
	if engine, err := loop.New(loop.EngineEpoll, loop.Config{}); err == nil { // many connections are idle for long, and cost half as much there
		_ = engine.Close()
		f.engine, flags.Lookup("engine").DefValue = loop.EngineEpoll, loop.EngineEpoll
	}
	flags.StringVar(&f.unix, "unix", "", "path of a Unix socket to listen on, instead of --listen")
	flags.IntVar(&f.concurrency, "concurrency", 0, "connections at a time; at the limit no more are accepted until one ends (default 65536)")
}

// parse reads the command line, which has flags only.
func (f *socketFlags) parse(c console, flags *flag.FlagSet, arguments []string) error {
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	return f.checkEngine()
}

// notNegative refuses limits and times below zero: zero means the default, and there is none without an end.
func notNegative(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if strings.HasPrefix(f.Value.String(), "-") && isNumber(f.Value.String()) {
			err = usagef("--%s: %s is negative", f.Name, f.Value)
		}
	})
	return err
}

func (f *socketFlags) limits() loop.Config {
	return loop.Config{MaxConns: f.concurrency, MaxConnsPerPeer: f.perPeer}
}

// run listens and serves.
func (f *socketFlags) run(ctx context.Context, c console, srv server) error {
	relaxCollector()
	return f.serveFlags.run(ctx, c, srv, nil, nil)
}

// quietLogger is for clients, whose errors say all.
func quietLogger() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
