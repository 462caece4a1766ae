package payees_test

import (
	"fmt"
	"strings"
	"testing"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/payees"
)

func TestBook_isBoundedInBytes(t *testing.T) {
	var b payees.Book
	name := strings.Repeat("x", 1<<20)
	for i := range 30 {
		b.Import("tenant", []payees.Account{{IBAN: fmt.Sprint("LT", i), AccountHolderNames: []string{name}}})
	}
	for iban, want := range map[string]finventiserver.MatchResult{
		"LT0":  finventiserver.MatchResultCannotVerify,
		"LT29": finventiserver.MatchResultNoMatch,
	} {
		if got, _ := b.Match("tenant", finventiserver.PayeeVerificationRequest{IBAN: iban, AccountHolderName: "Alice"}); got != want {
			t.Errorf("%s: got %s, want %s", iban, got, want)
		}
	}
}
