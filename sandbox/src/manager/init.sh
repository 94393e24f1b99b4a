# First process of a sandbox's pid namespace: prepares the mounts, then runs the manager and reaps what is left to it.
#
# Writes `init.pid` (as the host numbers it) and `manager.pid` (as the namespace does) into DIRECTORY, whose `units/` is
# all that the manager sees.
#
# usage: init DIRECTORY VARIABLE=VALUE... (the whole environment of the manager)
set -eu
directory=$1

# The host's /proc is still mounted here, so this is our pid as the host sees it.
read -r pid _ </proc/self/stat
echo "$pid" >"$directory/init.pid"

mount -t tmpfs -o mode=755,size=64m tmpfs /run
mkdir -p /run/systemd/system /run/user/0
chmod 700 /run/user/0
mount -t proc proc /proc

# Join the cgroup, then make it the root of a namespace of its own.
echo 0 >"$PRUNELLE_CGROUP/cgroup.procs"
exec unshare --cgroup -- /bin/sh -euc '
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    for controller in ${PRUNELLE_V1-}; do
        mkdir -p "/run/cgroup/$controller"
        mount -t cgroup -o "$controller" cgroup "/run/cgroup/$controller"
    done
    systemd=/usr/lib/systemd/systemd
    [ -x "$systemd" ] || systemd=/lib/systemd/systemd
    directory=$1
    shift
    env -i "$@" "$systemd" --user --unit=default.target --log-target=console --default-standard-output=inherit &
    echo $! >"$directory/manager.pid"
    wait $!
' prunelle-init "$@"
