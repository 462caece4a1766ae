package faults_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/faults"
)

// TestFaultBeforeTheConnection tests failures before there is a connection.
func TestFaultBeforeTheConnection(t *testing.T) {
	dialError := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}}
	}
	through := func(proxy string) *http.Client {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{Proxy: http.ProxyURL(u)}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	password := url.QueryEscape(faults.PlainSecret)
	refusing := serve(t, faults.Plan{Script: faults.ProxyThatRefuses()})
	for _, c := range []struct {
		name   string
		url    string
		client *http.Client
		is     error
		hint   string
	}{
		{"a host that does not exist", "https://auth.example.test", dialError(&net.DNSError{Err: "no such host", Name: "auth.example.test", IsNotFound: true}), nil, "DNS"},
		{"a name server that is silent", "https://auth.example.test", dialError(&net.DNSError{Err: "i/o timeout", Name: "auth.example.test", IsTimeout: true}), nil, "DNS"},
		{"a port that nobody listens on", closedPort(t), nil, syscall.ECONNREFUSED, "refused"},
		{"a network that is down", "https://auth.example.test", dialError(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}), syscall.ENETUNREACH, "reach"},
		{"a proxy that refuses", "https://auth.example.test", through("http://user:" + password + "@" + strings.TrimPrefix(refusing.URL(), "http://")), nil, "proxy"},
		{"a proxy that is not there", "https://auth.example.test", through("http://user:" + password + "@" + strings.TrimPrefix(closedPort(t), "http://")), syscall.ECONNREFUSED, "proxy"},
		{"a proxy without a name", "https://auth.example.test", &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
			return url.Parse("http://user:" + password + "@[::1")
		}}}, nil, "proxy"},
	} {
		for _, cl := range clients {
			if cl.warm {
				continue
			}
			t.Run(c.name+"/"+cl.name, func(t *testing.T) {
				var opts []auth.Option
				if c.client != nil {
					opts = append(opts, auth.WithHTTPClient(c.client))
				}
				source, err := cl.open(c.url, auth.NewSecret(faults.PlainSecret), opts...)
				if err != nil {
					t.Fatal(err)
				}
				_, err = source.TokenContext(context.Background())
				judge(t, err, faults.Want{Kinds: []error{auth.ErrUnavailable}, Temporary: true})
				act(t, err)
				noLeak(t, faults.Sinks(err))
				if c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("the cause is lost: %v", err)
				}
				if err == nil || !strings.Contains(err.Error(), c.hint) {
					t.Errorf("nothing about %s: %v", c.hint, err)
				}
			})
		}
	}
}

// closedPort returns the URL of a port that was free a moment ago.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}
