// Package transaction is the engine under emitted machines of transactions: the many short exchanges that share a transport, each found again by
// a key in its messages. It knows no protocol.
//
// The emitted machine ([Machine]) holds the facts: states, guards, moves. It acts through the [Transaction] it was made for: it sends, keeps what may
// have to be sent again, starts timers, hands messages to the program and ends.
//
// # Memory
//
// A transaction at rest is a record without pointers and the octets it keeps, in slabs that the collector does not look into: its key, and
// the message that a retransmission is answered with. There are no goroutines, no timers of Go's and no message structs per transaction, so that a
// server may retain hundreds of thousands for the half minute that a standard asks for. [Config.MaxTransactions] and [Config.MaxKept]
// bound it: a message that would begin one more transaction goes to [Program.Full] instead, and those that are there are not disturbed.
//
// # Order
//
// Transactions are spread over shards by their keys. The inputs of one shard are handled one at a time, each to completion, on the goroutine that brings
// them or on the one that is at work there already; so neither machines nor the program's functions need locks among themselves. What the program
// asks for while it is being called is done when the call is over.
//
// # Retransmission
//
// Whether a link is reliable is a fact of the link ([Link.Reliable]) and known to guards and timers. The engine repeats nothing by itself: a
// machine's timers do, as its standard says.
package transaction
