package finsdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
)

func TestAPIError_kinds(t *testing.T) {
	kinds := []error{finsdk.ErrBadRequest, finsdk.ErrUnauthorized, finsdk.ErrForbidden, finsdk.ErrNotFound, finsdk.ErrConflict,
		finsdk.ErrUnprocessable, finsdk.ErrTooManyRequests, finsdk.ErrServer, finsdk.ErrMalformedResponse}
	for status, want := range map[int]error{
		0: nil, 400: finsdk.ErrBadRequest, 401: finsdk.ErrUnauthorized, 403: finsdk.ErrForbidden, 404: finsdk.ErrNotFound, 409: finsdk.ErrConflict,
		418: nil, 422: finsdk.ErrUnprocessable, 429: finsdk.ErrTooManyRequests, 500: finsdk.ErrServer, 503: finsdk.ErrServer,
		200: finsdk.ErrMalformedResponse, 302: finsdk.ErrMalformedResponse,
	} {
		err := fmt.Errorf("register: %w", &finsdk.APIError{StatusCode: status, Err: io.EOF})
		for _, kind := range kinds {
			if errors.Is(err, kind) != (kind == want) {
				t.Errorf("%d: errors.Is %v is %t", status, kind, kind != want)
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%d: the cause is lost", status)
		}
	}
}

func TestAPIError_text(t *testing.T) {
	err := &finsdk.APIError{
		Vendor: "onefinops", Operation: "CancelEInvoice", StatusCode: 502, Code: "upstream.failure", Message: "The portal\nrefused",
		RequestID: "req_1", Fields: []finsdk.FieldError{{Field: "irn", Message: "is short"}}, Upstream: &finsdk.Upstream{Provider: "nic-irp", Code: "4002", Message: "has a bill"},
		RetryAfter: 90 * time.Second, Hint: "cancel the bill first", IdempotencyKey: "k", Err: errors.New("onefinops: a\x1b[31m cause"),
	}
	const want = `onefinops: CancelEInvoice: the API answered 502 Bad Gateway (upstream.failure): "The portal\nrefused"; irn: "is short"; nic-irp (4002): "has a bill": ` +
		`a [31m cause; request req_1; retry after 1m30s; cancel the bill first`
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "err", err)
	encoded, _ := json.Marshal(err)
	var decoded string
	if json.Unmarshal(encoded, &decoded) != nil || decoded != want {
		t.Errorf("encoded as %s", encoded)
	}
	for _, got := range []string{err.Error(), fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%d", err)} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if text := logged.String(); !strings.Contains(text, "err.vendor=onefinops err.operation=CancelEInvoice err.status=502 err.code=upstream.failure err.request_id=req_1 err.idempotency_key=k err.retry_after=1m30s") {
		t.Errorf("logged as %s", text)
	}
}
