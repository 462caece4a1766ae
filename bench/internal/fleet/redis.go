package fleet

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
)

// NoRedis says why rows are missing.
const NoRedis = "redis-server is not installed, so its lines are missing."

// A Redis is a server on this machine, or nothing.
type Redis struct {
	cmd     *exec.Cmd
	address string
}

// StartRedis starts a redis-server that keeps nothing in dir. If none is installed, it starts
// nothing.
func StartRedis(dir string) (*Redis, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return &Redis{}, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Redis{address: l.Addr().String()}
	_ = l.Close()
	_, port, _ := net.SplitHostPort(r.address)
	r.cmd = exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", dir)
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: r.address})
	defer client.Close()
	for range 100 {
		if err = client.Ping(context.Background()).Err(); err == nil {
			return r, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.Stop()
	return nil, fmt.Errorf("redis-server does not answer: %w", err)
}

// Store names the store with the given number in the server, for [Real] and [Cold], or returns "" if
// there is no server.
func (r *Redis) Store(n int) string {
	if r.cmd == nil {
		return ""
	}
	return fmt.Sprintf("redis:%s/bench%d:", r.address, n)
}

// Stop ends the server.
func (r *Redis) Stop() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}

// openRedis opens the store that is named by an address and a prefix.
func openRedis(where string) (auth.Store, error) {
	address, prefix, _ := strings.Cut(where, "/")
	return redisstore.New(redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true}), redisstore.WithPrefix(prefix))
}
