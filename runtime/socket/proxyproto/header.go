package proxyproto

import (
	"bufio"
	"bytes"
	"fmt"
	"net"

	proxyproto "github.com/pires/go-proxyproto"

	"github.com/protogen-go/protogen/runtime/socket"
)

// maxLine is how long a header of version 1 may be, with its end (section 2.1). Of version 2 the library takes 4 KiB (MaxV2HeaderSize).
const maxLine = 107

// bufferSize is what is read at once while the header is awaited.
const bufferSize = 256

// Preface returns a header of version 1 or 2 for a connection that is made on behalf of source, which had connected to destination. Both
// are of the same kind: *net.TCPAddr, or for version 2 *net.UDPAddr or *net.UnixAddr too. With two nils it is about no other connection:
// a health check of the proxy itself. The error is a *socket.Error.
func Preface(version int, source, destination net.Addr) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, &socket.Error{Op: socket.OpConfig, Addr: fmt.Sprint("PROXY header from ", source, " to ", destination), Err: err}
	}
	if version != 1 && version != 2 {
		return fail(fmt.Errorf("version %d: want 1 or 2", version))
	}
	h := proxyproto.HeaderProxyFromAddrs(byte(version), source, destination)
	_, tcp := source.(*net.TCPAddr)
	if source != nil && (h.Command.IsLocal() || version == 1 && !tcp) || source == nil && destination != nil {
		return fail(fmt.Errorf("%T and %T cannot be told together", source, destination))
	}
	b, err := h.Format()
	if err != nil {
		return fail(err)
	}
	return b, nil
}

// readHeader reads a header of either version. What has arrived behind it stays in r.
func readHeader(r *bufio.Reader) (*proxyproto.Header, error) {
	if err := gatherLine(r); err != nil {
		return nil, err
	}
	return proxyproto.Read(r)
}

// gatherLine waits until a header of version 1 is there to its end. The library gives up on one that comes in pieces; section 2 recommends
// tolerance.
func gatherLine(r *bufio.Reader) error {
	for n := 1; n <= maxLine; n = r.Buffered() + 1 {
		if _, err := r.Peek(n); err != nil {
			return err
		}
		b, err := r.Peek(r.Buffered())
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(b, proxyproto.SIGV1[:min(len(b), len(proxyproto.SIGV1))]) || bytes.IndexByte(b, '\n') >= 0 {
			return nil
		}
	}
	return nil
}
