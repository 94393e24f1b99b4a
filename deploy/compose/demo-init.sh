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
exec /sbin/init
