package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func shell(t *testing.T, script string) int {
	t.Helper()
	status, err := run("/bin/sh", []string{"-c", script})
	if err != nil {
		t.Error(err)
	}
	return status
}

func TestTheStatusIsTheProgramsOwn(t *testing.T) {
	t.Setenv(contextDirVariable, folder(t))
	for script, want := range map[string]int{"exit 0": 0, "exit 42": 42, "exit 255": 255, "kill -KILL $$": 137, "kill -TERM $$": 143} {
		if got := shell(t, script); got != want {
			t.Errorf("%s: got %d, want %d", script, got, want)
		}
	}
}

func TestAProgramThatCannotBeStartedIsTold(t *testing.T) {
	t.Setenv(contextDirVariable, folder(t))
	if status, err := run("/no/such/program", nil); status != notStarted || err == nil {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestAContextDirThatCannotBeMadeIsTold(t *testing.T) {
	t.Setenv(contextDirVariable, "/no/such/folder")
	if status, err := run("/bin/true", nil); status != notStarted || err == nil || !strings.Contains(err.Error(), "/no/such/folder") {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestTheProgramHasAContextDirOfItsOwnForAsLongAsItRuns(t *testing.T) {
	dir := folder(t)
	t.Setenv(contextDirVariable, dir)
	script := `case $BUILDKITE_JOB_CONTEXT_DIR in "` + dir + `"/?*) test -S "$BUILDKITE_JOB_CONTEXT_DIR/buildkite.sock" ;; *) exit 9 ;; esac`
	if status := shell(t, script); status != 0 {
		t.Errorf("the program found no socket: %d", status)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left are %v: %v", left, err)
	}
}

func TestSignalsReachTheProgram(t *testing.T) {
	for name, sent := range map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT, "USR1": syscall.SIGUSR1} {
		dir := folder(t)
		t.Setenv(contextDirVariable, dir)
		ready := filepath.Join(dir, "ready")
		go func() {
			for _, err := os.Stat(ready); err != nil; _, err = os.Stat(ready) {
				time.Sleep(5 * time.Millisecond)
			}
			_ = syscall.Kill(os.Getpid(), sent)
		}()
		if status := shell(t, "trap 'exit 7' "+name+"; : >'"+ready+"'; while :; do sleep 0.01; done"); status != 7 {
			t.Errorf("%s: got %d", name, status)
		}
	}
}
