# Sourced by the scripts of tests/etcd: finds a Go and offers `build`. Wants $root and $here; sets `go` and `out`.
# shellcheck shell=bash
# shellcheck source=tests/clients/go.sh
. "${here:?}/../clients/go.sh"
find_go

out=${root:?}/build/etcd
mkdir -p "$out"

build() { # build PROGRAM MODULE PACKAGE
  (cd "$here/$2" && "$go" build -buildvcs=false -o "$out/$1" "$3")
}
