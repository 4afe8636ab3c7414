# shellcheck shell=bash
# What the scripts share: finding the repository, installing packages, configuring and building a preset.
# Sourced by them after `set -euo pipefail`; never run by itself. Messages go to standard error.

root=$(CDPATH="" cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

cores() { nproc 2>/dev/null || echo 2; }

# packages_of GROUP...: the packages of these groups, one a line.
packages_of() {
  awk -v groups=" $* " '!/^#/ && NF >= 2 && index(groups, " " $1 " ") { print $2 }' "$root/scripts/packages"
}

# missing_of PACKAGE...: those that are not installed, one a line.
missing_of() {
  { dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
    awk -v wanted="$*" '$2 == "installed" { have[$1] = 1 }
      END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

# as_root COMMAND...: through sudo unless we are root already.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages GROUP...: installs what is missing from Debian. Touches neither apt nor the network when nothing is.
need_packages() {
  local wanted missing log
  # Here-strings, not process substitution: the latter needs /proc, which a plain chroot may lack.
  mapfile -t wanted <<<"$(packages_of "$@")"
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian system: nothing is installed for you. Needed (Debian's names): ${wanted[*]}"
    return 0
  fi
  mapfile -t missing <<<"$(missing_of "${wanted[@]}")"
  [ -n "${missing[0]}" ] || return 0
  say "missing packages (why each is needed: scripts/packages): ${missing[*]}"
  if [ "$(id -u)" -ne 0 ] && ! { command -v sudo >/dev/null && sudo true; }; then
    fail "installing them takes root or sudo; have somebody run: apt-get install ${missing[*]}"
  fi
  say "installing them from Debian; a minute or two the first time"
  log=$(mktemp)
  # The update may fail for a foreign source that this project does not need; the installation decides.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q -o DPkg::Lock::Timeout=300 </dev/null >"$log" 2>&1 ||
    say "apt-get update reported errors; trying with the package lists at hand"
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null >>"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install: ${missing[*]} (Debian 12 has all of them; its answer is above)"
  fi
  rm -f "$log"
  say "installed"
}

# configure PRESET [CMAKE-ARGUMENT...]: quiet unless it fails.
configure() {
  local preset=$1 log=$root/build/$1.configure.log
  shift
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1 || {
    cat "$log" >&2
    fail "cmake could not configure build/$preset (if the tree was moved or copied, remove build/$preset)"
  }
}

# build PRESET [TARGET...]: all targets unless some are named.
build() {
  local preset=$1 launcher
  shift
  launcher_of "$preset" # the build asks the test programs which tests they hold
  (cd "$root" && "${launcher[@]}" cmake --build --preset "$preset" --parallel "$(cores)" ${1:+--target "$@"})
}

# files GLOB...: what git tracks or would track, NUL-terminated, relative to the repository; files gone from disk left out.
files() {
  (cd "$root" && git ls-files -z --cached --others --exclude-standard -- "$@" |
    while IFS= read -r -d '' f; do [ ! -f "$f" ] || printf '%s\0' "$f"; done | sort -zu)
}

# launcher_of PRESET: sets `launcher`, what programs of that preset are started through: for the sanitizers their options,
# and addresses that are not randomised where the system allows it (those of g++ 12 fail at random on kernels that
# randomise more bits than they know).
launcher_of() {
  launcher=()
  case $1 in
    asan | tsan) ;;
    *) return 0 ;;
  esac
  launcher=(env
    "ASAN_OPTIONS=detect_stack_use_after_return=1:check_initialization_order=1:${ASAN_OPTIONS:-}"
    "UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}"
    "TSAN_OPTIONS=second_deadlock_stack=1:${TSAN_OPTIONS:-}")
  if setarch "$(uname -m)" -R true 2>/dev/null; then launcher+=(setarch "$(uname -m)" -R); fi
}

# run_ctest PRESET [CTEST-ARGUMENT...]: the tests of a built preset; ends in ctest's summary.
run_ctest() {
  local preset=$1 launcher
  shift
  launcher_of "$preset"
  "${launcher[@]}" ctest --test-dir "$root/build/$preset" --parallel 2 --output-on-failure --no-tests=error "$@"
}

# run_integration PRESET [CTEST-ARGUMENT...]: the integration tests of the release at the programs of another built preset.
run_integration() {
  local preset=$1 launcher
  shift
  launcher_of "$preset"
  DISCOVERY_TESTED=$root/build/$preset/bin "${launcher[@]}" \
    ctest --test-dir "$root/build/release" --parallel 2 --output-on-failure --no-tests=error -L '^integration$' "$@"
}

# fuzz_for SECONDS: every fuzz target of the asan build in a process of its own, together as long as that.
fuzz_for() {
  local each targets
  targets=$(ctest --test-dir "$root/build/asan" -N -L '^fuzz$' | sed -n 's/^Total Tests: //p')
  [ "${targets:-0}" -ge 1 ] || fail "no fuzz tests in build/asan"
  each=$(($1 / targets))
  [ "$each" -ge 1 ] || each=1
  [ "$each" -le 540 ] || each=540 # ctest ends a test after 600
  say "$targets fuzz targets, $each s each"
  DISCOVERY_FUZZ_SECONDS=$each run_ctest asan -L '^fuzz$'
}
