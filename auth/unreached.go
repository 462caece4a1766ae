package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"github.com/finsdk/finsdk-go/internal/redact"
)

// NewTransportError describes a request without a complete answer: refused and reset connections,
// TLS and DNS failures, timeouts. The error is [ErrUnavailable] and wraps err. If err is a
// *url.Error, as http.Client returns it, the text shows only scheme and host of the URL. If a
// RoundTripper refused the request with an [*Error] of kind [ErrInvalidConfig] or
// [ErrHostNotAllowed], the result keeps that kind.
func NewTransportError(vendor, op string, err error) *Error {
	var refusal *Error
	if errors.As(err, &refusal) && refusal.StatusCode == 0 && (refusal.Kind == ErrInvalidConfig || refusal.Kind == ErrHostNotAllowed) {
		return &Error{Vendor: vendor, Op: op, Kind: refusal.Kind, Err: refusal.Err, Hint: refusal.Hint}
	}
	e := &Error{Vendor: vendor, Op: op, Kind: ErrUnavailable, Err: err, Hint: unreachedHint(err)}
	var outer *url.Error
	if errors.As(err, &outer) {
		e.Err = outer.Err
	}
	// A server that speaks no HTTP may have sent a token first, which the error quotes. The quotes
	// in a certificate's error are names.
	var certificate *tls.CertificateVerificationError
	if e.Err != nil && !errors.As(err, &certificate) {
		e.Err = redact.Error(e.Err, func(text string) string {
			return quoted.ReplaceAllString(text, "${1}${2}"+redacted+"${2}")
		})
	}
	if outer != nil && e.Err != nil {
		if u, err := url.Parse(outer.URL); err == nil && u.Host != "" {
			e.Err = fmt.Errorf("%s://%s: %w", u.Scheme, u.Host, e.Err)
		}
	}
	return e
}

// quoted finds what the errors of net/http quote of an answer that is not HTTP.
var quoted = regexp.MustCompile(`(malformed [A-Za-z ]*[A-Za-z]:?\s+).+|(")(?:[^"\\]|\\.){9,}"`)

// unreachedHint returns what to do about a request without an answer.
func unreachedHint(err error) string {
	var (
		op        *net.OpError
		dns       *net.DNSError
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		roots     x509.SystemRootsError
	)
	text := innermost(err).Error()
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return "the proxy cannot be reached: check this machine's proxy settings"
	case isStatusText(text):
		// For a proxy that refuses to connect, net/http returns no more than this.
		return "a proxy in between refused to connect to that host: check this machine's proxy settings, and what the proxy allows"
	case errors.As(err, &dns):
		return "check the host name in AuthURL and this machine's DNS"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server there speaks plain http, but AuthURL says https: check its scheme and port, and what stands in between"
	case strings.Contains(text, `malformed HTTP response "\x15\x03`): // a TLS alert
		return "the server there speaks https, but AuthURL says http: check its scheme and port"
	case strings.Contains(text, "malformed HTTP "):
		return "the server there does not speak HTTP: check the host and port of AuthURL"
	case errors.As(err, &record):
		return "the server there does not speak TLS: check the host and port of AuthURL, and what stands in between"
	case errors.As(err, &authority), errors.As(err, &roots):
		return "this machine does not trust the certificate's issuer: install CA certificates, which bare containers lack, or those of a proxy that inspects TLS"
	case errors.As(err, &hostname):
		return "the certificate is for another host: check AuthURL, and what stands in between"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is outside its validity: check this machine's clock; if it is right, only the vendor can renew it"
	case op != nil && op.Op == "remote error": // a TLS alert from the server
		return "the server broke off the TLS handshake: check the TLS versions and the client certificate of the http.Client in use"
	case strings.HasPrefix(text, "tls: "), strings.HasPrefix(text, "x509: "):
		return "the TLS handshake failed: check AuthURL, the TLS settings of the http.Client in use, and what stands in between"
	case timedOut(err):
		return "check that this machine may reach the vendor, and its proxy settings"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection broke, which is usually transient; if it persists, check what stands in between"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused: check the host and port of AuthURL, and whether a firewall stands in between"
	}
	return "check that this machine may reach the vendor, its proxy settings and its CA certificates"
}

// innermost returns the last error of the chain.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func isStatusText(s string) bool {
	for status := 400; status < 600; status++ {
		if text := http.StatusText(status); text != "" && text == s {
			return true
		}
	}
	return false
}
