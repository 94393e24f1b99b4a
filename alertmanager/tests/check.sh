#!/usr/bin/env bash
# Checks what ships for Alertmanager: the configuration is valid, and each alert of routes.txt reaches its receivers.
# Needs amtool on PATH.
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
