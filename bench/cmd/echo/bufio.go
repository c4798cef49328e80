//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"

	"github.com/protogen-go/protogen/runtime/frame"
)

// bufferSize is that of the reader and the writer of a connection of the bufio engine. With package bufio's own 4 KiB, sixteen
// requests of 512 octets in flight need three reads and three writes, which costs twice as much.
const bufferSize = 16 << 10

// serveBufio is the server that everybody writes first.
func serveBufio(o options) (*server, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return &server{
		address: address,
		serve: func() error {
			for {
				nc, err := l.Accept()
				if err != nil {
					return err
				}
				go func() {
					defer nc.Close()
					_ = echoBuffered(nc)
				}()
			}
		},
		close: l.Close,
	}, nil
}

// echoBuffered answers until the peer ends. It flushes when no further request has been read.
func echoBuffered(nc net.Conn) error {
	r, w := bufio.NewReaderSize(nc, bufferSize), bufio.NewWriterSize(nc, bufferSize)
	buf := make([]byte, 4, 1024)
	for {
		if _, err := io.ReadFull(r, buf[:4]); err != nil {
			return err
		}
		size := 4 + int(binary.BigEndian.Uint32(buf[:4]))
		if size > frame.DefaultMax {
			return errFrame
		}
		if size > cap(buf) {
			buf = append(make([]byte, 0, size), buf[:4]...)
		}
		buf = buf[:size]
		if _, err := io.ReadFull(r, buf[4:]); err != nil {
			return err
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		if r.Buffered() >= 4 {
			continue
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// servePackets receives and sends one datagram after the other, without allocating.
func servePackets(o options) (*server, error) {
	pc, err := listenUDP(o.listen)
	if err != nil {
		return nil, err
	}
	return &server{
		address: pc.LocalAddr().String(),
		serve: func() error {
			buf := make([]byte, 64<<10)
			for {
				n, from, err := pc.ReadFromUDPAddrPort(buf)
				if err != nil {
					return err
				}
				if _, err := pc.WriteToUDPAddrPort(buf[:n], from); err != nil {
					return err
				}
			}
		},
		close: pc.Close,
	}, nil
}

// listenUDP binds a socket of both families if the address is of both.
func listenUDP(address string) (*net.UDPConn, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	return net.ListenUDP("udp", at)
}
