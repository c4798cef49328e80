package loop_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// shouter answers lines in capitals until the peer has said enough.
type shouter struct{}

func (shouter) Open(c *loop.Conn) { _, _ = c.Write([]byte("hello\n")) }

func (shouter) Data(c *loop.Conn, b []byte) (int, error) {
	used := 0
	for {
		end := bytes.IndexByte(b[used:], '\n')
		if end < 0 {
			return used, nil
		}
		line := b[used : used+end+1]
		if _, err := c.Write(bytes.ToUpper(line)); err != nil {
			return used, err
		}
		used += len(line)
	}
}

func (shouter) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (shouter) Writable(*loop.Conn)        {}
func (shouter) Timer(*loop.Conn, int)      {}
func (shouter) Message(*loop.Conn, any)    {}
func (shouter) Closed(*loop.Conn, error)   {}

func Example() {
	engine := loop.NewGoroutines(loop.Config{})
	l := looptest.Listen() // or socket.Listen
	served := make(chan error)
	go func() {
		served <- engine.Serve(l, loop.Service{New: func() loop.Session { return shouter{} }})
	}()

	nc, _ := l.Dial()
	_, _ = nc.Write([]byte("how are you?\nbye\n"))
	_ = nc.CloseWrite()
	lines := bufio.NewScanner(nc)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}

	_ = engine.Drain(context.Background())
	fmt.Println(<-served)
	// Output:
	// hello
	// HOW ARE YOU?
	// BYE
	// loop: use of closed network connection
}

// echoer answers datagrams.
type echoer struct{}

func (echoer) Open(*loop.PacketConn) {}
func (echoer) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	_ = c.WriteTo(b, from)
}
func (echoer) Timer(*loop.PacketConn, int)    {}
func (echoer) Message(*loop.PacketConn, any)  {}
func (echoer) Closed(*loop.PacketConn, error) {}

func ExampleEngine_packets() {
	engine := loop.NewGoroutines(loop.Config{}) // or loop.New(name, config)
	defer engine.Close()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := engine.AttachPackets(pc, echoer{})
	if err != nil {
		fmt.Println(err)
		return
	}

	peer, err := net.Dial("udp", c.LocalAddr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer peer.Close()
	_, _ = peer.Write([]byte("hello"))
	reply := make([]byte, 100)
	n, _ := peer.Read(reply)
	fmt.Printf("%s\n", reply[:n])
	// Output: hello
}

func ExampleWheel() {
	w := loop.NewWheel(time.Millisecond)
	done := make(chan struct{})
	retransmit := loop.Timer{Func: func() { close(done) }} // a field of the transaction, as a rule
	w.Arm(&retransmit, 5*time.Millisecond)
	<-done
	fmt.Println("sent again")
	// Output: sent again
}
