package wire

import (
	"context"
	"net/http/httptrace"
)

// Detach returns a context with the values of ctx, without its end and its httptrace hooks.
func Detach(ctx context.Context) context.Context {
	detached := context.WithoutCancel(ctx)
	if httptrace.ContextClientTrace(ctx) == nil {
		return detached
	}
	// Package net looks for its hooks under a key of its own. A new trace replaces them there.
	return httptrace.WithClientTrace(untraced{detached}, &httptrace.ClientTrace{ConnectStart: func(string, string) {}})
}

// untraced is a context without the hooks of httptrace, whose key is not exported.
type untraced struct{ context.Context }

// Value implements context.Context.
func (c untraced) Value(key any) any {
	v := c.Context.Value(key)
	if _, ok := v.(*httptrace.ClientTrace); ok {
		return nil
	}
	return v
}
