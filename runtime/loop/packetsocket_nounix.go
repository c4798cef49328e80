//go:build !unix

package loop

import "net"

// newNamedSocket knows no unix datagrams where the system has none.
func newNamedSocket(net.PacketConn) packetSocket { return nil }
