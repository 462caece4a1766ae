package spec

import (
	"path/filepath"

	"github.com/finsdk/finsdk-go/finventi"
	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// ForSandbox loads the documents in a directory, the project's specs, with their servers where a
// [sandbox.Server] has them.
func ForSandbox(directory string) ([]*Document, error) {
	s := sandbox.New()
	rrc, finapi, fincalc := s.Finventi(""), s.FinAPI(""), s.FinCalc("")
	payee, payments := s.FinventiProduct("", finventi.VerificationOfPayee), s.FinventiProduct("", finventi.Payments)
	onefinops, live := s.OneFinOps(""), s.OneFinOpsLive("")
	var documents []*Document
	for _, d := range []struct {
		vendor sandbox.Vendor
		mounts map[string]string
	}{
		{sandbox.Finventi, map[string]string{
			finventigen.SandboxAuthURL:                   rrc.AuthURL,
			finventigen.ProductionAuthURL:                rrc.AuthURL,
			finventigen.SandboxRRCAPIURL:                 rrc.APIURL,
			finventigen.SandboxVerificationOfPayeeAPIURL: payee.APIURL,
			finventigen.SandboxPaymentsAPIURL:            payments.APIURL,
			finventigen.ProductionPaymentsAPIURL:         payments.APIURL,
		}},
		{sandbox.FinAPI, map[string]string{
			finapigen.AuthURL:         finapi.AuthURL,
			"http://127.0.0.1:{port}": finapi.APIURL,
		}},
		{sandbox.OneFinOps, map[string]string{
			onefinopsgen.AuthURL:          onefinops.AuthURL,
			onefinopsgen.SandboxAPIURL:    onefinops.APIURL,
			onefinopsgen.ProductionAPIURL: live.APIURL,
		}},
		{sandbox.FinCalc, map[string]string{fincalcgen.APIURL: fincalc.AuthURL}},
	} {
		document, err := Load(string(d.vendor), filepath.Join(directory, string(d.vendor)+".yaml"), d.mounts)
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
	return documents, nil
}
