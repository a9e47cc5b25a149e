#!/usr/bin/env bash
# Checks formatting, the scripts, and that nothing compiles with a warning.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh lint

swift format lint --strict --recursive --parallel Package.swift Sources Tests
shellcheck scripts/*.sh .ci/run Benchmarks/run Tests/Fuzz/run Tests/Contract/run Tests/Probe/run Tests/Sanitize/run \
  Tests/Dates/run Tests/Neighbours/run

# The same build as `make test`, so that it is done once; what was compiled before says nothing again.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build --build-tests 2>&1 | tee "$log"
if grep -E '(^|: )warning: ' "$log"; then
  echo "lint: warnings" >&2
  exit 1
fi
