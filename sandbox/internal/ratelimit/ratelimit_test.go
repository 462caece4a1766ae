package ratelimit

import (
	"strconv"
	"testing"
	"time"
)

func TestLimiter_remembersWhoAsksInAFlood(t *testing.T) {
	l := &Limiter{Requests: 2, Per: time.Hour}
	now := time.Now()
	for i := range 5 * most {
		if _, wait := l.Take(strconv.Itoa(i), now); wait != 0 {
			t.Fatalf("client %d has to wait %v for its first request", i, wait)
		}
		if i%(most/2) == 0 {
			l.Take("busy", now)
		}
	}
	if _, wait := l.Take("busy", now); wait == 0 {
		t.Error("the limit of a client that kept asking was forgotten")
	}
	if _, wait := l.Take("0", now); wait != 0 {
		t.Errorf("the first client of the flood is remembered, and has to wait %v", wait)
	}
	if n := len(l.fresh) + len(l.old); n > 2*most {
		t.Errorf("%d clients are remembered", n)
	}
}

func TestLimiter_letsRequestsDripIn(t *testing.T) {
	l := &Limiter{Requests: 2, Per: time.Minute}
	now := time.Now()
	for _, tt := range []struct {
		after time.Duration
		left  int
		wait  time.Duration
	}{
		{0, 1, 0}, {0, 0, 0}, {0, 0, 30 * time.Second}, {30 * time.Second, 0, 0}, {40 * time.Second, 0, 20 * time.Second}, {time.Hour, 1, 0},
	} {
		if left, wait := l.Take("client", now.Add(tt.after)); left != tt.left || wait.Round(time.Millisecond) != tt.wait {
			t.Errorf("after %v: %d left, wait %v, want %d and %v", tt.after, left, wait, tt.left, tt.wait)
		}
	}
}
