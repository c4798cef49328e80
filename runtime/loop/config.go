package loop

import (
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

// Defaults of Config.
const (
	DefaultHighWater        = 256 << 10
	DefaultLowWater         = 64 << 10
	DefaultCeiling          = 16 << 20 // one reply of the largest kind on top of the high-water mark
	DefaultOutputBudget     = 512 << 20
	DefaultInputLimit       = 32 << 20 // frames have their own, smaller limits; this one is for sessions that forget
	DefaultInputBudget      = 512 << 20
	DefaultMaxPosts         = 4096
	DefaultMaxConns         = 65536
	DefaultWriteStall       = 10 * time.Second       // as NATS's write_deadline
	DefaultLinger           = 2 * time.Second        // nginx waits 5 s at most
	DefaultHandshakeTimeout = 10 * time.Second       // a handshake is two round trips and a millisecond of work
	DefaultAcceptPause      = 100 * time.Millisecond // after EMFILE and its like; a closing connection ends it early
	DefaultLogEvery         = 5 * time.Second
	DefaultHalfOpen         = 5 * time.Minute // a peer that has said all it has to say waits for one answer
	DefaultDrainRate        = 1000
	DefaultMaxRefusals      = 128
	DefaultHandshakeQueue   = 256 // a tenth of a second of work for a processor
)

// Config holds an engine's limits. The zero value means the defaults; it is copied when the engine is made.
type Config struct {
	// Logger gets what an operator should know; nil means slog.Default(). A handler that blocks holds up nobody: the engine puts a Journal in front
	// of it, unless it is one.
	Logger *slog.Logger

	// HighWater is the number of queued output octets of a connection above which its input is no longer read.
	HighWater int
	// LowWater is the number of queued output octets at which reading goes on and Writable is called.
	LowWater int
	// Ceiling is the number of queued output octets that ends a connection with ErrOverflow.
	Ceiling int
	// OutputBudget is the number of queued output octets of all connections together above which the engine accepts none, and stops reading
	// those whose own output is above LowWater: many peers that do not read must not add up to more than there is. Zero means DefaultOutputBudget,
	// and no more than a quarter of GOMEMLIMIT.
	OutputBudget int
	// InputLimit is the number of input octets a session may leave unconsumed; more ends the connection with ErrInput.
	InputLimit int
	// InputBudget is the number of octets that the unconsumed input of all connections together may hold. Above it a connection that wants to keep
	// more ends with ErrInputBudget, unless what it keeps is less than an even part of the budget: many peers that never finish a frame
	// must not add up to more than there is, nor keep out those that do. Zero means DefaultInputBudget, and no more than a quarter of GOMEMLIMIT.
	InputBudget int
	// MaxPosts is the number of posted messages that may wait for a session; then Post returns ErrBusy.
	MaxPosts int
	// MaxConns is the number of connections of the engine at which it stops accepting until one of them ends.
	// Attach is not limited.
	MaxConns int
	// MaxConnsPerPeer is the number of accepted connections from one address at which more of them are refused with ErrPeerConns; zero is no
	// limit. The IPv6 addresses of one network of 64 bits are one peer. Peers without an IP address are not limited, nor is Attach.
	MaxConnsPerPeer int
	// MemoryMark is the number of octets of memory above which accepted connections are refused with ErrMemory. What counts is what the last
	// collection has found in use, and stacks. Zero means seven eighths of the limit of GOMEMLIMIT, if there is one; less than zero means no mark.
	MemoryMark int64
	// MaxRefusals is how many refused connections may be told so (see Service.Busy) at a time; the others are closed at once.
	MaxRefusals int

	// WriteStall is how long a connection with queued output may take no octet of it before it is cut with ErrStalled. On a connection that
	// is no socket of the system it is measured in whole periods, and the cut comes within twice the time.
	WriteStall time.Duration
	// Linger is how long, after the last output, the peer's octets are read and thrown away: closing a socket with unread input
	// resets the connection, and the reset can destroy the last reply in the peer's receive queue.
	Linger time.Duration
	// HandshakeTimeout bounds a TLS handshake, and the time a refused connection has after it.
	HandshakeTimeout time.Duration
	// HandshakeWorkers is how many TLS handshakes may compute at the same time; those that wait for the peer do not
	// count. Zero means GOMAXPROCS.
	HandshakeWorkers int
	// HandshakeQueue is how many TLS handshakes may wait for their turn to compute before the engine stops accepting; those that wait for the peer do
	// not count.
	HandshakeQueue int

	// HalfOpen is how long a connection may live on after End when the session does not close it: then it ends with ErrHalfOpen.
	HalfOpen time.Duration
	// DrainRate is how many sessions a second are told to leave when the engine is drained, so that their peers do not
	// come back all at once. They are told faster when the context of Drain leaves less than twice the time.
	DrainRate int
	// Pollers is the number of loops of the epoll engine. Zero means GOMAXPROCS.
	Pollers int

	// AcceptPause is how long Serve rests after a shortage (of descriptors, buffers, memory) unless a connection ends before.
	AcceptPause time.Duration
	// LogEvery is the least time between two log records of the same trouble of a listener.
	LogEvery time.Duration
}

// withDefaults returns c with every zero field set.
func (c Config) withDefaults() Config {
	def(&c.HighWater, DefaultHighWater)
	def(&c.LowWater, min(DefaultLowWater, c.HighWater/4))
	def(&c.Ceiling, max(DefaultCeiling, c.HighWater))
	def(&c.OutputBudget, quarter(DefaultOutputBudget))
	def(&c.InputLimit, DefaultInputLimit)
	def(&c.InputBudget, quarter(DefaultInputBudget))
	def(&c.MaxPosts, DefaultMaxPosts)
	def(&c.MaxConns, DefaultMaxConns)
	def(&c.WriteStall, DefaultWriteStall)
	def(&c.Linger, DefaultLinger)
	def(&c.HandshakeTimeout, DefaultHandshakeTimeout)
	def(&c.HandshakeWorkers, runtime.GOMAXPROCS(0))
	def(&c.HalfOpen, DefaultHalfOpen)
	def(&c.DrainRate, DefaultDrainRate)
	def(&c.MaxRefusals, DefaultMaxRefusals)
	def(&c.HandshakeQueue, DefaultHandshakeQueue)
	def(&c.Pollers, runtime.GOMAXPROCS(0))
	def(&c.AcceptPause, DefaultAcceptPause)
	def(&c.LogEvery, DefaultLogEvery)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if _, ok := c.Logger.Handler().(*Journal); !ok {
		c.Logger = slog.New(NewJournal(c.Logger.Handler(), 0))
	}
	return c
}

// quarter is a budget that is no more than a quarter of the limit of memory.
func quarter(budget int) int { return int(min(int64(budget), memoryLimit()/4)) }

// memoryLimit is GOMEMLIMIT; without one it is very large.
func memoryLimit() int64 { return debug.SetMemoryLimit(-1) }

func def[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
