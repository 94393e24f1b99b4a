#!/usr/bin/env bash
# Brings the demo of docker-compose.yml up on a real Docker engine, breaks it in each of the four ways, and sees it
# repaired. See --help.
set -euo pipefail

usage() {
    cat <<'END'
usage: compose.sh

Builds the demo's image from its own Dockerfile, brings the demo up with docker-compose 1.29 on a Docker engine of its own
(a real one, in namespaces of its own, beside any other), and checks there that
  everything becomes healthy, and nothing is published beyond loopback,
  thresholds and durations in force are the shipped ones,
  break web, disk, memory and cpu are each repaired as the shipped policy says, and mail about each is in the catcher,
  nothing that the demo does reaches the kernel's caches, which are this machine's,
  journal, action log, metrics and mails are still there after down and up, the latter with Compose v2,
  down -v leaves nothing.

Images that no registry gives are made from Debian's packages, under the same names; they are named at the end, and
Grafana is left out then. Needs root, docker.io, docker-compose, debootstrap and curl of Debian, and some 20 minutes, half
of them for the optimised build. The engine is started, and ended, by this script alone. Images are kept under
.prunelle/ (3 GB).

PRUNELLE_COMPOSE_PROGRAMS=FOLDER takes programs that are built already (for glibc 2.36, or static) in place of the
Dockerfile's first stage, for a quick look while one works; what was not run is then said.
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
    printf 'compose.sh: %s\n' "$*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || stop_with 'must be run as root'
missing=()
for pair in docker:docker.io dockerd:docker.io docker-compose:docker-compose debootstrap:debootstrap curl:curl ip:iproute2; do
    command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
done
[ ${#missing[@]} -eq 0 ] || stop_with "missing, and installed by test.sh: ${missing[*]}"

cache=$repo/.prunelle/compose
mkdir -p "$cache"
# One at a time: the engine has the folder to itself.
exec 9>"$cache/lock"
flock --nonblock 9 || stop_with "another compose.sh runs in $repo"
work=$(mktemp -d "${TMPDIR:-/tmp}/prunelle-compose.XXXXXX")
group=${work##*/}
. "$repo/e2e/compose/engine.sh"
. "$repo/e2e/compose/stand_ins.sh"
. "$repo/e2e/compose/compose_v2.sh"

# What the demo would hand on, or publish, is not for this shell or a file .env to say.
export COMPOSE_PROJECT_NAME=prunelle-demo
: >"$work/no.env"
for variable in AUTO_HEALING_ENABLED MONITORED_SERVICES MONITORING_INTERVAL PRUNELLE_DEMO_ADDRESS \
    {CPU,MEMORY,DISK,NETWORK}_THRESHOLD{,_CRITICAL}; do
    unset "$variable"
done
compose=(docker-compose)
compose() { timeout "${limit:-300}" "${compose[@]}" --project-directory "$repo" --env-file "$work/no.env" -f "$repo/docker-compose.yml" "$@" 9>&-; }

clean_up() {
    local status=$?
    trap - EXIT
    if [ -n "$engine" ] && [ $status -ne 0 ]; then
        say '--- containers'
        docker ps --all --format 'table {{.Names}}\t{{.Status}}' || true
        for container in $(docker ps --all --quiet); do
            say "--- $(docker inspect --format '{{.Name}}' "$container")"
            docker logs --tail 15 "$container" 2>&1 || true
        done
        say '--- journals of the host'
        in_host journalctl --no-pager --quiet --lines 30 --unit prunelle-healer.service --unit prunelle-exporter.service || true
        say '--- the end of the action log'
        in_host tail -n 8 /var/log/prunelle/actions.jsonl || true
    fi
    # The demo's containers and volumes go; the images stay.
    [ -z "$engine" ] || compose down --volumes --timeout 5 >/dev/null 2>&1 || true
    engine_stop
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

passed=0
check() {
    local what=$1
    shift
    "$@" || stop_with "not so: $what"
    passed=$((passed + 1))
    say "ok: $what"
}
# wait_for SECONDS WHAT COMMAND...
wait_for() {
    local deadline=$((SECONDS + $1)) begun=$SECONDS what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || stop_with "still not: $what"
        sleep 0.5
    done
    passed=$((passed + 1))
    say "ok: $what (within $((SECONDS - begun + 1)) s)"
}
not() { ! "$@"; }

host_container() { docker ps --quiet --filter label=com.docker.compose.service=host; }
in_host() { timeout 60 docker exec --interactive "$(host_container)" "$@"; }
get() { beside_engine curl -fsS --max-time 10 "http://127.0.0.1:$1"; }

# --- images ----------------------------------------------------------------------------------------------------------

engine_start machine
say 'Images:'
have_images
get_compose_v2
services=(init host prometheus alertmanager mailcatcher)
[ "$with_grafana" = no ] || services+=(grafana)

build_all() {
    # This engine has no network of its own to build in.
    printf 'services:\n  host:\n    build: {network: host}\n' >"$work/network.yml"
    limit=2400 compose -f "$work/network.yml" build host
}
build_rest() {
    mkdir "$work/programs"
    install --strip "$PRUNELLE_COMPOSE_PROGRAMS"/prunelle-exporter "$PRUNELLE_COMPOSE_PROGRAMS"/prunelle-healer "$work/programs"
    {
        printf 'FROM %s AS build\nCOPY programs /src/target/release\n' "$(image_of debian)"
        sed -n '/^FROM debian/,$p' "$repo/deploy/compose/host.Dockerfile"
    } >"$work/Dockerfile"
    tar -c -C "$work" Dockerfile programs -C "$repo" deploy prometheus alertmanager docs |
        docker build --network host --tag prunelle-demo-host -
}
quietly() { "$@" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; return 1; }; }

begun=$SECONDS
if [ -n "${PRUNELLE_COMPOSE_PROGRAMS-}" ]; then
    say "Building the image of the host with the programs of $PRUNELLE_COMPOSE_PROGRAMS"
    check 'the second stage of deploy/compose/host.Dockerfile builds; the first, which compiles, was NOT run' quietly build_rest
else
    say 'Building the image of the host from deploy/compose/host.Dockerfile, programs included'
    check 'deploy/compose/host.Dockerfile builds' quietly build_all
fi
say "    in $((SECONDS - begun)) s"
# Steps of builds, failed ones included.
docker container prune --force >/dev/null
docker image prune --force >/dev/null
engine_stop

# --- up --------------------------------------------------------------------------------------------------------------

engine_start apart
up() { compose up -d --no-build "${services[@]}" >"$work/up.log" 2>&1 || { cat "$work/up.log"; return 1; }; }
health() { docker ps --filter "label=com.docker.compose.service=$1" --format '{{.Status}}'; }
all_healthy() {
    local service
    for service in "${services[@]:1}"; do
        [[ $(health "$service") == *'(healthy)'* ]] || return 1
    done
}
begun=$SECONDS
check 'docker-compose 1.29 brings the demo up' up
engine_weighs_more
wait_for 120 'every service is healthy' all_healthy
say "    $((SECONDS - begun)) s after up"

# In the engine's network nothing else runs: what listens there are the published ports.
listening() { beside_engine ss -Hltn | awk '{print $4}' | sort -u; }
only_loopback() { [ -n "$(listening)" ] && [ -z "$(listening | grep -v '^127\.0\.0\.1:')" ]; }
check "all that listens is on loopback: $(listening | tr '\n' ' ')" only_loopback
elsewhere() { [ "$(PRUNELLE_DEMO_ADDRESS=192.0.2.1 compose config | grep -c '192\.0\.2\.1')" -eq "$(listening | wc -l)" ]; }
check 'the ports are published on another address when that is asked for' elsewhere
limits=$(docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}}' "$(host_container)")
check "memory, memory with swap, and CPU of the host are limited: $limits" [ "$limits" = '805306368 805306368 1000000000' ]

# --- what ships is in force ------------------------------------------------------------------------------------------

thresholds() {
    get 9750/metrics | sed -n -E 's/^prunelle_threshold_ratio\{resource="([a-z]+)",severity="([a-z]+)"\} (.*)/\1 \2 \3/p' | sort | tr '\n' ';'
}
check 'the thresholds are the shipped ones' [ "$(thresholds)" = 'cpu critical 0.95;cpu warning 0.8;disk critical 0.97;disk warning 0.9;memory critical 0.95;memory warning 0.85;' ]
durations() {
    get 9090/api/v1/rules | in_host jq -r '[.data.groups[].rules[] | select(.name | IN("ServiceDown", "DiskFull", "MemoryHigh", "CpuHigh")) |
        "\(.name) \(.labels.severity) \(.duration)"] | sort | join(";")'
}
check 'the durations of the rules are the shipped ones' [ "$(durations)" = 'CpuHigh critical 300;CpuHigh warning 600;DiskFull critical 60;DiskFull warning 60;MemoryHigh critical 120;MemoryHigh warning 300;ServiceDown critical 0' ]
policy_is_valid() { in_host prunelle-healer check-config /etc/prunelle/policy.yml >/dev/null; }
check 'the policy is valid' policy_is_valid
left_alone() {
    not in_host systemctl start prunelle-drop-caches.service 2>/dev/null &&
        in_host journalctl --quiet --unit prunelle-drop-caches.service | grep 'left alone' >/dev/null &&
        in_host systemctl reset-failed prunelle-drop-caches.service
}
check "what drops caches leaves this machine's alone" left_alone
scraped() { [ "$(get 9090/api/v1/targets | in_host jq '[.data.activeTargets[] | select(.health == "up")] | length')" -eq 3 ]; }
wait_for 60 'Prometheus scrapes the exporter, twice, and the healer' scraped
heartbeat() { get 8050/metrics | awk '/^prunelle_healer_heartbeat_timestamp_seconds/ && $2 > 0 {ok = 1} END {exit !ok}'; }
wait_for 90 'the heartbeat reaches the healer' heartbeat

# --- the four breaks -------------------------------------------------------------------------------------------------

declare -A broken=()
break_() {
    broken[$1]=$SECONDS
    compose exec -T host break "$@"
}
# To a second, as seen from outside.
after_the_break() { say "    $((SECONDS - broken[$1])) s after the break"; }
log_has() { in_host jq -es "any(.[]; $1)" /var/log/prunelle/actions.jsonl >/dev/null; }
# repaired RULE ACTION: the end of a remediation, with success, the last action of which was that one.
repaired() { log_has ".event_type == \"outcome\" and .status == \"SUCCESS\" and .details.rule == \"$1\" and .action_type == \"$2\""; }
# told EXPRESSION: a mail with such a subject, as text and as HTML.
told() {
    local id
    id=$(get 8025/api/v1/messages | in_host jq -r "first(.messages[] | select(.Subject | test(\"$1\")) | .ID)")
    [ -n "$id" ] && get "8025/api/v1/message/$id" | in_host jq -e '(.Text | length) > 100 and (.HTML | test("<html"))' >/dev/null
}
percent_used() { in_host df --output=pcent /var/cache | tail -n 1 | tr -dc 0-9; }
filled() { [ "$(percent_used)" -ge 97 ]; }
emptied() { [ "$(percent_used)" -le 75 ]; }

unknown_is_refused() { local status=0; break_ nonsense >/dev/null 2>&1 || status=$?; [ $status -eq 2 ]; }
check 'break says what it can do' unknown_is_refused
outside() { sh "$repo/deploy/compose/break" web 2>/dev/null; }
check 'break does nothing outside of the demo' not outside

check 'break web' break_ web
wait_for 30 'the web server is started again, and that is verified' repaired service-down service_restart
after_the_break web
check 'it runs' in_host systemctl is-active --quiet demo-web.service
wait_for 60 'mail about it has come' told '✅.*demo-web'

# The others at once; their alerts come after one minute, two and five.
check 'break cpu' break_ cpu
check 'break disk' break_ disk
check 'the file system is full' filled
check 'break memory' break_ memory
again() { [ "$(compose exec -T host break disk)" = '/var/cache is full already.' ]; }
check 'what is full already is said to be' again
check 'the healer is restarted meanwhile' in_host systemctl restart prunelle-healer.service
wait_for 240 'the disk is cleaned by the package manager, the third rung of the ladder' repaired disk-full package_cache_clean
after_the_break disk
check 'enough is free' emptied
wait_for 300 'the hog is restarted, and less memory is used' repaired memory-critical service_restart
after_the_break memory
wait_for 420 'the burner is throttled, and the processor has time again' repaired cpu-critical service_throttle
after_the_break cpu
wait_for 90 'mail about the disk has come' told '✅.*/var/cache'
wait_for 90 'mail about the memory has come' told '✅.*[Mm]emory'
wait_for 90 'mail about the processor has come' told '✅.*CPU'
something_failed() { log_has '.event_type == "outcome" and .status != "SUCCESS" and .status != "OBSERVED"'; }
check 'no remediation failed' not something_failed
check 'break undo' break_ undo

# --- down and up -----------------------------------------------------------------------------------------------------

in_host cat /var/log/prunelle/actions.jsonl >"$work/log"
outcomes() { in_host jq -s '[.[] | select(.event_type == "outcome" and .status == "SUCCESS")] | length' /var/log/prunelle/actions.jsonl; }
mails() { get 8025/api/v1/messages | in_host jq .total; }
mails=$(mails)
moment=$(date +%s)
old_sample() { get "9090/api/v1/query?query=prunelle_service_up&time=$moment" | in_host jq -e '.data.result | length >= 5' >/dev/null; }
check 'Prometheus knows the services' old_sample
down() { compose down "$@" >"$work/down.log" 2>&1 || { cat "$work/down.log"; return 1; }; }
no_container() { [ -z "$(docker ps --all --quiet)" ]; }
check 'docker-compose down' down
check 'no container is left' no_container
use_compose_v2
check "$compose_name brings it up again" up
wait_for 120 'every service is healthy again' all_healthy
log_kept() { in_host head -c "$(stat -c %s "$work/log")" /var/log/prunelle/actions.jsonl | cmp - "$work/log"; }
check "the action log still has its $(wc -l <"$work/log") lines" log_kept
verified() { in_host prunelle-healer journal verify >/dev/null; }
check 'its chain agrees with the journal' verified
check 'the metrics from before are there' old_sample
mails_kept() { [ "$mails" -ge 4 ] && [ "$(mails)" -ge "$mails" ]; }
check "the $mails mails are there" mails_kept
before=$(outcomes)
check 'break web, once more' break_ web
repaired_again() { [ "$(outcomes)" -gt "$before" ]; }
wait_for 90 'it is repaired again' repaired_again

check 'down -v' down --volumes
nothing_left() { no_container && [ -z "$(docker volume ls --quiet)" ]; }
check 'no container and no volume is left' nothing_left

if [ ${#stood_in[@]} -gt 0 ]; then
    say 'These images could not be pulled; in their place were:'
    printf '  %s\n' "${stood_in[@]}"
fi
[ "$with_grafana" = yes ] || say "This one could not be pulled, and was left out: $grafana"
say "compose.sh: $passed passed"
