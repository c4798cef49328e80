//go:build linux

package main

import (
	"net"

	"golang.org/x/net/ipv6"
)

// batchSize is how many datagrams the batch engine receives and sends at once at most.
const batchSize = 64

// serveBatch is ReadBatch and WriteBatch of golang.org/x/net, whose messages are the same for IPv4 and IPv6.
func serveBatch(o options) (*server, error) {
	pc, err := listenUDP(o.listen)
	if err != nil {
		return nil, err
	}
	return &server{
		address: pc.LocalAddr().String(),
		serve:   func() error { return echoBatches(pc) },
		close:   pc.Close,
	}, nil
}

func echoBatches(pc *net.UDPConn) error {
	c := ipv6.NewPacketConn(pc)
	in, out := make([]ipv6.Message, batchSize), make([]ipv6.Message, batchSize)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, 2048)}
		out[i].Buffers = make([][]byte, 1)
	}
	for {
		n, err := c.ReadBatch(in, 0)
		if err != nil {
			return err
		}
		for i := range n {
			out[i].Buffers[0] = in[i].Buffers[0][:in[i].N]
			out[i].Addr = in[i].Addr
		}
		for sent := 0; sent < n; {
			k, err := c.WriteBatch(out[sent:n], 0)
			if err != nil {
				return err
			}
			sent += k
		}
	}
}
