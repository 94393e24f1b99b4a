# The `host` of the demo: Debian with systemd as PID 1, Prunelle installed as on a real server, and the demo services.

FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY . .
# The image's own toolchain, without the components that only the tests need.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN cargo build --release --locked -p prunelle-exporter -p prunelle-healer

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl dbus jq perl-base polkitd procps systemd systemd-sysv \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY deploy /usr/src/prunelle/deploy
COPY prometheus /usr/src/prunelle/prometheus
COPY alertmanager /usr/src/prunelle/alertmanager
COPY docs /usr/src/prunelle/docs
COPY --from=build /src/target/release/prunelle-exporter /src/target/release/prunelle-healer /usr/src/prunelle/bin/
RUN /usr/src/prunelle/deploy/install.sh /usr/src/prunelle/bin \
 && /usr/src/prunelle/deploy/compose/prepare-host.sh
CMD ["/usr/local/sbin/prunelle-demo-init"]
