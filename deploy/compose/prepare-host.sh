#!/bin/sh
# Makes an installed Prunelle the demo's: its services, its policy, its settings, and `break`.
# Runs while the image is built; no systemd is there yet.
set -eu
here=/usr/src/prunelle/deploy/compose
demo=/usr/local/lib/prunelle-demo
services=

install -d "$demo"
install -m 0644 "$here"/../demo/web.pl "$here"/hog.pl "$here"/burner.pl "$demo"
for unit in "$here"/../demo/units/*.service "$here"/units/*.service; do
    name=$(basename "$unit")
    install -m 0644 "$unit" "/etc/systemd/system/$name"
    mkdir -p "/etc/systemd/system/$name.d"
    printf '[Service]\nEnvironment=PRUNELLE_DEMO=%s DEMO_WEB_PORT=8080\n' "$demo" >"/etc/systemd/system/$name.d/demo.conf"
    systemctl --root=/ add-wants multi-user.target "$name"
    services="$services${services:+,}$name"
done

install -m 0644 "$here/policy.yml" /etc/prunelle/policy.yml
cat >>/etc/prunelle/prunelle.env <<ENV
MONITORED_SERVICES=$services
# This container plays a host: CPU and memory are measured against its own limits.
PRUNELLE_EXPORTER_HOST_BOUNDARY=cgroup
PRUNELLE_HEALER_HOST_BOUNDARY=cgroup
# Volumes and bind mounts lie on the machine's disk, which / shows already.
PRUNELLE_EXPORTER_COLLECTOR_FILESYSTEM_MOUNT_POINTS_INCLUDE=^/(run|tmp|var/cache)$
# Published on loopback by docker-compose.yml.
PRUNELLE_HEALER_WEB_LISTEN_ADDRESS=:8050
PRUNELLE_HEALER_GRAFANA_URL=http://127.0.0.1:3000
# Every mail stays in the catcher: http://127.0.0.1:8025
EMAIL_ALERTS_ENABLED=True
SMTP_HOST=127.0.0.1
SMTP_PORT=25
SMTP_TLS=none
EMAIL_FROM=prunelle@demo.example
EMAIL_TO=operators@demo.example
ENV
for unit in prunelle-exporter.service prunelle-healer.service; do
    mkdir -p "/etc/systemd/system/$unit.d"
    printf '[Service]\nEnvironmentFile=-/run/prunelle-demo.env\n' >"/etc/systemd/system/$unit.d/demo.conf"
done
# The kernel's caches are the machine's. What would drop them says so and fails.
mkdir -p /etc/systemd/system/prunelle-drop-caches.service.d
cat >/etc/systemd/system/prunelle-drop-caches.service.d/demo.conf <<'UNIT'
[Service]
ExecStart=
ExecStart=/bin/sh -c 'echo "the caches are those of the machine that this container runs on: left alone" >&2; exit 1'
ReadWritePaths=
UNIT

# Nobody wants this image to update itself.
systemctl --root=/ mask --quiet apt-daily.timer apt-daily-upgrade.timer

# What polkit lets the healer do: what the demo's policy needs.
prunelle-healer polkit --policy.file=/etc/prunelle/policy.yml >/etc/polkit-1/rules.d/50-prunelle.rules
grep -q 'demo' /etc/polkit-1/rules.d/50-prunelle.rules

install -m 0755 "$here/demo-init.sh" /usr/local/sbin/prunelle-demo-init
install -m 0755 "$here/break" /usr/local/bin/break
echo "$services" >/usr/local/share/prunelle-demo
