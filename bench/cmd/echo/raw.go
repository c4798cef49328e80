//go:build linux

package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// raw reads or writes without telling the scheduler, which is right for a descriptor that does not block. It returns the number of
// octets, and -1 for every error.
func raw(call uintptr, fd int, b []byte) int {
	n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return -1
	}
	return int(n)
}
