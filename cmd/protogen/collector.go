package main

import (
	"os"
	"runtime"
)

// garbageRoom is how much garbage a server may heap up, at least, before it is collected: Go's own 4 MB have a busy server collect
// a hundred times a second.
const garbageRoom = 32 << 20

// ballast is memory that nobody touches, so that the system never provides it. It counts as alive, and as much garbage as there is
// alive may heap up. A larger share of garbage would give the same room to a small server, and let a large one outgrow the machine
// before the share is made smaller.
var ballast []byte

// relaxCollector gives garbage room, unless whoever started the program has said how it is to be collected.
func relaxCollector() {
	if os.Getenv("GOGC") == "" {
		ballast = make([]byte, garbageRoom)
		runtime.KeepAlive(ballast)
	}
}
