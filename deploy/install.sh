#!/usr/bin/env bash
# Installs Prunelle on this host; see --help.
set -euo pipefail
umask 022

usage() {
    cat <<'END'
usage: install.sh [BIN_DIR]

Installs prunelle-exporter and prunelle-healer from BIN_DIR (default: bin/ or target/release/ beside this folder) with
their systemd units, users and settings, and starts them. The healer observes only, until you change its policy.

May be run again at any time: settings that you have edited are kept. When the shipped version of one has changed since,
it is put beside yours with the ending `.new`. Without a running systemd (an image being built) the units are enabled
and not started.
END
}

case ${1-} in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$here")

say() { printf '%s\n' "$*"; }
stop_with() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || stop_with 'must be run as root'
for tool in systemctl systemd-sysusers systemd-tmpfiles; do
    command -v "$tool" >/dev/null || stop_with "no $tool: Prunelle needs a host with systemd"
done

bin_dir=${1-}
if [ -z "$bin_dir" ]; then
    for bin_dir in "$root/bin" "$root/target/release"; do
        [ -x "$bin_dir/prunelle-healer" ] && break
    done
fi
for program in prunelle-exporter prunelle-healer; do
    [ -x "$bin_dir/$program" ] ||
        stop_with "no program $bin_dir/$program: build it with \`cargo build --release\`, or name the folder that has it"
done

# put MODE SOURCE TARGET: a file of ours, replaced whenever it differs. Sets `changed`.
changed=
put() {
    cmp -s -- "$2" "$3" && [ "$(stat -c %a "$3")" = "${1#0}" ] && return
    install -D -m "$1" -- "$2" "$3.tmp"
    mv -f -- "$3.tmp" "$3" # a running program keeps the old file
    changed="$changed $3"
    say "  $3"
}

# Settings belong to the host. The version last shipped is kept, to tell an edited file from an old one.
defaults=/usr/share/prunelle/defaults
setting() {
    local mode=$1 source=$2 target=$3 before
    before=$defaults/$(basename -- "$target")
    if [ ! -e "$target" ] || { [ -e "$before" ] && cmp -s -- "$before" "$target"; }; then
        put "$mode" "$source" "$target"
    elif cmp -s -- "$source" "$target" || { [ -e "$before" ] && cmp -s -- "$source" "$before"; }; then
        say "  $target: kept"
    else
        install -m "$mode" -- "$source" "$target.new"
        say "  $target: kept, it has been edited; the new version is $target.new"
    fi
    install -D -m 0644 -- "$source" "$before"
}

say 'Programs, units and documents (new or changed):'
put 0755 "$bin_dir/prunelle-exporter" /usr/bin/prunelle-exporter
put 0755 "$bin_dir/prunelle-healer" /usr/bin/prunelle-healer
put 0644 "$here/systemd/prunelle-exporter.service" /usr/lib/systemd/system/prunelle-exporter.service
put 0644 "$here/systemd/prunelle-healer.service" /usr/lib/systemd/system/prunelle-healer.service
# What needs root, one act each; the healer may start those that polkit's rules name.
for helper in drop-caches clean-package-cache vacuum-journal@; do
    put 0644 "$here/systemd/prunelle-$helper.service" "/usr/lib/systemd/system/prunelle-$helper.service"
done
put 0644 "$here/sysusers.d/prunelle.conf" /usr/lib/sysusers.d/prunelle.conf
put 0644 "$here/tmpfiles.d/prunelle.conf" /usr/lib/tmpfiles.d/prunelle.conf
# Examples for a Prometheus and an Alertmanager, and what their alerts link to.
tree() {
    local file
    [ -d "$1" ] || return 0
    while IFS= read -r -d '' file; do
        put 0644 "$1/$file" "$2/$file"
    done < <(cd -- "$1" && find . -type f \( -name '*.yml' -o -name '*.md' \) -not -path '*/tests/*' -printf '%P\0')
}
tree "$root/prometheus" /usr/share/prunelle/prometheus
tree "$root/alertmanager" /usr/share/prunelle/alertmanager
tree "$root/docs" /usr/share/doc/prunelle
# For editors; the first line of policy.yml names it.
put 0644 "$root/docs/reference/policy.schema.json" /usr/share/prunelle/policy.schema.json
[ -n "$changed" ] || say '  none'

say 'Users: prunelle, prunelle-exporter'
systemd-sysusers /usr/lib/sysusers.d/prunelle.conf

say 'Settings:'
install -d -m 0755 /etc/prunelle
setting 0644 "$here/prunelle.env" /etc/prunelle/prunelle.env
setting 0644 "$here/policy.yml" /etc/prunelle/policy.yml
# polkit may come later; it reads this folder then.
install -d -m 0755 /etc/polkit-1/rules.d
made=$(mktemp -d)
trap 'rm -rf -- "$made"' EXIT
if /usr/bin/prunelle-healer polkit --policy.file=/etc/prunelle/policy.yml >"$made/50-prunelle.rules"; then
    setting 0644 "$made/50-prunelle.rules" /etc/polkit-1/rules.d/50-prunelle.rules
else
    say '  /etc/polkit-1/rules.d/50-prunelle.rules: left as it is, the policy has the errors above'
fi

# One token, for Alertmanager to send and for the healer to expect: nobody else may read it.
token=/etc/prunelle/webhook-token
reader=
for group in alertmanager prometheus; do
    if getent group "$group" >/dev/null; then
        reader=$group
        break
    fi
done
if [ -s "$token" ]; then
    say "  $token: kept"
else
    (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$token.tmp")
    chown "prunelle:${reader:-prunelle}" "$token.tmp"
    chmod 0640 "$token.tmp"
    mv -f -- "$token.tmp" "$token"
    say "  $token: made, for the user prunelle and the group ${reader:-prunelle}"
fi

units=(prunelle-exporter.service prunelle-healer.service)
if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create /usr/lib/tmpfiles.d/prunelle.conf
    systemctl daemon-reload
    systemctl enable --quiet "${units[@]}"
    if [ -n "$changed" ]; then
        systemctl restart "${units[@]}" || failed=yes
    else
        systemctl start "${units[@]}" || failed=yes
    fi
    if [ -n "${failed-}" ]; then
        journalctl --no-pager --quiet --lines 20 "${units[@]/#/--unit=}" >&2 || true
        stop_with 'installed, but not running; the lines above say why'
    fi
    say "Running: ${units[*]}"
else
    systemctl --root=/ enable --quiet "${units[@]}"
    say "Enabled, not started (no systemd is running here): ${units[*]}"
fi
command -v pkaction >/dev/null || [ -e /usr/lib/polkit-1/polkitd ] ||
    say 'Note: without polkit (package polkitd) systemd refuses what the healer asks for, and no service is repaired.'

say
say 'Next:'
say '  1. /etc/prunelle/prunelle.env: MONITORED_SERVICES, the services to watch. Then:'
say '     systemctl restart prunelle-exporter.service prunelle-healer.service'
say '  2. Prometheus and Alertmanager: /usr/share/prunelle has a configuration for each.'
if [ -n "$reader" ]; then
    say "     Alertmanager sends the token in $token; the group $reader may read it."
else
    say "     Alertmanager sends the token in $token; let its user read it:"
    say "     chgrp GROUP-OF-ALERTMANAGER $token"
fi
say '  3. /etc/prunelle/policy.yml: which units may be repaired. Then let systemd agree, and put it in force:'
say '     prunelle-healer polkit >/etc/polkit-1/rules.d/50-prunelle.rules'
say '     systemctl reload prunelle-healer.service'
say '     It only observes until you write "mode: enforce".'
say '  See /usr/share/doc/prunelle/install.md, and http://127.0.0.1:8050 for what happens.'
