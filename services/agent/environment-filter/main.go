// Command environment-filter runs a program, `buildkite-agent kubernetes-bootstrap` or what ends in it, and stands between it and the
// agent's socket, so that the job may have a command that is too long for a variable.
//
// Buildkite repeats the command in BUILDKITE_SCRIPT_PATH; the agent hands the job's whole environment over its socket to
// kubernetes-bootstrap, which starts the bootstrap with it. Linux takes no string of 128 KiB and more there (MAX_ARG_STRLEN: execve ends
// with E2BIG), and nothing in the container's own environment wins over what comes over the socket.
//
// The program gets a job context dir of its own, whose socket is served here. Every call goes on to the agent and every answer comes back,
// but for a BUILDKITE_SCRIPT_PATH that no process can be given. The container is to Kubernetes and to the agent what it would be without
// this: the program's signals, its exit status, its calls to the agent and nobody else's, and an end of either side that the other sees.
//
//	environment-filter PROGRAM [ARGUMENT]...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const (
	contextDirVariable = "BUILDKITE_JOB_CONTEXT_DIR"
	// As buildkite-agent has it (DefaultContextDir of its package kubernetes).
	defaultContextDir = "/workspace"
)

// What a shell answers for a program that cannot be started.
const notStarted = 127

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: environment-filter PROGRAM [ARGUMENT]...")
		os.Exit(2)
	}
	status, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "environment-filter: %v\n", err)
	}
	os.Exit(status)
}

// run runs the program to its end and returns the status to exit with: the program's, or as a shell has it where it did not exit.
func run(program string, arguments []string) (int, error) {
	// All of them, as they would all reach the program.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals)
	defer signal.Stop(signals)

	agentDir := os.Getenv(contextDirVariable)
	if agentDir == "" {
		agentDir = defaultContextDir
	}
	context, err := serveContext(agentDir)
	if err != nil {
		return notStarted, err
	}
	defer context.close()

	command := exec.Command(program, arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), contextDirVariable+"="+context.dir)
	if err := command.Start(); err != nil {
		return notStarted, err
	}
	go passOn(signals, command.Process)
	err = command.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return notStarted, err
	}
	return exitStatus(command.ProcessState), nil
}

// passOn sends on what was sent to this process, and not what its own runtime and its child bring about.
func passOn(signals <-chan os.Signal, process *os.Process) {
	for received := range signals {
		switch received {
		case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE:
		default:
			// A process that has ended needs none.
			_ = process.Signal(received)
		}
	}
}

func exitStatus(state *os.ProcessState) int {
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return state.ExitCode()
}
