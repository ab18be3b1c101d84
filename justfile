# The entry points. `just` lists them.

_list:
    @just --list --unsorted

# A simulated holiday event, in seconds: the README's main job.
demo:
    cargo run --quiet --release -p setpoint-sim -- demo

# Everything that must pass: what CI runs.
check: lint
    tests/run

# Format, lints and documentation, warnings as errors.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --quiet -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# The tests of one package: just test setpoint-core
test package:
    cargo nextest run -p {{ package }}

# The figures of docs/performance.md.
bench:
    cargo bench -p setpoint-policies
    cargo bench -p setpoint-sim

# The long proofs; CI runs their short form.
prove:
    SETPOINT_PROVE=full cargo nextest run --profile prove --workspace --no-fail-fast

# The rows "against reality" of docs/simulator-accuracy.md: five minutes, alone on the machine.
reality:
    cargo nextest run --workspace -E 'binary(reality)' --no-capture

# Licences, sources, bans and advisories of every dependency.
deny:
    cargo deny check
