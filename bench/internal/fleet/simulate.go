package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// resultFile names, in the environment, the file that a child process writes its result to.
const resultFile = "FINSDK_BENCH_RESULT"

// SimulateAll runs the scenarios, the last ones first, one on each processor at a time. The results are
// in the order of the scenarios.
func SimulateAll(scenarios []Scenario) ([]Result, error) {
	results, errs := make([]Result, len(scenarios)), make([]error, len(scenarios))
	var done sync.WaitGroup
	free := make(chan struct{}, runtime.NumCPU())
	for i, s := range slices.Backward(scenarios) {
		free <- struct{}{}
		done.Go(func() {
			results[i], errs[i] = Simulate(s)
			<-free
		})
	}
	done.Wait()
	return results, errors.Join(errs...)
}

// Simulate runs the scenario in a process of its own, which [Child] has to serve: virtual time is
// for tests alone, and the process gives its memory back.
func Simulate(s Scenario) (Result, error) {
	var r Result
	dir, err := os.MkdirTemp("", "bench-fleet-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "result.json")
	given, err := json.Marshal(s)
	if err != nil {
		return r, err
	}
	program, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), resultFile+"="+file, "GOGC=300") // memory is cheaper than time
	cmd.Stdin = bytes.NewReader(given)
	if out, err := cmd.CombinedOutput(); err != nil {
		return r, fmt.Errorf("%s with %d replicas: %w\n%s", s.Name, s.Replicas, err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// Child does what [Simulate], [Real] or [Cold] has started this process for, and ends the process. It
// returns if the process was started for something else.
func Child() {
	if text := os.Getenv(replicaMark); text != "" {
		if err := beReplica(text); err != nil {
			fmt.Fprintln(os.Stderr, "replica:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	file := os.Getenv(resultFile)
	if file == "" {
		return
	}
	os.Args = os.Args[:1]
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "Fleet", F: func(t *testing.T) {
		var s Scenario
		if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(Run(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}}}, nil, nil)
}
