package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
)

// As buildkite-agent has it (SocketPath of its package kubernetes).
const socketName = "buildkite.sock"

// Variables with the paths of files that the agent makes in its job context dir. kubernetes-bootstrap takes their names and looks for them
// in its own (rebaseJobContextPaths of buildkite-agent).
var contextFileVariables = []string{"BUILDKITE_ENV_FILE", "BUILDKITE_ENV_JSON_FILE", "BUILDKITE_AGENT_JOB_TIMEOUT_FILE"}

// jobContext is a job context dir for one program, with a socket of the agent's protocol.
type jobContext struct {
	dir      string
	agentDir string
	listener net.Listener
}

// serveContext makes a job context dir within the agent's, which is on the volume that every container of the job can write to, and serves
// its socket. The agent need not be there yet.
func serveContext(agentDir string) (*jobContext, error) {
	dir, err := os.MkdirTemp(agentDir, "client-")
	if err != nil {
		return nil, fmt.Errorf("making a job context dir: %w", err)
	}
	context := &jobContext{dir: dir, agentDir: agentDir}
	// Whoever the command becomes may look for the files, as in the agent's.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	context.listener, err = net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() { _ = http.Serve(context.listener, context) }()
	return context, nil
}

func (c *jobContext) close() {
	_ = c.listener.Close()
	_ = os.RemoveAll(c.dir)
}

// ServeHTTP takes one connection of the protocol, net/rpc over HTTP CONNECT, and opens one to the agent for it. While the agent serves none
// it refuses, so that the client tries again for as long as it would have waited for the agent's socket.
func (c *jobContext) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	agent, err := rpc.DialHTTP("unix", filepath.Join(c.agentDir, socketName))
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadGateway)
		return
	}
	defer agent.Close()
	server := rpc.NewServer()
	if err := server.RegisterName("Runner", &Runner{agent: agent, context: c}); err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	server.ServeHTTP(response, request)
}

// linkFiles lets the files that the environment names be found in this dir, also those that come to be later.
func (c *jobContext) linkFiles(environment []string) error {
	for _, variable := range environment {
		name, path, _ := strings.Cut(variable, "=")
		for _, known := range contextFileVariables {
			if name != known || path == "" {
				continue
			}
			base := filepath.Base(path)
			if err := os.Symlink(filepath.Join(c.agentDir, base), filepath.Join(c.dir, base)); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	return nil
}
