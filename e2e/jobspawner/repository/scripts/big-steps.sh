#!/bin/sh
# A command longer than a variable may be on Linux (128 KiB), in which Buildkite repeats it; and variables of 300 KiB in all.
line=$(printf '%01000d' 0)
echo 'agents: {queue: bk-operator}'
echo 'steps:'
echo '  - key: big-command'
echo '    command: |'
i=0
while [ $i -lt 300 ]; do
  echo "      : $line"
  i=$((i + 1))
done
echo '      ./say at the end of a big command'
echo '  - key: big-environment'
echo '    command: ./say "$${#BIG_1}" "$${#BIG_2}" "$${#BIG_3}"'
echo '    env:'
for number in 1 2 3; do
  echo "      BIG_$number: \"$(i=0; while [ $i -lt 100 ]; do printf '%s' "$line"; i=$((i + 1)); done)\""
done
