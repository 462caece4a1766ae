package keycloak

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// realmFiles are the realms of every server of this package. realms/README.md describes each.
//
//go:embed realms/*.json
var realmFiles embed.FS

// ownAttribute is the realm attribute that every realm file has.
const ownAttribute = "finsdk.interop"

// Realms returns the representation of each realm, by name.
func Realms() map[string][]byte {
	names, err := fs.Glob(realmFiles, "realms/*.json")
	if err != nil {
		panic(fmt.Sprintf("keycloak: embedded realms: %v", err)) // only a malformed pattern fails
	}
	realms := make(map[string][]byte, len(names))
	for _, name := range names {
		data, err := realmFiles.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("keycloak: embedded realm %s: %v", name, err))
		}
		base := filepath.Base(name)
		realms[base[:len(base)-len(".json")]] = data
	}
	return realms
}

// realmsDigest returns a name for the set of realms and the documents' requirements, so that a
// prepared database is used only for the realms that it was made from.
func realmsDigest() (string, error) {
	realms := Realms()
	names := make([]string, 0, len(realms))
	for name := range realms {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(realms[name]))
		h.Write(realms[name])
		scopes, err := documentedScopes(name)
		if err != nil {
			return "", err
		}
		if len(scopes) > 0 {
			fmt.Fprintf(h, "%q\n", scopes)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

func writeRealms(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range Realms() {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
