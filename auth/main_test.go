package auth

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	keyRounds = 1
	goleak.VerifyTestMain(m)
}
