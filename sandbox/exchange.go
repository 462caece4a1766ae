package sandbox

import (
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"

	"github.com/finsdk/finsdk-go/sandbox/internal/call"
)

// exchange is a call to this Server.
type exchange struct {
	*call.Call
	server *Server
}

func (s *Server) exchange(c *call.Call) exchange { return exchange{c, s} }

type serverOp = func(exchange) answer.Answer

func isFault(name string) bool { return scenarios[name] != nil }
