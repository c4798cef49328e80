package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/tree"
)

// subscribeWithin is how long other kernels have to say whether one may subscribe.
const subscribeWithin = 60 * time.Second

// Proxy stands for a session of another kernel that we have subscribed to.
type Proxy struct {
	kernel *Kernel
	to     Specifier // the kernel by its id
	asked  Specifier
}

// RefusedError is a subscription that was refused.
type RefusedError struct {
	Specifier Specifier
	Text      string // what the other kernel said
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("kernel: subscribe to %s: %s", e.Specifier, e.Text)
}

// proxies are the subscriptions of a kernel.
type proxies struct {
	mu  sync.Mutex
	all []*Proxy
}

// Subscribe asks for sessions of other kernels, such as poe://Server/timeserver, or that they have a certain state:
// poe://Server/timeserver/connect. [Any] asks every other kernel. The result are those that may be used; those that may not
// are in the error, each as a [*RefusedError]. A kernel that has said nothing within 60 seconds has refused.
func (k *Kernel) Subscribe(ctx context.Context, specs ...string) ([]*Proxy, error) {
	k.start()
	ctx, cancel := context.WithTimeout(ctx, subscribeWithin)
	defer cancel()
	results := make([][]*Proxy, len(specs))
	errs := make([]error, len(specs))
	var all sync.WaitGroup
	for i, spec := range specs {
		all.Go(func() { results[i], errs[i] = k.subscribe(ctx, spec) })
	}
	all.Wait()
	return slices.Concat(results...), errors.Join(errs...)
}

// subscribe asks for one session.
func (k *Kernel) subscribe(ctx context.Context, spec string) ([]*Proxy, error) {
	s, err := ParseSpecifier(spec)
	if err != nil {
		return nil, err
	}
	question := Specifier{Kernel: s.Kernel, Session: sessionIKC, State: stateDoYouHave}
	o, err := k.address(ctx, question, address(question), tree.ListOf(address(s), tree.String(k.id)))
	if err != nil {
		return nil, err
	}
	if s.Kernel == Any { // not ourselves
		o.to = slices.DeleteFunc(o.to, func(p Peer) bool { return p.Route == Route(k.local) })
	}
	o.message.From = tree.MapOf(tree.Pair("kernel", tree.String(k.id)), tree.Pair("session", tree.String(sessionIKC)))
	if len(o.to) == 0 {
		return nil, &UnknownKernelError{s.Kernel}
	}
	return k.collect(ctx, s, o)
}

// collect makes proxies of those that agree.
func (k *Kernel) collect(ctx context.Context, s Specifier, o *outgoing) ([]*Proxy, error) {
	var agreed []*Proxy
	var refused []error
	answered := 0
	err := k.call(ctx, o, func(a Answer) bool {
		switch {
		case a.Err != nil:
			refused = append(refused, k.refused(s, a.Err.Error()))
		case a.Value.List() == nil:
			text, _ := a.Value.Str()
			refused = append(refused, k.refused(s, text))
		default:
			agreed = append(agreed, k.addProxy(s, a.Kernel))
		}
		answered++
		return answered == len(o.to)
	})
	if err != nil {
		refused = append(refused, k.refused(s, err.Error()))
	}
	return agreed, errors.Join(refused...)
}

// refused tells monitors that a subscription was refused.
func (k *Kernel) refused(s Specifier, text string) error {
	k.monitors.tell(Notice{Kind: NoticeError, Kernel: Any, Op: "subscribe", Text: text})
	return &RefusedError{s, text}
}

// addProxy notes a subscription to a kernel, by its id.
func (k *Kernel) addProxy(s Specifier, id string) *Proxy {
	p := &Proxy{kernel: k, to: Specifier{Kernel: id, Session: s.Session}, asked: s}
	k.proxies.mu.Lock()
	k.proxies.all = append(k.proxies.all, p)
	k.proxies.mu.Unlock()
	k.tellProxy(NoticeSubscribe, p)
	return p
}

// tellProxy tells monitors of a subscription under every name of its kernel.
func (k *Kernel) tellProxy(kind NoticeKind, p *Proxy) {
	n := Notice{Kind: kind, Specifier: p.asked}
	names := []string{p.to.Kernel}
	for other := range k.connected() {
		if other.id() == p.to.Kernel {
			names = other.names
		}
	}
	k.monitors.tellAll(names, n)
}

// dropProxies ends the subscriptions to a peer that has gone.
func (k *Kernel) dropProxies(gone *peer) {
	if !gone.registered {
		return
	}
	for _, p := range k.takeProxies(func(p *Proxy) bool { return p.to.Kernel == gone.id() }) {
		k.monitors.tellAll(gone.names, Notice{Kind: NoticeUnsubscribe, Specifier: p.asked})
	}
}

// takeProxies removes the subscriptions that match.
func (k *Kernel) takeProxies(match func(*Proxy) bool) []*Proxy {
	k.proxies.mu.Lock()
	defer k.proxies.mu.Unlock()
	var taken []*Proxy
	k.proxies.all = slices.DeleteFunc(k.proxies.all, func(p *Proxy) bool {
		if !match(p) {
			return false
		}
		taken = append(taken, p)
		return true
	})
	return taken
}

// Proxy finds a subscription by what was subscribed to, poe://kernel/session, or by the session alone; nil when there is none.
func (k *Kernel) Proxy(name string) *Proxy {
	k.proxies.mu.Lock()
	defer k.proxies.mu.Unlock()
	for _, p := range k.proxies.all {
		if (Specifier{Kernel: p.asked.Kernel, Session: p.asked.Session}).String() == name || p.to.String() == name || p.asked.Session == name {
			return p
		}
	}
	return nil
}

// Unsubscribe ends the subscription. The other kernel is not told.
func (p *Proxy) Unsubscribe() {
	if len(p.kernel.takeProxies(func(other *Proxy) bool { return other == p })) > 0 {
		p.kernel.tellProxy(NoticeUnsubscribe, p)
	}
}

// Specifier is what was subscribed to.
func (p *Proxy) Specifier() Specifier { return p.asked }

// Kernel is the id of the kernel that agreed.
func (p *Proxy) Kernel() string { return p.to.Kernel }

// Post posts an event with any number of arguments to the session.
func (p *Proxy) Post(ctx context.Context, state string, args ...any) error {
	o, err := p.prepare(ctx, state, args)
	if err != nil {
		return err
	}
	_, err = p.kernel.post(ctx, o)
	return err
}

// Call posts an event and waits for what its state returns, as [Kernel.Call] does.
func (p *Proxy) Call(ctx context.Context, state string, args ...any) (tree.Value, error) {
	o, err := p.prepare(ctx, state, args)
	if err != nil {
		return tree.Value{}, err
	}
	return p.kernel.callOne(ctx, o)
}

func (p *Proxy) prepare(ctx context.Context, state string, args []any) (*outgoing, error) {
	values, err := valuesOf(args)
	if err != nil {
		return nil, err
	}
	event := Specifier{Kernel: p.to.Kernel, Session: p.to.Session, State: stateProxy}
	o, err := p.kernel.address(ctx, event, address(event), tree.ListOf(tree.String(state), tree.ListOf(values...)))
	if err != nil {
		return nil, err
	}
	o.spec.State = state // as reports name it
	return o, nil
}
