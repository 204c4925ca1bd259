#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures everything and writes bench/RESULTS.md. Called by `make bench` after the build.
# usage: bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/release
ninja --quiet -C "$build" src/bedrud bench/floor bench/forward bench/join bench/api >/dev/null
exec python3 bench/measure.py "$build" bench/RESULTS.md
