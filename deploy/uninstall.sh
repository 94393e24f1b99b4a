#!/usr/bin/env bash
# Removes what install.sh has installed; see --help.
set -euo pipefail

usage() {
    cat <<'END'
usage: uninstall.sh [--purge]

Stops and removes the programs, units and documents. Left, and listed, are settings, state, log and users.
--purge removes these as well.
END
}

purge=
case ${1-} in
'') ;;
--purge) purge=yes ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

say() { printf '%s\n' "$*"; }
[ "$(id -u)" -eq 0 ] || { say 'uninstall.sh: must be run as root' >&2; exit 1; }

units=(prunelle-exporter.service prunelle-healer.service)
is_running=
[ -d /run/systemd/system ] && is_running=yes

for unit in "${units[@]}"; do
    [ -e "/usr/lib/systemd/system/$unit" ] || continue
    if [ -n "$is_running" ]; then
        systemctl disable --quiet --now "$unit"
    else
        systemctl --root=/ disable --quiet "$unit"
    fi
done

say 'Removed:'
gone() {
    local path
    for path in "$@"; do
        [ -e "$path" ] || [ -L "$path" ] || continue
        rm -rf -- "$path"
        say "  $path"
    done
}
helpers=(prunelle-drop-caches.service prunelle-clean-package-cache.service prunelle-vacuum-journal@.service)
gone "${units[@]/#//usr/lib/systemd/system/}" "${helpers[@]/#//usr/lib/systemd/system/}" /usr/bin/prunelle-exporter /usr/bin/prunelle-healer \
    /usr/lib/sysusers.d/prunelle.conf /usr/lib/tmpfiles.d/prunelle.conf \
    /usr/share/prunelle /usr/share/doc/prunelle /run/prunelle

# Settings (with drop-ins made by `systemctl edit`), state and log.
kept=(
    /etc/prunelle
    /etc/polkit-1/rules.d/50-prunelle.rules
    /etc/polkit-1/rules.d/50-prunelle.rules.new
    /etc/systemd/system/prunelle-exporter.service.d
    /etc/systemd/system/prunelle-healer.service.d
    /etc/systemd/system/prunelle-drop-caches.service.d
    /etc/systemd/system/prunelle-clean-package-cache.service.d
    /etc/systemd/system/prunelle-vacuum-journal@.service.d
    /var/lib/prunelle
    /var/log/prunelle
)
if [ -n "$purge" ]; then
    gone "${kept[@]}"
    for user in prunelle prunelle-exporter; do
        getent passwd "$user" >/dev/null && userdel "$user" && say "  user $user"
        # userdel removes the group of the same name, unless the host is set up otherwise
        getent group "$user" >/dev/null && groupdel "$user" && say "  group $user"
    done
    # made by install.sh when polkit was not there
    rmdir --ignore-fail-on-non-empty /etc/polkit-1/rules.d /etc/polkit-1 2>/dev/null || true
fi
if [ -n "$is_running" ]; then
    systemctl daemon-reload
    systemctl reset-failed "${units[@]}" 'prunelle-*' 2>/dev/null || true
fi

if [ -z "$purge" ]; then
    say 'Kept (uninstall.sh --purge removes them):'
    for path in "${kept[@]}"; do
        [ -e "$path" ] && say "  $path"
    done
    for user in prunelle prunelle-exporter; do
        getent passwd "$user" >/dev/null && say "  user $user"
    done
fi
exit 0
