package vendorconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// Environ reads a Config's fields from environment variables. A variable that is empty or only
// white space counts as not set.
type Environ struct{ Checks Checks }

// Text returns the value of f's variable.
func (e *Environ) Text(f Field) string {
	v := os.Getenv(f.Env)
	if strings.TrimSpace(v) == "" {
		return ""
	}
	return v
}

// Secret returns the value of f's variable. If that is not set, it returns a source that reads the
// file named by the variable with the suffix _FILE. The file must be readable now, so that a wrong
// mount shows at the start.
func (e *Environ) Secret(ctx context.Context, f Field) (auth.Secret, auth.SecretSource) {
	value, file := e.Text(f), Field{Name: f.Name, Env: f.Env + "_FILE"}
	path := e.Text(file)
	switch {
	case path == "":
		return auth.NewSecret(value), nil
	case value != "":
		e.Checks.Fail(f, "and %s are both set: set one of them", file.Env)
		return auth.NewSecret(value), nil
	}
	source := auth.FileSecret(path)
	switch secret, err := source(ctx); {
	case err == nil && IsRedacted(secret):
		e.Checks.Fail(file, "names a file whose content %s", Redacted)
	case err != nil:
		e.Checks.Fail(file, "names %s: it takes the path of a file that holds the secret, not the secret itself", unusable(path))
	}
	return auth.Secret{}, source
}

// unusable returns the problem with a secret's file. It does not show the path, since a secret may
// be in its place.
func unusable(path string) string {
	info, err := os.Stat(path)
	if err == nil {
		switch {
		case !info.Mode().IsRegular():
			return "what is not a regular file"
		case info.Size() == 0:
			return "an empty file"
		}
		var f *os.File
		if f, err = os.Open(path); err == nil {
			_ = f.Close()
			return "a file that is blank, or too large for a secret"
		}
	}
	var cause *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "a file that does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "a file that this process may not read"
	case errors.As(err, &cause):
		return fmt.Sprintf("a file that cannot be read (%v)", cause.Err)
	}
	return "a file that cannot be read"
}

// Err returns all problems of the environment and, if there are none, those of the Config made from
// it.
func (e *Environ) Err(validate func(*Checks)) error {
	validate(&e.Checks)
	return e.Checks.Err("read the configuration from the environment")
}
