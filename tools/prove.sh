#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that the server is blind (tests/prove): tools/prove.sh BEDRUD [OPTION...]
# BEDRUD is the server as people run it. The hostile one, which also writes down what it holds of the media, is built here,
# without sanitizers: all of its memory is read.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/node/node_modules/.bin:$PATH"

honest=$(realpath "${1:?usage: tools/prove.sh BEDRUD [OPTION...]}")
shift
hostile=build/prove
log=build/prove.log

# What the proofs put into temporary files holds keys.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

mkdir -p build
if ! { { [ -f $hostile/build.ninja ] || meson setup $hostile -Devil=true -Dmedia_tap=true; } &&
    ninja -C $hostile src/bedrud tests/vectors/test_e2ee; } >$log 2>&1; then
    cat $log
    exit 1
fi
HONEST=$honest HOSTILE=$PWD/$hostile/src/bedrud VECTORS=$PWD/$hostile/tests/vectors/test_e2ee \
    node tests/prove/run.mjs "$@"
