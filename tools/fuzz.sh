#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every target for a number of seconds each. The corpus is copied first, so that the tree
# stays as it is; an input that broke something is left in build/fuzz/found/.
# usage: tools/fuzz.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: tools/fuzz.sh SECONDS [TARGET...]}
shift
build=build/fuzz
found=$build/found

if [ ! -f "$build/build.ninja" ]; then
    CC=clang meson setup "$build" -Dfuzz=true -Dtests=false -Db_lundef=false \
        -Db_sanitize=address,undefined >"build/fuzz.log"
fi
targets=()
for source in fuzz/*.c; do
    name=$(basename "$source" .c)
    [ "$name" = replay ] && continue
    [ $# != 0 ] && [[ " $* " != *" $name "* ]] && continue
    targets+=("$name")
done
ninja --quiet -C "$build" "${targets[@]/#/fuzz/fuzz_}"
mkdir -p "$found"

failed=0
for name in "${targets[@]}"; do
    scratch=$(mktemp -d)
    cp -r "fuzz/corpus/$name/." "$scratch"
    printf '%-12s ' "$name"
    log="$build/$name.log"
    options=()
    # Scripts reach so much that weighing inputs by rarity would take three quarters of the time.
    [ "$name" = engine ] && options+=(-entropic=0 -max_len=2000)
    if "$build/fuzz/fuzz_$name" -max_total_time="$seconds" "${options[@]}" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$found/$name-" "$scratch" >"$log" 2>&1; then
        sed -n 's/^stat::number_of_executed_units: */runs: /p' "$log"
    else
        echo "FAILED, see $log"
        failed=1
    fi
    rm -rf "$scratch"
done
exit $failed
