#!/bin/sh
# PID 1 of the demo's `host` until systemd takes over: its cgroups must be writable, and the webhook token is the one
# that the `init` container made for this installation.
set -eu
for mount in $(awk '$5 ~ "^/sys/fs/cgroup" { print $5 }' /proc/self/mountinfo); do
    mount -o remount,bind,rw "$mount"
done
install -o prunelle -g prunelle -m 0400 /secrets/healer-token /etc/prunelle/webhook-token
# The volumes of journal and log are made by root.
chown prunelle:prunelle /var/lib/prunelle /var/log/prunelle
# A file system of its own, empty at each start.
install -d /var/cache/apt/archives/partial
# What docker-compose.yml hands on from the shell and .env; it wins over prunelle.env. systemd gives it to no service by itself.
{
    env | grep -E '^(AUTO_HEALING_ENABLED|MONITORING_INTERVAL|(CPU|MEMORY|DISK|NETWORK)_THRESHOLD(_CRITICAL)?)=.' || true
    [ -z "${MONITORED_SERVICES-}" ] || echo "MONITORED_SERVICES=$(cat /usr/local/share/prunelle-demo),$MONITORED_SERVICES"
} >/run/prunelle-demo.env
# With a view of cgroups that begins at this container, systemd can limit its units. Where Docker has given it one (cgroup
# v2), this changes nothing.
exec unshare --cgroup /sbin/init
