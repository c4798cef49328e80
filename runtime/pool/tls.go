package pool

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/runtime/socket"
)

// tlsSides are the two configs made of the caller's, once for all connections.
type tlsSides struct{ client, server *tls.Config }

// newTLSSides reads the TLS settings. The caller's config is not changed.
func newTLSSides(c *Config) (sides tlsSides, err error) {
	if c.Proto != TLS {
		return sides, nil
	}
	if c.TLS == nil {
		return sides, errors.New("pool: no TLS config")
	}
	if c.Listener != nil && len(c.TLS.Certificates) == 0 && c.TLS.GetCertificate == nil && c.TLS.GetConfigForClient == nil {
		return sides, errors.New("pool: a TLS listener needs a certificate")
	}
	sides.server = c.TLS.Clone()
	sides.server.MinVersion = max(sides.server.MinVersion, tls.VersionTLS12)
	if sides.server.ClientCAs == nil {
		sides.server.ClientCAs = sides.server.RootCAs
	}
	if sides.server.ClientAuth, err = clientAuth(c.VerifyClient, c.TLS.ClientAuth); err != nil {
		return sides, err
	}
	sides.client = c.TLS.Clone()
	if len(sides.client.Certificates) == 0 && sides.client.GetClientCertificate == nil {
		sides.client.GetClientCertificate = clientCertificate(c.TLS.GetCertificate)
	}
	if c.ExactNames {
		sides.client.VerifyConnection = exactName(c.TLS.VerifyConnection)
	}
	return sides, nil
}

// clientAuth translates a mode; given is what the caller's config says.
func clientAuth(mode socket.ClientCert, given tls.ClientAuthType) (tls.ClientAuthType, error) {
	var want tls.ClientAuthType
	switch mode {
	case "":
		return given, nil
	case socket.ClientCertNone:
		want = tls.NoClientCert
	case socket.ClientCertOptional:
		want = tls.VerifyClientCertIfGiven
	case socket.ClientCertRequired:
		want = tls.RequireAndVerifyClientCert
	default:
		return 0, fmt.Errorf("pool: invalid VerifyClient %q: want none, optional or required", mode)
	}
	if given != tls.NoClientCert && given != want {
		return 0, fmt.Errorf("pool: VerifyClient %s contradicts ClientAuth %v", mode, given)
	}
	return want, nil
}

// clientCertificate makes the certificate of a server serve the client too.
func clientCertificate(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if get == nil {
		return nil
	}
	return func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		cert, err := get(&tls.ClientHelloInfo{SignatureSchemes: info.SignatureSchemes, SupportedVersions: []uint16{info.Version}})
		if cert == nil || err != nil || info.SupportsCertificate(cert) != nil {
			return new(tls.Certificate), nil // none: whether that will do is the server's decision
		}
		return cert, nil
	}
}

// exactName checks, after crypto/tls has verified the chain, that the certificate holds the very name: "Implementations MUST NOT match
// any form of wildcard" (RFC 5922 section 7.2).
func exactName(next func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if state.ServerName != "" && !holdsName(state) { // it is empty for an address, which no wildcard matches
			return fmt.Errorf("pool: certificate does not hold the name %q itself", state.ServerName)
		}
		if next != nil {
			return next(state)
		}
		return nil
	}
}

func holdsName(state tls.ConnectionState) bool {
	if len(state.PeerCertificates) == 0 {
		return false
	}
	for _, name := range state.PeerCertificates[0].DNSNames {
		if strings.EqualFold(name, state.ServerName) {
			return true
		}
	}
	return false
}

// clientTLS is the config of a connection to a destination; nil without TLS.
func (p *Pool) clientTLS(to Destination) *tls.Config {
	if p.proto != TLS {
		return nil
	}
	return socket.ClientTLS(p.tls.client, to.serverName())
}
