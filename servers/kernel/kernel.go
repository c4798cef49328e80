// Package kernel is a POE kernel that speaks to others through the Inter-Kernel Communication of POE::Component::IKC: sessions
// with states, to which Go functions and Perl programs post events alike.
//
//	k := &kernel.Kernel{Name: "Server"}
//	err := k.Publish(ctx, "test", kernel.States{
//		"add": kernel.Func(func(ctx context.Context, a, b int) (int, error) { return a + b, nil }),
//	})
//	err = k.Serve(listener)
//
// and elsewhere
//
//	k := &kernel.Kernel{Name: "Client"}
//	peer, err := k.Connect(ctx, "tcp", "server.example:603")
//	sum, err := k.Call(ctx, "poe://Server/test/add", []int{2, 40})
//
// A kernel serves and connects as often as one likes; both ends of a connection are alike once it stands. [Lite] is a client
// that only calls.
//
// The parts: the wire (negotiation, frames, serializer) is generated/ikc; specifier.go says what messages are for, receive.go
// what becomes of one that came, send.go and calls.go how one goes and is answered, session.go and event.go how the program's
// handlers are run, peer.go who is connected, registry.go who is known under which name, monitor.go who is told of it.
package kernel

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

const (
	// defaultCallTimeout is how long a call waits: that of POE::Component::IKC::ClientLite.
	defaultCallTimeout = 30 * time.Second
	// defaultCloseWithin is how long Close waits: nothing that runs on a loop may take a moment.
	defaultCloseWithin = 5 * time.Second
	// defaultMaxQueue is how many events wait for one session before its senders are not read.
	defaultMaxQueue = 256
	// localShare is how much more may wait that comes from this kernel itself, which cannot be paused.
	localShare = 64
)

// Kernel is a kernel. The zero value is one without a name. Set the fields before the first call and leave them alone
// afterwards; the methods may be called from any goroutine.
type Kernel struct {
	// Name is what other kernels call this one, beside its id. [-:.\w]+.
	Name string
	// Aliases are further names.
	Aliases []string
	// Config holds the protocol's settings. Names and PID in it are the kernel's to set.
	Config ikc.Config
	// Engine names the event loop of [Kernel.Serve]: loop.EngineGoroutine, which "" means too, or loop.EngineEpoll.
	Engine string
	// Limits bound connections and their buffers; at MaxConns no further connection is accepted until one ends.
	Limits loop.Config
	// Hooks report what sessions do, their negotiation included.
	Hooks session.Hooks
	// Registry knows the kernels that are connected: a [Memory] of its own. One may be shared by several kernels.
	Registry Registry
	// CallTimeout is how long a call waits whose context has no deadline: 30 seconds.
	CallTimeout time.Duration
	// CloseWithin is how long Close waits for handlers that run on the loops of connections: 5 seconds.
	CloseWithin time.Duration
	// MaxQueue is how many events may wait for one session: 256. Above it those who send more are not read until half of them
	// has been handled. Each may be as large as Config.FrameMax.
	MaxQueue int
	// OnConnect is told of every kernel that connects, before its first message is taken. It may block; the connection waits. Neither
	// it nor OnDisconnect may close the kernel.
	OnConnect func(p Peer)
	// OnDisconnect is told of every kernel that has gone; the cause is nil when it closed the connection itself.
	OnDisconnect func(p Peer, cause error)
	// Logger gets what an operator should know, never the content of messages: slog.Default().
	Logger *slog.Logger

	once       sync.Once
	journal    *slog.Logger
	id         string
	names      []string // id, name, aliases
	local      *peer
	ikc        localSession // the session that every kernel has
	server     ikc.Server
	closing    atomic.Bool // no events are taken any more
	memory     Memory
	ctx        context.Context
	cancel     context.CancelCauseFunc
	far        strand.Strand // messages for kernels of other processes
	background tally         // joins and leaves of peers

	numbers     atomic.Uint64 // of channels
	sessions    atomic.Pointer[map[string]*localSession]
	defaultName atomic.Pointer[string]
	monitors    monitors
	calls       calls
	proxies     proxies
	events      tally // that have been taken and not handled

	mu      sync.Mutex
	peers   map[*peer]struct{}
	clients map[*peer]*ikc.Client // those that this kernel has connected to
}

// sequence tells the kernels of a process apart.
var sequence atomic.Uint32

// start makes the kernel what it is, at its first use.
func (k *Kernel) start() {
	k.once.Do(func() {
		k.id = newID()
		k.journal = journaled(k.Logger)
		k.names = append([]string{k.id}, k.Aliases...)
		if k.Name != "" {
			k.names = append([]string{k.id, k.Name}, k.Aliases...)
		}
		k.peers, k.clients = map[*peer]struct{}{}, map[*peer]*ikc.Client{}
		k.local = &peer{kernel: k, names: k.names, pid: os.Getpid()}
		k.local.link = loopback{k.local}
		k.ikc.offers.Store(true)
		k.far.Limit = k.maxQueue() * localShare
		k.ctx, k.cancel = context.WithCancelCause(context.Background())
		k.server.Handler, k.server.Config, k.server.Logger = handler{kernel: k}, k.config(), k.journal
		k.server.Hooks, k.server.Engine, k.server.Limits = k.Hooks, k.Engine, k.Limits
	})
}

// newID is a kernel id as POE::Component::IKC makes them: host, time, process and sequence.
func newID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	host = strings.Map(func(r rune) rune {
		if r < 0x80 && (isWord.has(byte(r)) || r == '.' || r == '-') {
			return r
		}
		return '_'
	}, host)
	return fmt.Sprintf("%s-%08x-%08x-%08x", host, uint32(time.Now().Unix()), os.Getpid(), sequence.Add(1))
}

// ID is the kernel's id, which no other kernel has.
func (k *Kernel) ID() string {
	k.start()
	return k.id
}

// own reports whether a name is one of this kernel.
func (k *Kernel) own(name string) bool { return k.local.called(name) }

func (k *Kernel) registry() Registry {
	if k.Registry != nil {
		return k.Registry
	}
	return &k.memory
}

// logger is the log. A log that hangs must not hold up loops: records queue up behind the one that is being written.
func (k *Kernel) logger() *slog.Logger { return k.journal }

// journaled is a logger behind a [loop.Journal].
func journaled(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		logger = slog.Default()
	}
	if _, ok := logger.Handler().(*loop.Journal); ok {
		return logger
	}
	return slog.New(loop.NewJournal(logger.Handler(), 0))
}

func (k *Kernel) callTimeout() time.Duration {
	if k.CallTimeout > 0 {
		return k.CallTimeout
	}
	return defaultCallTimeout
}

func (k *Kernel) closeWithin() time.Duration {
	if k.CloseWithin > 0 {
		return k.CloseWithin
	}
	return defaultCloseWithin
}

func (k *Kernel) maxQueue() int {
	if k.MaxQueue > 0 {
		return k.MaxQueue
	}
	return defaultMaxQueue
}

// Peers are the kernels connected to this one, wherever the connection came from.
func (k *Kernel) Peers() []Peer {
	k.start()
	var all []Peer
	for p := range k.connected() {
		all = append(all, Peer{Names: p.names, PID: p.pid, Route: p})
	}
	return all
}

// connected are the peers with a connection.
func (k *Kernel) connected() iter.Seq[*peer] {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Keys(maps.Clone(k.peers))
}

// Disconnect closes the connection with the number that [Notice].Channel told, when what was sent has left. It reports whether
// there was one.
func (k *Kernel) Disconnect(channel uint64) bool {
	k.start()
	for p := range k.connected() {
		if p.number == channel {
			return p.shutdown() == nil
		}
	}
	return false
}
