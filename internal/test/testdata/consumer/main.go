// Command consumer stands for a service outside this repository that imports one vendor of the SDK and nothing else.
// A test in the folder above counts what it is given with that.
package main

import (
	"fmt"
	"os"

	"github.com/finsdk/finsdk-go/onefinops"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	config, err := onefinops.ConfigFromEnv()
	if err != nil {
		return err
	}
	source, err := onefinops.NewTokenSource(config)
	if err != nil {
		return err
	}
	resp, err := source.Client().Get(config.APIBaseURL())
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
