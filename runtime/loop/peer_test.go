package loop

import (
	"net"
	"testing"
)

// What counts as one peer.
func TestPeerNetwork(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
		{"2001:db8:1:2:ffff::", "2001:db8:1:2::"},
		{"2001:db8:1:3::1", "2001:db8:1:3::"},
		{"fe80::1", "fe80::1"},
	} {
		if got := peerNetwork(&net.TCPAddr{IP: net.ParseIP(test.address), Port: 700}); got.String() != test.want {
			t.Errorf("%s belongs to %s, want %s", test.address, got, test.want)
		}
	}
	for _, a := range []net.Addr{nil, &net.UnixAddr{Name: "@"}, (*net.TCPAddr)(nil)} {
		if got := peerNetwork(a); got.IsValid() {
			t.Errorf("%v belongs to %s", a, got)
		}
	}
}

// The ends of records are found however the stream is cut.
func TestRecordEnds(t *testing.T) {
	var stream []byte
	for _, size := range []int{0, 1, 255, 256, 16640} {
		stream = append(stream, 23, 3, 3, byte(size>>8), byte(size))
		stream = append(stream, make([]byte, size)...)
	}
	for _, cut := range []int{1, 2, 3, 5, 7, 256, 4096, len(stream)} {
		var e recordEnds
		complete := int32(0)
		for rest := stream[:len(stream)-1]; len(rest) > 0; {
			n := min(cut, len(rest))
			complete += e.pass(rest[:n])
			rest = rest[n:]
		}
		if complete != 4 {
			t.Errorf("%d octets at a time: %d records, want 4 and a part", cut, complete)
		}
		if e.pass(stream[len(stream)-1:]) != 1 {
			t.Errorf("%d octets at a time: the last octet ends no record", cut)
		}
	}
}
