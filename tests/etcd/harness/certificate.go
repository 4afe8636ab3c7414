package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Certificate is one for 127.0.0.1 that signs itself, and its key, as files.
type Certificate struct{ Cert, Key string }

// MakeCertificate writes one that is good for a day.
func MakeCertificate(dir string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "discoveryd test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, // etcd's gateway is its own client
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	c := &Certificate{filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")}
	for path, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: certificate}, c.Key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err = os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Trust is what a client needs to believe it; nil where there is no TLS.
func (c *Certificate) Trust() *tls.Config {
	if c == nil || c.Cert == "" {
		return nil
	}
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(c.Cert); err == nil {
		pool.AppendCertsFromPEM(text)
	}
	return &tls.Config{RootCAs: pool}
}

var trusted Certificate

// URL is the node as it names itself.
func URL(node string) string {
	if strings.HasPrefix(node, "https://") {
		return node
	}
	return "http://" + node
}

// Trust is that of the program's servers, for the configuration of its clients; nil where they are without TLS.
func Trust() *tls.Config { return trusted.Trust() }
