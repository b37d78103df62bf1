# shellcheck shell=bash
# What scripts/demo, scripts/test and scripts/vm share: what the host lacks, the program, the appliance, steps and their clock.
#
# What always holds: it says what it will add before it adds it, and never asks; the host gets packages and at most one
# apt source file, nothing else; everything else goes to the cache. A step that has ended is not done again, so that a
# run that was cut off goes on where it stopped. Without a terminal there is a plain line at least every 20 seconds.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${ZBAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/zbay}
# Says that these scripts made the cache, so that `--clean` may remove it.
marker=.zbay-cache
me=$(basename "$0")
sources=/etc/apt/sources.list.d/zbay.sources
began=$SECONDS
export LC_ALL=C.UTF-8
umask 022
PATH=$PATH:/usr/sbin:/sbin

die() {
  printf '\n%s: %s\n' "$me" "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 2
}
short() { case $1 in "$HOME"/*) printf '~%s' "${1#"$HOME"}" ;; *) printf '%s' "$1" ;; esac; }
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
info() { printf '  %-9s %s\n' "$1" "$2"; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
make_cache() { # only a directory that is new, empty or named for zbay becomes one
  local own=
  if [ -z "${ZBAY_CACHE:-}" ] || [ -z "$(ls -A "$cache" 2>/dev/null)" ]; then own=1; fi
  mkdir -p "$cache/log"
  if [ -n "$own" ]; then : >"$cache/$marker"; fi
}
may_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# --- steps -------------------------------------------------------------------------------------------------------
# start NAME COMMAND...   runs it beside what else runs; its words go to $cache/log/NAME
# finish NAME...          waits for it, with a line at the end, and something to read meanwhile
declare -A pid_of begun_at
live=
[ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && live=1

step_line() { # NAME STATE SECONDS
  [ -n "$live" ] && printf '\r\033[K'
  printf '  %-12s %-58s %6s\n' "$1" "$2" "$(clock "$3")"
}
start() {
  local name=$1
  shift
  make_cache
  begun_at[$name]=$SECONDS
  ("$@") >"$cache/log/$name" 2>&1 </dev/null &
  pid_of[$name]=$!
}
running() { kill -0 "${pid_of[$1]}" 2>/dev/null; }
live_line() { # what a running step is at: the function now_NAME, else the last line of its log
  local text
  if declare -F "now_$1" >/dev/null; then text=$("now_$1"); else text=$(tail -n 1 "$cache/log/$1" 2>/dev/null | tr -d '\r' | cut -c1-56); fi
  printf '%s' "${text:-at work}"
}
finish() {
  local name beat=$SECONDS status
  for name in "$@"; do
    while running "$name"; do
      sleep 0.5
      declare -F each_second >/dev/null && each_second
      if [ -n "$live" ]; then
        printf '\r\033[K  %-12s %-58s %6s' "$name" "$(live_line "$name")" "$(clock $((SECONDS - begun_at[$name])))"
      elif [ $((SECONDS - beat)) -ge 15 ]; then
        beat=$SECONDS
        step_line "$name" "$(live_line "$name")" $((SECONDS - begun_at[$name]))
      fi
    done
    status=0
    wait "${pid_of[$name]}" || status=$?
    declare -F each_second >/dev/null && each_second
    if [ $status = 0 ]; then
      step_line "$name" "${done_text[$name]:-done}" $((SECONDS - begun_at[$name]))
    else
      step_line "$name" "failed, status $status; its log ends with:" $((SECONDS - begun_at[$name]))
      tail -n "${tail_lines:-40}" "$cache/log/$name" | sed 's/^/    /'
      printf '    all of it: %s\n' "$(short "$cache/log/$name")"
      [ -n "${keep_going:-}" ] || exit 1
      return 1
    fi
  done
}
declare -A done_text
stop_all() { # what was started and still runs
  local name
  for name in "${!pid_of[@]}"; do
    running "$name" && kill "${pid_of[$name]}" 2>/dev/null
  done
  return 0
}

# --- the host ----------------------------------------------------------------------------------------------------
have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; } # at_least HAVE WANT
rust_wanted() { sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$root/Cargo.toml"; }
rust_ok() { # cargo in PATH, and new enough
  local version
  version=$(cd "$root" && cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ -n "$version" ] && at_least "$version" "$(rust_wanted)"
}
os_id() { (. /etc/os-release && echo "${ID:-} ${VERSION_ID:-} ${VERSION_CODENAME:-}"); }

# What is missing, as Debian packages. $1: what for, `build`, `lint`, `fuzz` or `box`.
missing() {
  local want
  for want in "$@"; do
    case $want in
    build)
      have cc || echo gcc
      have pkg-config || echo pkg-config
      [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
      pkg-config --exists libudev 2>/dev/null || echo libudev-dev
      [ -e /usr/include/stdio.h ] || echo libc6-dev
      rust_ok || echo rustc-web cargo-web
      ;;
    lint)
      if rust_ok; then
        (cd "$root" && cargo fmt --version >/dev/null 2>&1) || { dpkg -s rustc-web >/dev/null 2>&1 && echo rustfmt-web; }
        (cd "$root" && cargo clippy --version >/dev/null 2>&1) || { dpkg -s rustc-web >/dev/null 2>&1 && echo rust-web-clippy; }
      else
        echo rustfmt-web rust-web-clippy
      fi
      ;;
    fuzz)
      have c++ || echo g++
      have python3 || echo python3
      ;;
    box)
      have qemu-system-x86_64 || echo qemu-system-x86
      have qemu-img || echo qemu-utils
      have debugfs || echo e2fsprogs
      have sfdisk || echo fdisk
      have ssh || echo openssh-client
      have setpriv || echo util-linux
      if ! appliance_ready; then
        have mmdebstrap || echo mmdebstrap
        have strip || echo binutils
        have xz || echo xz-utils
        compgen -G '/usr/share/keyrings/debian-archive-trixie-stable.gpg' >/dev/null || echo debian-archive-keyring
      fi
      ;;
    esac
  done | tr ' ' '\n' | sort -u
}

# Prometheus' own judge of figures, for tests/metrics.rs. Its package would start a server on this host: only the program is
# taken out of it, into the cache.
promtool_dir=$cache/promtool
get_promtool() {
  have promtool && return 0
  [ -x "$promtool_dir/usr/bin/promtool" ] && return 0
  make_cache
  rm -rf "$promtool_dir"
  mkdir -p "$promtool_dir"
  (
    cd "$promtool_dir"
    apt-get -q download prometheus || { apt_get update && apt-get -q download prometheus; }
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
    rm prometheus_*.deb
  )
  [ -x "$promtool_dir/usr/bin/promtool" ]
}

# Which of Debian's suites a list of packages needs beyond those that are configured: words for write_sources.
extra_suites() {
  local codename package version
  read -r _ _ codename <<<"$(os_id)"
  case $codename in bookworm | trixie) ;; *) return 0 ;; esac
  for package in "$@"; do
    case $package in
    qemu-system-x86 | libudev-dev)
      # Packages from backports want their like from there too: bookworm's qemu-system breaks with its qemu-utils.
      case $package in qemu*) version=$(version_of qemu-utils) ;; *) version=$(version_of libudev1) ;; esac
      case $version in *bpo*) echo backports ;; esac
      ;;
    rustc-web)
      version=$(apt-cache policy rustc-web 2>/dev/null | sed -n 's/^  Candidate: //p')
      case $version in '' | '(none)') [ -n "${lists_known:-}" ] && echo security ;; *) at_least "$version" "$(rust_wanted)" || echo security ;; esac
      ;;
    esac
  done | sort -u
}
version_of() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null || true; }
write_sources() { # SUITE...
  local suite codename host
  read -r _ _ codename <<<"$(os_id)"
  {
    echo "# Written by zbay's scripts; \`scripts/demo --clean\` removes it."
    for suite in "$@"; do
      host=debian
      [ "$suite" = security ] && host=debian-security
      printf 'Types: deb\nURIs: http://deb.debian.org/%s\nSuites: %s-%s\nComponents: main\n' "$host" "$codename" "$suite"
      printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
    done
  } | as_root tee "$sources" >/dev/null
}
apt_get() {
  local n
  for n in 1 2 3 4; do
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "$@" && return 0
    echo "apt-get failed, try $n of 4"
    sleep $((n * 5))
  done
  return 1
}
install_packages() { # PACKAGE...
  local package codename suites backports=() plain=()
  read -r _ _ codename <<<"$(os_id)"
  apt_get update
  lists_known=1
  suites=$(extra_suites "$@" | tr '\n' ' ')
  if [ -n "$suites" ]; then
    # What an earlier run needed stays.
    for package in backports security; do
      if [ -e "$sources" ] && grep -q -- "-$package$" "$sources"; then suites+="$package "; fi
    done
    # shellcheck disable=SC2046
    write_sources $(tr ' ' '\n' <<<"$suites" | sort -u)
    apt_get update
  fi
  for package in "$@"; do
    case $package in
    qemu-system-x86) case $suites in *backports*) backports+=(qemu-system-x86 seabios) ;; *) plain+=("$package") ;; esac ;;
    libudev-dev) plain+=("libudev-dev=$(version_of libudev1)") ;;
    *) plain+=("$package") ;;
    esac
  done
  [ ${#backports[@]} = 0 ] || apt_get install -y --no-install-recommends -t "$codename-backports" "${backports[@]}"
  [ ${#plain[@]} = 0 ] || apt_get install -y --no-install-recommends "${plain[@]}" ||
    apt_get install -y --no-install-recommends "${plain[@]%%=*}" # libudev1 may be older than what Debian has now
}

# --- the program -------------------------------------------------------------------------------------------------
target=${CARGO_TARGET_DIR:-$root/target}
program=$target/box/zbay # for a box, which runs it under emulation: optimised a little
lab=$target/box/zbay-lab # makes boxes, and tells what the tests' times say
now_program() {
  local n
  n=$(grep -c '^ *Compiling' "$cache/log/program" 2>/dev/null || true)
  if [ "${n:-0}" = 0 ]; then tail -n 1 "$cache/log/program" | cut -c1-56; else echo "crate $n of about $(grep -c '^name = ' "$root/Cargo.lock")"; fi
}
build_program() {
  cd "$root"
  local n
  for n in 1 2 3; do # crates come over the network
    cargo fetch --locked && break
    sleep $((n * 5))
  done
  cargo build --locked --profile box -p zbay -p zbay-lab --bins
}

# --- the appliance -----------------------------------------------------------------------------------------------
boxes=$root/crates/lab/vm-images
recipe=$boxes/appliance
release=${ZBAY_RELEASE:-} # a file below releases/; empty: the Debian and OpenZFS that zbay is made for
hash_of() { (cd "$recipe" && find "$@" -type f | sort | xargs sha256sum | sha256sum | cut -c1-16); }
# What the others are made of leaves the usual one as it is.
appliance_key() {
  local all
  all=$(cd "$recipe" && find . -mindepth 1 -maxdepth 1 -not -name releases | sort)
  # shellcheck disable=SC2086
  hash_of $all ${release:+"releases/$release"}
}
appliance_dir() { echo "$cache/appliance/$(appliance_key)${release:+-$release}"; }
appliance_work() { echo "$cache/appliance/work-$(hash_of build packages modules.sh ${release:+"releases/$release"})${release:+-$release}"; }
releases() { (cd "$recipe/releases" && ls); }
appliance_ready() { [ -e "$(appliance_dir)/root.img" ]; }
build_appliance() {
  appliance_ready && { echo "in the cache"; return; }
  mkdir -p "$cache/appliance"
  exec 9>"$cache/appliance/lock"
  flock 9 # another run may be at it
  if ! appliance_ready; then
    local work
    work=$(appliance_work)
    as_root env ZBAY_MIRROR="${ZBAY_MIRROR:-}" "$recipe/build" "$work" "$cache/appliance/new" "$release"
    as_root chown -R "$(id -u):$(id -g)" "$cache/appliance/new"
    rm -rf "$(appliance_dir)"
    mv "$cache/appliance/new" "$(appliance_dir)"
    # Older recipes' results go; the trees of this one stay, so that a changed file costs seconds.
    local old keep
    keep=$(for release in '' $(releases); do appliance_dir; appliance_work; done)
    for old in "$cache"/appliance/*; do
      grep -qxF "$old" <<<"$keep" && continue
      case $old in
      */lock | */current) ;;
      # Not what another checkout may be using right now.
      *) [ -n "$(find "$old" -maxdepth 0 -mmin -180)" ] || as_root rm -rf "$old" ;;
      esac
    done
  fi
  [ -n "$release" ] || ln -sfn "$(appliance_dir)" "$cache/appliance/current"
}
now_appliance() {
  local f=$cache/log/appliance stage
  stage=$(sed -n 's/^stage //p' "$f" 2>/dev/null | tail -n 1)
  case $stage in
  base) echo "Debian 13: the smallest system" ;;
  fetch) echo "Debian 13: packages, $(grep -c '^Get:' "$f") fetched" ;;
  packages) echo "Debian 13: packages, $(grep -c '^Setting up' "$f") set up" ;;
  modules) echo "OpenZFS is compiled for its kernel, some 5 minutes" ;;
  image) echo "the image is written" ;;
  *) echo "${stage:-starts}" ;;
  esac
}

# KVM if a probe boot with the appliance's own kernel gets as far as looking for a root, else translation.
accel() {
  local mark
  mark="$(uname -r) $(cat /proc/sys/kernel/random/boot_id)"
  if ! { [ -e "$cache/accel.for" ] && [ "$(cat "$cache/accel.for")" = "$mark" ]; }; then
    local word=tcg
    if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
      local out
      out=$(timeout -k 2 15 qemu-system-x86_64 -M q35 -accel kvm -cpu host -m 512 -nodefaults -no-user-config -display none -no-reboot \
        -serial stdio -kernel "$(appliance_dir)/vmlinuz" -append "console=ttyS0 panic=-1" </dev/null 2>/dev/null || true)
      case $out in *"Unable to mount root"* | *"No working init"* | *"not syncing"*) word=kvm ;; esac
    fi
    echo "$word" >"$cache/accel"
    echo "$mark" >"$cache/accel.for"
  fi
  cat "$cache/accel"
}

# --- boxes -------------------------------------------------------------------------------------------------------
free_port() { # some port on 127.0.0.1 that nobody listens on
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}
box_ssh() { # DIR [SSH OPTIONS] COMMAND...
  local dir=$1
  shift
  ssh -F /dev/null -i "$(appliance_dir)/key" -p "$(cat "$dir/port")" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=60 -o ControlMaster=auto -o ControlPersist=60 \
    -o ControlPath="$dir/ssh" root@127.0.0.1 "$@"
}
box_login() { # the command that a person can type
  echo "ssh -i $(short "$(appliance_dir)")/key -p $(cat "$1/port") -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1"
}
box_running() { [ -e "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null; }
box_start() { # BOX DIR OPTIONS... of `zbay-lab box`
  local box=$1 dir=$2 args more=()
  shift 2
  mkdir -p "$dir"
  [ "$(accel)" = kvm ] && more=(--kvm)
  free_port >"$dir/port"
  "$lab" box "$box" --dir "$dir" --image "$(appliance_dir)" --ssh-port "$(cat "$dir/port")" "${more[@]}" "$@" >"$dir/args"
  mapfile -t args <"$dir/args"
  : >>"$dir/console.log"
  setsid qemu-system-x86_64 "${args[@]}" >"$dir/qemu.log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  disown $!
}
box_up() { # DIR: waits for ssh
  local dir=$1 from=$SECONDS
  while ! greets "$(cat "$dir/port")"; do
    box_running "$dir" || { cat "$dir/qemu.log"; echo "QEMU ended"; return 1; }
    if [ $((SECONDS - from)) -gt 300 ]; then
      echo "no answer in five minutes; the console ends with:"
      tail -n 30 "$dir/console.log"
      return 1
    fi
    sleep 1
  done
  box_ssh "$dir" true
}
greets() { # a port that says SSH-
  local word
  { exec 4<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  read -r -t 3 -n 4 word <&4 || true
  exec 4<&- 4>&-
  [ "$word" = SSH- ]
}
box_off() { # DIR: in good order, else at once
  local dir=$1 n
  box_running "$dir" || return 0
  timeout 30 bash -c "$(declare -f box_ssh appliance_dir appliance_key hash_of); recipe=$(printf %q "$recipe") cache=$(printf %q "$cache") release=$(printf %q "$release"); box_ssh $(printf %q "$dir") systemctl --no-block poweroff" >/dev/null 2>&1 || true
  for n in $(seq 60); do
    box_running "$dir" || return 0
    sleep 1
  done
  box_kill "$dir"
}
box_kill() {
  box_running "$1" && kill -KILL "$(cat "$1/pid")" 2>/dev/null
  [ -S "$1/ssh" ] && ssh -F /dev/null -S "$1/ssh" -O exit root@127.0.0.1 2>/dev/null
  return 0
}

# --- the whole -----------------------------------------------------------------------------------------------------
clean() {
  local dir
  if [ -d "$cache" ]; then
    if [ -z "${ZBAY_CACHE:-}" ]; then make_cache; fi
    # A directory of somebody else's, named by mistake, is no cache.
    if [ ! -f "$cache/$marker" ]; then
      die "$(short "$cache") is not removed: it has no file $marker, so these scripts did not make it" \
        "if it is a cache all the same: touch $(short "$cache")/$marker"
    fi
  fi
  for dir in "$cache"/boxes/*; do [ -d "$dir" ] && box_kill "$dir"; done
  if [ -e "$sources" ]; then
    as_root rm -f "$sources"
    echo "removed $sources (packages stay: they are Debian's own; run apt-get update when you like)"
  fi
  if [ -d "$cache" ]; then
    as_root rm -rf "$cache"
    echo "removed $(short "$cache")"
  fi
}
# Says what will be done, then does what the later steps need: packages. $1 is the title, $2.. what for (build, lint, box).
prepare() {
  local title=$1 os version codename packages count
  shift
  make_cache
  read -r os version codename <<<"$(os_id)"
  case "$os $codename" in
  "debian bookworm" | "debian trixie") ;;
  *) echo "$me: this is $os $version; the packages are known for Debian 12 and 13, elsewhere they must be there already" ;;
  esac
  packages=$(missing "$@")
  count=$(wc -w <<<"$packages")
  packages=$(tr '\n' ' ' <<<"$packages")
  packages=${packages% }
  local box='' memory free
  case " $* " in *" box "*) box=1 ;; esac
  memory=$(awk '/MemTotal/ {printf "%d", $2 / 1e6}' /proc/meminfo)
  free=$(df -B1 --output=avail "$cache" | tail -n 1 | awk '{printf "%d", $1 / 1e9}')
  printf '%s\n\n' "$title"
  info host "$os $version, $(nproc) cores, $memory GB memory, $free GB free${box:+ (needs 4 GB and 8 GB)}"
  if [ -n "$box" ]; then
    if [ -e "$cache/accel" ] && [ "$(cat "$cache/accel")" = kvm ]; then info KVM "yes"; elif [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
      info KVM "/dev/kvm is there; used if a probe boot works, else QEMU translates"
    else
      info KVM "none: QEMU translates the processor's instructions; slower, same result"
    fi
  fi
  if [ "$count" != 0 ]; then
    info installs "$count packages: $packages"
    local suites
    # shellcheck disable=SC2086
    suites=$(extra_suites $packages | tr '\n' ' ')
    if [ -n "$suites" ]; then
      info from "Debian, and its ${suites% } suite, written to one file: $sources"
    else
      info from "the Debian sources that are configured"
      case $packages in *rustc-web*)
        [ -n "$(apt-cache policy rustc-web 2>/dev/null)" ] ||
          info '' "and, if their rustc is older than $(rust_wanted), the security suite: $sources"
        ;;
      esac
    fi
  else
    info installs "nothing: all that is needed is there"
  fi
  info caches "$(short "$cache"), about 3 GB   undo all: scripts/demo --clean"
  local minutes=0
  [ "$count" != 0 ] && minutes=$((minutes + 1))
  [ -x "$program" ] || minutes=$((minutes + 2))
  if [ -n "$box" ] && ! appliance_ready; then
    if [ -e "$(appliance_work)/modules.done" ]; then minutes=$((minutes + 1)); else minutes=$((minutes + 7)); fi
  fi
  info takes "${takes_text:-about $((minutes + ${own_minutes:-2})) min now}   logs: $(short "$cache/log")/"
  echo
  if [ "$count" != 0 ]; then
    may_be_root || die "packages are missing and this is not root" "run it as root, or \`sudo -v\` first, or install them yourself:" "apt-get install $packages"
    # shellcheck disable=SC2086
    start packages install_packages $packages
    finish packages
    # shellcheck disable=SC2119
    hash -r
    # Debian's cargo before one that is too old, wherever that came from.
    rust_ok || PATH=/usr/bin:$PATH
  fi
  if [ -n "$box" ] && ! appliance_ready; then
    may_be_root || die "the virtual appliance is built as root once" "run it as root, or \`sudo -v\` first"
  fi
}
