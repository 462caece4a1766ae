package redisstore

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
)

const (
	firstPoll = 25 * time.Millisecond
	lastPoll  = 250 * time.Millisecond
	lookLimit = 250 * time.Millisecond // for one look at the record
)

// Watch implements [auth.Watcher]. It subscribes to the key's channel, on a connection of its own
// that it closes. It also looks at the record every 250 ms, because Redis may lose a message, and more
// often at first until it has subscribed, which the user may lack the permission to do.
func (s *Store) Watch(ctx context.Context, key string, after uint64) error {
	var messages *redis.PubSub
	bounded(ctx, lookLimit, func(ctx context.Context) { messages = s.client.Subscribe(ctx, s.name(key)) })
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = messages.Close()
	})
	defer func() {
		if stop() {
			_ = messages.Close()
		} else {
			<-closed
		}
	}()
	for pause := firstPoll; ; pause = min(2*pause, lastPoll) {
		var (
			record auth.Record
			err    error
			got    any
		)
		start := time.Now()
		bounded(ctx, pause, func(ctx context.Context) { got, _ = messages.ReceiveTimeout(ctx, pause) })
		switch got.(type) {
		case *redis.Message:
			return nil
		case *redis.Subscription:
			pause = lastPoll
		default: // without a connection there is nothing to wait for
			timer := time.NewTimer(pause - time.Since(start))
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
		}
		// What was published before the subscription is lost.
		bounded(ctx, lookLimit, func(ctx context.Context) { record, err = s.Load(ctx, key) })
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || record.Fence != after:
			return err
		}
	}
}

// bounded calls f with a context that ends after limit.
func bounded(ctx context.Context, limit time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	f(ctx)
}
