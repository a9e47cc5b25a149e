#!/usr/bin/env bash
# Installs by apt what building, running and testing need and this machine lacks; without network when nothing is missing.
# Usage: scripts/install.sh [lint|bench|contract]
set -euo pipefail

has() { command -v "$1" >/dev/null; }
has_server() { has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }

if ! has swift; then
  echo "swift is missing: install Swift 6.2 or newer from https://www.swift.org/install/linux/" >&2
  exit 1
fi

missing=()
has pkg-config || missing+=(pkg-config)
pkg-config --exists libpq libcrypto 2>/dev/null || missing+=(libpq-dev)
has_server || missing+=(postgresql)
has curl || missing+=(curl)
if [[ "${1:-}" == lint ]]; then
  has shellcheck || missing+=(shellcheck)
fi
if [[ "${1:-}" == contract ]]; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi
if [[ "${1:-}" == bench ]]; then
  has wrk || missing+=(wrk)
fi
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

if ! has apt-get; then
  echo "missing: ${missing[*]} (Debian's names); there is no apt-get here, so please install them by hand" >&2
  exit 1
fi
as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! has sudo; then
    echo "missing: ${missing[*]}; please run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
