package loop

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// pollBatch is the number of ready connections a loop learns of at a time.
	pollBatch = 128
	// patience is how often a loop is looked after: one that is in the same event for a whole period is handed over.
	patience = 10 * time.Millisecond
)

// A poller is a loop: a goroutine that waits for sockets to become ready, and runs the strands of their connections.
//
// The goroutine may lose the loop. While it is in an event that takes long, another one is started, which goes on with the next
// connection; the first, when the event returns, finds that it has been replaced, and ends. Who owns the loop is decided by turn.
type poller struct {
	engine *epoll
	epfd   int
	file   *os.File // the same descriptor, known to Go's own poller: an idle loop waits there and holds no thread
	raw    syscall.RawConn
	look   func(fd uintptr) bool

	// turn counts events: it is odd during one. The owner of the loop makes it odd and even again; while it is odd, the watch may
	// make it even instead, and the loop is the watch's to give away.
	turn   atomic.Uint64
	parked atomic.Bool // the owner waits for events
	closed atomic.Bool
	done   chan struct{}

	// Of the owner.
	events [pollBatch]syscall.EpollEvent
	batch  [pollBatch]*polled
	next   int // the first of the batch that has not had its turn
	n      int

	watch    *time.Timer
	watching atomic.Bool
	seen     uint64 // turn, when the watch looked last

	mu    sync.Mutex // guards what follows
	names *names     // of the last connection over TCP
	table []seat
	free  []uint32
}

// A seat is a place in a poller's table. The generation tells its holders apart: an event names slot and generation, never a
// descriptor, whose number may belong to another connection already.
type seat struct {
	holder     *polled
	generation uint32
}

func newPoller(e *epoll) (*poller, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(epfd, true); err != nil { // which makes os.NewFile give it to Go's poller
		_ = syscall.Close(epfd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	l := &poller{engine: e, epfd: epfd, file: os.NewFile(uintptr(epfd), "epoll"), done: make(chan struct{})}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	l.look = func(uintptr) bool { return l.poll() }
	l.watch = time.AfterFunc(time.Hour, l.watchOver)
	l.watch.Stop()
	return l, nil
}

// run is the loop, from the given turn on.
func (l *poller) run(turn uint64) {
	for {
		for l.next < l.n {
			i := l.next
			l.next++
			p := l.batch[i]
			if p == nil {
				continue
			}
			l.batch[i] = nil
			mask := l.events[i].Events
			l.turn.Store(turn | 1)
			p.event(mask)
			if !l.turn.CompareAndSwap(turn|1, turn+2) {
				return // somebody else runs the loop
			}
			turn += 2
		}
		if !l.await() {
			l.watch.Stop()
			_ = l.file.Close()
			close(l.done)
			return
		}
	}
}

// await fills the batch. It reports false when the loop is to end.
func (l *poller) await() bool {
	if l.closed.Load() {
		return false
	}
	if l.poll() {
		return true
	}
	runtime.Gosched() // the next request is often but a moment away
	if l.poll() {
		return true
	}
	l.parked.Store(true)
	err := l.raw.Read(l.look)
	l.parked.Store(false)
	l.startWatch()
	return err == nil && !l.closed.Load()
}

// poll collects what is ready, and finds the connections.
func (l *poller) poll() bool {
	l.next, l.n = 0, pollEvents(l.epfd, l.events[:])
	if l.n == 0 {
		return false
	}
	l.mu.Lock()
	for i := range l.n {
		e := &l.events[i]
		l.batch[i] = nil
		if s := &l.table[e.Fd]; s.generation == uint32(e.Pad) {
			l.batch[i] = s.holder
		}
	}
	l.mu.Unlock()
	return true
}

// startWatch sets the watch when the loop wakes up.
func (l *poller) startWatch() {
	if l.watching.CompareAndSwap(false, true) {
		l.watch.Reset(patience)
	}
}

// watchOver looks whether the loop gets on. It is not set while the loop is idle.
func (l *poller) watchOver() {
	turn := l.turn.Load()
	stuck := turn == l.seen && turn&1 == 1
	idle := turn == l.seen && l.parked.Load()
	l.seen = turn
	if stuck && l.turn.CompareAndSwap(turn, turn+1) {
		l.engine.counters.handovers.Add(1)
		go l.run(turn + 1)
	}
	if idle {
		l.watching.Store(false)
		// The owner, having woken up, sets the watch if it finds it unset; or it has woken up before.
		if l.parked.Load() || !l.watching.CompareAndSwap(false, true) {
			return
		}
	}
	if !l.closed.Load() {
		l.watch.Reset(patience)
	}
}

// stop ends the loop, which has no connections left.
func (l *poller) stop() {
	if !l.closed.Swap(true) {
		_ = l.file.SetReadDeadline(time.Unix(1, 0))
	}
	<-l.done
}

func (l *poller) add(p *polled) (slot uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		slot = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		slot = uint32(len(l.table))
		l.table = append(l.table, seat{})
	}
	l.table[slot].holder = p
	return slot
}

func (l *poller) remove(slot uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.table[slot]
	s.holder = nil
	s.generation++
	l.free = append(l.free, slot)
}

// control is epoll_ctl: it says for which events of a socket the loop is to be told.
func (l *poller) control(op int, p *polled, mask uint32) error {
	l.mu.Lock()
	generation := l.table[p.slot].generation
	l.mu.Unlock()
	e := syscall.EpollEvent{Events: mask, Fd: int32(p.slot), Pad: int32(generation)}
	return os.NewSyscallError("epoll_ctl", epollCtl(l.epfd, op, int(p.fd), &e))
}

// epollCtl can be replaced by tests.
var epollCtl = syscall.EpollCtl
