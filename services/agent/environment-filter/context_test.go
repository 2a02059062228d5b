package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// folder has a shorter name than t.TempDir's, since the path of a socket has 107 bytes at most.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fakeAgent answers as buildkite-agent does, and notes what it is told.
type fakeAgent struct {
	env     []string
	refusal error
	state   int
	told    chan any
}

func (a *fakeAgent) Register(id int, reply *RegisterResponse) error {
	reply.Env = a.env
	return a.refusal
}

func (a *fakeAgent) Status(id int, reply *int) error {
	*reply = a.state
	a.told <- id
	return nil
}

func (a *fakeAgent) WriteLogs(logs Logs, reply *Empty) error {
	a.told <- string(logs.Data)
	return nil
}

func (a *fakeAgent) Exit(code ExitCode, reply *Empty) error {
	a.told <- code
	return nil
}

// connections are those that the agent's listener has accepted.
type connections struct {
	net.Listener
	accepted chan net.Conn
}

func (c connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.accepted <- conn
	}
	return conn, err
}

func (a *fakeAgent) serve(t *testing.T, dir string) connections {
	t.Helper()
	a.told = make(chan any, 16)
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	server := rpc.NewServer()
	if err := server.RegisterName("Runner", a); err != nil {
		t.Fatal(err)
	}
	serving := connections{listener, make(chan net.Conn, 16)}
	go func() { _ = http.Serve(serving, server) }()
	return serving
}

func contextIn(t *testing.T, agentDir string) *jobContext {
	t.Helper()
	context, err := serveContext(agentDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(context.close)
	return context
}

func connect(t *testing.T, context *jobContext) *rpc.Client {
	t.Helper()
	client, err := rpc.DialHTTP("unix", filepath.Join(context.dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func register(t *testing.T, agentDir string, env []string) (*jobContext, []string) {
	t.Helper()
	agent := &fakeAgent{env: env}
	agent.serve(t, agentDir)
	context := contextIn(t, agentDir)
	var answer RegisterResponse
	if err := connect(t, context).Call("Runner.Register", 0, &answer); err != nil {
		t.Fatal(err)
	}
	return context, answer.Env
}

func TestOnlyARepeatedCommandThatIsTooLongIsLeftOut(t *testing.T) {
	const longestScript = 131_072 - len(repeatedCommand) - len("=\x00")
	cases := map[string]struct{ given, want []string }{
		"a short one":      {[]string{"A=1", "BUILDKITE_SCRIPT_PATH=make", "B="}, []string{"A=1", "BUILDKITE_SCRIPT_PATH=make", "B="}},
		"the longest one":  {[]string{"BUILDKITE_SCRIPT_PATH=" + strings.Repeat("x", longestScript)}, []string{"BUILDKITE_SCRIPT_PATH=" + strings.Repeat("x", longestScript)}},
		"a longer one":     {[]string{"A=1", "BUILDKITE_SCRIPT_PATH=" + strings.Repeat("x", longestScript+1), "B=2"}, []string{"A=1", "B=2"}},
		"a long other one": {[]string{"MINE=" + strings.Repeat("x", 200_000)}, []string{"MINE=" + strings.Repeat("x", 200_000)}},
		"one like it":      {[]string{"BUILDKITE_SCRIPT_PATHS=" + strings.Repeat("x", 200_000)}, []string{"BUILDKITE_SCRIPT_PATHS=" + strings.Repeat("x", 200_000)}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if _, got := register(t, folder(t), test.given); !slices.Equal(got, test.want) {
				t.Errorf("%d variables came, not %d", len(got), len(test.want))
			}
		})
	}
}

func TestTheAgentsFilesAreFoundInTheContextDirAlsoLater(t *testing.T) {
	dir := folder(t)
	context, _ := register(t, dir, []string{
		"BUILDKITE_ENV_FILE=" + dir + "/job-env-1", "BUILDKITE_ENV_JSON_FILE=/elsewhere/job-env-json-1",
		"BUILDKITE_AGENT_JOB_TIMEOUT_FILE=" + dir + "/job-timeout-1", "OTHER_FILE=" + dir + "/other",
	})
	for _, file := range []string{"job-env-1", "job-env-json-1", "job-timeout-1"} {
		if _, err := os.Stat(filepath.Join(context.dir, file)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there before the agent has made it: %v", file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(context.dir, file)); string(text) != file {
			t.Errorf("%s holds %q: %v", file, text, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(context.dir, "other")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not the agent's is there: %v", err)
	}
}

func TestEveryOtherCallReachesTheAgentAsItIs(t *testing.T) {
	dir := folder(t)
	agent := &fakeAgent{}
	agent.serve(t, dir)
	client := connect(t, contextIn(t, dir))
	for _, state := range []int{0, 1, 2} {
		agent.state = state
		got := -1
		if err := client.Call("Runner.Status", 7, &got); err != nil || got != state || <-agent.told != 7 {
			t.Errorf("status %d came as %d: %v", state, got, err)
		}
	}
	// buildkite-agent's client wants no answer to these.
	if err := client.Call("Runner.WriteLogs", Logs{Data: []byte("\x00\xff\n")}, nil); err != nil || <-agent.told != "\x00\xff\n" {
		t.Errorf("writing the log: %v", err)
	}
	code := ExitCode{ID: 3, ExitStatus: -1}
	if err := client.Call("Runner.Exit", code, nil); err != nil || <-agent.told != code {
		t.Errorf("telling the exit: %v", err)
	}
}

func TestTheAgentsErrorsReachTheClient(t *testing.T) {
	dir := folder(t)
	(&fakeAgent{refusal: errors.New("client id 0 already registered")}).serve(t, dir)
	err := connect(t, contextIn(t, dir)).Call("Runner.Register", 0, &RegisterResponse{})
	if err == nil || err.Error() != "client id 0 already registered" {
		t.Errorf("got %v", err)
	}
}

func TestAClientIsRefusedUntilTheAgentServes(t *testing.T) {
	dir := folder(t)
	context := contextIn(t, dir)
	if _, err := rpc.DialHTTP("unix", filepath.Join(context.dir, socketName)); err == nil {
		t.Fatal("a client was taken without an agent")
	}
	agent := &fakeAgent{}
	agent.serve(t, dir)
	if err := connect(t, context).Call("Runner.Status", 0, new(int)); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheAgentIsAnErrorOfEveryCall(t *testing.T) {
	dir := folder(t)
	agent := &fakeAgent{}
	serving := agent.serve(t, dir)
	client := connect(t, contextIn(t, dir))
	if err := client.Call("Runner.Status", 0, new(int)); err != nil {
		t.Fatal(err)
	}
	_ = serving.Close()
	_ = (<-serving.accepted).Close()
	for range 2 {
		if err := client.Call("Runner.Status", 0, new(int)); err == nil {
			t.Error("a call without an agent was answered")
		}
	}
}

func TestTheEndOfTheClientIsTheEndOfItsConnectionToTheAgent(t *testing.T) {
	dir := folder(t)
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		client, err := rpc.DialHTTP("unix", filepath.Join(contextIn(t, dir).dir, socketName))
		if err == nil {
			_ = client.Close()
		}
	}()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "HTTP/1.0 200 Connected to Go RPC\n\n")
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection did not end: %v", err)
	}
}
