package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/socket"
)

func call(ctx context.Context, c console, arguments []string) error {
	if len(arguments) == 0 || strings.HasPrefix(arguments[0], "-") {
		return usagef("which protocol? this binary calls: epp, ikc, proxysession, sip")
	}
	switch arguments[0] {
	case "epp":
		return callEPP(ctx, c, arguments[1:])
	case "ikc":
		return callIKC(ctx, c, arguments[1:])
	case "proxysession":
		return callProxySession(ctx, c, arguments[1:])
	case "sip":
		return callSIP(ctx, c, arguments[1:])
	}
	return usagef("no client for %q; this binary calls: epp, ikc, proxysession, sip", arguments[0])
}

// dialFlags are the flags of every client.
type dialFlags struct {
	address           string
	plain             bool
	insecure          bool
	caFile            string
	certFile, keyFile string
	timeout           time.Duration
	trace             bool
	asJSON            bool
}

func (f *dialFlags) register(flags *flag.FlagSet, address string) {
	flags.StringVar(&f.address, "addr", address, "the server")
	flags.BoolVar(&f.plain, "plain", false, "no TLS")
	flags.BoolVar(&f.insecure, "insecure", false, "take any certificate of the server")
	flags.StringVar(&f.caFile, "ca", "", "PEM file with the authorities to trust (default: the system's)")
	flags.StringVar(&f.certFile, "cert", "", "PEM file with a client certificate")
	flags.StringVar(&f.keyFile, "key", "", "PEM file with its key")
	flags.DurationVar(&f.timeout, "timeout", 30*time.Second, "how long everything may take")
	flags.BoolVar(&f.trace, "trace", false, "print every frame on standard error, passwords included")
	flags.BoolVar(&f.asJSON, "json", false, "print the response as JSON")
}

// dial connects and, with --trace, shows what passes.
func (f *dialFlags) dial(ctx context.Context, c console, framing frame.Framing) (net.Conn, error) {
	network, config := "tcp", (*tls.Config)(nil)
	if !f.plain {
		var err error
		if config, err = f.tlsConfig(); err != nil {
			return nil, err
		}
		network = "tls"
	}
	nc, err := socket.Dial(ctx, network, f.address, socket.Options{TLS: config})
	if err != nil || !f.trace {
		return nc, err
	}
	return newTraced(nc, c.err, framing), nil
}

func (f *dialFlags) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: f.insecure} //nolint:gosec // the user asked for it
	if f.caFile != "" {
		pool, err := socket.LoadCertPool(f.caFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if (f.certFile == "") != (f.keyFile == "") {
		return nil, usagef("--cert and --key go together")
	}
	if f.certFile != "" {
		certificate, err := tls.LoadX509KeyPair(f.certFile, f.keyFile)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// tlsDoubt is what to ask of a server that stays mute.
func (f *dialFlags) tlsDoubt() string {
	if f.plain {
		return "without TLS (--plain)"
	}
	return "with TLS (no --plain)"
}

// printJSON prints a response for programs.
func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// password is the flag's value, or that of an environment variable, which other users of the machine cannot see.
func password(flagValue, variable string) (string, error) {
	if flagValue != "" {
		return flagValue, nil
	}
	if value := os.Getenv(variable); value != "" {
		return value, nil
	}
	return "", usagef("no password: --password or the environment variable %s", variable)
}

// words splits what follows the verb of a call, such as "domain example.test", and says what is missing.
func words(rest []string, want ...string) error {
	if len(rest) < len(want) {
		return usagef("missing: %s", strings.Join(want[len(rest):], " "))
	}
	return nil
}
