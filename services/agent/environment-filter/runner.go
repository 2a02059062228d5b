package main

import (
	"fmt"
	"net/rpc"
	"os"
	"strings"
)

// Runner answers one client of the agent's protocol with what the agent answers. Methods and types are those of buildkite-agent v3.136.2
// (Runner of its package kubernetes); on the wire they are told by the names of methods and fields alone.
type Runner struct {
	agent   *rpc.Client
	context *jobContext
}

// RegisterResponse brings a client the environment of its bootstrap, as NAME=value.
type RegisterResponse struct {
	Env []string
}

// Logs are a piece of the job's log.
type Logs struct {
	Data []byte
}

// ExitCode tells how a client ended.
type ExitCode struct {
	ID         int
	ExitStatus int
}

// Empty is an answer that says no more than that there is one.
type Empty struct{}

// Register registers the client; the environment in the answer is one that a process can be given, as far as Buildkite has filled it.
func (r *Runner) Register(id int, reply *RegisterResponse) error {
	var answer RegisterResponse
	if err := r.agent.Call("Runner.Register", id, &answer); err != nil {
		return err
	}
	if err := r.context.linkFiles(answer.Env); err != nil {
		return err
	}
	for _, variable := range answer.Env {
		if isRepeatedCommand(variable) && !fitsProcess(variable) {
			fmt.Fprintf(os.Stderr, "environment-filter: leaving out %s of %d bytes, which no process can be given; the command runs from a file\n", repeatedCommand, len(variable)-len(repeatedCommand)-1)
			continue
		}
		reply.Env = append(reply.Env, variable)
	}
	return nil
}

// Status tells whether the client is to wait, to start or to end; to the agent it is the sign of the client's life.
func (r *Runner) Status(id int, reply *int) error {
	return r.agent.Call("Runner.Status", id, reply)
}

// WriteLogs appends to the job's log.
func (r *Runner) WriteLogs(logs Logs, reply *Empty) error {
	return r.agent.Call("Runner.WriteLogs", logs, reply)
}

// Exit tells how the client ended.
func (r *Runner) Exit(code ExitCode, reply *Empty) error {
	return r.agent.Call("Runner.Exit", code, reply)
}

const repeatedCommand = "BUILDKITE_SCRIPT_PATH"

func isRepeatedCommand(variable string) bool {
	return strings.HasPrefix(variable, repeatedCommand+"=")
}

// Linux' MAX_ARG_STRLEN: a string for a process, with the zero byte at its end, has at most this many bytes.
const longestString = 131_072

func fitsProcess(variable string) bool {
	return len(variable)+len("\x00") <= longestString
}
