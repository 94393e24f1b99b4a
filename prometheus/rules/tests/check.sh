#!/usr/bin/env bash
# Checks what ships for Prometheus: both profiles are valid and in step, every alert has a test and a runbook, every runbook
# an alert, and the tests beside this script pass. Needs promtool on PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v promtool >/dev/null || { echo "promtool is missing: install Prometheus (Debian: prometheus)" >&2; exit 1; }
fail() { echo "FAIL $*" >&2; exit 1; }

promtool check config prometheus.yml
promtool check config fast.yml

# The fast profile is the default one but for three values.
plain() { sed -E 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$1"; }
diff <(plain prometheus.yml | sed -E '
        s/evaluation_interval: 250ms/evaluation_interval: 100ms/
        s/scrape_(interval|timeout): 1s/scrape_\1: 250ms/') <(plain fast.yml) ||
    fail "fast.yml differs from prometheus.yml in more than its three values"

mapfile -t alerts < <(sed -nE 's/^ *- alert: *//p' rules/*.yml | sort -u)
[[ ${#alerts[@]} -gt 0 ]] || fail "no alerts in rules/*.yml"
for alert in "${alerts[@]}"; do
    grep -q "alertname: $alert\$" rules/tests/*.yml || fail "$alert has no test"
    [[ -s ../docs/runbooks/$alert.md ]] || fail "docs/runbooks/$alert.md is missing"
    grep -q "runbook_url: .*/runbooks/$alert\.md\$" rules/*.yml || fail "$alert does not name its runbook"
done

# No page that no alert leads to, no link between pages that leads nowhere, and no inhibition of an alert that is not there.
for page in ../docs/runbooks/*.md; do
    name=$(basename "$page" .md)
    [[ " ${alerts[*]} " == *" $name "* ]] || fail "docs/runbooks/$name.md is about no alert"
    for link in $(grep -oE '\]\([^)#:]+' "$page" | cut -c3-); do
        [[ -e ../docs/runbooks/$link ]] || fail "docs/runbooks/$name.md links to $link, which is not there"
    done
done
for name in $(sed -n '/^inhibit_rules:/,/^receivers:/p' ../alertmanager/alertmanager.yml |
    sed -nE "s/.*alertname =~? \"([A-Za-z|]+)\".*/\1/p" | tr '|' ' '); do
    [[ " ${alerts[*]} " == *" $name "* ]] || fail "alertmanager.yml inhibits by $name, which is no alert"
done

promtool test rules rules/tests/*.yml
echo "prometheus: ${#alerts[@]} alerts tested"
