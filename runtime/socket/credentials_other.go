//go:build !linux

package socket

import (
	"errors"
	"net"
)

func peerCredentials(uintptr) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }

// ReadCredentials is for Linux: its error is errors.ErrUnsupported, as that of Options.Credentials is.
func (u *Unixgram) ReadCredentials([]byte) (int, Credentials, *net.UnixAddr, error) {
	return 0, Credentials{}, nil, errors.ErrUnsupported
}
