#!/bin/sh
set -eu
echo "--- Testing, part $((BUILDKITE_PARALLEL_JOB + 1)) of $BUILDKITE_PARALLEL_JOB_COUNT"
if [ "$BUILDKITE_PARALLEL_JOB" = 1 ] && [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then
  echo "this part is flaky: exit code 75, which the pipeline lets run again"
  exit 75
fi
buildkite-agent artifact download 'out/*' .
grep "built by" out/result.txt
