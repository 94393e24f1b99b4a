# Sourced by ../compose.sh: Compose v2, which Debian 12 does not have. It is this machine's, or Debian trixie's, unpacked
# under .prunelle/ and installed nowhere.
#
# shellcheck shell=bash disable=SC2034,SC2154 # $cache and $work are the caller's

compose_name='docker-compose 1.29'

get_compose_v2() {
    local program=$cache/compose-v2/usr/libexec/docker/cli-plugins/docker-compose
    ! docker compose version >/dev/null 2>&1 || return 0
    if [ ! -x "$program" ] && ! unpack_compose_v2 >"$work/compose-v2.log" 2>&1; then
        tail -n 10 "$work/compose-v2.log"
        say '    no Compose v2 could be had'
        return 0
    fi
    mkdir -p "$DOCKER_CONFIG/cli-plugins"
    ln -sf "$program" "$DOCKER_CONFIG/cli-plugins/docker-compose"
}

# With lists and a cache of its own, so that this machine's apt knows nothing of another Debian.
unpack_compose_v2() {
    local apt=$work/apt
    mkdir -p "$apt/lists/partial" "$apt/cache"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) trixie main" >"$apt/sources.list"
    local options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update &&
        (cd "$apt" && apt-get "${options[@]}" download docker-compose) &&
        dpkg-deb -x "$apt"/docker-compose_2*.deb "$cache/compose-v2"
}

# From here on `compose` is Compose v2, where there is one.
use_compose_v2() {
    docker compose version >/dev/null 2>&1 || return 0
    compose=(docker compose)
    compose_name="Docker Compose $(docker compose version --short)"
}
