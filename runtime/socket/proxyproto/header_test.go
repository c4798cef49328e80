package proxyproto

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"
	"testing/iotest"
)

// FuzzHeader: whatever arrives, in whatever pieces, is read alike, nothing is read past the header, and what can be written again says the
// same.
func FuzzHeader(f *testing.F) {
	source, destination := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 8), Port: 2}
	for version := 1; version <= 2; version++ {
		b, err := Preface(version, source, destination)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(b, "rest"...))
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n\x20\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := bufio.NewReaderSize(bytes.NewReader(b), bufferSize)
		h, err := readHeader(whole)
		pieces := bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(b)), bufferSize)
		same, errSame := readHeader(pieces)
		if (err == nil) != (errSame == nil) {
			t.Fatalf("at once %v, in pieces %v", err, errSame)
		}
		if err != nil {
			return
		}
		if !h.EqualsTo(same) {
			t.Errorf("at once %+v, in pieces %+v", h, same)
		}
		rest, _ := io.ReadAll(whole)
		restSame, _ := io.ReadAll(pieces)
		if !bytes.Equal(rest, restSame) || !bytes.HasSuffix(b, rest) {
			t.Errorf("%q and %q remain of %q", rest, restSame, b)
		}
	})
}
