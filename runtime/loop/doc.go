// Package loop runs protocol sessions over connections.
//
// A [Session] is a state machine that is told what happens (octets arrived, a timer fired, a message was posted, the
// connection ended) and answers through its [Conn]. All events of one session are serialized: they run on its strand, a
// queue with one runner at a time, so a session needs no lock for its own state. Events of different sessions run in
// parallel.
//
// An [Engine] brings connections and sessions together. [Goroutines] is the engine of every system: one goroutine per
// connection, which holds no buffer while it waits. [NewEpoll] makes the one for masses of idle connections, on Linux: a few loops, and some
// hundred octets per connection. Both keep the same rules, and a program can leave the choice to a flag ([New]). [Feed] drives a
// single session by octets alone, without a socket.
//
// Datagrams are the matter of a [PacketSession] and its [PacketConn], with the same rules. A [Wheel] holds timers in
// masses, for protocols whose transactions outnumber their connections.
//
// The rules every engine keeps:
//
//   - Closed is the last event of a session, and it comes exactly once.
//   - A session's panic ends that session's connection and nothing else, and an event that blocks holds up its own connection only.
//   - Write never blocks. A peer that does not read is throttled at the high-water mark, and cut when it takes nothing
//     for [Config.WriteStall].
//   - Every limit has a name and a default in [Config].
package loop
