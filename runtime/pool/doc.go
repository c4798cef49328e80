// Package pool keeps the sockets of one local address and one transport: a master, which listens, and the connections to and
// from many peers that belong to it. Whoever sends names a message and a destination, and the pool finds the socket:
//
//  1. the connection the caller names, if it is still there;
//  2. for a response, the connection its request came in on;
//  3. a connection to the destination that is there already;
//  4. a new connection. While one is being made, what goes to the same destination waits for it.
//
// Over UDP all messages leave by the master. The pool cuts input into messages by a [Framer], which is all it knows of the
// protocol. [Text] is the one for protocols of header lines and a body, [Frames] the one for framings of package frame.
//
// The pool closes connections that have been idle: the fuller it is, the sooner. Of n sockets, the master among them, one is closed
// when it has been idle for longer than
//
//	MinExpire + (MaxExpire - MinExpire) / (n - 1)
//
// # Promises
//
//   - The function given to [Pool.Send] is called exactly once for every message.
//   - An answer never goes to another peer than the one the connection was made with: a [Flow] is never used twice.
//   - What the pool remembers is bounded, for each connection and in total. Over UDP it remembers nothing.
//   - No peer's input, and no failure of a peer, ends anything but its own connection.
//
// A pool carries one transport on one local address. A program that speaks several has one pool for each, which may share a loop.
package pool
