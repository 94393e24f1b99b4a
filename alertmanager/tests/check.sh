#!/usr/bin/env bash
# Checks what ships for Alertmanager: the configuration is valid, each alert of routes.txt reaches its receivers, and of each
# pair of inhibitions.txt the first silences the second or does not. Needs Alertmanager and amtool on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v amtool >/dev/null || { echo "amtool is missing: install Alertmanager (Debian: prometheus-alertmanager)" >&2; exit 1; }

amtool check-config alertmanager.yml

count=0
while IFS=: read -r receivers labels; do
    [[ $receivers =~ ^[[:space:]]*(#|$) ]] && continue
    read -ra matchers <<<"$labels"
    # amtool accepts a wrong answer with a warning unless the expected receivers are given
    if ! answer=$(amtool config routes test --config.file=alertmanager.yml \
        --verify.receivers="${receivers// /}" "${matchers[@]}" 2>&1); then
        echo "FAIL ${labels# }: expected ${receivers// /}, got $answer" >&2
        exit 1
    fi
    count=$((count + 1))
done <tests/routes.txt
[[ $count -gt 0 ]] || { echo "tests/routes.txt lists no alerts" >&2; exit 1; }
echo "alertmanager: $count routes as expected"

# Which alert silences which: pairs of alerts are given to an Alertmanager that has the shipped inhibitions and tells nobody.
server=$(command -v prometheus-alertmanager || command -v alertmanager) ||
    { echo "alertmanager is missing: install it (Debian: prometheus-alertmanager)" >&2; exit 1; }
folder=$(mktemp -d)
{
    printf 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n'
    sed -n '/^inhibit_rules:/,/^receivers:/{/^receivers:/!p}' alertmanager.yml
} >"$folder/alertmanager.yml"
"$server" --config.file="$folder/alertmanager.yml" --storage.path="$folder/data" --cluster.listen-address= \
    --web.listen-address=127.0.0.1:0 2>"$folder/log" &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$folder"' EXIT

# until_true COMMAND...: waits for it, for ten seconds at most.
until_true() {
    local end=$((SECONDS + 10))
    until "$@"; do
        [[ $SECONDS -lt $end ]] || return 1
        sleep 0.05
    done
}
listens() {
    address=$(sed -nE 's/.*"?Listening on"? address=([0-9.:]+).*/\1/p' "$folder/log")
    [[ -n $address ]]
}
until_true listens || { cat "$folder/log" >&2; exit 1; }
ask() { amtool alert "$@" --alertmanager.url="http://$address"; }

# Each pair is about hosts of its own, so that no other can silence it.
tell() { # number, whether it is the second, labels
    read -ra words <<<"${3//instance=/instance=$1.}"
    ask add "${words[@]}" "number=$1" "second=$2"
}
# listed NUMBER ARGUMENTS...: whether Alertmanager lists the second alert of that pair.
listed() { ask query "number=$1" second=yes "${@:2}" -o json | grep -q '"labels"'; }

mapfile -t pairs < <(grep -vE '^[[:space:]]*(#|$)' tests/inhibitions.txt)
[[ ${#pairs[@]} -gt 0 ]] || { echo "tests/inhibitions.txt lists no alerts" >&2; exit 1; }
# Those that must not be silenced first: alerts are taken in order, so that nothing can still silence them at the end.
for expected in both silenced; do
    for number in "${!pairs[@]}"; do
        IFS='|' read -r first second verdict <<<"${pairs[number]}"
        [[ $verdict =~ ^\ (both|silenced)$ ]] || { echo "FAIL what is expected of $second?" >&2; exit 1; }
        [[ ${verdict# } == "$expected" ]] || continue
        tell "$number" no "$first"
        tell "$number" yes "$second"
        [[ $expected = both ]] || until_true listed "$number" --inhibited ||
            { echo "FAIL $second is told beside $first" >&2; exit 1; }
    done
done
for number in "${!pairs[@]}"; do
    IFS='|' read -r first second verdict <<<"${pairs[number]}"
    [[ $verdict = ' silenced' ]] || until_true listed "$number" ||
        { echo "FAIL $second is silenced by $first" >&2; exit 1; }
done
echo "alertmanager: ${#pairs[@]} pairs as expected"
