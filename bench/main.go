package main

import (
	"fmt"
	"os"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/work"
)

func main() {
	size := work.Size{Plan: measure.Plan{Rounds: 30, Slice: 20 * time.Millisecond}}
	if len(os.Args) > 1 && os.Args[1] == "-short" {
		size.Short = true
	}
	for _, f := range []func(work.Size) work.Table{work.Cached, work.Authorized, work.Requested, work.Held} {
		t := f(size)
		fmt.Println(t.Title)
		fmt.Println(t.Columns)
		for _, r := range t.Rows {
			fmt.Println("  ", r)
		}
		for _, c := range t.Checks {
			fmt.Println("  check", c)
		}
	}
}
