// Package payees knows the holders of a few accounts, and how well a payee matches one.
package payees

import (
	"slices"
	"strings"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
)

// payees are the accounts by their IBANs: the holder, and for a company its LEI.
var payees = map[string]struct{ holder, lei string }{
	"LT123456789012345678":   {holder: "Alice Johnson"},
	"DE89370400440532013000": {holder: "Erika Mustermann"},
	"LT601010012345678901":   {holder: "Example Trading UAB", lei: "529900T8BM49AURSDO55"},
}

// Match returns how well a request matches the holder of the account, and the holder's name where
// it is close. A name matches whatever its case of letters and its spaces; with one word in common
// it is close.
func Match(request finventiserver.PayeeVerificationRequest) (result finventiserver.MatchResult, realName string) {
	account, known := payees[strings.ToUpper(strings.ReplaceAll(request.IBAN, " ", ""))]
	asked, holder := strings.Fields(strings.ToLower(request.AccountHolderName)), strings.Fields(strings.ToLower(account.holder))
	switch lei := request.OrganisationIdentification.LEI; {
	case !known:
		return finventiserver.MatchResultCANNOTVERIFY, ""
	case len(asked) == 0 && lei != "" && lei == account.lei, len(asked) > 0 && slices.Equal(asked, holder):
		return finventiserver.MatchResultMATCH, ""
	case slices.ContainsFunc(asked, func(word string) bool { return slices.Contains(holder, word) }):
		return finventiserver.MatchResultCLOSEMATCH, account.holder
	}
	return finventiserver.MatchResultNOMATCH, ""
}
