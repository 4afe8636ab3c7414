# shellcheck shell=bash
# A bare Debian 12 in a folder: making it, and running something in it. Sourced after scripts/lib.sh by what takes one; needs
# root. Mirror, proxy and certificates are those this machine is configured with.

# The first Debian archive among apt's sources, in either notation.
mirror() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) print $i }
         $1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }' |
    awk '/\/debian\/?$/ { print; exit }'
}

# What a command sees of this machine.
clean_environment=(env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"})

# inside_of FOLDER: sets `inside`, which runs what follows inside, with namespaces of its own: what it starts or mounts ends
# with it.
inside_of() {
  # shellcheck disable=SC2034  # for those who source this
  inside=("${clean_environment[@]}" unshare --mount --pid --fork --kill-child --mount-proc="$1/proc" chroot "$1")
}

# make_root FOLDER PACKAGE,...: with these packages beside the least there is.
make_root() {
  local bare=$1 source
  source=$(mirror)
  [ -n "$source" ] || fail "found no Debian archive in /etc/apt/sources.list*"
  say "debootstrap from $source into $bare"
  # https sources need the machine's certificates before the root has any.
  debootstrap --variant=minbase --include="$2" bookworm "$bare" "$source" >"$bare.debootstrap.log" 2>&1 ||
    { tail -n 20 "$bare.debootstrap.log" >&2; fail "debootstrap failed"; }
  rm -f "$bare.debootstrap.log"
  chmod 755 "$bare" # that of a temporary folder would keep users other than root out
}

# copy_settings FOLDER: what this machine needs to reach Debian and others: sources, proxy settings, certificates, names.
copy_settings() {
  local bare=$1 f
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/debian*; do
    [ ! -s "$f" ] || cp "$f" "$bare$f"
  done
  [ ! -f "$bare/etc/apt/sources.list.d/debian.sources" ] || rm -f "$bare/etc/apt/sources.list"
  { grep -hisE '^[[:space:]]*Acquire::[a-z]+::(Proxy|CAInfo|Verify)' /etc/apt/apt.conf /etc/apt/apt.conf.d/* || true; } \
    >"$bare/etc/apt/apt.conf.d/90this-machine"
  cp /etc/ssl/certs/ca-certificates.crt "$bare/etc/ssl/certs/ca-certificates.crt"
  cp /etc/resolv.conf "$bare/etc/resolv.conf"
  cp /etc/hosts "$bare/etc/hosts"
}

# timed NAME COMMAND...
timed() {
  local name=$1 start=$SECONDS
  shift
  "$@"
  say "$name: $((SECONDS - start)) s"
}
