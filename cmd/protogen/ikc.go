//go:build !bootstrap

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
	"github.com/protogen-go/protogen/servers/kernel"
)

// ikcAddress is where IKC servers listen if nobody says otherwise.
const ikcAddress = "127.0.0.1:603"

// serveIKC runs a kernel with a session to try it by.
func serveIKC(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("serve ikc", flag.ContinueOnError)
	var listen socketFlags
	listen.register(flags, ikcAddress)
	name := flags.String("name", "Server", "what other kernels call this one")
	aliases := flags.String("aliases", "", "further names, comma separated")
	classic := flags.Bool("classic", false, "speak IKC alone, not IKC0")
	negotiation := flags.Duration("negotiation", 0, "how long a peer may take to introduce itself (default 30s)")
	frameMax := flags.Int("frame-max", 0, "octets of the largest message (default 16 MiB)")
	queue := flags.Int("queue", 0, "how many events may wait for a session before its senders are not read (default 256)")
	if err := listen.parse(c, flags, arguments); err != nil {
		return err
	}
	if err := notNegative(flags); err != nil {
		return err
	}
	logger := listen.logger(c)
	k := &kernel.Kernel{
		Name: *name, Aliases: list(*aliases), MaxQueue: *queue, Logger: logger,
		Config: ikc.Config{Classic: *classic, Negotiation: *negotiation, FrameMax: *frameMax},
		Engine: listen.engine, Limits: listen.limits(), Hooks: listen.hooks(logger),
	}
	if err := k.Check(); err != nil {
		return usagef("%v", err)
	}
	states := kernel.States{}
	for state, f := range demoFunctions(kernel.Refuse) {
		states[state] = kernel.Inline(kernel.Func(f)) // they wait for nothing
	}
	if err := k.Publish(ctx, demoSession, states); err != nil {
		return err
	}
	return listen.run(ctx, c, k)
}

// ikcCall is one run of call ikc.
type ikcCall struct {
	console
	address, unix, name string
	timeout             time.Duration
	list, post, respond bool
}

// callIKC calls one state of a session of a kernel.
func callIKC(ctx context.Context, c console, arguments []string) error {
	flags := flag.NewFlagSet("call ikc", flag.ContinueOnError)
	e := &ikcCall{console: c}
	flags.StringVar(&e.address, "addr", ikcAddress, "the kernel to connect to")
	flags.StringVar(&e.unix, "unix", "", "path of its socket, instead of --addr")
	flags.StringVar(&e.name, "name", "", "what to call ourselves (default: Client and the process)")
	flags.DurationVar(&e.timeout, "timeout", 30*time.Second, "how long everything may take")
	flags.BoolVar(&e.list, "list", false, "ask for a list, not for one value")
	flags.BoolVar(&e.post, "post", false, "post, and wait for nothing")
	flags.BoolVar(&e.respond, "respond", false, "send [params, rsvp], and wait for what is posted to rsvp")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "protogen call ikc poe://KERNEL/SESSION/STATE [JSON...]\n\n"+
			"One argument is what the state gets; several are a list. What is no JSON is a text.\n\n")
		flags.PrintDefaults()
	}
	rest, err := parse(c, flags, arguments)
	if err != nil {
		return err
	}
	if err := words(rest, "SPECIFIER"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	return e.run(ctx, rest[0], jsonParams(rest[1:]))
}

func (e *ikcCall) run(ctx context.Context, spec string, params tree.Value) error {
	network, address := "tcp", e.address
	if e.unix != "" {
		network, address = "unix", e.unix
	}
	l, err := kernel.Dial(ctx, network, address, &kernel.LiteConfig{Name: e.name, Timeout: e.timeout, Logger: quietLogger()})
	if err != nil {
		return err
	}
	defer l.Close()
	var v tree.Value
	switch {
	case e.post:
		if err := l.Post(ctx, spec, params); err != nil {
			return err
		}
		return l.Ping(ctx) // what was posted before has arrived when the answer comes
	case e.list:
		var values []tree.Value
		values, err = l.CallList(ctx, spec, params)
		v = tree.ListOf(values...)
	case e.respond:
		v, err = l.PostRespond(ctx, spec, params)
	default:
		v, err = l.Call(ctx, spec, params)
	}
	var refused *kernel.RemoteError
	if errors.As(err, &refused) {
		fmt.Fprintln(e.err, refused.Text)
		return errFindings
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in %v: a state that returns nothing never answers", e.timeout)
	}
	if err != nil {
		return err
	}
	return e.printValue(v)
}

// printValue prints a value as a line of JSON.
func (c console) printValue(v tree.Value) error {
	line, err := jsontree.Codec{}.Append(nil, v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s\n", line)
	return err
}

// jsonParams is what a state gets: nothing, one value, or a list of several.
func jsonParams(arguments []string) tree.Value {
	switch len(arguments) {
	case 0:
		return tree.Undef()
	case 1:
		return jsonValue(arguments[0])
	}
	return tree.ListOf(jsonValues(arguments)...)
}

func jsonValues(arguments []string) []tree.Value {
	values := make([]tree.Value, len(arguments))
	for i, argument := range arguments {
		values[i] = jsonValue(argument)
	}
	return values
}

// jsonValue is the value of an argument: what it says in JSON, or the text that it is.
func jsonValue(argument string) tree.Value {
	if v, err := (jsontree.Codec{}).Decode([]byte(argument)); err == nil {
		return v
	}
	return tree.String(argument)
}

// list splits what is separated by commas.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
