// Package loop runs protocol sessions over connections.
//
// A [Session] is a state machine that is told what happens (octets arrived, a timer fired, a message was posted, the
// connection ended) and answers through its [Conn]. All events of one session are serialized: they run on its strand, a
// queue with one runner at a time, so a session needs no lock for its own state. Events of different sessions run in
// parallel.
//
// An [Engine] brings connections and sessions together. [Goroutines] is the engine of every system: one goroutine per
// connection, which holds no buffer while it waits. [Feed] drives a single session by octets alone, without a socket.
//
// The rules every engine keeps:
//
//   - Closed is the last event of a session, and it comes exactly once.
//   - A session's panic ends that session's connection and nothing else.
//   - Write never blocks. A peer that does not read is throttled at the high-water mark, and cut when it takes nothing
//     for [Config.WriteStall].
//   - Every limit has a name and a default in [Config].
package loop
