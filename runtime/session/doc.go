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
// # Three ways to drive one
//
// [Server] runs a session per accepted connection, [Client] one on a connection it dialled, and [Push] runs one by bytes
// alone: no socket, no goroutine, no clock.
package session
