//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package socket

import (
	"errors"
	"os"
	"syscall"
)

// inheritable says that descriptors pass from process to process by number.
const inheritable = false

func (o *Options) setReuse(uintptr) error {
	if o.ReusePort || o.ReuseAddr != Auto {
		return errors.ErrUnsupported
	}
	return nil
}

func listenAgain(uintptr, int) error { return errors.ErrUnsupported }

func duplicate(syscall.RawConn, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// adopt is not called: nothing is inherited.
func adopt(int, string) *os.File { return nil }

func lockDir(string) (unlock func(), ok bool) { return nil, true }
