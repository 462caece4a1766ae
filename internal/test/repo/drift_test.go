package repo

import (
	"context"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// TestSandboxAnswersAsTheDocumentsHaveIt fails if an answer differs from its vendor's document.
func TestSandboxAnswersAsTheDocumentsHaveIt(t *testing.T) {
	s := sandbox.Start(t)
	watch := auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
		if e.Kind == auth.EventDrift {
			t.Errorf("%s: %q", e.Vendor, e.Drift)
		}
	}))
	for _, open := range []func() (*auth.TokenSource, error){
		func() (*auth.TokenSource, error) { return finventi.NewTokenSource(s.Finventi(), watch) },
		func() (*auth.TokenSource, error) { return finapi.NewTokenSource(s.FinAPI(), watch) },
		func() (*auth.TokenSource, error) { return onefinops.NewTokenSource(s.OneFinOps(), watch) },
		func() (*auth.TokenSource, error) { return fincalc.NewTokenSource(s.FinCalc(), watch) },
	} {
		source, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.TokenContext(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
