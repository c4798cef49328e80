// Package looptest has connections and listeners in memory, for tests of sessions and engines. They know deadlines and half
// close, and lose octets where TCP loses them; they work inside testing/synctest bubbles.
package looptest
