package errortext_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
)

func TestRetell(t *testing.T) {
	r := redact.New([]string{"bVc8ztJq3N92"})
	plain := fmt.Errorf("no such file: %w", fs.ErrNotExist)
	if got := errortext.Retell(plain, r.Text); got != plain {
		t.Errorf("an error without a secret became %v", got)
	}
	if errortext.Retell(nil, r.Text) != nil {
		t.Error("nil became an error")
	}
	secret := &fs.PathError{Op: "open", Path: "bVc8ztJq3N92", Err: context.DeadlineExceeded}
	got := errortext.Retell(secret, r.Text)
	var inner *fs.PathError
	if got.Error() != "open "+redact.Redacted+" context deadline exceeded" || !errors.Is(got, context.DeadlineExceeded) || errors.As(got, &inner) {
		t.Errorf("got %v", got)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, got); strings.Contains(text, "ztJq") || strings.Contains(text, fmt.Sprintf("%x", "ztJq")) {
			t.Errorf("%s: %s", verb, text)
		}
	}
}
