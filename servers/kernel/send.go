package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/protogen-go/protogen/runtime/tree"
)

// UnknownKernelError is a message to a kernel that nobody knows.
type UnknownKernelError struct{ Name string }

// Error implements error.
func (e *UnknownKernelError) Error() string { return fmt.Sprintf("kernel: unknown kernel %q", e.Name) }

var (
	// ErrNoDefault is a specifier without a kernel, when there is no default kernel. See [Kernel.SetDefault].
	ErrNoDefault = errors.New("kernel: the specifier names no kernel, and there is no default")
	// ErrIncomplete is a specifier without a session or a state.
	ErrIncomplete = errors.New("kernel: the specifier names no session or no state")
	// ErrNoAnswer ends a call that nobody can answer any more.
	ErrNoAnswer = errors.New("kernel: no answer")
)

// senderKey finds the session that a context of [WithSession] belongs to.
type senderKey struct{}

// WithSession has what is posted with the context come from a session of this kernel: the receiver can then answer to it
// ([Event.Reply]), if it has published anything. In a handler that is so of itself.
func WithSession(ctx context.Context, session string) context.Context {
	return context.WithValue(ctx, senderKey{}, session)
}

// sender says which session a message comes from.
func (k *Kernel) sender(ctx context.Context) tree.Value {
	name, ok := ctx.Value(senderKey{}).(string)
	if !ok {
		name, ok = ctx.Value(fromKey{}).(string)
	}
	s := k.session(name)
	if !ok || s == nil {
		return tree.Value{}
	}
	return k.fromOf(name, s)
}

// SetDefault makes a kernel the one that specifiers without a kernel mean. "" means none, which is how it begins.
func (k *Kernel) SetDefault(name string) { k.defaultName.Store(&name) }

// Post sends params to a state of a session of a kernel, and does not wait for anything:
//
//	n, err := k.Post(ctx, "poe://Server/test/log", map[string]any{"a": 1})
//
// The specifier is one of [ParseSpecifier]; without a scheme, poe:// is put before it: k/s/t. The kernel may be an id, an alias,
// [Any], which includes this kernel, or missing for the default one. params is turned into a value by [tree.Of]; it is ARG0 of
// the state. The result is to how many kernels the message was sent; while one of them does not read what it is sent, Post waits
// for that, as long as ctx lets it. That a state refuses it is not an error here but a report
// that monitors see.
//
// Errors are a [*SpecifierError], [ErrIncomplete], an [*UnknownKernelError], [ErrNoDefault], and those of the connection.
func (k *Kernel) Post(ctx context.Context, spec string, params any) (int, error) {
	o, err := k.prepare(ctx, spec, params)
	if err != nil {
		return 0, err
	}
	return k.post(ctx, o)
}

// outgoing is a message with those it goes to.
type outgoing struct {
	spec    Specifier
	to      []Peer
	message Message
}

// prepare reads a specifier, finds its kernels and makes the message.
func (k *Kernel) prepare(ctx context.Context, spec string, params any) (*outgoing, error) {
	k.start()
	if !strings.HasPrefix(spec, "poe:") {
		spec = "poe://" + spec
	}
	s, err := ParseSpecifier(spec)
	if err != nil {
		return nil, err
	}
	value, err := paramsOf(params)
	if err != nil {
		return nil, err
	}
	return k.address(ctx, s, tree.String(spec), value)
}

// paramsOf turns params into a value. Nothing is sent as undef, not left out.
func paramsOf(params any) (tree.Value, error) {
	value, err := tree.Of(params)
	if err != nil {
		return value, fmt.Errorf("kernel: params: %w", err)
	}
	if value.IsUndef() {
		value = tree.Undef()
	}
	return value, nil
}

// address finds the kernels of a specifier, whose form on the wire is event, and makes the message.
func (k *Kernel) address(ctx context.Context, s Specifier, event, params tree.Value) (*outgoing, error) {
	k.start()
	if s.Session == "" || s.State == "" {
		return nil, fmt.Errorf("%w: %s", ErrIncomplete, s)
	}
	to, err := k.resolve(ctx, s.Kernel)
	if err != nil {
		return nil, err
	}
	return &outgoing{s, to, Message{Event: event, Params: params, From: k.sender(ctx)}}, nil
}

// resolve finds the kernels that a name stands for.
func (k *Kernel) resolve(ctx context.Context, name string) ([]Peer, error) {
	if name == "" {
		if fallback := k.defaultName.Load(); fallback != nil {
			name = *fallback
		}
		if name == "" {
			return nil, ErrNoDefault
		}
	}
	us := Peer{Names: k.names, PID: os.Getpid(), Route: k.local}
	if k.own(name) {
		return []Peer{us}, nil
	}
	found, err := k.registry().Resolve(ctx, name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("kernel: resolve %s: %w", name, err)
	case name == Any:
		return append(found, us), nil
	case len(found) == 0:
		text := fmt.Sprintf("%d: Unknown kernel '%s'.", os.Getpid(), name)
		k.monitors.tell(Notice{Kind: NoticeError, Kernel: Any, Op: "resolve", Text: text})
		return nil, &UnknownKernelError{name}
	}
	return found, nil
}

// post sends a message to all it is for.
func (k *Kernel) post(ctx context.Context, o *outgoing) (int, error) {
	sent := 0
	var errs []error
	for _, p := range o.to {
		if err := p.Route.Send(ctx, &o.message); err != nil {
			errs = append(errs, fmt.Errorf("kernel: post to %s: %w", p.ID(), err))
			continue
		}
		sent++
	}
	return sent, errors.Join(errs...)
}

// Call is Post that waits for what the state returns, a single value. When ctx has no deadline it waits for
// [Kernel.CallTimeout]: a state that returns nothing never answers. Of several kernels the first answer counts, or the last
// error.
//
// Errors are those of Post, a [*RemoteError], a [*DisconnectedError], and the cause of ctx.
func (k *Kernel) Call(ctx context.Context, spec string, params any) (tree.Value, error) {
	o, err := k.prepare(ctx, spec, params)
	if err != nil {
		return tree.Value{}, err
	}
	return k.callOne(ctx, o)
}

// CallList is [Kernel.Call] of a state that returns a list.
func (k *Kernel) CallList(ctx context.Context, spec string, params any) ([]tree.Value, error) {
	o, err := k.prepare(ctx, spec, params)
	if err != nil {
		return nil, err
	}
	o.message.WantArray = tree.Int(1)
	v, err := k.callOne(ctx, o)
	if err != nil {
		return nil, err
	}
	return listOf(v), nil
}

// listOf is the elements of a list, or a single value.
func listOf(v tree.Value) []tree.Value {
	if v.List() == nil {
		return []tree.Value{v}
	}
	values := make([]tree.Value, 0, v.List().Len())
	for _, element := range v.List().All() {
		values = append(values, element)
	}
	return values
}

// CallAll is [Kernel.Call] of many kernels, such as those of [Any], that waits for the answers of all. The answers that came
// before ctx ended come with the error that it did.
func (k *Kernel) CallAll(ctx context.Context, spec string, params any) ([]Answer, error) {
	o, err := k.prepare(ctx, spec, params)
	if err != nil {
		return nil, err
	}
	var answers []Answer
	err = k.call(ctx, o, func(a Answer) bool {
		answers = append(answers, a)
		return len(answers) == len(o.to)
	})
	return answers, err
}

// CallTo is Call whose answer goes to a state of this kernel, published or not, as an event: the call of POE::Component::IKC.
// The state gets rsvp.Args as its last argument. Every kernel called may answer once, within [Kernel.CallTimeout], over a connection of
// this kernel. The result is how many were called.
func (k *Kernel) CallTo(ctx context.Context, spec string, params any, rsvp Specifier) (int, error) {
	o, err := k.prepare(ctx, spec, params)
	if err != nil {
		return 0, err
	}
	if rsvp.Session == "" || rsvp.State == "" {
		return 0, fmt.Errorf("%w: %s", ErrIncomplete, rsvp)
	}
	rsvp.Kernel = k.id
	o.message.RSVP = address(rsvp)
	if rsvp.Args != "" {
		o.message.RSVP.Map().Set("args", tree.String(rsvp.Args))
	}
	k.calls.allow(rsvp.Session, rsvp.State, routes(o.to), time.Now().Add(k.callTimeout()))
	return k.post(ctx, o)
}

// Send sends a message as it is.
func (k *Kernel) Send(ctx context.Context, kernel string, m *Message) (int, error) {
	k.start()
	to, err := k.resolve(ctx, kernel)
	if err != nil {
		return 0, err
	}
	return k.post(ctx, &outgoing{to: to, message: *m})
}

// callOne calls and waits for the first answer.
func (k *Kernel) callOne(ctx context.Context, o *outgoing) (tree.Value, error) {
	var last Answer
	failed := 0
	err := k.call(ctx, o, func(a Answer) bool {
		last = a
		if a.Err != nil {
			failed++
		}
		return a.Err == nil || failed == len(o.to)
	})
	if err == nil {
		err = last.Err
	}
	return last.Value, err
}

// call calls and passes on answers until done says that it is enough.
func (k *Kernel) call(ctx context.Context, o *outgoing, done func(Answer) bool) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, k.callTimeout())
		defer cancel()
	}
	answers := make(chan Answer, len(o.to))
	for _, b := range k.bundles(o) {
		c := b.kernel.calls.begin(o.spec.String(), routes(b.to), answers)
		defer b.kernel.calls.end(c)
		b.message.RSVP = c.rsvp(b.kernel.id)
		if sent, err := k.post(ctx, &b.outgoing); sent < len(b.to) {
			return err
		}
	}
	for {
		select {
		case a := <-answers:
			if done(a) {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("kernel: call %s: %w", o.spec, context.Cause(ctx))
		case <-k.ctx.Done():
			return fmt.Errorf("kernel: call %s: %w", o.spec, context.Cause(k.ctx))
		}
	}
}

// bundle is a message with those it goes to by the connections of one kernel, which their answers and reports come back to.
type bundle struct {
	kernel *Kernel
	outgoing
}

// bundles are the bundles of a message: one for this kernel, and one for each kernel with the same registry whose peers it goes to.
func (k *Kernel) bundles(o *outgoing) []bundle {
	var all []bundle
	for _, p := range o.to {
		kernel := k
		if to, ok := p.Route.(*peer); ok {
			kernel = to.kernel
		}
		i := slices.IndexFunc(all, func(other bundle) bool { return other.kernel == kernel })
		if i < 0 {
			i = len(all)
			all = append(all, bundle{kernel, outgoing{spec: o.spec, message: o.message}})
		}
		all[i].to = append(all[i].to, p)
	}
	return all
}

// routes are the ways to peers.
func routes(peers []Peer) []Route {
	all := make([]Route, len(peers))
	for i, p := range peers {
		all[i] = p.Route
	}
	return all
}
