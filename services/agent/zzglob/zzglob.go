// Package zzglob offers the part of drjosh.dev/zzglob that buildkite-agent uses
// (Parse, Match, Glob, MultiGlob and three options) on top of doublestar.
package zzglob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Pattern is a parsed glob; its zero value matches nothing.
type Pattern struct {
	text string
}

type parseConfig struct {
	expandTilde bool
}

// ParseOption changes how Parse reads a pattern.
type ParseOption func(*parseConfig)

// ExpandTilde says whether a leading ~ means the user's home directory (default: true).
func ExpandTilde(enabled bool) ParseOption {
	return func(c *parseConfig) { c.expandTilde = enabled }
}

// Parse checks a pattern and prepares it: `**` crosses folders, `{a,b}` are alternatives.
func Parse(pattern string, options ...ParseOption) (*Pattern, error) {
	config := parseConfig{expandTilde: true}
	for _, option := range options {
		option(&config)
	}
	text := filepath.ToSlash(pattern)
	if config.expandTilde && (text == "~" || strings.HasPrefix(text, "~/")) {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("expanding ~ in %q: %w", pattern, err)
		}
		text = filepath.ToSlash(home) + strings.TrimPrefix(text, "~")
	}
	if !doublestar.ValidatePattern(text) {
		return nil, fmt.Errorf("pattern %q: %w", pattern, doublestar.ErrBadPattern)
	}
	return &Pattern{text: text}, nil
}

// Match reports whether the whole of name fits the pattern.
func (p *Pattern) Match(name string) bool {
	matched, err := doublestar.Match(path.Clean(p.text), path.Clean(filepath.ToSlash(name)))
	return err == nil && matched
}

type globConfig struct {
	traverseSymlinks bool
	intermediateDirs bool
}

// GlobOption changes how Glob and MultiGlob walk.
type GlobOption func(*globConfig)

// TraverseSymlinks says whether links to folders are entered (default: true).
func TraverseSymlinks(enabled bool) GlobOption {
	return func(c *globConfig) { c.traverseSymlinks = enabled }
}

// WalkIntermediateDirs says whether the callback also sees the folder where the walk starts (default: false).
func WalkIntermediateDirs(enabled bool) GlobOption {
	return func(c *globConfig) { c.intermediateDirs = enabled }
}

// Glob calls walk for every path that fits the pattern, relative patterns from the working directory.
func (p *Pattern) Glob(walk fs.WalkDirFunc, options ...GlobOption) error {
	return MultiGlob(context.Background(), []*Pattern{p}, walk, options...)
}

// MultiGlob calls walk for every path that fits one of the patterns, in the patterns' order.
// A path that fits two of them is seen twice.
func MultiGlob(ctx context.Context, patterns []*Pattern, walk fs.WalkDirFunc, options ...GlobOption) error {
	config := globConfig{traverseSymlinks: true}
	for _, option := range options {
		option(&config)
	}
	for _, pattern := range patterns {
		if err := pattern.glob(ctx, walk, config); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pattern) glob(ctx context.Context, walk fs.WalkDirFunc, config globConfig) error {
	base, rest := doublestar.SplitPattern(path.Clean(p.text))
	if config.intermediateDirs {
		info, err := os.Stat(base)
		if err != nil {
			return walk(base, nil, err)
		}
		if err := walk(base, fs.FileInfoToDirEntry(info), nil); err != nil {
			return skipped(err)
		}
	}
	var walkOptions []doublestar.GlobOption
	if !config.traverseSymlinks {
		walkOptions = append(walkOptions, doublestar.WithNoFollow())
	}
	visit := func(name string, entry fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return walk(filepath.Join(base, name), entry, nil)
	}
	err := doublestar.GlobWalk(os.DirFS(base), rest, visit, walkOptions...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return skipped(err)
}

func skipped(err error) error {
	if errors.Is(err, fs.SkipDir) || errors.Is(err, fs.SkipAll) {
		return nil
	}
	return err
}
