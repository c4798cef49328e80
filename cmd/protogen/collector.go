package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbageRoom is how much garbage a server may heap up before it is collected, as long as what it keeps is less: Go's own 4 MB
// have a busy server collect a hundred times a second.
const garbageRoom = 32 << 20

// relaxCollector gives garbage room, unless whoever started the program has said how it is to be collected.
func relaxCollector() {
	if os.Getenv("GOGC") == "" {
		adjustCollector()
	}
}

// adjustCollector sets the share of garbage by what is alive now, and again after every collection.
func adjustCollector() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	kept := int64(4 << 20)
	if live[0].Value.Kind() == metrics.KindUint64 {
		kept = max(kept, int64(live[0].Value.Uint64()))
	}
	debug.SetGCPercent(int(max(100, 100*garbageRoom/kept)))
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) { adjustCollector() })
}
