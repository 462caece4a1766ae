package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func secretFile(t *testing.T, secret string) (path string, replace func(string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "client-secret")
	replace = func(s string) {
		t.Helper()
		tmp := path + ".new"
		if err := os.WriteFile(tmp, []byte(s+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, path); err != nil {
			t.Fatal(err)
		}
	}
	replace(secret)
	return path, replace
}

func TestRejection_secretIsSentAgainAfterAGrowingPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vault{source: StaticSecret(NewSecret("wrong")), lifetime: quarterHour}
		v.accept("right")
		s := newSource(t, v)
		var sentAt []time.Duration
		start := time.Now()
		for range 8 * 60 * 10 { // eight minutes, ten calls a second
			_, err := s.Token()
			var failure *Error
			if !errors.Is(err, ErrInvalidCredentials) || !errors.As(err, &failure) || failure.Vendor != "test" {
				t.Fatalf("got %v", err)
			}
			if n := int(v.sent.Load()); n > len(sentAt) {
				sentAt = append(sentAt, time.Since(start))
			} else if failure.RetryAfter <= 0 {
				t.Fatalf("a remembered refusal does not say when to try again: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		want := []time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute}
		if len(sentAt) != len(want) {
			t.Fatalf("sent at %v, want %v", sentAt, want)
		}
		for i, at := range sentAt {
			if at < want[i] || at > want[i]+time.Second {
				t.Errorf("request %d sent at %s, want %s", i+1, at, want[i])
			}
		}
	})
}

func TestRejection_ofAGrantThatNamesNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour, before: failing(1, 1, &Error{StatusCode: 401, Code: "invalid_client"})}
		s := newSource(t, m)
		for range 100 {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) {
				t.Fatalf("got %v", err)
			}
		}
		m.want(t, 1)
		time.Sleep(time.Minute)
		wantToken(t, s, "t2")
	})
}

func TestSecretSource_isAskedAtEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, replace := secretFile(t, "one")
		v := &vault{source: FileSecret(path), lifetime: quarterHour}
		v.accept("one", "two")
		s := newSource(t, v)
		wantToken(t, s, "for-one")
		replace("two") // both work, as during OneFinOps's 24 hours of overlap
		time.Sleep(quarterHour)
		wantToken(t, s, "for-two")
		if v.sent.Load() != 2 || v.read.Load() != 2 {
			t.Errorf("%d requests, %d reads; want 2 and 2", v.sent.Load(), v.read.Load())
		}
	})
}

func TestRejection_rotatedSecretIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, replace := secretFile(t, "old")
		v := &vault{source: FileSecret(path), lifetime: quarterHour}
		v.accept("new")
		s := newSource(t, v)
		if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) || strings.Contains(err.Error(), "no such secret old") {
			t.Fatalf("got %v", err)
		}
		if v.sent.Load() != 1 {
			t.Errorf("the refused secret was sent %d times", v.sent.Load())
		}
		replace("new")
		wantToken(t, s, "for-new")
		if v.sent.Load() != 2 {
			t.Errorf("%d requests, want 2", v.sent.Load())
		}
	})
}

func TestRejection_secretRotatedInMidFlightIsSentInTheSameCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		v := &vault{lifetime: quarterHour, source: func(context.Context) (Secret, error) {
			if reads.Add(1) == 1 {
				return NewSecret("old"), nil
			}
			return NewSecret("new"), nil
		}}
		v.accept("new")
		s := newSource(t, v)
		wantToken(t, s, "for-new")
		if v.sent.Load() != 2 {
			t.Errorf("%d requests, want the old secret once and the new one once", v.sent.Load())
		}
	})
}

func TestRejection_inTheBackgroundIsUnseenWhileTheTokenIsValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, replace := secretFile(t, "old")
		v := &vault{source: FileSecret(path), lifetime: quarterHour}
		v.accept("old")
		s := newSource(t, v)
		wantToken(t, s, "for-old")
		v.accept("new")
		time.Sleep(quarterHour - 80*time.Second)
		for range 300 { // 30 s inside the window
			wantToken(t, s, "for-old")
			time.Sleep(100 * time.Millisecond)
		}
		if v.sent.Load() != 2 || v.read.Load() > 35 {
			t.Errorf("%d requests and %d reads, want 2 and about one read a second", v.sent.Load(), v.read.Load())
		}
		replace("new")
		for range 20 {
			if _, err := s.Token(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		wantToken(t, s, "for-new")
	})
}

func TestFileSecret_missingFileFailsWithoutTrafficOrPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, replace := secretFile(t, "one")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		v := &vault{source: FileSecret(path), lifetime: quarterHour}
		v.accept("one")
		s := newSource(t, v)
		_, err := s.Token()
		if !errors.Is(err, ErrInvalidConfig) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want ErrInvalidConfig that names %s", err, path)
		}
		replace("one")
		wantToken(t, s, "for-one")
		if v.sent.Load() != 1 {
			t.Errorf("%d requests, want 1", v.sent.Load())
		}
	})
}

func TestFileSecret_readsExactlyTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content string
		want    Secret
		ok      bool
	}{
		"plain":               {"s3cr3t", NewSecret("s3cr3t"), true},
		"one line break":      {"s3cr3t\n", NewSecret("s3cr3t"), true},
		"windows line break":  {"s3cr3t\r\n", NewSecret("s3cr3t"), true},
		"two line breaks":     {"s3cr3t\n\n", NewSecret("s3cr3t\n"), true},
		"spaces and signs":    {" &=+% ü\"' ", NewSecret(" &=+% ü\"' "), true},
		"inner line break":    {"a\nb\n", NewSecret("a\nb"), true},
		"empty":               {"", Secret{}, false},
		"only a line break":   {"\n", Secret{}, false},
		"too large":           {strings.Repeat("x", maxSecretFile+1), Secret{}, false},
		"as large as allowed": {strings.Repeat("x", maxSecretFile), NewSecret(strings.Repeat("x", maxSecretFile)), true},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := FileSecret(path)(t.Context())
		if !got.Equal(c.want) || (err == nil) != c.ok || (!c.ok && !errors.Is(err, ErrInvalidConfig)) {
			t.Errorf("%s: got %q, %v", name, got.Reveal(), err)
		}
	}
	for _, path := range []string{"", dir, filepath.Join(dir, "absent"), os.DevNull} {
		if _, err := FileSecret(path)(t.Context()); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%q: got %v, want ErrInvalidConfig", path, err)
		}
	}
}

func TestRetryAfter_isHonoured(t *testing.T) {
	for _, c := range []struct {
		after, want time.Duration
	}{{30 * time.Second, 30 * time.Second}, {10 * time.Minute, 10 * time.Minute}, {1000 * time.Hour, time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: quarterHour, before: failing(1, 1, &Error{StatusCode: 429, RetryAfter: c.after})}
			s := newSource(t, m)
			if _, err := s.Token(); !errors.Is(err, ErrRateLimited) {
				t.Fatalf("got %v", err)
			}
			start := time.Now()
			short, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var failure *Error
			if _, err := s.TokenContext(short); !errors.Is(err, ErrRateLimited) || !errors.As(err, &failure) || failure.RetryAfter != c.want {
				t.Errorf("a caller that cannot wait that long got %v", err)
			}
			if d := time.Since(start); d != 0 {
				t.Errorf("and got it after %s only", d)
			}
			long, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
			defer cancel()
			if tok, err := s.TokenContext(long); err != nil || tok.AccessToken != "t2" || time.Since(start) != c.want {
				t.Errorf("a caller that can got %v, %v after %s; want t2 after %s", tok, err, time.Since(start), c.want)
			}
		})
	}
}

func TestBackoff_callWithoutADeadlineWaitsNoLongerThanARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour, before: failing(1, 7, &Error{StatusCode: 503})}
		s := newSource(t, m)
		for i := 1; i <= 6; i++ {
			if _, err := s.Token(); !errors.Is(err, ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			m.want(t, int64(i))
		}
		// The next step is over 30 s, so the call does not wait for it.
		start := time.Now()
		if _, err := s.Token(); !errors.Is(err, ErrUnavailable) || time.Since(start) != 0 {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		m.want(t, 6)
	})
}
