package spec

import (
	"path/filepath"

	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// ForSandbox loads the documents in a directory, the project's specs, with their servers where a [sandbox.Server] has
// them.
func ForSandbox(directory string) ([]*Document, error) {
	s := sandbox.New()
	finventi, finapi, fincalc := s.Finventi(""), s.FinAPI(""), s.FinCalc("")
	onefinops, live := s.OneFinOps(""), s.OneFinOpsLive("")
	var documents []*Document
	for _, d := range []struct {
		vendor sandbox.Vendor
		mounts map[string]string
	}{
		{sandbox.Finventi, map[string]string{
			finventigen.SandboxAuthURL:    finventi.AuthURL,
			finventigen.ProductionAuthURL: finventi.AuthURL,
			finventigen.SandboxAPIURL:     finventi.APIURL,
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
