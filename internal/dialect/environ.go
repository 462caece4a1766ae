package dialect

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// Environ reads a Config's fields from environment variables. A variable that is set to nothing, or to white space
// alone, counts as not set.
type Environ struct{ Checks Checks }

// Text returns the variable of f.
func (e *Environ) Text(f Field) string {
	v := os.Getenv(f.Env)
	if strings.TrimSpace(v) == "" {
		return ""
	}
	return v
}

// Secret returns the variable of f, or else a source that reads the file which the variable with _FILE behind its
// name points at. The file has to be readable right now, so that a wrong mount shows at the start.
func (e *Environ) Secret(ctx context.Context, f Field) (auth.Secret, auth.SecretSource) {
	value, file := e.Text(f), Field{Name: f.Name, Env: f.Env + "_FILE"}
	path := e.Text(file)
	switch {
	case path == "":
		return auth.Secret(value), nil
	case value != "":
		e.Checks.Fail(f, "and %s are both set: set one of them", file.Env)
		return auth.Secret(value), nil
	}
	source := auth.FileSecret(path)
	if _, err := source(ctx); err != nil {
		var failure *auth.Error
		if errors.As(err, &failure) && failure.Err != nil {
			err = failure.Err
		}
		e.Checks.Fail(file, "points at a file that cannot be used: %v", err)
	}
	return "", source
}

// Err is everything wrong with the environment and, where that is all right, with the Config made from it.
func (e *Environ) Err(validate func(*Checks)) error {
	validate(&e.Checks)
	return e.Checks.Err("read the configuration from the environment")
}
