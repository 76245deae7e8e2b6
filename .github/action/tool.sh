#!/usr/bin/env bash
# Which nhiscan to run: the binary given, or one built from the source of this action.
set -euo pipefail

if [ -n "$GIVEN" ]; then
  binary=$GIVEN
else
  target=${RUNNER_TEMP:-/tmp}/nhiscan-target
  cargo build --release --locked --manifest-path "$ACTION_PATH/Cargo.toml" --target-dir "$target"
  binary=$target/release/nhiscan
fi
"$binary" --version
printf 'binary=%s\n' "$binary" >> "$GITHUB_OUTPUT"
