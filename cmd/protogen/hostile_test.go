package main

import (
	"encoding/binary"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf16"
)

const eppSpace = "urn:ietf:params:xml:ns:epp-1.0"

// hello is the shortest message there is.
const hello = `<epp xmlns="` + eppSpace + `"><hello/></epp>`

// TestBadInput does to a server what no client should, one connection for each case, while somebody else's session goes on.
func TestBadInput(t *testing.T) {
	t.Parallel()
	p := serveEPPProcess(t, "--plain")
	bystander := p.greeted(t)
	bystander.login()
	for _, c := range []struct {
		name string
		do   func(c *client)
	}{
		{"length 0", lost("\x00\x00\x00\x00")},
		{"length 3", lost("\x00\x00\x00\x03")},
		{"length 4, which leaves nothing", lost("\x00\x00\x00\x04")},
		{"length 4 GiB", lost("\xff\xff\xff\xff")},
		{"10 MB", lost(string(binary.BigEndian.AppendUint32(nil, 10<<20)))},
		{"10 MB, sent", func(c *client) {
			go io.WriteString(c.Conn, dataUnit(strings.Repeat(" ", 10<<20))) //nolint:errcheck // the server closes on us
			c.expect(`<result code="2500">`)
		}},
		{"HTTP", lost("GET / HTTP/1.1\r\nHost: registry.example\r\n\r\n")},
		{"a header and a body in pieces", func(c *client) {
			whole := dataUnit(hello)
			for _, cut := range []string{whole[:1], whole[1:3], whole[3:5], whole[5:30], whole[30:]} {
				c.send(cut)
				bystander.hello() // the server has had time to do something else
			}
			c.expect("<greeting>")
		}},
		{"two frames and a half at once", func(c *client) {
			c.send(dataUnit(hello) + dataUnit(hello) + dataUnit(hello)[:20])
			c.expect("<greeting>")
			c.expect("<greeting>")
			c.send(dataUnit(hello)[20:])
			c.expect("<greeting>")
		}},
		{"a body that ends early", func(c *client) {
			c.send(dataUnit(hello)[:20])
			c.Close()
		}},
		{"nothing at all", func(c *client) { c.Close() }},

		{"no XML", invalid("nonsense", "2001")},
		{"an element that does not end", invalid(`<epp xmlns="`+eppSpace+`"><command>`, "2001")},
		{"an undeclared entity", invalid(`<epp xmlns="`+eppSpace+`">&hello;</epp>`, "2001")},
		{"octets that are no UTF-8", invalid("<epp xmlns=\""+eppSpace+"\"><hello>\xff</hello></epp>", "2001")},
		{"NUL", invalid(hello+"\x00", "2001")},
		{"a DOCTYPE", invalid(`<!DOCTYPE epp SYSTEM "file:///etc/passwd">`+hello, "2001")},
		{"a DOCTYPE with entities", invalid(`<!DOCTYPE epp [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><epp xmlns="`+eppSpace+`"><hello>&b;</hello></epp>`, "2001")},
		{"5000 elements deep", invalid(strings.Repeat("<epp>", 5000)+strings.Repeat("</epp>", 5000), "2001")},
		{"5000 attributes", invalid(`<epp xmlns="`+eppSpace+`"`+attributes(5000)+"/>", "2001")},
		{"another root", invalid(`<command xmlns="`+eppSpace+`"/>`, "2001")},
		{"no namespace", invalid(`<epp><hello/></epp>`, "2001")},
		{"a greeting from the client", func(c *client) {
			c.send(dataUnit(`<epp xmlns="` + eppSpace + `"><greeting/></epp>`))
			c.expect(`<result code="2001">`)
			c.hello()
		}},
		{"an unknown command", func(c *client) {
			c.send(dataUnit(eppCommand(`<dance/>`, "DANCE-1")))
			c.expect(`<result code="2000">`, "<clTRID>DANCE-1</clTRID>")
			c.hello()
		}},
		{"a value that the schema refuses", func(c *client) {
			c.send(dataUnit(eppCommand(`<login><clID>ab</clID><pw>foo-BAR2</pw><options><version>1.0</version><lang>en</lang></options>`+
				`<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login>`, "SHORT-1")))
			c.expect(`<result code="2001">`, ">ab</clID></value>", "<clTRID>SHORT-1</clTRID>")
			c.hello()
		}},
		{"an element out of order", func(c *client) {
			c.send(dataUnit(eppCommand(`<check><d:check xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:id>quarry.test</d:id></d:check></check>`, "ORDER-1")))
			c.expect(`<result code="2001">`, "<value>", "quarry.test</d:id>", "<clTRID>ORDER-1</clTRID>")
			c.hello()
		}},
		{"a clTRID that is itself invalid is not echoed", func(c *client) {
			c.send(dataUnit(eppCommand(`<logout/>`, "no")))
			c.expect(`<result code="2001">`)
			c.hello()
		}},
		{"a command before login", func(c *client) {
			c.send(dataUnit(eppCommand(`<poll op="req"/>`, "EARLY-1")))
			c.expect(`<result code="2002">`, "<clTRID>EARLY-1</clTRID>")
			c.hello()
		}},

		{"UTF-16 with a byte order mark", valid(utf16BE("\ufeff" + hello))},
		{"UTF-16, declared", valid(utf16BE("\ufeff" + `<?xml version="1.0" encoding="UTF-16"?>` + hello))},
		{"UTF-8 with a byte order mark", valid("\ufeff" + hello)},
		{"ISO-8859-1", valid(`<?xml version="1.0" encoding="ISO-8859-1"?><!-- Stra` + "\xdf" + `e -->` + hello)},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.do(p.greeted(t))
			bystander.t = t
			bystander.hello()
		})
	}
}

// lost sends octets that leave the stream out of step: the server says so and closes.
func lost(octets string) func(*client) {
	return func(c *client) {
		c.t.Helper()
		c.send(octets)
		c.expect(`<result code="2500">`)
		c.expectEnd()
	}
}

// invalid sends a frame that is refused with a code; the session goes on.
func invalid(payload, code string) func(*client) {
	return func(c *client) {
		c.t.Helper()
		c.send(dataUnit(payload))
		c.expect(`<result code="` + code + `">`)
		c.hello()
	}
}

// valid sends a hello in some form, which is answered.
func valid(payload string) func(*client) {
	return func(c *client) {
		c.t.Helper()
		c.send(dataUnit(payload))
		c.expect("<greeting>")
		c.hello()
	}
}

func eppCommand(content, clTRID string) string {
	return `<epp xmlns="` + eppSpace + `"><command>` + content + `<clTRID>` + clTRID + `</clTRID></command></epp>`
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a")
		b.WriteString(strings.Repeat("x", i%7))
		b.WriteString(string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)))
		b.WriteString(`=""`)
	}
	return b.String()
}

func utf16BE(s string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// TestDeafClient has a client that sends for ever and never reads. The server stops reading from it instead of keeping what
// it cannot deliver, and serves others meanwhile.
func TestDeafClient(t *testing.T) {
	t.Parallel()
	const (
		tooMuch = 256 << 20 // octets that no buffers of the system can hold
		stalled = 50        // answers to others without any progress of the deaf one
	)
	p := serveEPPProcess(t, "--plain")
	deaf, bystander := p.greeted(t), p.greeted(t)
	bystander.login()
	var sent atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		batch := strings.Repeat(dataUnit(hello), 100)
		for sent.Load() < tooMuch {
			n, err := io.WriteString(deaf.Conn, batch)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	for still, last := 0, int64(0); still < stalled; still++ {
		bystander.hello()
		if now := sent.Load(); now != last {
			still, last = 0, now
		}
	}
	deaf.Close()
	<-ended
	if n := sent.Load(); n >= tooMuch {
		t.Errorf("the server has taken %d octets from a client that does not read", n)
	}
	bystander.hello()
}
