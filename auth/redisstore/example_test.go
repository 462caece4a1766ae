package redisstore_test

import (
	"context"
	"crypto/tls"
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
	"github.com/finsdk/finsdk-go/onefinops"
)

func ExampleNew() {
	client := redis.NewClient(&redis.Options{
		Addr:                  "redis.internal:6379",
		TLSConfig:             &tls.Config{ServerName: "redis.internal"},
		ContextTimeoutEnabled: true, // required
		DialerRetries:         1,
	})
	store, err := redisstore.New(client)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil { // connects; without Redis the service runs, too
		log.Print(err)
	}

	config, err := onefinops.ConfigFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	sealed := auth.Seal(store, auth.FileSecret("/run/secrets/finsdk-key"))
	source, err := onefinops.NewTokenSource(config, auth.WithStore(sealed))
	if err != nil {
		log.Fatal(err)
	}
	_ = source.Client()
}
