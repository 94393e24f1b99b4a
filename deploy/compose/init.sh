#!/bin/sh
# Makes the demo's secrets in a volume, once. Nothing secret is ever in the repository or in .env.
set -eu
umask 077
cd /secrets

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# One copy for each reader: the healer runs as root inside `host`, Alertmanager as 65534, Grafana as 472.
[ -s healer-token ] || random > healer-token
cp healer-token webhook-token.new && chown 65534:65534 webhook-token.new && mv webhook-token.new webhook-token
[ -s grafana-password ] || random > grafana-password
chown 472 grafana-password
chmod 0755 .
echo "Grafana: user prunelle, password: docker compose exec host cat /secrets/grafana-password"
