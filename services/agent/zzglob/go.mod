// A stand-in for drjosh.dev/zzglob, which not every module proxy serves; the agent's artifact globs run on it.
module drjosh.dev/zzglob

go 1.26

require github.com/bmatcuk/doublestar/v4 v4.10.0
