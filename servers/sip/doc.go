// Package sip is a SIP stack above the emitted messages and transactions of generated/sip: transports on runtime/pool, a [Server] with a
// [Handler] by method, a [Client] with cancellation and digest authentication, and dialogs for those who want them.
//
// # Layers
//
// A leg is one transport at one local address: a [pool.Pool], or WebSockets. Messages come from it, get the received and rport of RFC 3581,
// and go to the emitted transaction machines; what those send goes back to the leg, on the connection that the request came in on while it is
// there. Above them stand the rules of a user agent's core: which requests are refused without asking anybody (RFC 3261 section 8.2), what
// a CANCEL does, how long a 2xx to an INVITE is repeated.
//
// # Serving
//
// [Listen] makes a [Server] of a [Config]. A handler runs on a goroutine of its own with a request of its own, unless [Config.Inline] is set.
//
// # What is bounded
//
// Connections, what waits for them and what they hold by [pool.Limits]; transactions and the octets kept for them by
// [Config.MaxTransactions] and [Config.MaxKept], beyond which requests get 503; handlers at work by [Config.MaxHandlers].
package sip
