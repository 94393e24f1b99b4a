# Sourced by start.sh and test.sh: finds or fetches what they need, and says so.
#
# Two rules hold. Nothing that is installed is started or enabled: Prometheus and its kin are only unpacked into
# .prunelle/tools; of the packages that apt-get installs systemd, on a machine with another init, and docker.io bring units,
# and what their installation enables for a boot under systemd is disabled again. And nothing is guessed: what cannot be had
# ends the script with one message that says what to do.
#
# shellcheck shell=bash

PRUNELLE_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=$PRUNELLE_ROOT/.prunelle/tools
PATH=$TOOLS/bin:$PATH:/usr/sbin:/sbin
[ -d "${HOME:-/root}/.cargo/bin" ] && PATH=$PATH:${HOME:-/root}/.cargo/bin
export PATH

say() {
    printf '%s\n' "$*"
}

stop_with() {
    printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

have() {
    command -v -- "$1" >/dev/null 2>&1
}

is_root() {
    [ "$(id -u)" -eq 0 ]
}

# The namespaces of a sandbox need root and CAP_SYS_ADMIN; says what is missing, if anything.
why_no_sandbox() {
    is_root || {
        echo 'a sandbox (a real systemd in its own mount, pid and cgroup namespaces) needs root'
        return
    }
    local answer
    answer=$(unshare --mount --pid --cgroup --fork --propagation private -- \
        mount -t tmpfs tmpfs /run 2>&1) ||
        echo "this machine does not let root make namespaces and mounts ($answer); in a container, CAP_SYS_ADMIN is missing"
}

# Rust is not installed behind anybody's back: the command is printed instead.
need_cargo() {
    local wanted found
    wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$PRUNELLE_ROOT/rust-toolchain.toml")
    found=$(cd "$PRUNELLE_ROOT" && cargo --version 2>/dev/null | cut -d' ' -f2)
    [ "$found" = "$wanted" ] && return
    say "Rust $wanted is needed${found:+; the cargo in PATH is $found}. Install it with:"
    say
    say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal \\"
    say "    --default-toolchain $wanted --component clippy,rustfmt"
    say
    stop_with "no cargo $wanted"
}

# Only the tests compare with node_exporter and ask with curl.
wants_peer() {
    [ "$(basename -- "$0")" = test.sh ]
}

# Only the tests have a Docker engine of their own, and only root can.
wants_engine() {
    wants_peer && is_root
}

has_faketime() {
    compgen -G "$TOOLS/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null ||
        compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null
}

# The server that mail is tested with: aiosmtpd, in a Python of its own.
AIOSMTPD=aiosmtpd==1.4.6
PRUNELLE_PYTHON=${PRUNELLE_PYTHON:-$PRUNELLE_ROOT/.prunelle/python/bin/python}
export PRUNELLE_PYTHON

has_mail_server() {
    "$PRUNELLE_PYTHON" -c 'import aiosmtpd' 2>/dev/null
}

# With its fonts, so that the pictures that stay for people are what a reader has: Liberation is as wide as Helvetica.
has_font() {
    compgen -G "/usr/share/fonts/truetype/$1" >/dev/null
}

has_venv() {
    python3 -c 'import ensurepip, venv' 2>/dev/null
}

make_mail_server() {
    has_mail_server || ! wants_peer || {
        say "From PyPI, into .prunelle/python: $AIOSMTPD (the server that mail is tested with)"
        { python3 -m venv "$PRUNELLE_ROOT/.prunelle/python" &&
            "$PRUNELLE_ROOT/.prunelle/python/bin/pip" -q install --disable-pip-version-check "$AIOSMTPD"; } ||
            stop_with "cannot install $AIOSMTPD: is there a network?"
    }
}

# Fills PACKAGES with the Debian packages to install and UNPACKED with those to unpack, and REASONS with why.
PACKAGES=()
UNPACKED=()
REASONS=()

missing() {
    local list=$1 package=$2 reason=$3
    local -n packages=$list
    packages+=("$package")
    REASONS+=("$(printf '  %-24s %s' "$package" "$reason")")
}

find_missing() {
    have cc || missing PACKAGES gcc 'the linker for Rust, and the compiler for SQLite'
    [ -e /usr/include/stdio.h ] || missing PACKAGES libc6-dev "the C library's headers"
    have unshare && have nsenter && have setpriv || missing PACKAGES util-linux 'namespaces'
    have mount || missing PACKAGES mount "the sandbox's mounts"
    [ -x /usr/lib/systemd/systemd ] || [ -x /lib/systemd/systemd ] ||
        missing PACKAGES systemd 'the systemd of the sandbox; this machine keeps its own init'
    [ -x /usr/bin/dbus-daemon ] || missing PACKAGES dbus-daemon 'the bus of the sandbox'
    have curl || ! wants_peer || missing PACKAGES curl 'a client that the formats are tested with'
    have duk || have node || missing PACKAGES duktape "runs the rules for polkit as polkit does, in the tests"
    { have node && have npm; } || ! wants_peer ||
        missing PACKAGES npm 'checks dashboards and messages against what Grafana and chats publish, in the tests'
    has_mail_server || ! wants_peer || has_venv || missing PACKAGES python3-venv 'the mail server that mail is tested with, from PyPI in .prunelle/python'
    have chromium || ! wants_peer || missing PACKAGES chromium 'shows mails and reports as a reader sees them, in the tests'
    { have pdftotext && have pdftoppm; } || ! wants_peer || missing PACKAGES poppler-utils 'reads and draws the reports in PDF, in the tests'
    has_font 'liberation*/*.ttf' || ! wants_peer || missing PACKAGES fonts-liberation 'letters for both'
    has_font 'noto/*Emoji*' || ! wants_peer || missing PACKAGES fonts-noto-color-emoji 'signs in the subjects of mails'
    have strace || missing PACKAGES strace 'kills the healer at each write of its journal, in the end-to-end tests'
    has_faketime || ! wants_peer ||
        missing UNPACKED libfaketime 'another wall clock for the healer, in the end-to-end tests; unpacked into .prunelle/tools'
    { have prometheus && have promtool; } ||
        missing UNPACKED prometheus 'scrapes and rules; unpacked into .prunelle/tools, not installed'
    { have prometheus-alertmanager || have alertmanager; } && have amtool ||
        missing UNPACKED prometheus-alertmanager 'routing; unpacked into .prunelle/tools, not installed'
    { have dockerd && have docker; } || ! wants_engine ||
        missing PACKAGES docker.io 'an engine for the demo of docker-compose.yml, in the end-to-end tests; it is not left running'
    have docker-compose || ! wants_engine || missing PACKAGES docker-compose 'brings that demo up, in the end-to-end tests'
    have debootstrap || ! wants_engine || missing PACKAGES debootstrap 'makes the Debian that containers are made of, in the end-to-end tests'
    have ip || ! wants_engine || missing PACKAGES iproute2 'looks at what listens, in the end-to-end tests'
    have prometheus-node-exporter || ! wants_peer ||
        missing UNPACKED prometheus-node-exporter 'what the exporter is compared with; unpacked into .prunelle/tools, not installed'
}

# Installs what is missing, after saying what and why.
prepare() {
    need_cargo
    find_missing
    [ ${#REASONS[@]} -eq 0 ] || install_missing
    make_mail_server
}

install_missing() {
    say 'From Debian, with apt-get (no service is started or enabled):'
    printf '%s\n' "${REASONS[@]}"
    local names="${PACKAGES[*]} ${UNPACKED[*]}"
    is_root || stop_with "not root: cannot install $names"
    have apt-get || stop_with "only Debian and its relatives are supported (no apt-get here); install by hand: $names"

    local apt=(apt-get -qq -o 'DPkg::Lock::Timeout=120' -o 'APT::Sandbox::User=root')
    if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit)" ]; then
        "${apt[@]}" update || stop_with 'apt-get update failed: is there a network?'
    fi
    if [ ${#PACKAGES[@]} -gt 0 ]; then
        local enabled
        enabled=$(enabled_units)
        # With this run level, what a package brings is not started.
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes "${apt[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >/dev/null ||
            stop_with "apt-get could not install ${PACKAGES[*]}: is there a network?"
        comm -13 <(echo "$enabled") <(enabled_units) | xargs -r rm --
    fi
    local package
    for package in "${UNPACKED[@]}"; do
        unpack "$package"
    done
}

# The links that enable units, sorted.
enabled_units() {
    [ ! -d /etc/systemd/system ] || find /etc/systemd/system -type l | sort
}

unpack() {
    local folder program
    folder=$(mktemp -d)
    mkdir -p "$TOOLS/bin"
    (cd "$folder" && "${apt[@]}" download "$1") ||
        { rm -rf "$folder"; stop_with "apt-get could not download $1: is there a network?"; }
    dpkg-deb -x "$folder"/*.deb "$TOOLS" || { rm -rf "$folder"; stop_with "cannot unpack $1 into $TOOLS"; }
    rm -rf "$folder"
    for program in "$TOOLS"/usr/bin/*; do
        # Some packages have none.
        [ -e "$program" ] || continue
        wrap "$(basename -- "$program")"
    done
}

# Debian's builds look for templates and pages below /usr/share. They find them there, in a mount namespace of their own.
wrap() {
    cat >"$TOOLS/bin/$1" <<END
#!/bin/sh
tools='$TOOLS'
[ "\$(id -u)" -eq 0 ] || exec "\$tools/usr/bin/$1" "\$@"
exec unshare --mount --propagation private -- /bin/sh -euc '
    mount --bind "\$1/usr/share" /usr/share
    shift
    exec "\$@"
' wrapper "\$tools" "\$tools/usr/bin/$1" "\$@"
END
    chmod +x "$TOOLS/bin/$1"
}
