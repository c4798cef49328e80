// Package faults has no code. Its tests do to the runtime what peers, networks and systems do: each is named for a row of docs/faults.md and runs on
// every engine.
//
// Those that take long, or have to be large to mean something, need the build tag faults (mage faults). With the tag soak there is TestSoak, which
// runs for an hour (mage soak).
package faults
