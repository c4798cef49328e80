package socket

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
)

// A ClientCert says what a TLS server asks of its clients.
type ClientCert string

// The modes of client certificates.
const (
	ClientCertNone     ClientCert = "none"     // not asked for
	ClientCertOptional ClientCert = "optional" // verified if there is one
	ClientCertRequired ClientCert = "required" // no connection without a verified one
)

// A TLSConfig describes a server's TLS by the names of files, as command lines and configuration files do.
type TLSConfig struct {
	CertFile, KeyFile string     // PEM; the chain begins with the server's own certificate
	ClientCert        ClientCert // empty means none
	ClientCAFile      string     // PEM; required unless ClientCert is none
	NextProtos        []string   // ALPN
}

// Server reads the files and returns a config of TLS 1.2 or newer, and the function that reads the certificate and key
// anew: connections that come after it has succeeded get the new ones, and after a failure the old ones stay.
func (c TLSConfig) Server() (*tls.Config, func() error, error) {
	pair := &certificate{certFile: c.CertFile, keyFile: c.KeyFile}
	if err := pair.reload(); err != nil {
		return nil, nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: c.NextProtos, GetCertificate: pair.get}
	switch c.ClientCert {
	case "", ClientCertNone:
		return config, pair.reload, nil
	case ClientCertOptional:
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case ClientCertRequired:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	default:
		return nil, nil, fmt.Errorf("socket: client certificates %q: want none, optional or required", c.ClientCert)
	}
	if c.ClientCAFile == "" {
		return nil, nil, errors.New("socket: client certificates need the authorities that sign them")
	}
	pool, err := LoadCertPool(c.ClientCAFile)
	if err != nil {
		return nil, nil, err
	}
	config.ClientCAs = pool
	return config, pair.reload, nil
}

// LoadCertPool reads the certificates of a PEM file.
func LoadCertPool(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("socket: %s: no certificate", file)
	}
	return pool, nil
}

// ClientTLS returns a copy of config for a client of address: the server's name is taken from the address if there is none, and the
// oldest version is TLS 1.2. A nil config is the zero one.
func ClientTLS(config *tls.Config, address string) *tls.Config {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		config.ServerName = host
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}

// A certificate is read from files, again when told to.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

func (c *certificate) reload() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("socket: certificate: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}
