package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
)

// selfSignedFor is how long a certificate made by --self-signed is good for.
const selfSignedFor = 30 * 24 * time.Hour

// server is what serve needs of an embedded server: net/http's contract.
type server interface {
	Serve(l net.Listener) error
	Shutdown(ctx context.Context) error
	Close() error
}

func serve(ctx context.Context, c console, arguments []string) error {
	if len(arguments) == 0 || strings.HasPrefix(arguments[0], "-") {
		return usagef("which protocol? this binary serves: epp, ikc, proxysession, sip")
	}
	switch arguments[0] {
	case "epp":
		return serveEPP(ctx, c, arguments[1:])
	case "ikc":
		return serveIKC(ctx, c, arguments[1:])
	case "proxysession":
		return serveProxySession(ctx, c, arguments[1:])
	case "sip":
		return serveSIP(ctx, c, arguments[1:])
	}
	return usagef("no server for %q; this binary serves: epp, ikc, proxysession, sip", arguments[0])
}

// serveFlags are the flags of every server.
type serveFlags struct {
	listen  string
	unix    string // path of a Unix socket to listen on instead
	engine  string
	perPeer int // connections of one address
	drain   time.Duration
	verbose bool
}

func (f *serveFlags) register(flags *flag.FlagSet, address string) {
	flags.StringVar(&f.listen, "listen", address, "address to listen on; port 0 lets the system choose")
	flags.StringVar(&f.engine, "engine", loop.EngineGoroutine, "event loop: goroutine, or epoll on Linux")
	flags.IntVar(&f.perPeer, "max-per-peer", 0, "connections one address may have; those of an IPv6 network of 64 bits are one (default: any number)")
	flags.DurationVar(&f.drain, "drain", 20*time.Second, "how long SIGTERM lets open sessions finish")
	flags.BoolVar(&f.verbose, "verbose", false, "log every session")
}

// listenFlags are the flags of servers that have TLS.
type listenFlags struct {
	serveFlags
	tls        socket.TLSConfig
	selfSigned bool
	plain      bool
}

func (f *listenFlags) register(flags *flag.FlagSet, address string) {
	f.serveFlags.register(flags, address)
	flags.StringVar(&f.tls.CertFile, "tls-cert", "", "PEM file with the server's certificate chain; read again on SIGHUP")
	flags.StringVar(&f.tls.KeyFile, "tls-key", "", "PEM file with its key")
	flags.BoolVar(&f.selfSigned, "self-signed", false, "make a certificate for this run; nobody trusts it")
	flags.BoolVar(&f.plain, "plain", false, "no TLS, for tests on the loopback interface")
	flags.StringVar((*string)(&f.tls.ClientCert), "client-cert", "", "client certificates: none, optional or required (default: optional with --client-ca, else none)")
	flags.StringVar(&f.tls.ClientCAFile, "client-ca", "", "PEM file with the authorities of client certificates")
}

// checkEngine refuses a loop that this system does not have, before anything listens.
func (f *serveFlags) checkEngine() error {
	if f.perPeer < 0 {
		return usagef("--max-per-peer: %d is negative", f.perPeer)
	}
	engine, err := loop.New(f.engine, loop.Config{})
	if err != nil {
		return usagef("--engine: %v", err)
	}
	return engine.Close()
}

// tlsConfig is the server's TLS, nil for --plain, and what to do on SIGHUP.
func (f *listenFlags) tlsConfig() (*tls.Config, func() error, error) {
	files := f.tls.CertFile != "" || f.tls.KeyFile != ""
	switch {
	case f.plain && (files || f.selfSigned), files && f.selfSigned:
		return nil, nil, usagef("--plain, --self-signed and --tls-cert with --tls-key exclude each other")
	case (f.plain || f.selfSigned) && (f.tls.ClientCert != "" || f.tls.ClientCAFile != ""):
		return nil, nil, usagef("client certificates need --tls-cert and --tls-key")
	case f.plain:
		return nil, nil, nil
	case files && (f.tls.CertFile == "" || f.tls.KeyFile == ""):
		return nil, nil, usagef("--tls-cert and --tls-key go together")
	case files:
		if f.tls.ClientCert == "" && f.tls.ClientCAFile != "" {
			f.tls.ClientCert = socket.ClientCertOptional
		}
		return f.tls.Server()
	case !f.selfSigned:
		return nil, nil, usagef("say --tls-cert and --tls-key, or --self-signed, or --plain for tests on the loopback interface")
	}
	return f.selfSignedConfig()
}

func (f *listenFlags) selfSignedConfig() (*tls.Config, func() error, error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return nil, nil, usagef("--listen: %v", err)
	}
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host != "" {
		names = append(names, host)
	}
	certificate, err := socket.SelfSigned(selfSignedFor, names...)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return config, func() error { return nil }, nil
}

// warnPlain tells whoever serves passwords in the clear to a network.
func (f *listenFlags) warnPlain(c console, address net.Addr) {
	if tcp, ok := address.(*net.TCPAddr); ok && f.plain && !tcp.IP.IsLoopback() {
		fmt.Fprintf(c.err, "warning: --plain on %s sends passwords in the clear; it is for tests on the loopback interface\n", address)
	}
}

func (f *serveFlags) logger(c console) *slog.Logger {
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level}))
}

// hooks log what sessions do, with --verbose.
func (f *serveFlags) hooks(logger *slog.Logger) session.Hooks {
	if !f.verbose {
		return session.Hooks{}
	}
	return session.Hooks{
		Opened: func(id uint64, peer session.Peer) {
			logger.Info("session opened", "session", id, "peer", peer.Address())
		},
		Transition: func(t session.Transition) {
			logger.Debug("session moved", "session", t.Session, "from", t.From, "input", t.Input, "to", t.To)
		},
		Answered: func(a session.Answered) {
			logger.Info("request answered", "session", a.Session, "request", a.Request, "elapsed", a.Elapsed)
		},
		Closed: func(id uint64, cause error) { logger.Info("session closed", "session", id, "cause", cause) },
	}
}

// run listens and serves, and warns of passwords in the clear.
func (f *listenFlags) run(ctx context.Context, c console, srv server, reload func() error) error {
	return f.serveFlags.run(ctx, c, srv, reload, func(address net.Addr) { f.warnPlain(c, address) })
}

// run listens, serves until ctx ends (SIGTERM, SIGINT), and drains. A second signal cuts what is left. What is to be said of
// the address, if anything, warn says.
func (f *serveFlags) run(ctx context.Context, c console, srv server, reload func() error, warn func(net.Addr)) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	network, address := "tcp", f.listen
	if f.unix != "" {
		network, address = "unix", f.unix
	}
	l, err := socket.Listen(ctx, network, address, socket.Options{})
	if err != nil {
		return err
	}
	if warn != nil {
		warn(l.Addr())
	}
	fmt.Fprintf(c.out, "listening on %s\n", l.Addr())
	if reload != nil {
		defer onHangup(c, reload)()
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	return f.drainServer(c, srv)
}

func (f *serveFlags) drainServer(c console, srv server) error {
	ctx, cancel := context.WithTimeout(context.Background(), f.drain)
	defer cancel()
	ctx, stop := interruptible(ctx)
	defer stop()
	fmt.Fprintln(c.err, "draining")
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("sessions were cut: %w", err), srv.Close())
	}
	return nil
}

// onHangup calls reload at every SIGHUP until the returned function is called.
func onHangup(c console, reload func() error) (stop func()) {
	hangups := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-hangups:
				if err := reload(); err != nil {
					fmt.Fprintf(c.err, "certificate kept: %v\n", err)
				}
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(done)
	}
}
