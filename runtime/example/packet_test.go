package example_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// A postman sends every datagram back to where it came from.
type postman struct{}

func (postman) Open(*loop.PacketConn) {}

func (postman) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	_ = c.WriteTo(b, from) // a copy, which leaves together with others
}

func (postman) Timer(*loop.PacketConn, int)    {}
func (postman) Message(*loop.PacketConn, any)  {}
func (postman) Closed(*loop.PacketConn, error) {}

func Example_datagrams() {
	engine := loop.NewGoroutines(loop.Config{})
	defer engine.Close()
	pc, err := socket.ListenPacket(context.Background(), "udp", "127.0.0.1:0", socket.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := engine.AttachPackets(pc, postman{})
	if err != nil {
		fmt.Println(err)
		return
	}

	client, err := net.Dial("udp", c.LocalAddr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Fprint(client, "hello")
	answer := make([]byte, 100)
	n, _ := client.Read(answer)
	fmt.Println(string(answer[:n]))
	// Output: hello
}
