package auth

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/drift"
)

// drifting hands out tokens whose answers differ from the document.
type drifting struct{ mint }

func (d *drifting) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	t, err := d.mint.RequestToken(ctx, last)
	if err != nil {
		return nil, err
	}
	extras := map[string]any{}
	drift.Add(extras, []string{"unknown member plan", "missing member scope"})
	return t.WithExtra(extras), nil
}

func TestDrift_isToldOnceByEachSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		observed := &recorder{}
		s := newSource(t, &drifting{mint{lifetime: time.Hour}}, WithObserver(observed), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		for range 3 {
			if _, err := s.TokenContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour)
		}
		var told []Event
		for _, e := range observed.events {
			if e.Kind == EventDrift {
				told = append(told, e)
			}
		}
		if len(told) != 1 || !slices.Equal(told[0].Drift, []string{"unknown member plan", "missing member scope"}) || told[0].Vendor != "test" {
			t.Errorf("told %+v", told)
		}
		if n := strings.Count(log.String(), "unknown member plan; missing member scope"); n != 1 || !strings.Contains(log.String(), "level=WARN") {
			t.Errorf("logged %d times: %s", n, log.String())
		}
	})
}

func TestDrift_isNotToldOfAnAnswerLikeItsDocument(t *testing.T) {
	observed := &recorder{}
	s := newSource(t, &mint{lifetime: time.Hour}, WithObserver(observed))
	if _, err := s.TokenContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(observed.kinds(), EventDrift) {
		t.Errorf("events %v", observed.kinds())
	}
}
