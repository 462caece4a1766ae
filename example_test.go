package finsdk_test

import (
	"context"
	"errors"
	"fmt"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// A handler asks first whether the call got a token, then what the API answered.
func ExampleAPIError() {
	vendors, err := sandbox.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer vendors.Close()
	client, err := onefinops.NewClient(vendors.OneFinOps())
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.GenerateEInvoice(context.Background(), &onefinops.GenerateEInvoiceParams{GSTIN: "36AMBPG7773M002"}, onefinops.EInvoiceRequest{})
	var failure *finsdk.APIError
	switch {
	case errors.Is(err, auth.ErrInvalidCredentials), errors.Is(err, auth.ErrInvalidConfig):
		fmt.Println("tell an operator:", err)
	case errors.Is(err, finsdk.ErrUnprocessable) && errors.As(err, &failure):
		fmt.Println(failure.Code, len(failure.Fields) > 0, failure.RequestID != "")
	case errors.Is(err, finsdk.ErrTooManyRequests) && errors.As(err, &failure):
		fmt.Println("try again in", failure.RetryAfter)
	case err != nil:
		fmt.Println(err)
	}
	// Output: validation_error true true
}
