package redisstore

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
)

// hints says what to do about the errors that a Redis answers, by their code.
var hints = map[string]string{
	"OOM":         "Redis has reached its maxmemory and may evict nothing: give it more memory, or a maxmemory-policy that evicts",
	"READONLY":    "this Redis is a replica: let the client find the master, through Sentinel or as a Cluster client, and never set ReplicaOnly",
	"NOPERM":      "give the client's user the permissions that docs/sharing-tokens.md lists, for the store's prefix",
	"NOAUTH":      "Redis asks for a password: set the client's Username and Password",
	"WRONGPASS":   "Redis does not know the client's Username and Password: correct them, and the ACL user",
	"MISCONF":     "Redis cannot write its snapshot or log to disk, and refuses writes until it can",
	"LOADING":     "Redis is reading its data from disk; usually transient",
	"BUSY":        "a script of another program keeps Redis busy",
	"CLUSTERDOWN": "a part of the cluster is down, and with it this entry's slot",
	"MASTERDOWN":  "the replica has lost its master; a failover mends it",
	"NOREPLICAS":  "Redis has fewer replicas in step than min-replicas-to-write asks for",
	"TRYAGAIN":    "the entry's slot moves to another node; usually transient",
	"MOVED":       "this Redis is a node of a cluster: make the client with redis.NewClusterClient",
	"CROSSSLOT":   "a proxy spreads the keys of one entry: keep their hash tag",
	"WRONGTYPE":   "another program has a key of this name: give the store a prefix of its own with WithPrefix",
	"MAXCLIENTS":  "Redis serves as many clients as its maxclients allows: raise it, or lower the clients' PoolSize",
}

// failure returns err as an [*auth.Error] whose text quotes neither a key nor a value: of what Redis
// answered it shows the code alone.
func failure(op string, err error) error {
	var (
		answer  redis.Error
		network *net.OpError
		lookup  *net.DNSError
	)
	e := &auth.Error{Op: "redis store: " + op}
	switch {
	case errors.As(err, &answer):
		code := codeOf(answer.Error())
		e.Err, e.Hint = hide("Redis answered "+code, err), hints[code]
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e.Err = hide(contextText(err), err)
		if errors.Is(err, context.DeadlineExceeded) {
			e.Hint = "Redis is slow, hangs or cannot be reached; the vendor is asked without it"
		}
	case errors.As(err, &lookup):
		e.Err = hide(lookup.Error(), err)
	case errors.As(err, &network):
		e.Err = hide(network.Error(), err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Err = hide("Redis closed the connection", err)
	case errors.Is(err, redis.ErrClosed):
		e.Err, e.Hint = hide("the client is closed", err), "close the client after the last use of the source"
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		e.Err, e.Hint = hide("the client has no free connection", err), "raise the client's PoolSize"
	default:
		e.Err = hide("the client failed", err)
	}
	return e
}

func contextText(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.DeadlineExceeded.Error()
	}
	return context.Canceled.Error()
}

// hidden is an error that shows another text than its cause. It matches what the cause matches, but
// does not unwrap to it, so that nothing prints the cause.
type hidden struct {
	text  string
	cause func() error // a function, because printers stop at one
}

func hide(text string, err error) error { return &hidden{text, func() error { return err }} }

func (h *hidden) Error() string        { return h.text }
func (h *hidden) Is(target error) bool { return errors.Is(h.cause(), target) }

// Timeout reports whether the cause is a timeout.
func (h *hidden) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(h.cause(), &t) && t.Timeout()
}

// codeOf returns the code of an answer, such as OOM. Before Redis 7, the code of an error in a script
// stands inside the text.
func codeOf(text string) string {
	if strings.HasPrefix(text, "ERR max number of clients") {
		return "MAXCLIENTS"
	}
	first, _, _ := strings.Cut(text, " ")
	if first == "ERR" {
		for word := range strings.FieldsSeq(text) {
			if code := strings.TrimPrefix(word, "-"); hints[code] != "" {
				return code
			}
		}
		if strings.Contains(text, "can't run this command") || strings.Contains(text, "ACL failure") || strings.Contains(text, "has no permissions") {
			return "NOPERM"
		}
	}
	if first == "" || strings.Trim(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "an error"
	}
	return first
}
