// Package session is the engine under every emitted session machine. It knows no protocol: it cuts frames out of a
// connection's bytes, has them decoded, hands each message to the machine at its turn, runs the program's handlers off
// the loop, and puts the replies on the wire in the order the requests came.
//
// The emitted machine ([Machine]) holds the facts: states, guards, moves. It calls the [Session] it was made for to send,
// start timers, run operations and move between states. One strand (see [loop.Conn]) runs all of it: every method of
// Machine and Session marked "loop only" is called by one goroutine at a time, so neither needs a lock.
//
// # Exchanges
//
// A message received opens an exchange. The exchange ends when the machine has made the moves the message causes and no
// operation works for it any more. Requests that are being answered hold their place in line: with replies in order, what
// an exchange sends waits until all exchanges before it have ended. Order and correlation are therefore kept by
// construction, whatever the machine does. As many exchanges as the window may be open; beyond it nothing is cut from
// the stream and reading pauses, so a peer that pipelines without end costs a bounded amount of memory.
//
// A message that a state defers waits in its exchange and is offered again, oldest first, whenever the state has changed.
//
// Replies to requests that arrive together leave in one write. A peer that asks and does not read is not read any more
// above [loop.Config.HighWater], and cut after [loop.Config.WriteStall]; a session then holds that much, the replies of its
// window, what is posted, and no more input than one frame and one read of the loop's.
//
// # Operations
//
// An operation is work of the program's. Its handler has a goroutine of its own, unless the operation is inline: then it runs on
// the loop, in the order of the messages, and must not block. An inline handler may answer later ([Later]): it returns at once and
// the request keeps its place in the window until the answer is given, from any goroutine. A silent operation tells the program
// something and gives nothing back; inline, it costs no allocation.
//
// # What the program says by itself
//
// A program holds a session by its [Handle], whichever end made the connection. It may call, and wait for the reply
// ([Client.Call]), or post ([Post]): that never blocks, is written down on the caller's goroutine and keeps the order of the
// posts. What is posted before the loop comes to it leaves in one write. No more than [MaxPosted] octets wait;
// [Handle.Room] waits for room.
//
// # Codecs
//
// Where messages are trees, the machine chooses the codec they are written down by ([Session.SetCodec]). It counts from the
// next message on, as a framing does.
//
// # Deadlines
//
// The time for the first message, the time between messages and the life of a session are timers of the machine
// ([Session.StartTimer]). Two deadlines are the engine's: that of a frame which has begun ([Session.SetFraming]), which
// runs only while the peer may send, and that of an operation ([Session.Run]), which ends its handler's context.
//
// # The end
//
// A session ends when its machine closes it ([Session.Close]), when the connection breaks, or when the program stops.
// Whatever it was, the machine comes to its end, [Hooks].Closed is called once, calls that wait end, and the contexts of
// handlers that still run are cancelled with the reason as their cause ([context.Cause]): the error of the network, that
// of Shutdown's context, or one for which errors.Is(err, net.ErrClosed) holds when there was no error.
//
// When the program drains a session, it takes nothing more from the stream, finishes what it has taken, deferred messages
// included, and then gives the machine the same input as at the peer's end; an idle session closes at once.
//
// A handler that panics ends its session with a [*PanicError], a machine that panics with a [*loop.PanicError]. Neither
// harms another session.
//
// # What an operator sees
//
// [Hooks] report every session, change of state and answered request, for metrics and traces. Log records have constant
// messages and these attributes; the content of messages is never among them:
//
//	session    the session's number
//	peer       the peer's address
//	operation  the name of an operation that failed
//	reply      the name of a reply that nobody waits for
//	octets     the length of a frame that the peer's end has cut off
//	err        what a handler or the engine said
//	panic      what a handler panicked with
//	stack      where
//
// Defects of the program and failures of its handlers are errors, what peers do wrong is for debugging. What handlers say
// in errors and panics is logged as it is.
//
// # Three ways to drive one
//
// [Server] runs a session per accepted connection, [Client] one on a connection it dialled, and [Push] runs one by bytes
// alone: no socket, no goroutine, no clock but the caller's.
package session
