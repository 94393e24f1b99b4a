#!/usr/bin/env bash
# Installs Prunelle on a whole Debian and takes it off again: system scope, polkit, journald, real Prometheus and
# Alertmanager of Debian, with the configuration that ships. See --help.
set -euo pipefail

usage() {
    cat <<'END'
usage: full-container.sh

Boots a Debian bookworm in a container (systemd-nspawn, its own network) and checks there that
  install.sh works, may be run twice and keeps edited settings,
  a unit that is killed is repaired by the unprivileged healer, and polkit grants it nothing else,
  clean_folder removes another user's file,
  helper units do the few things that need root: the journal is vacuumed and apt's cache cleaned for real, while what
  would drop this machine's caches writes to a file,
  a command runs in a scope of its own with its limits, as the healer's user, and nothing runs without that scope,
  a reboot is asked for, of a unit that stands in for the real one,
  uninstall.sh leaves what it names, and uninstall.sh --purge nothing.

Needs root. The programs come from PRUNELLE_BIN_DIR (for glibc 2.36, or static). debootstrap and systemd-container are
installed with apt-get when they are missing. The Debian is made once, under .prunelle/ (0.7 GB), from where this machine
has its packages from, or from PRUNELLE_DEBIAN_MIRROR; it is never changed, the container writes to memory.
END
}

case ${1-} in
'') ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

repo=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf '%s\n' "$*"; }
stop_with() {
    printf 'full-container.sh: %s\n' "$*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || stop_with 'must be run as root'
[ -n "${PRUNELLE_BIN_DIR-}" ] || stop_with 'set PRUNELLE_BIN_DIR to the folder that has the programs, such as target/debug'
for program in prunelle-exporter prunelle-healer; do
    [ -x "$PRUNELLE_BIN_DIR/$program" ] || stop_with "no $PRUNELLE_BIN_DIR/$program: run cargo build"
done
missing=()
command -v debootstrap >/dev/null || missing+=(debootstrap)
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
if [ ${#missing[@]} -gt 0 ]; then
    say "Installing ${missing[*]}: the container is made and run with them"
    apt-get update -qq || say 'the package lists are as old as they are'
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        stop_with "cannot install ${missing[*]}"
fi

# --- the Debian ------------------------------------------------------------------------------------------------------

packages=systemd,systemd-sysv,dbus,polkitd,libpam-systemd,curl,jq,procps,prometheus,prometheus-alertmanager
cache=$repo/.prunelle/full-container
debian=$cache/bookworm-$(printf %s "$packages" | sha256sum | cut -c1-12)
if [ ! -d "$debian" ]; then
    # Where this machine has its own packages from.
    mirror=${PRUNELLE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
        'Codename: bookworm' 'Component: main' 2>/dev/null | head -n 1)}
    [ -n "$mirror" ] || stop_with 'apt has no source of Debian bookworm here: set PRUNELLE_DEBIAN_MIRROR to the address of one'
    say "Making a Debian in $debian from $mirror (once)"
    mkdir -p "$cache"
    rm -rf "$debian.part"
    debootstrap --variant=minbase --include="$packages" bookworm "$debian.part" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
        { tail -n 20 "$cache/debootstrap.log" >&2; stop_with 'debootstrap failed'; }
    rm -rf "$debian.part/var/cache/apt/archives"/*.deb
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$debian.part/etc/hosts" # debootstrap makes none
    mv "$debian.part" "$debian"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/prunelle-full.XXXXXX")
cgroups=()
container=
leader=
# The last processes in them may still be on their way out.
remove_cgroups() {
    local deadline=$((SECONDS + 10))
    until find "${cgroups[@]}" -depth -type d -exec rmdir {} + 2>"$work.rmdir"; do
        [ $SECONDS -lt $deadline ] || { cat "$work.rmdir" >&2; break; }
        sleep 0.1
    done
    rm -f "$work.rmdir"
}
clean_up() {
    local status=$?
    if [ -n "$container" ]; then
        if [ $status -ne 0 ] && [ -n "$leader" ]; then
            say '--- the last lines of the journals'
            inside journalctl --no-pager --quiet --lines 15 --unit prunelle-healer.service || true
            inside journalctl --no-pager --quiet --lines 10 --unit prunelle-exporter.service || true
            inside journalctl --no-pager --quiet --lines 10 --unit prometheus-alertmanager.service || true
            say '--- the end of the action log'
            inside tail -n 6 /var/log/prunelle/actions.jsonl || true
        fi
        [ -z "$leader" ] || kill -KILL "$leader" 2>/dev/null || true # everything in its pid namespace ends with it
        kill -KILL "$container" 2>/dev/null || true
        wait "$container" 2>/dev/null || true
    fi
    rm -rf "$work"
    [ ${#cgroups[@]} -eq 0 ] || remove_cgroups
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# What the container sees of this checkout.
mkdir -p "$work/prunelle/bin"
cp -a "$repo/deploy" "$repo/docs" "$repo/prometheus" "$repo/alertmanager" "$work/prunelle/"
cp "$PRUNELLE_BIN_DIR/prunelle-exporter" "$PRUNELLE_BIN_DIR/prunelle-healer" "$work/prunelle/bin/"

# shellcheck disable=SC2054 # the commas belong to the options
options=(--quiet --register=no --machine="prunelle-$$" --directory="$debian" --volatile=overlay
    --private-network --bind-ro="$work/prunelle:/mnt/prunelle" '--tmpfs=/tmp:size=32M,mode=1777')
# Where no systemd runs, there is nobody to ask for a scope: the container stays in a cgroup that is made here.
if [ ! -d /run/systemd/system ]; then
    options+=(--keep-unit)
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    cgroups+=("$(findmnt --raw --noheadings --first-only --types cgroup2 --output TARGET)${own%/}/prunelle-$$")
    own=$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup)
    [ -z "$own" ] ||
        cgroups+=("$(findmnt --raw --noheadings --first-only --types cgroup --options name=systemd --output TARGET)${own%/}/prunelle-$$")
    mkdir "${cgroups[@]}"
fi
enter_own_cgroup() {
    local cgroup
    for cgroup in "${cgroups[@]}"; do
        echo "$BASHPID" >"$cgroup/cgroup.procs"
    done
}

passed=0
check() {
    local what=$1
    shift
    "$@" || stop_with "not so: $what"
    passed=$((passed + 1))
    say "ok: $what"
}

# An image being built: nothing runs, and nothing may be asked to.
image() (
    enter_own_cgroup
    systemd-nspawn "${options[@]}" --console=pipe sh -ec '
        /mnt/prunelle/deploy/install.sh
        test -L /etc/systemd/system/multi-user.target.wants/prunelle-healer.service
        test -L /etc/systemd/system/multi-user.target.wants/prunelle-exporter.service
        /mnt/prunelle/deploy/install.sh | grep -q "Enabled, not started"
        /mnt/prunelle/deploy/uninstall.sh --purge
        ! test -e /etc/prunelle -o -L /etc/systemd/system/multi-user.target.wants/prunelle-healer.service' </dev/null >"$work/out" 2>&1 || { cat "$work/out"; return 1; }
)
check 'install.sh and uninstall.sh work in an image that is not running' image

# It ends with this script, however that ends: nspawn is the first process of a pid namespace around the container.
(
    enter_own_cgroup
    exec setpriv --pdeathsig KILL unshare --pid --fork --kill-child=KILL --mount-proc \
        systemd-nspawn "${options[@]}" --console=read-only --boot
) >"$work/console" 2>&1 </dev/null &
container=$!

inside() {
    nsenter --target "$leader" --all --wdns=/root -- \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        kill -0 "$container" 2>/dev/null || { cat "$work/console" >&2; stop_with 'the container has ended'; }
        [ $SECONDS -lt $deadline ] || stop_with "still not: $what"
        sleep 0.1
    done
}

wait_for() {
    until_true "$@"
    passed=$((passed + 1))
    say "ok: $2"
}
not() { ! "$@"; }

find_leader() {
    leader=$(pgrep -P "$(pgrep -P "$container")") && [ -S "/proc/$leader/root/run/dbus/system_bus_socket" ]
}
is_up() { [[ $(inside systemctl is-system-running) =~ ^(running|degraded)$ ]]; }
until_true 30 'the container has a PID 1' find_leader
wait_for 60 'Debian has booted' is_up

# --- install ---------------------------------------------------------------------------------------------------------

# All files but those that a running Debian writes by itself.
files() {
    inside find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log/journal \
        -o -path /var/lib/prometheus -o -path /var/lib/systemd -o -path /var/lib/apt -o -path /var/cache -o -path /mnt \) -prune -o -print | sort
}
install() { inside "/mnt/$1/deploy/install.sh" >"$work/out" 2>&1 || { cat "$work/out"; return 1; }; }
active() { inside systemctl is-active --quiet "$@"; }
sums() { inside sh -c 'sha256sum /etc/prunelle/* /etc/polkit-1/rules.d/50-prunelle.rules'; }

files >"$work/before"
check 'install.sh runs' install prunelle
check 'both programs run' active prunelle-exporter.service prunelle-healer.service
wait_for 10 'the exporter answers' inside curl -fsS http://127.0.0.1:9750/metrics
wait_for 10 'the healer is ready' inside curl -fsS http://127.0.0.1:8050/-/ready
token_mode=$(inside stat -c '%a %U %G' /etc/prunelle/webhook-token)
check "the token is for the healer and Alertmanager only ($token_mode)" [ "$token_mode" = '640 prunelle prometheus' ]
observes() { inside curl -fsS http://127.0.0.1:8050/metrics | grep '^prunelle_healer_mode{mode="observe"} 1' >/dev/null; }
wait_for 10 'the installed policy observes' observes
main_pid() { inside systemctl show --value --property MainPID "$1"; }
runs_as() { [ "$(inside stat -c %U "/proc/$(main_pid "$2")")" = "$1" ]; }
check 'the healer is not root' runs_as prunelle prunelle-healer.service
check 'the exporter is not root' runs_as prunelle-exporter prunelle-exporter.service
# Its unit takes nothing from it that a collector needs; the first usage ratios come after a second.
all_collectors_succeed() {
    local metrics
    metrics=$(inside curl -fsS http://127.0.0.1:9750/metrics) && ! grep -q '^node_scrape_collector_success.* 0$' <<<"$metrics"
}
wait_for 10 'every collector has the rights that it needs' all_collectors_succeed

# --- settings, and a second install ----------------------------------------------------------------------------------

inside tee /etc/systemd/system/demo.service /etc/systemd/system/other.service >/dev/null <<'END'
[Service]
ExecStart=/usr/bin/sleep infinity
END
inside systemctl daemon-reload
inside systemctl start demo.service other.service
inside sh -c 'echo MONITORED_SERVICES=demo,other >>/etc/prunelle/prunelle.env'
inside tee /etc/prunelle/policy.yml >/dev/null <<'END'
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults: {boot_grace: 0s}
rules:
  - name: service-down
    matchers: ['alertname = "ServiceDown"']
    target: {unit: {label: name, allow: ['demo.service', 'other.service']}}
    ladder:
      - remedy: restart_service
        verify: {unit_active: {stable_for: 1s}}
  - name: disk-full
    matchers: ['alertname = "DiskFull"']
    target: {path: /tmp, when: same_file_system}
    ladder:
      - remedy: clean_folder
        with: {older_than: 1s, stop_at_free: 90%, max_bytes: 1GiB}
        verify: {free_space: {at_least: 50%}}
END
check 'check-config accepts the policy' inside prunelle-healer check-config /etc/prunelle/policy.yml >/dev/null
# The rights of a narrower policy: one unit that the policy allows is to be refused by polkit.
inside sh -c "sed \"s/, 'other.service'//\" /etc/prunelle/policy.yml >/tmp/narrow.yml"
inside sh -c 'prunelle-healer polkit --policy.file=/tmp/narrow.yml >/etc/polkit-1/rules.d/50-prunelle.rules && rm /tmp/narrow.yml'
sums >"$work/sums"
check 'install.sh runs again' install prunelle
sums | check 'the second install keeps all settings' cmp - "$work/sums"
not_new() { not inside test -e /etc/prunelle/policy.yml.new; }
check 'a default that has not changed is not offered' not_new

cp -a "$work/prunelle" "$work/newer"
echo '# a later version' >>"$work/newer/deploy/policy.yml"
echo '# a later version' >>"$work/newer/deploy/prunelle.env"
rm -rf "$work/prunelle/newer" && mv "$work/newer" "$work/prunelle/newer"
check 'install.sh runs a third time, with a newer default' install prunelle/newer
sums | grep -v '\.new$' | check 'the newer version keeps the settings' cmp - "$work/sums"
check 'the newer default lies beside' inside grep -q 'a later version' /etc/prunelle/policy.yml.new
inside systemctl restart prunelle-exporter.service prunelle-healer.service
wait_for 10 'the healer is ready again' inside curl -fsS http://127.0.0.1:8050/-/ready

# --- the loop --------------------------------------------------------------------------------------------------------

# As a person would: the shipped files in place of Debian's.
inside cp -r /usr/share/prunelle/prometheus/. /etc/prometheus/
inside cp /usr/share/prunelle/alertmanager/alertmanager.yml /etc/prometheus/alertmanager.yml
# A machine with loopback only has no address to advertise to a cluster.
# Prometheus needs five seconds to find its Alertmanager; what it raised before is sent again after this delay.
inside sh -c "echo \"ARGS='--rules.alert.resend-delay=10s'\" >>/etc/default/prometheus"
inside sh -c "echo \"ARGS='--cluster.listen-address='\" >>/etc/default/prometheus-alertmanager"
inside systemctl restart prometheus.service prometheus-alertmanager.service
heartbeat() { inside curl -fsS http://127.0.0.1:8050/metrics | awk '/^prunelle_healer_heartbeat_timestamp_seconds/ && $2 > 0 {ok = 1} END {exit !ok}'; }
wait_for 60 'the heartbeat reaches the healer' heartbeat
watched() { inside curl -fsSG http://127.0.0.1:9090/api/v1/query --data-urlencode "query=count(prunelle_service_up == 1)" | jq -e '.data.result[0].value[1] == "2"'; }
wait_for 30 'Prometheus watches both units' watched

active demo.service
before=$(inside systemctl show --value --property InvocationID demo.service)
killed=$(date +%s%N)
inside systemctl kill --signal=KILL demo.service
other_invocation() { [ "$(inside systemctl show --value --property ActiveState,InvocationID demo.service | tr -d '\n')" != "active$before" ] && active demo.service; }
wait_for 20 'a killed unit runs again' other_invocation
say "    after $((($(date +%s%N) - killed) / 1000000)) ms (measured from outside, to 0.1 s)"
outcome() { inside jq -es "any(.[]; .event_type == \"outcome\" and .service == \"$1\" and .status == \"$2\")" /var/log/prunelle/actions.jsonl; }
wait_for 20 'the action log says so' outcome demo.service SUCCESS

with_log() { inside jq -es 'any(.[]; .event_type == "action" and .service == "demo.service" and any(.details.evidence.log.lines[]; contains("demo.service")))' /var/log/prunelle/actions.jsonl; }
check "the last lines of the unit's log are kept with the attempt" with_log

# The daemon's output goes to systemd's journal, so its events go there as well, with fields.
in_journal() { inside journalctl --quiet --output=json PRUNELLE_EVENT_TYPE=outcome PRUNELLE_STATUS=SUCCESS UNIT=demo.service _SYSTEMD_UNIT=prunelle-healer.service | jq -es "any(.[]; .MESSAGE_ID == \"aab543aeff44429c9cb71f609f4ed089\" and .PRIORITY == \"5\" and .PRUNELLE_RULE == \"service-down\")"; }
wait_for 10 "systemd's journal has it with fields to search by" in_journal
# To its end: curl fails when nobody reads what it still has.
all_sent() { inside curl -fsS http://127.0.0.1:8050/metrics | grep '^prunelle_healer_journald_unsent_total 0$' >/dev/null; }
check "systemd's journal took every event" all_sent
verified() { inside prunelle-healer journal verify | grep -q '^good: .*the daemon'; }
check 'the action log is as it was written, says the daemon' verified

# The policy allows it, polkit does not: the second lock holds.
inside systemctl kill --signal=KILL other.service
refused() { inside jq -es 'any(.[]; .service == "other.service" and .details.reason == "not_permitted")' /var/log/prunelle/actions.jsonl; }
wait_for 60 'a unit that polkit does not list is not repaired, and the log says why' refused
check 'it is still down' not active other.service
as_healer() { inside setpriv --reuid prunelle --regid prunelle --clear-groups busctl --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "$@" 2>/dev/null; }
check 'the healer may restart the listed unit' as_healer RestartUnit ss demo.service replace
check 'it may not stop it' not as_healer StopUnit ss demo.service replace
check 'it may not restart the bus' not as_healer RestartUnit ss dbus.service replace
check 'it may not mask a unit' not as_healer MaskUnitFiles asbb 1 demo.service false false

# --- clean_folder ----------------------------------------------------------------------------------------------------

inside setpriv --reuid nobody --regid nogroup --clear-groups sh -c \
    'umask 077; mkdir /tmp/private && head -c 24M /dev/zero >/tmp/private/big && head -c 6M /dev/zero >/tmp/big'
sleep 2 # older than 1s
inside amtool --alertmanager.url=http://127.0.0.1:9093 alert add DiskFull severity=critical instance=localhost:9750 \
    job=prunelle mountpoint=/tmp device=tmpfs fstype=tmpfs --annotation=value=97 --end="$(date -u -d '+5 min' +%FT%TZ)"
cleaned() { not inside test -e /tmp/private/big; }
wait_for 30 "another user's files are cleaned from /tmp" cleaned
folder_outcome() { inside jq -es 'any(.[]; .event_type == "outcome" and .action_type == "folder_clean" and .status == "SUCCESS")' /var/log/prunelle/actions.jsonl; }
wait_for 20 'the action log says so too' folder_outcome
owns_nothing_else() { not inside nsenter --target "$(main_pid prunelle-healer.service)" --mount -- touch /etc/prunelle-was-here /usr/prunelle-was-here /var/lib/prunelle-was-here 2>/dev/null; }
check 'the file system is read-only to the healer elsewhere' owns_nothing_else

# --- helper units ----------------------------------------------------------------------------------------------------

# The caches are this machine's, not the container's: what would drop them writes to a file instead. Neither does the
# container go down; what would reboot it says so.
inside mkdir -p /etc/systemd/system/prunelle-drop-caches.service.d
inside tee /etc/systemd/system/prunelle-drop-caches.service.d/test.conf >/dev/null <<'END'
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=
ExecStart=/bin/sh -c 'id -u >/run/caches-dropped'
ReadWritePaths=/run
END
inside tee /etc/systemd/system/reboot.target >/dev/null <<'END'
[Unit]
Description=Would reboot
Wants=would-reboot.service
END
inside tee /etc/systemd/system/would-reboot.service >/dev/null <<'END'
[Service]
Type=oneshot
ExecStart=/usr/bin/touch /run/rebooted
END
inside systemctl daemon-reload
inside tee /etc/prunelle/policy.yml >/dev/null <<'END'
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  host_budget: {max: 100, per: 1h}
  cooldown: {first: 0s, step: 1s, factor: 1, max: 1s}
  flapping: {repairs: 100, within: 30m, hold: 1h}
rules:
  - name: caches
    matchers: ['alertname = "Caches"']
    escalate: {quarantine: 0s}
    target: {host: true}
    ladder: [{remedy: drop_caches, verify: {tcp: '127.0.0.1:9750'}}]
  - name: journal
    matchers: ['alertname = "Journal"']
    escalate: {quarantine: 0s}
    target: {mount: {label: mountpoint, allow: [/]}}
    ladder: [{remedy: vacuum_journal, with: {keep: 7d}, verify: {tcp: '127.0.0.1:9750'}}]
  - name: packages
    matchers: ['alertname = "Packages"']
    escalate: {quarantine: 0s}
    target: {mount: {label: mountpoint, allow: [/]}}
    ladder: [{remedy: clean_package_cache, verify: {tcp: '127.0.0.1:9750'}}]
  - name: command
    matchers: ['alertname = "Command"']
    escalate: {quarantine: 0s}
    target: {host: true}
    ladder:
      - remedy: run_command
        with: {argv: [/bin/sh, -c, 'id -un; cat /proc/self/cgroup; env; sleep 1000 & exit 0'], labels: [note], memory_max: 64MiB}
        verify: {tcp: '127.0.0.1:9750'}
        within: 30s
  - name: reboot
    matchers: ['alertname = "Reboot"']
    escalate: {quarantine: 0s}
    target: {host: true}
    ladder: [{remedy: reboot, with: {healthy_for: 10m}, approval: none, attempts: 1, verify: {tcp: '127.0.0.1:9750'}, within: 5s}]
END
restart_healer() {
    inside systemctl restart prunelle-healer.service
    until_true 10 'the healer is ready' inside curl -fsS http://127.0.0.1:8050/-/ready
}
restart_healer
# fires ALERT LABEL...: an alert about this host for ten minutes.
fires() {
    local name=$1
    shift
    inside amtool --alertmanager.url=http://127.0.0.1:9093 alert add "$name" severity=critical instance=localhost:9750 \
        job=prunelle "$@" --annotation=value=1 --end="$(date -u -d '+10 min' +%FT%TZ)"
}
# told ALERT FILTER: an attempt for this alert of which the filter of jq holds.
told() { inside jq -es "any(.[]; .event_type == \"action\" and .details.alert == \"$1\" and ($2))" /var/log/prunelle/actions.jsonl; }

# No rule of polkit names the helpers yet.
fires Caches
wait_for 30 'a helper that polkit does not list is not started, and the log says what permits it' told Caches \
    '.details.reason == "not_permitted" and (.message | contains("prunelle-healer polkit"))'
check 'no cache was dropped' not inside test -e /run/caches-dropped

inside sh -c 'prunelle-healer polkit >/etc/polkit-1/rules.d/50-prunelle.rules'
permitted() { as_healer StartUnit ss prunelle-drop-caches.service replace; }
wait_for 10 'polkit takes the helpers from its rules' permitted
inside systemctl start prunelle-drop-caches.service # waits for its end
inside rm /run/caches-dropped
fires Caches again=1
wait_for 30 'the helper for caches is started by the healer' inside grep -qx 0 /run/caches-dropped
wait_for 10 'the action log says so' told Caches '.status == "SUCCESS"'
check 'it may not keep less of the journal than the rules say' not as_healer StartUnit ss prunelle-vacuum-journal@1d.service replace
too_little() { not inside systemctl start "prunelle-vacuum-journal@$1.service" 2>/dev/null; }
for keep in 23h 0d 1s 0 7 ''; do
    check "even root is refused a journal of '$keep'" too_little "$keep"
done
check 'a day and a bit is fine' inside systemctl start prunelle-vacuum-journal@25h.service

# An archived file of 2020, as systemd names it, and one of today.
journal=/var/log/journal/$(inside cat /etc/machine-id)
inside mkdir -p "$journal"
inside systemctl restart systemd-journald.service
inside journalctl --flush
inside journalctl --rotate
wait_for 10 'the journal has an archived file' inside sh -c "ls $journal/system@*.journal"
young=$(inside sh -c "ls $journal/system@*.journal | head -n 1")
old=$(sed -E 's/-[0-9a-f]{16}\.journal$/-0005a0000000000f.journal/' <<<"$young")
inside cp "$young" "$old"
fires Journal mountpoint=/
wait_for 30 'an old file of the journal is gone' not inside test -e "$old"
wait_for 10 'the action log says so' told Journal '.status == "SUCCESS" and .details.evidence.old_bytes > 0'
check 'a young one is still there' inside test -e "$young"

inside sh -c 'head -c 3M /dev/zero >/var/cache/apt/archives/some_1_all.deb; echo x >/var/cache/apt/archives/partial/half.deb'
fires Packages mountpoint=/
wait_for 30 'downloaded packages are gone' not inside test -e /var/cache/apt/archives/some_1_all.deb
wait_for 10 'the action log says so' told Packages '.status == "SUCCESS" and .details.evidence.package_bytes_after == 0'
check 'half downloads as well' not inside test -e /var/cache/apt/archives/partial/half.deb

fires Reboot
wait_for 30 'the unit that would reboot is started' inside test -e /run/rebooted
wait_for 30 'a reboot that does not come is told' told Reboot '.status == "TIMEOUT"'

# --- commands --------------------------------------------------------------------------------------------------------

fires Command note=hello
wait_for 30 'without the right to make a scope no command runs, and the log says so' told Command \
    '.details.reason == "not_permitted" and (.message | startswith("nothing was run"))'
check 'nothing of it runs' not inside pgrep -x sleep -u prunelle
# The rules of the policy grant no scopes. See docs/remedies.md.
inside tee /etc/polkit-1/rules.d/51-prunelle-scopes.rules >/dev/null <<'END'
polkit.addRule(function (action, subject) {
    var unit = action.lookup("unit");
    if (action.id === "org.freedesktop.systemd1.manage-units" && subject.user === "prunelle" &&
        (!unit || /^prunelle-run-.*[.]scope$/.test(unit))) {
        return polkit.Result.YES;
    }
});
END
# The other rules say no before these are asked.
inside mv /etc/polkit-1/rules.d/51-prunelle-scopes.rules /etc/polkit-1/rules.d/49-prunelle-scopes.rules
scopes_permitted() { as_healer StopUnit ss prunelle-run-none.scope replace || [ "$(inside setpriv --reuid prunelle --regid prunelle --clear-groups busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StopUnit ss prunelle-run-none.scope replace 2>&1 | grep -c 'not loaded')" = 1 ]; }
wait_for 10 'polkit has read the rule for scopes' scopes_permitted
fires Command note=again
wait_for 40 'the command runs' told Command '.status == "SUCCESS"'
in_scope='.status == "SUCCESS" and (.details.evidence.stdout | contains("prunelle\n") and contains("/prunelle-run-") and contains("PRUNELLE_LABEL_NOTE=again") and (contains("TOKEN") | not))'
wait_for 30 "as the healer's user, in a scope, with nothing but its own environment" told Command "$in_scope"
wait_for 10 'what it left behind was stopped with its scope' not inside pgrep -x sleep -u prunelle
no_scope() { [ "$(inside systemctl list-units --all --no-legend 'prunelle-run-*' | wc -l)" = 0 ]; }
wait_for 10 'no scope is left' no_scope

inside rm -rf /etc/polkit-1/rules.d/49-prunelle-scopes.rules /etc/systemd/system/prunelle-drop-caches.service.d \
    /etc/systemd/system/reboot.target /etc/systemd/system/would-reboot.service
inside systemctl daemon-reload
sums | grep -v '\.new$' >"$work/sums"

# --- uninstall -------------------------------------------------------------------------------------------------------

uninstall() { inside /mnt/prunelle/deploy/uninstall.sh "$@" >"$work/out" 2>&1 || { cat "$work/out"; return 1; }; }
# left WHAT: the files that are there and were not before, the test's own apart.
left() { files | comm -13 "$work/before" - | grep -vE '^/etc/systemd/system/(demo|other)\.service$|^/etc/prometheus/' || true; }
is_empty() { ! [ -s "$1" ] || { cat "$1"; return 1; }; }
check 'uninstall.sh runs' uninstall
sed -nE 's/^  (\/.*)/\1/p' <(sed '1,/^Kept/d' "$work/out") >"$work/named"
left | grep -vE "^($(paste -sd'|' "$work/named"))(/|$)" >"$work/unnamed" || true
check "it leaves what it names and nothing else ($(paste -sd' ' "$work/named"))" is_empty "$work/unnamed"
check 'no program of it runs' not inside pgrep -f '^/usr/bin/prunelle'
check 'the token is still there' inside test -s /etc/prunelle/webhook-token
check 'installing again finds the settings' install prunelle
inside sh -c 'rm -f /etc/prunelle/*.new' # written by the newer version above
sums | check 'and keeps them' cmp - "$work/sums"
check 'uninstall.sh --purge runs' uninstall --purge
left >"$work/left"
check "it leaves nothing ($(paste -sd' ' "$work/left"))" is_empty "$work/left"
check 'its users are gone' not inside getent passwd prunelle prunelle-exporter
check 'systemd knows of no failed unit' [ "$(inside systemctl list-units --failed --no-legend | grep -c prunelle)" = 0 ]
check 'uninstalling what is not there is no error' uninstall --purge

say "full container: $passed passed"
