//go:build linux

package main

import (
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	ours "github.com/protogen-go/protogen/servers/sip"
)

// serveSipgo is a user agent server of sipgo, on one socket; over UDP with the receive buffer.
func serveSipgo(listen string, buffer int) error {
	network, address, _ := strings.Cut(listen, "://")
	silent := slog.New(slog.DiscardHandler)
	sip.SetDefaultLogger(silent)
	ua, err := sipgo.NewUA()
	if err != nil {
		return err
	}
	defer ua.Close()
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(silent))
	if err != nil {
		return err
	}
	contact := sip.NewHeader("Contact", fmt.Sprintf("<sip:%s;transport=%s>", address, network))
	answerInSipgo(server, contact)
	if network == "udp" {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		if err := conn.(*net.UDPConn).SetReadBuffer(buffer); err != nil {
			return err
		}
		return server.ServeUDP(conn)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return server.ServeTCP(l)
}

// answerInSipgo does what sip.Answerer does.
func answerInSipgo(server *sipgo.Server, contact sip.Header) {
	ok := func(req *sip.Request, tx sip.ServerTransaction) {
		_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil))
	}
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusRinging, "Ringing", nil))
		res := sip.NewResponseFromRequest(req, sip.StatusOK, "OK", []byte(ours.DefaultSession))
		res.AppendHeader(contact)
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		_ = tx.Respond(res)
	})
	server.OnAck(func(*sip.Request, sip.ServerTransaction) {})
	server.OnBye(ok)
	server.OnOptions(ok)
	server.OnRegister(ok)
	server.OnMessage(ok)
}
