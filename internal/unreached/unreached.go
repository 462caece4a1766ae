// Package unreached explains why a request got no answer.
package unreached

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/resend"
)

// Shown returns err for people. It leaves out the bytes of the server that err quotes. Of the URL
// in a *url.Error, which http.Client returns, it keeps only scheme and host.
func Shown(err error) error {
	outer, ok := errors.AsType[*url.Error](err)
	if ok {
		err = outer.Err
	}
	// A server that speaks no HTTP may have sent a token first, which the error quotes. The quotes
	// in a certificate's error are names.
	if !is[*tls.CertificateVerificationError](err) {
		err = errortext.Retell(err, func(text string) string {
			text = strings.ReplaceAll(text, getBody, "")
			return quoted.ReplaceAllString(text, "${1}${2}"+redact.Redacted+"${2}")
		})
	}
	if ok && err != nil {
		if u, failure := url.Parse(outer.URL); failure == nil && u.Host != "" {
			err = fmt.Errorf("%s://%s: %w", u.Scheme, u.Host, err)
		}
	}
	return err
}

// getBody is the advice of net/http to the code that made the request.
const getBody = " after Request.Body was written; define Request.GetBody to avoid this error"

// quoted finds the part of an answer that is not HTTP which an error of net/http quotes.
var quoted = regexp.MustCompile(`(malformed [A-Za-z ]*[A-Za-z]:?\s+).+|(")(?:[^"\\]|\\.){9,}"`)

// Hint returns what to do about a request that got no answer. field is the field of a Config that
// has the server's URL, such as "AuthURL".
func Hint(err error, field string) string {
	text := innermost(err).Error()
	op, _ := errors.AsType[*net.OpError](err)
	invalid, _ := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case op != nil && op.Op == "proxyconnect":
		return "the proxy cannot be reached: check this machine's proxy settings"
	case op != nil && op.Op == "socks connect", isStatusText(text):
		// net/http returns only this text for an HTTP proxy that refuses to connect.
		return "a proxy in between refused to connect to that host: check this machine's proxy settings, and what the proxy allows"
	case is[*net.DNSError](err):
		return "check the host name in " + field + " and this machine's DNS"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server there speaks plain http, but " + field + " says https: check its scheme and port, and what stands in between"
	case strings.Contains(text, `malformed HTTP response "\x15\x03`): // a TLS alert
		return "the server there speaks https, but " + field + " says http: check its scheme and port"
	case strings.Contains(text, "malformed HTTP "):
		return "the server there does not speak HTTP: check the host and port of " + field
	case is[tls.RecordHeaderError](err):
		return "the server there does not speak TLS: check the host and port of " + field + ", and what stands in between"
	case is[x509.UnknownAuthorityError](err), is[x509.SystemRootsError](err):
		return "this machine does not trust the certificate's issuer: install CA certificates, which bare containers lack, or those of a proxy that inspects TLS"
	case is[x509.HostnameError](err):
		return "the certificate is for another host: check " + field + ", and what stands in between"
	case invalid.Cert != nil && invalid.Reason == x509.Expired:
		return "the certificate is outside its validity: check this machine's clock; if it is right, only the vendor can renew it"
	case op != nil && op.Op == "remote error": // a TLS alert from the server
		return "the server broke off the TLS handshake: check the TLS versions and the client certificate of the http.Client in use"
	case strings.HasPrefix(text, "tls: "), strings.HasPrefix(text, "x509: "):
		return "the TLS handshake failed: check " + field + ", the TLS settings of the http.Client in use, and what stands in between"
	case IsTimeout(err):
		return "check that this machine may reach the vendor, and its proxy settings"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused: check the host and port of " + field + ", and whether a firewall stands in between"
	case invalidHTTP.MatchString(text):
		return "the answer is not valid HTTP: check what stands between this machine and the vendor; if nothing does, ask the vendor"
	case resend.Broken(err):
		return "the connection broke, which is usually transient; if it persists, check what stands in between"
	}
	return "check that this machine may reach the vendor, its proxy settings and its CA certificates"
}

// Unsent reports whether err arose while the connection was made, so that no byte of the request was
// sent.
func Unsent(err error) bool {
	op, _ := errors.AsType[*net.OpError](err)
	return op != nil && (op.Op == "dial" || op.Op == "proxyconnect") ||
		errors.Is(err, http.ErrSchemeMismatch) || is[*tls.CertificateVerificationError](err)
}

// invalidHTTP matches what net/http says of an answer that breaks the rules.
var invalidHTTP = regexp.MustCompile(`^(net/http: server|gzip:|connection error:) |^http2: frame|HTTP does not have|chunk|^(bad|unsupported) `)

// IsTimeout reports whether err, or any error that it wraps, is a timeout.
func IsTimeout(err error) bool {
	t, ok := errors.AsType[timeout](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

type timeout interface {
	error
	Timeout() bool
}

// is reports whether err is or wraps an E.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
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
	for status := 300; status < 600; status++ {
		if text := http.StatusText(status); text != "" && text == s {
			return true
		}
	}
	return s == "unknown status code" // the answer has no text
}
