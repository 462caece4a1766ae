package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
)

func TestTokenRequestCannotBeSentTwice(t *testing.T) {
	var sent *http.Request
	base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		sent = r
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("x"))}, nil
	})
	req := newRequest(t, http.MethodPost, "https://login.test/token", strings.NewReader("client_secret=s"))
	resp, err := hardened(&http.Client{Transport: base}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if sent.GetBody != nil || !sent.Close {
		t.Errorf("GetBody is there: %t; Close is %t", sent.GetBody != nil, sent.Close)
	}
	if req.GetBody == nil || req.Close {
		t.Error("the caller's request was changed")
	}
	if resp.Request.Close {
		t.Error("the answer has the request that was sent")
	}
	if err := sent.Context().Err(); err != nil {
		t.Errorf("the context ended before the body was closed: %v", err)
	}
	if err := resp.Body.Close(); err != nil || sent.Context().Err() == nil {
		t.Errorf("after Close: %v, context %v", err, sent.Context().Err())
	}
}

func TestTokenRequestEndsAtItsThirdConnection(t *testing.T) {
	connect := func(addresses ...string) (asked int, err error) {
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(r.Context())
			for _, address := range addresses {
				asked++
				trace.GetConn(address)
				if err := r.Context().Err(); err != nil {
					return nil, err
				}
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		resp, err := hardened(&http.Client{Transport: base}).Do(newRequest(t, http.MethodPost, "https://login.test/token", nil))
		if err == nil {
			resp.Body.Close()
		}
		return asked, err
	}
	const token, other = "login.test:443", "other.test:443"
	if asked, err := connect(token, token, token, token); asked != 3 || !errors.Is(err, errNotTaken) {
		t.Errorf("%d connections were asked for, %v", asked, err)
	}
	// What a RoundTripper needs for itself does not count.
	if _, err := connect(other, token, other, token); err != nil {
		t.Error(err)
	}
	_, err := connect(token, token, token)
	failure := NewTransportError("test", "client_credentials grant", err)
	if !failure.Is(ErrUnavailable) || errors.Is(failure, context.Canceled) || !passing(failure) {
		t.Errorf("got %v", failure)
	}
}
