package kernel

import (
	"slices"
	"sync"

	"github.com/protogen-go/protogen/servers/internal/strand"
)

// NoticeKind is what a monitor is told of.
type NoticeKind string

// The kinds of notices, by the names that POE::Component::IKC gives the events.
const (
	// NoticeRegister: a kernel has connected, and this is a name of it.
	NoticeRegister NoticeKind = "register"
	// NoticeUnregister: a kernel has gone, and this was a name of it.
	NoticeUnregister NoticeKind = "unregister"
	// NoticeSubscribe: this kernel has subscribed to a session of that kernel.
	NoticeSubscribe NoticeKind = "subscribe"
	// NoticeUnsubscribe: the subscription has ended.
	NoticeUnsubscribe NoticeKind = "unsubscribe"
	// NoticeChannel: the connection with the kernel is ready, or closed.
	NoticeChannel NoticeKind = "channel"
	// NoticeError: something went wrong that nobody waits for.
	NoticeError NoticeKind = "error"
	// NoticeShutdown: this kernel stops.
	NoticeShutdown NoticeKind = "shutdown"
)

// What a [NoticeChannel] says.
const (
	ChannelReady = "ready"
	ChannelClose = "close"
)

// Notice is one thing that a monitor is told.
type Notice struct {
	Kind NoticeKind
	// Monitored is the name that the monitor was set for.
	Monitored string
	// Kernel is the kernel that the notice is about, by one of its names; [Any] when it is about none in particular.
	// Everything is told once for the kernel's id, and then for each of its aliases.
	Kernel string
	// ID says that Kernel is the id.
	ID bool
	// PID is the process of a kernel that registers; 0 when it did not say.
	PID int
	// Specifier is what was subscribed to.
	Specifier Specifier
	// State is [ChannelReady] or [ChannelClose].
	State string
	// Channel is the number of the connection, for [Kernel.Disconnect].
	Channel uint64
	// Op is what failed: remote- and local-check, -resolve and -invocation, channel-read, resolve, subscribe.
	Op string
	// Text says why.
	Text string
}

// maxNotices is how many notices may wait for one monitor.
const maxNotices = 4096

// monitors are the monitors of a kernel.
type monitors struct {
	mu  sync.RWMutex
	all []*monitor
}

// monitor is one of them. Its notices come one at a time, in order.
type monitor struct {
	name   string
	see    func(Notice)
	strand strand.Strand
}

// told is a notice on its way to a monitor.
type told struct {
	monitor *monitor
	notice  Notice
}

func (t told) Run() { t.monitor.see(t.notice) }

// Monitor has see called with what becomes of the kernel with the name, or with all kernels when the name is [Any]. A
// specifier stands for its kernel. Calls come one at a time and in order, on no goroutine in particular; see may block, and
// then its notices wait, 4096 of them at most: those beyond are lost. Call the returned function to end it.
func (k *Kernel) Monitor(name string, see func(Notice)) (stop func()) {
	if s, err := ParseSpecifier(name); err == nil && s.Kernel != "" {
		name = s.Kernel
	}
	m := &monitor{name: name, see: see, strand: strand.Strand{Limit: maxNotices}}
	k.monitors.mu.Lock()
	defer k.monitors.mu.Unlock()
	k.monitors.all = append(k.monitors.all, m)
	return func() {
		k.monitors.mu.Lock()
		defer k.monitors.mu.Unlock()
		k.monitors.all = slices.DeleteFunc(slices.Clone(k.monitors.all), func(other *monitor) bool { return other == m })
	}
}

// tell passes a notice on to the monitors of its kernel, and reports whether there was one.
func (s *monitors) tell(n Notice) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := false
	for _, m := range s.all {
		if m.name == Any || m.name == n.Kernel {
			n.Monitored = m.name
			m.strand.Post(told{m, n})
			found = true
		}
	}
	return found
}

// tellAll tells the notice for each name of a kernel, the first of which is its id.
func (s *monitors) tellAll(names []string, n Notice) bool {
	found := false
	for i, name := range names {
		n.Kernel, n.ID = name, i == 0
		if s.tell(n) {
			found = true
		}
	}
	return found
}
