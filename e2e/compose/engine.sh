# Sourced by ../compose.sh: a Docker engine of its own, beside any other on this machine.
#
# It runs in pid and mount namespaces that end with the script, however that ends, and so do its containers, mounts and
# interfaces. Images are kept between runs, under .prunelle/. What it needs from outside: root, cgroups, and Debian's
# docker.io. It sets no rule of the machine's firewall.
#
# shellcheck shell=bash disable=SC2154 # $cache and $work are the caller's

engine=
DOCKER_HOST=unix://$work/docker.sock
export DOCKER_HOST DOCKER_CONFIG=$work/client DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0

# engine_start machine|apart: with the machine's network, to build; or with one of its own, in which its ports are
# nobody else's.
engine_start() {
    local namespaces=(--pid --mount --fork --kill-child=KILL --mount-proc) bridge=(--bridge=none)
    if [ "$1" = apart ]; then
        namespaces+=(--net)
        bridge=()
    fi
    mkdir -p "$cache/engine" "$DOCKER_CONFIG"
    rm -rf "$work"/*.sock "$work/docker.pid" "$work/run"
    mkdir "$work/run"
    # What is for Kubernetes would listen.
    printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$work/containerd.toml"
    setpriv --pdeathsig KILL unshare "${namespaces[@]}" -- sh -euc '
        cache=$1 work=$2 group=$3
        shift 3
        ip link set lo up 2>/dev/null || true
        # Where containers have their sockets, whatever the folders below are.
        mkdir -p /run/containerd
        mount -t tmpfs tmpfs /run/containerd
        containerd --config "$work/containerd.toml" --log-level warn --root "$cache/containerd" --state "$work/run/containerd" --address "$work/containerd.sock" &
        until [ -S "$work/containerd.sock" ]; do sleep 0.1; done
        exec dockerd --log-level warn --host "unix://$work/docker.sock" --containerd "$work/containerd.sock" \
            --data-root "$cache/engine" --exec-root "$work/run/docker" --pidfile "$work/docker.pid" \
            --cgroup-parent "/$group" --iptables=false --ip6tables=false --ip-masq=false "$@"
    ' engine "$cache" "$work" "$group" "${bridge[@]}" >>"$work/engine.log" 2>&1 </dev/null &
    engine=$!
    local deadline=$((SECONDS + 60))
    until docker version >/dev/null 2>&1; do
        kill -0 "$engine" 2>/dev/null && [ $SECONDS -lt $deadline ] || {
            tail -n 30 "$work/engine.log" >&2
            stop_with 'no Docker engine could be started here'
        }
        sleep 0.2
    done
}

# What else this machine does is not to decide whether the demo gets the one processor that it may have: the processes of
# the machine count one by one, the engine's together, unless they weigh more.
engine_weighs_more() {
    local file
    for file in /sys/fs/cgroup/cpu*/"$group"/cpu.shares; do
        [ ! -e "$file" ] || echo 100000 >"$file"
    done
    file=/sys/fs/cgroup/$group/cpu.weight
    [ ! -e "$file" ] || echo 10000 >"$file"
}

# The first process of the engine's namespaces.
engine_leader() { pgrep -P "$(pgrep -P "$engine" -x unshare || echo "$engine")" | head -n 1; }

# A command where the engine publishes its ports.
beside_engine() { nsenter --target "$(engine_leader)" --net -- "$@"; }

engine_stop() {
    [ -n "$engine" ] || return 0
    # In good order first, for the sake of the images; what does not end then is killed with its namespace.
    kill -TERM "$(engine_leader)" 2>/dev/null || true
    local deadline=$((SECONDS + 20))
    while kill -0 "$engine" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    kill -KILL "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    engine=
    rm -rf "$work/run"
    remove_cgroups
}

# Those of the containers; the last processes in them may still be on their way out.
remove_cgroups() {
    local deadline=$((SECONDS + 10)) folders
    while :; do
        folders=$(find /sys/fs/cgroup -depth -type d -path "*/$group*" 2>/dev/null) || true
        [ -n "$folders" ] && [ $SECONDS -lt $deadline ] || break
        xargs -r rmdir 2>/dev/null <<<"$folders" || true
        sleep 0.1
    done
}
