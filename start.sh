#!/usr/bin/env bash
# The demo of Prunelle on this machine, in a sandbox that touches nothing of it; see --help.
set -eu
cd -- "$(dirname -- "$0")"
. scripts/prepare.sh

usage() {
    cat <<'END'
usage: ./start.sh [--release] [OPTION...]        run the demo until Ctrl-C
       ./start.sh --break web|db|worker          kill a service of the running demo and watch it come back

The demo is a real systemd with three small services in namespaces of its own, exporter and healer beside them, and
Prometheus and Alertmanager outside, all on loopback. Nothing of the host is changed: no service is started or enabled,
and after the end, Ctrl-C or SIGKILL, no process, mount, namespace or cgroup is left. State and logs are in ./.prunelle.

Needs root (for the namespaces), a Debian, and Rust. What is missing from Debian is fetched after saying what and why;
--release builds optimised programs, which takes longer.

  --slow                     scrape every second instead of four times a second
  --prometheus-port PORT     [9090]      --exporter-port PORT   [9750]      --web-port PORT   [8051]
  --alertmanager-port PORT   [9093]      --healer-port PORT     [8050]

Settings are taken from the environment and from a file .env beside this script (CPU_THRESHOLD=70 and so on); the
environment wins. MONITORED_SERVICES adds to the demo's own services.
END
}

# Lines KEY=VALUE, as docker compose reads them; the file is data and never executed.
read_env_file() {
    local line key value
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Z_][A-Z0-9_]*)=(.*)$ ]] ||
            stop_with ".env: not KEY=VALUE: $line"
        key=${BASH_REMATCH[2]}
        value=${BASH_REMATCH[3]}
        if [[ $value =~ ^\"([^\"]*)\" || $value =~ ^\'([^\']*)\' ]]; then
            value=${BASH_REMATCH[1]}
        else
            value=${value%%[[:space:]]#*}
            value=${value%"${value##*[![:space:]]}"}
        fi
        [ -n "${!key+set}" ] || export "$key=$value"
    done <.env
}

build() {
    local profile=debug flags=()
    if [ "$release" = yes ]; then
        profile=release
        flags=(--release)
    fi
    bin=${CARGO_TARGET_DIR:-target}/$profile
    say 'Building prunelle-exporter, prunelle-healer and prunelle-sandbox. The first time takes a few minutes, mostly for'
    say 'the crates that they use (TLS, SQLite, D-Bus, HTTP); after that it takes as long as what has changed.'
    # With its progress for somebody who watches, silent in a log.
    [ -t 2 ] || flags+=(--quiet)
    cargo build --locked "${flags[@]}" \
        -p prunelle-exporter -p prunelle-healer -p prunelle-sandbox --bins ||
        stop_with 'the build failed'
}

release=no
options=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --release) release=yes ;;
    --break)
        [ $# -eq 2 ] || { usage >&2; exit 2; }
        service=$2
        shift
        ;;
    --slow | --*-port=*) options+=("$1") ;;
    --*-port)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        options+=("$1" "$2")
        shift
        ;;
    # Now, and not after the build.
    *) stop_with "unknown option $1; see ./start.sh --help" ;;
    esac
    shift
done

is_root || stop_with 'the sandbox needs root: run it with sudo, or as root in a container with CAP_SYS_ADMIN'
if [ -n "${service:-}" ]; then
    # The programs of the running demo, whatever they were built as.
    program=$(readlink -f .prunelle/programs 2>/dev/null)/prunelle-sandbox
    [ -x "$program" ] || stop_with 'no demo is running: start it with ./start.sh, in another terminal'
    exec "$program" --dir .prunelle break "$service"
fi

prepare
reason=$(why_no_sandbox)
[ -z "$reason" ] || stop_with "$reason"
[ -e .env ] && read_env_file
build
mkdir -p .prunelle
ln -sfn "$(cd "$bin" && pwd)" .prunelle/programs
# The demo takes the script's place: a signal to the one is a signal to the other.
exec "$bin/prunelle-sandbox" --dir .prunelle demo "${options[@]}"
