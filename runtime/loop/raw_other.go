//go:build !unix

package loop

import (
	"errors"
	"net"
	"syscall"
)

// rawConn finds no descriptor that could be read without waiting: all connections go the way of those that are no sockets.
func rawConn(net.Conn) syscall.RawConn { return nil }

func readFD(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

func writeFD(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

func socketError(uintptr) int { return 0 }

func wouldBlock(error) bool { return false }
