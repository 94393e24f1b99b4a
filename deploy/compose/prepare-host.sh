#!/bin/sh
# Makes an installed Prunelle the demo's: its services, its policy (the one that start.sh uses, too) and its settings.
# Runs while the image is built; no systemd is there yet.
set -eu
demo=/usr/src/prunelle/deploy/demo
services=

for unit in "$demo"/units/*.service; do
    name=$(basename "$unit")
    install -m 0644 "$unit" "/etc/systemd/system/$name"
    mkdir -p "/etc/systemd/system/$name.d"
    printf '[Service]\nEnvironment=PRUNELLE_DEMO=%s DEMO_WEB_PORT=8080\n' "$demo" >"/etc/systemd/system/$name.d/demo.conf"
    systemctl --root=/ add-wants multi-user.target "$name"
    services="$services${services:+,}$name"
done

install -m 0644 "$demo/policy.yml" /etc/prunelle/policy.yml
cat >>/etc/prunelle/prunelle.env <<END
MONITORED_SERVICES=$services
# This container plays a host: CPU and memory are measured against its own limits.
PRUNELLE_EXPORTER_HOST_BOUNDARY=cgroup
# Published on loopback by docker-compose.yml.
PRUNELLE_HEALER_WEB_LISTEN_ADDRESS=:8050
PRUNELLE_HEALER_GRAFANA_URL=http://127.0.0.1:3000
END

# What polkit lets the healer do: what the demo's policy needs.
prunelle-healer polkit --policy.file=/etc/prunelle/policy.yml >/etc/polkit-1/rules.d/50-prunelle.rules
grep -q 'demo' /etc/polkit-1/rules.d/50-prunelle.rules

install -m 0755 /usr/src/prunelle/deploy/compose/demo-init.sh /usr/local/sbin/prunelle-demo-init
