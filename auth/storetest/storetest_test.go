package storetest_test

import (
	"encoding/base64"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/storetest"
)

func TestMemoryStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) auth.Store { return auth.MemoryStore() })
}

func TestSeal(t *testing.T) {
	key := auth.StaticSecret(auth.NewSecret(base64.StdEncoding.EncodeToString(make([]byte, 32))))
	storetest.Run(t, func(*testing.T) auth.Store { return auth.Seal(auth.MemoryStore(), key) })
}
