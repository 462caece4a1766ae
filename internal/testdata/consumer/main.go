// Command consumer stands for a service outside this repository that imports one vendor of the SDK and nothing else.
// A test in the folder above counts what it is given with that.
package main

import (
	"fmt"

	"github.com/finsdk/finsdk-go/onefinops"
)

func main() {
	fmt.Println(onefinops.Config{ClientID: "ofin_test_consumer"}.ClientID)
}
