package tokenendpoint_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

func with(t *testing.T, members string) *oauth2.Token {
	var extras map[string]any
	if err := json.Unmarshal([]byte(members), &extras); err != nil {
		t.Fatal(err)
	}
	return (&oauth2.Token{AccessToken: "abc"}).WithExtra(extras)
}

type account struct {
	ID   int64              `json:"id"`
	Open tokenendpoint.Flag `json:"open"`
}

func TestReaderReadsMembers(t *testing.T) {
	r := tokenendpoint.Read("test", "", with(t, `{"text":"a","yes":"True","no":false,"whole":7,"textual":"900","part":1.5,
		"at":"2026-05-14T10:00:00Z","words":"a b","list":["c"],"accounts":[{"id":3,"open":"true"},{"open":false}],"null":null}`))
	accounts := tokenendpoint.Into[[]account](r, "accounts")
	if r.Text("text") != "a" || !r.Bool("yes") || r.Bool("no") || r.Integer("whole") != 7 || r.Integer("textual") != 900 ||
		r.Number("part") != 1.5 || !r.Time("at").Equal(time.Date(2026, 5, 14, 10, 0, 0, 0, time.UTC)) ||
		!slices.Equal(r.Words("words"), []string{"a", "b"}) || !slices.Equal(r.Words("list"), []string{"c"}) ||
		!slices.Equal(accounts, []account{{3, true}, {}}) || r.Text("null") != "" || r.Text("absent") != "" {
		t.Error("a member is not what came")
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestReaderNamesMembersOfTheWrongKindAndQuotesNone(t *testing.T) {
	r := tokenendpoint.Read("test", "", with(t, `{"text":71717,"flag":"sevens71717","whole":71717.5,"huge":1e30,"number":"x71717","at":"71717","words":{"a":71717},"account":[71717]}`))
	zero := r.Text("text") == "" && !r.Bool("flag") && r.Integer("whole") == 0 && r.Integer("huge") == 0 && r.Number("number") == 0 &&
		r.Time("at").IsZero() && r.Words("words") == nil && tokenendpoint.Into[account](r, "account") == account{}
	if !zero {
		t.Error("a member of the wrong kind is not zero")
	}
	var e *auth.Error
	if err := r.Err(); !errors.As(err, &e) || !errors.Is(err, auth.ErrMalformedResponse) || strings.Contains(err.Error(), "71717") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"text", "flag", "whole", "huge", "number", "at", "words", "account"} {
		if !strings.Contains(e.Err.Error(), name+" is not") {
			t.Errorf("%s is not named in %v", name, e.Err)
		}
	}
}

func TestReaderOfNoTokenSaysSo(t *testing.T) {
	if err := tokenendpoint.Read("test", "", nil).Err(); !errors.Is(err, auth.ErrMalformedResponse) {
		t.Errorf("got %v", err)
	}
}
