// Package proxyproto tells the address of the client where a proxy (HAProxy, a cloud's load balancer) stands in between, by the header
// that such a proxy sends before everything else: the PROXY protocol, versions 1 and 2
// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt).
//
// [NewListener] stands between a listener and TLS: the header comes in clear, before the handshake. [Preface] makes a header to send,
// for socket.Options.Preface.
package proxyproto
