package filestore_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/filestore"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	asked := 0
	grant := auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		asked++
		return &oauth2.Token{AccessToken: "shared", Expiry: time.Now().Add(time.Hour)}, nil
	})
	for range 3 { // three processes
		source, err := auth.NewTokenSource(grant, auth.WithStore(filestore.New(dir)), auth.WithName("client-1"))
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := source.Token(); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("asked the vendor", asked, "time")
	// Output: asked the vendor 1 time
}
