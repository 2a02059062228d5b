package zzglob

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestGlobFindsWhatArtifactPathsName(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"a.txt", "logs/one.log", "logs/deep/two.log", "logs/deep/three.txt", "with space/b.txt"} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string][]string{
		"a.txt":          {"a.txt"},
		"*.txt":          {"a.txt"},
		"logs/**/*.log":  {"logs/deep/two.log", "logs/one.log"},
		"**/*.{log,txt}": {"a.txt", "logs/deep/three.txt", "logs/deep/two.log", "logs/one.log", "with space/b.txt"},
		"./logs/*.log":   {"logs/one.log"},
		"missing/**/*":   nil,
		"missing.txt":    nil,
		"with space/*":   {"with space/b.txt"},
	}
	for text, want := range cases {
		pattern, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var got []string
		walk := func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				got = append(got, name)
			}
			return nil
		}
		if err := pattern.Glob(walk); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAbsolutePatternGivesAbsolutePaths(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	pattern, err := Parse(filepath.Join(filepath.Dir(file), "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	_ = pattern.Glob(func(name string, _ fs.DirEntry, _ error) error { got = append(got, name); return nil })
	if !slices.Equal(got, []string{file}) {
		t.Errorf("got %q, want %q", got, file)
	}
}

func TestBadPatternIsRefused(t *testing.T) {
	if _, err := Parse("a[b"); err == nil {
		t.Error("an unclosed class was accepted")
	}
}
