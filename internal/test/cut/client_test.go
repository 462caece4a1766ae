package cut

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/sandbox"
)

// keys notes the Idempotency-Key of each request to an API.
type keys struct {
	base http.RoundTripper
	seen []string
}

func (k *keys) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Authorization") != "" {
		k.seen = append(k.seen, req.Header.Get("Idempotency-Key"))
	}
	return k.base.RoundTrip(req)
}

// The generated client makes one key for a call, and each retry sends it.
func TestGeneratedClientKeepsItsKeyOverRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendors := sandbox.Start(t, sandbox.WithoutNetwork())
		k := &keys{base: vendors.Transport()}
		client, err := finventi.NewClient(vendors.FinventiProduct(finventi.VerificationOfPayee),
			auth.WithHTTPClient(&http.Client{Transport: k}), auth.WithRetry(auth.Retry{}))
		if err != nil {
			t.Fatal(err)
		}
		if err := vendors.Inject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "api-503", Times: 2}); err != nil {
			t.Fatal(err)
		}
		payee := finventi.PayeeVerificationRequest{IBAN: "DE89370400440532013000", AccountHolderName: "Erika Mustermann"}
		answer, err := client.VerifyPayee(t.Context(), nil, payee)
		if err != nil || answer.MatchResult != finventi.MatchResultMatch {
			t.Fatalf("got %+v, %v", answer, err)
		}
		if len(k.seen) != 3 || k.seen[0] == "" || k.seen[1] != k.seen[0] || k.seen[2] != k.seen[0] {
			t.Errorf("the API saw the keys %q, want one key three times", k.seen)
		}
	})
}
