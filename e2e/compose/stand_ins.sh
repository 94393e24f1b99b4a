# Sourced by ../compose.sh: the images that the demo is built from and runs, pulled, or made here.
#
# Where no registry of images is at hand, an image of the same name is made from Debian's packages (and, for Rust, from
# this machine's own toolchain), with what the demo uses of the official one: programs, paths, users, ports. Stand-ins are
# made once, and bear the label below; nothing of them is ever part of the product.
#
# shellcheck shell=bash disable=SC2034,SC2154 # $repo, $cache and $work are the caller's, $with_grafana is for it

stand_in_label=prunelle.stand-in
stood_in=()

# image_of NAME: the name with the tag that the demo asks for.
image_of() {
    sed -n -E "s,^ *(image:|FROM) ($1:[^ ]+).*,\2,p" "$repo/docker-compose.yml" "$repo/deploy/compose/host.Dockerfile" | sort -u
}

# have_image NAME WHAT COMMAND...: pulled, or made by the command, which is given the full name.
have_image() {
    local name what=$2 image
    name=$1
    image=$(image_of "$name")
    shift 2
    [ "$(wc -w <<<"$image")" -eq 1 ] || stop_with "docker-compose.yml and host.Dockerfile should name one tag of $name: $image"
    if ! docker image inspect "$image" >/dev/null 2>&1 && ! timeout 300 docker pull --quiet "$image" >>"$work/pull.log" 2>&1; then
        say "    making a stand-in for $image: $what"
        "$@" "$image" >"$work/image.log" 2>&1 || { tail -n 30 "$work/image.log" >&2; stop_with "cannot make $image"; }
    fi
    is_stand_in "$image" || return 0
    stood_in+=("$image ($what)")
}

is_stand_in() { [ "$(docker image inspect --format "{{index .Config.Labels \"$stand_in_label\"}}" "$1")" = yes ]; }

# Where this machine has its own packages from.
debian_mirror() {
    local mirror
    mirror=${PRUNELLE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
        'Codename: bookworm' 'Component: main' 2>/dev/null | head -n 1)}
    [ -n "$mirror" ] || stop_with 'apt has no source of Debian bookworm here: set PRUNELLE_DEBIAN_MIRROR to the address of one'
    printf %s "$mirror"
}

make_debian() {
    local mirror
    mirror=$(debian_mirror)
    rm -rf "$work/debian"
    debootstrap --variant=minbase bookworm "$work/debian" "$mirror"
    rm -rf "$work/debian/var/cache/apt/archives"/*.deb "$work/debian/var/lib/apt/lists"/*
    tar -C "$work/debian" --one-file-system -c . |
        docker import --change "LABEL $stand_in_label=yes" --change 'CMD ["bash"]' - "$1"
    rm -rf "$work/debian"
}

# As the official `slim` image: gcc, libc6-dev and the toolchain, nothing else. This machine's certificates come along,
# for the way to the registry of crates is the machine's.
make_rust() {
    local sysroot debian
    sysroot=$(cd "$repo" && rustc --print sysroot)
    debian=$(image_of debian)
    mkdir -p "$work/rust"
    cat >"$work/rust/Dockerfile" <<DOCKERFILE
FROM $debian
LABEL $stand_in_label=yes
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev wget && rm -rf /var/lib/apt/lists/*
COPY toolchain /usr/local/toolchain
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PATH=/usr/local/toolchain/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=/usr/local/cargo
DOCKERFILE
    tar -c --exclude=share --exclude='cargo-clippy' --exclude='clippy-driver' \
        --transform 's,^\./\(bin\|lib\|libexec\),toolchain/\1,' -C "$work/rust" Dockerfile \
        -C /etc/ssl/certs --dereference ca-certificates.crt -C "$sysroot" ./bin ./lib ./libexec |
        docker build --network host --tag "$1" -
}

# make_of_packages FOLDER IMAGE: FOLDER has a Dockerfile that says of which packages.
make_of_packages() {
    docker build --network host --label "$stand_in_label=yes" --build-arg "DEBIAN=$(image_of debian)" --tag "$2" "$repo/e2e/compose/$1"
}

# All but Grafana's, of which Debian has no package. It is pulled, or left out.
have_images() {
    have_image debian 'debootstrap of Debian bookworm' make_debian
    have_image rust "Debian's gcc with this machine's $(cd "$repo" && rustc --version | cut -d' ' -f1,2)" make_rust
    have_image prom/prometheus "Debian trixie's prometheus" make_of_packages prometheus
    have_image prom/alertmanager "Debian trixie's prometheus-alertmanager" make_of_packages alertmanager
    have_image axllent/mailpit "a catcher of ours on Debian's python3-aiosmtpd" make_of_packages mailpit
    grafana=$(image_of grafana/grafana)
    if docker image inspect "$grafana" >/dev/null 2>&1 || timeout 300 docker pull --quiet "$grafana" >>"$work/pull.log" 2>&1; then
        with_grafana=yes
    else
        with_grafana=no
    fi
}
