#!/bin/sh
set -eu
echo "--- Where this runs"
echo "pod $(hostname), user $(id -u), commit $(git rev-parse --short HEAD) of $BUILDKITE_REPO"
echo "--- Building"
for part in one two three; do
  echo "compiling part $part"
  sleep 0.3
done
mkdir -p out
echo "built by $BUILDKITE_PIPELINE_SLUG #$BUILDKITE_BUILD_NUMBER" >out/result.txt
