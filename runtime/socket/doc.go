// Package socket makes sockets: listeners and connections of tcp, tls and unix, and datagram sockets of udp and unixgram. [Listen],
// [ListenPacket] and [Dial] take the name of a network, an address, and [Options] whose zero value is good; options that contradict
// each other, the network or the address are refused. Every failure is an [*Error], which says what was being done to which address, and whether
// trying again may help. Every wait ends with its context, name resolution included.
//
// # Networks and addresses
//
//	tcp tls udp            both families: a wildcard (":700", "[::]:700") listens on both; a name is tried as RFC 8305 says
//	tcp4 tls4 udp4         IPv4 only
//	tcp6 tls6 udp6         IPv6 only
//	unix unixgram          the path of a file, or "@name" for a name without a file, which Linux has
//
// "0.0.0.0" is the IPv4 wildcard alone. Hosts may be names, ports may be names of services, and port 0 lets the system choose: Addr tells.
//
// # Beyond one process
//
// [Inherited] takes the sockets that systemd or a predecessor opened, and [Handover] passes sockets on to a successor without losing a
// connection. Addresses behind a proxy are the business of package proxyproto.
package socket
