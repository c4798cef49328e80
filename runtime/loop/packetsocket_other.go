//go:build !(linux && (amd64 || arm64))

package loop

import "net"

func newPacketSocket(pc net.PacketConn) packetSocket { return newPlainPacketSocket(pc) }
