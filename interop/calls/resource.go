package calls

import (
	"context"
	"fmt"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	finapiapi "github.com/finsdk/finsdk-go/gen/finapi/api"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
)

func finapiResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := finapiapi.NewClientWithResponses(apiURL, finapiapi.WithHTTPClient(&http.Client{Transport: transport}),
		finapiapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	return []Call{{"who am I", func(ctx context.Context) (any, error) {
		r, err := client.WhoAmIWithResponse(ctx)
		if err != nil {
			return nil, err
		}
		if r.JSON200 == nil {
			return nil, refused(r.HTTPResponse, r.Body)
		}
		return complete(*r.JSON200, nil, func() bool {
			return r.JSON200.Subject != "" && r.JSON200.Username != "" && r.JSON200.IsTestMandator.Valid() && r.JSON200.IsTechnicalUser.Valid()
		})
	}}}, nil
}

func fincalcResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := fincalcapi.NewClientWithResponses(apiURL, fincalcapi.WithHTTPClient(&http.Client{Transport: transport}),
		fincalcapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	list := func(name string, params fincalcapi.ListClientsParams) Call {
		return Call{name, func(ctx context.Context) (any, error) {
			r, err := client.ListClientsWithResponse(ctx, &params)
			if err != nil {
				return nil, err
			}
			if r.JSON200 == nil {
				return nil, refused(r.HTTPResponse, r.Body)
			}
			return complete(*r.JSON200, nil, func() bool {
				return r.JSON200.Success && len(r.JSON200.Data) > 0 && r.JSON200.Data[0].ClientGUID != "" && r.JSON200.Meta.CurrentPage > 0
			})
		}}
	}
	page, size := 2, 1
	return []Call{
		list("list clients", fincalcapi.ListClientsParams{}),
		list("list a page of clients", fincalcapi.ListClientsParams{
			PageNumber: &page, PageSize: &size, ClientReference: new("API Client"), ExcludeFormattedValues: new("1"),
		}),
		{"tag a client", func(ctx context.Context) (any, error) { return tagClient(ctx, client) }},
		{"households", func(ctx context.Context) (any, error) { return changeHousehold(ctx, client) }},
		{"sessions and fact finds", func(ctx context.Context) (any, error) { return openSessions(ctx, client) }},
	}, nil
}

// tagClient creates a tag, gives it to a client and undoes both.
func tagClient(ctx context.Context, client *fincalcapi.ClientWithResponses) (any, error) {
	clients, err := client.ListClientsWithResponse(ctx, nil)
	if err := failure(clients, err); err != nil {
		return nil, err
	}
	who := clients.JSON200.Data[0].ClientGUID
	created, err := client.CreateCompanyTagWithResponse(ctx, fincalcapi.TagRequest{TagName: "ü & more", TagColour: "#00aaFF"})
	if err := failure(created, err); err != nil {
		return nil, err
	}
	tag := created.JSON201.Data.TagGUID
	for _, call := range []func() error{
		func() error {
			return failure(client.UpdateCompanyTagWithResponse(ctx, tag, fincalcapi.TagRequest{TagName: "VIP", TagColour: "#000000", ExcludeFormattedValues: "1"}))
		},
		func() error { return failure(client.GetCompanyTagWithResponse(ctx, tag, nil)) },
		func() error { return failure(client.ListCompanyTagsWithResponse(ctx, nil)) },
		func() error {
			return failure(client.AddClientTagWithResponse(ctx, who, fincalcapi.ClientTagRequest{TagGUID: tag}))
		},
		func() error { return failure(client.ListClientTagsWithResponse(ctx, who, nil)) },
		func() error { return failure(client.RemoveClientTagWithResponse(ctx, who, tag)) },
		func() error { return failure(client.DeleteCompanyTagWithResponse(ctx, tag)) },
		func() error { return failure(client.GetClientByBackOfficeIDWithResponse(ctx, "10042", nil)) },
		func() error { return failure(client.GetClientOptionsWithResponse(ctx)) },
	} {
		if err := call(); err != nil {
			return nil, err
		}
	}
	return created.JSON201.Data, nil
}

// changeHousehold sends changes of a household with members that are absent, zero, and not in the
// document.
func changeHousehold(ctx context.Context, client *fincalcapi.ClientWithResponses) (any, error) {
	const household = "C1A5E3D7-9B2F-4D60-8E4C-3A7B5D9F1C24"
	start := finsdk.NewDate(2027, 1, 31)
	for _, call := range []func() error{
		func() error { return failure(client.GetHouseholdWithResponse(ctx, household, nil)) },
		func() error { return failure(client.ListAssetsWithResponse(ctx, household, nil)) },
		func() error { return failure(client.GetSavingsOptionsWithResponse(ctx, household)) },
		func() error {
			return failure(client.CreateExpenditureWithResponse(ctx, household, fincalcapi.ExpenditureRequest{
				ClientGUID: "c", ExpenditureDescription: "Food", ExpenditureType: 1, ExpenditureAmount: 412.35, AmountAfterDeath: new(0.0), Frequency: 52,
				StartBasis: 2, StartAge: new(0), AdditionalProperties: map[string]any{"IsGoal": 2},
			}))
		},
		func() error {
			return failure(client.UpdateSavingsWithResponse(ctx, household, "s", fincalcapi.SavingsRequest{
				SavingsDescription: "Rainy day", SavingsType: 1, Value: -12.5, ValueDate: finsdk.NewDate(2026, 5, 14), BackOfficeID: "10042",
			}))
		},
		func() error {
			return failure(client.CreateRepaymentWithResponse(ctx, household, "l", fincalcapi.RepaymentRequest{
				TransactionType: 4, TransactionAmount: new(1050.45), Frequency: new(120), StartBasis: 3, StartDate: start,
				BackOfficeSync: new(fincalcapi.BackOfficeSyncNo),
			}))
		},
		func() error { return failure(client.GetRepaymentWithResponse(ctx, household, "l", "r", nil)) },
		func() error { return failure(client.DeletePensionWithResponse(ctx, household, "p")) },
	} {
		if err := call(); err != nil {
			return nil, err
		}
	}
	return household, nil
}

func openSessions(ctx context.Context, client *fincalcapi.ClientWithResponses) (any, error) {
	const id = "10042"
	for _, call := range []func() error{
		func() error {
			return failure(client.CreateUserSessionWithResponse(ctx, fincalcapi.UserSessionRequest{BackOfficeID: id, Area: fincalcapi.AreaClient, Sync: "2"}))
		},
		func() error {
			return failure(client.CreateFactFindWithResponse(ctx, id, fincalcapi.FactFindRequest{FactFindTemplateGUID: "f", IncludeRelatedClient: new(fincalcapi.YesNoYes)}))
		},
		func() error {
			return failure(client.CreateFactFindSessionWithResponse(ctx, id, fincalcapi.FactFindSessionRequest{SessionType: fincalcapi.SessionTypeAdviser}))
		},
	} {
		if err := call(); err != nil {
			return nil, err
		}
	}
	return id, nil
}

// failure returns the error of a call that did not succeed.
func failure[R interface{ Err() error }](r R, err error) error {
	if err != nil {
		return err
	}
	return r.Err()
}

// refused returns an error if an answer is not a success.
func refused(resp *http.Response, body []byte) error {
	return fmt.Errorf("%s: %s", resp.Status, body)
}
