#!/bin/sh
set -eu
echo "+++ Telling Buildkite"
buildkite-agent meta-data set demo:result ok
buildkite-agent annotate --style success --context demo "The demo built **out/result.txt**."
