#!/usr/bin/env bash
# Runs everything that decides whether a change is good; see --help.
set -u
cd -- "$(dirname -- "$0")" || exit 1
. scripts/prepare.sh

usage() {
    cat <<'END'
usage: ./test.sh [--no-e2e]

Runs every stage even when one fails, and ends with the line "N passed, N failed":
  format, clippy and documentation without warnings; shell scripts
  unit, integration and documentation tests; one that fails is tried once more, and named as flaky when it passes then
  promtool and amtool on everything that ships, dashboards against the types that Grafana publishes, messages and
    annotations against what each service publishes
  end-to-end tests with real Prometheus, Alertmanager and systemd
  installing, repairing and removing on a whole Debian, in a container that is made once under .prunelle/ (0.7 GB)
  the demo of docker-compose.yml, built, brought up and broken on a Docker engine of its own, under .prunelle/ (3 GB)

Needs root, for tests that start a real systemd in namespaces of its own. Without root the rest runs and the command
fails, unless --no-e2e says that this is meant. What is missing (compiler, Prometheus, Alertmanager …) is fetched from
Debian, after saying what and why; no service is started or enabled.
END
}

e2e=yes
for argument in "$@"; do
    case $argument in
    --no-e2e) e2e=no ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

prepare
no_sandbox=$(why_no_sandbox)

export CARGO_TERM_COLOR=never NO_COLOR=1 RUSTDOCFLAGS='-D warnings' INSTA_UPDATE=no
target=${CARGO_TARGET_DIR:-target}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

passed=0
failed=0
failures=()

# stage NAME COMMAND...: one check; its output is shown as it comes.
stage() {
    local name=$1
    shift
    say "== $name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures+=("$name")
    fi
}

# tests NAME COMMAND...: a run of nextest or `cargo test`, whose own figures are added up.
tests() {
    local name=$1
    shift
    say "== $name"
    "$@" 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]} figures good bad
    figures=$(sum_of_tests <"$log")
    read -r good bad <<<"$figures"
    # Failed without a failed test: it did not even compile.
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    [ "$bad" -gt 0 ] && failures+=("$name")
    passed=$((passed + good))
    failed=$((failed + bad))
}

# Reads the closing lines of nextest ("Summary […] 13 tests run: 12 passed (1 slow), 1 failed, 0 skipped") and of
# `cargo test` ("test result: ok. 5 passed; 0 failed; …").
sum_of_tests() {
    awk '
        / tests? run: / || /^test result: / {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) good += $(i - 1)
                if ($i ~ /^(failed|exec-failed|timed)/) bad += $(i - 1)
            }
        }
        END { print good + 0, bad + 0 }'
}

if have cargo-nextest; then
    run_tests() { cargo nextest run --profile whole --locked --no-fail-fast --no-tests=pass "$@"; }
else
    run_tests() { cargo test --locked --no-fail-fast "$@"; }
fi

# Syntax of every script; what shellcheck says, where it is installed.
shell_scripts() {
    local script shell status=0
    while IFS= read -r script; do
        shell='sh'
        head -n 15 "$script" | grep -q 'bash' && shell='bash'
        "$shell" -n "$script" || status=1
        ! have shellcheck || shellcheck -x -S warning -s "$shell" "$script" || status=1
    done < <(find . \( -name target -o -name .prunelle \) -prune -o -name '*.sh' -print; printf '%s\n' .ci/run deploy/compose/break)
    return "$status"
}

stage 'format' cargo fmt --all --check
stage 'shell scripts' shell_scripts
stage 'clippy' cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
stage 'documentation' cargo doc --workspace --no-deps --locked --quiet
stage 'programs' cargo build --workspace --bins --locked --quiet

PRUNELLE_BIN_DIR=$(cd "$target/debug" 2>/dev/null && pwd)
export PRUNELLE_BIN_DIR

if [ -z "$no_sandbox" ]; then
    tests 'unit and integration tests' run_tests --workspace --exclude prunelle-e2e --lib --bins --tests
else
    # The other integration tests start a real systemd.
    tests 'unit tests' run_tests --workspace --lib --bins
    tests 'integration tests of the foundation' run_tests --package prunelle-foundation --tests
fi
tests 'documentation tests' cargo test --workspace --doc --locked --quiet

stage 'Prometheus: configuration, rules and their tests' prometheus/rules/tests/check.sh
stage 'Alertmanager: configuration and routes' alertmanager/tests/check.sh
stage 'Grafana: dashboards' grafana/tests/check.sh
stage 'messages and annotations against what each service publishes' healer/tests/services/check.sh

if [ "$e2e" = yes ]; then
    if [ -z "$no_sandbox" ]; then
        tests 'end to end' run_tests --package prunelle-e2e --tests
        stage 'installation on a whole Debian' e2e/full-container.sh
        stage 'demo of docker-compose.yml' e2e/compose.sh
    else
        say "test.sh: end-to-end tests and tests with a real systemd did not run: $no_sandbox (--no-e2e accepts that)"
        failed=$((failed + 1))
        failures+=('end to end')
    fi
fi

for failure in "${failures[@]}"; do
    say "failed: $failure"
done
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
