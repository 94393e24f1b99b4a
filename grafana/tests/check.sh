#!/bin/sh
# Checks every dashboard against the types that Grafana publishes for dashboards and panels: an unknown member, a missing
# one or a wrong value is an error. Needs node and npm; what it fetches goes to .prunelle/grafana-schema.
set -eu
cd -- "$(dirname -- "$0")/../.."
folder=$PWD/.prunelle/grafana-schema
# The version of Grafana that docker-compose.yml starts.
version=$(sed -n 's|.*image: grafana/grafana:||p' docker-compose.yml)
wanted="@grafana/schema@$version typescript@5.9"

if [ "$(cat "$folder/has" 2>/dev/null)" != "$wanted" ]; then
    mkdir -p "$folder"
    # shellcheck disable=SC2086 # two words
    npm install --prefix "$folder" --no-audit --no-fund --loglevel=error $wanted
    echo "$wanted" >"$folder/has"
fi
exec node grafana/tests/schema.mjs "$folder" grafana/dashboards/*.json
