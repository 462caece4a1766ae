package keycloak

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNotFetched is the error of Start for a version that fetch.sh has not put into the cache.
var ErrNotFetched = errors.New("keycloak: not in the cache; run interop/keycloak/fetch.sh")

// CacheDir is where fetch.sh puts distributions: $FINSDK_CACHE, or finsdk in the user's cache
// directory.
func CacheDir() (string, error) {
	if dir := os.Getenv("FINSDK_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "finsdk"), nil
}

// distribution returns the directory of a built distribution.
func distribution(version string) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	dist := filepath.Join(cache, "keycloak-"+version)
	if _, err := os.Stat(filepath.Join(dist, ".built")); err != nil {
		return "", fmt.Errorf("%w %s (looked in %s)", ErrNotFetched, version, cache)
	}
	return dist, nil
}

// newHome makes a home directory for one server. The distribution's read-only parts are links; the
// data is a copy of the prepared database, so no run sees the data of another.
func newHome(dist, data string) (string, error) {
	home, err := os.MkdirTemp("", "finsdk-keycloak-")
	if err != nil {
		return "", err
	}
	for _, part := range []string{"conf", "lib", "providers", "themes"} {
		if err := os.Symlink(filepath.Join(dist, part), filepath.Join(home, part)); err != nil {
			return "", errors.Join(err, os.RemoveAll(home))
		}
	}
	if data == "" {
		err = writeRealms(filepath.Join(home, "data", "import"))
	} else {
		err = os.CopyFS(filepath.Join(home, "data", "h2"), os.DirFS(data))
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(home))
	}
	return home, nil
}

// prepared returns the directory of a database that holds the project's realms, making it at the
// first call. Importing them takes Keycloak a minute, most of it for keys; starting on a copy of
// the result takes ten seconds.
func prepared(ctx context.Context, version, dist string) (string, error) {
	digest, err := realmsDigest()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(dist), "keycloak-"+version+"-realms-"+digest)
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	// Several test processes may start at once; one of them imports.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("keycloak: locking %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}

	home, err := newHome(dist, "")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(home)
	s := &Server{version: version, dist: dist, home: home}
	// The second start shows whether the first wrote its data.
	for _, s.importing = range []bool{true, false} {
		if err := s.Restart(ctx); err != nil {
			return "", fmt.Errorf("keycloak: importing the realms: %w", err)
		}
		if err := s.complete(ctx); err != nil {
			return "", errors.Join(err, s.Kill())
		}
		for name := range Realms() {
			if err := s.Admin.registerDocumented(ctx, name); err != nil {
				return "", errors.Join(err, s.Kill())
			}
		}
		if err := s.Stop(); err != nil {
			return "", fmt.Errorf("keycloak: importing the realms: %w", err)
		}
	}
	// Copy to another name and rename, so that nobody uses an incomplete copy.
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	if err := os.CopyFS(partial, os.DirFS(filepath.Join(home, "data", "h2"))); err != nil {
		return "", err
	}
	return dir, os.Rename(partial, dir)
}

// complete returns an error that names a missing realm, if there is one.
func (s *Server) complete(ctx context.Context) error {
	for name := range Realms() {
		if err := s.Admin.do(ctx, http.MethodGet, realmPath(name), nil, nil); err != nil {
			return fmt.Errorf("keycloak: the server has no realm %s: %w", name, err)
		}
	}
	return nil
}
