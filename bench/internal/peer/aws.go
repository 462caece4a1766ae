package peer

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/auth/bearer"
)

// smithy's users name the window themselves; its default is none.
func smithy() Peer {
	cache := func(f Fetch) Cache {
		p := bearer.NewTokenCache(bearer.TokenProviderFunc(func(ctx context.Context) (bearer.Token, error) {
			t, err := f(ctx)
			return bearer.Token{Value: t.Value, CanExpire: true, Expires: t.Expiry}, err
		}))
		return func(ctx context.Context) (string, error) {
			t, err := p.RetrieveBearerToken(ctx)
			return t.Value, err
		}
	}
	return Peer{
		Name:   "smithy-go bearer",
		Module: "github.com/aws/smithy-go",
		Cache:  cache,
		Editor: func(f Fetch, _ ...string) Editor { return setBearer(cache(f)) },
	}
}

func aws() Peer {
	return Peer{
		Name:   "aws-sdk-go-v2",
		Module: "github.com/aws/aws-sdk-go-v2",
		Note:   "it keeps signing keys, not bearer tokens",
		Cache: func(f Fetch) Cache {
			p := awssdk.NewCredentialsCache(awssdk.CredentialsProviderFunc(func(ctx context.Context) (awssdk.Credentials, error) {
				t, err := f(ctx)
				return awssdk.Credentials{AccessKeyID: "id", SecretAccessKey: "secret", SessionToken: t.Value, CanExpire: true, Expires: t.Expiry}, err
			}))
			return func(ctx context.Context) (string, error) {
				c, err := p.Retrieve(ctx)
				return c.SessionToken, err
			}
		},
	}
}
