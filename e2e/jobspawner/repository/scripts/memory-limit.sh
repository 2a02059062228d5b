#!/bin/sh
# The memory that this container may use, in bytes: cgroup v2, or else v1.
cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes
