package socket

import (
	"net"
	"os"
	"syscall"
)

func peerCredentials(fd uintptr) (Credentials, error) {
	c, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return Credentials{}, os.NewSyscallError("getsockopt", err)
	}
	return Credentials{int(c.Pid), int(c.Uid), int(c.Gid)}, nil
}

// ReadCredentials is ReadFromUnix with the sender's credentials. Without Options.Credentials there are none: the error is ENODATA. Descriptors
// that come with a datagram are dropped.
func (u *Unixgram) ReadCredentials(b []byte) (n int, c Credentials, from *net.UnixAddr, err error) {
	var oob [32]byte // for the credentials and nothing else: descriptors that somebody sends are not taken
	n, oobn, _, from, err := u.ReadMsgUnix(b, oob[:])
	if err != nil {
		return n, Credentials{}, from, err
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return n, Credentials{}, from, err
	}
	for i := range messages {
		if sent, err := syscall.ParseUnixCredentials(&messages[i]); err == nil {
			return n, Credentials{int(sent.Pid), int(sent.Uid), int(sent.Gid)}, from, nil
		}
	}
	return n, Credentials{}, from, syscall.ENODATA
}
