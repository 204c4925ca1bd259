#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The checks on the code itself, one TAP line each: format, layers, purity, tap, clang-tidy, cppcheck.
# usage: tools/check.sh BUILD_FOLDER   (a clang build; its compile_commands.json is used)
set -uo pipefail
cd "$(dirname "$0")/.."

build=${1:?usage: tools/check.sh BUILD_FOLDER}
jobs=$(nproc)
failed=0
number=0

# Runs a check; its output follows as comments when it fails.
check() {
    local name=$1 output
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "$output" | sed 's/^/# /'
        failed=1
    fi
}

c_files() { find src tests fuzz bench -name '*.[ch]' | sort; }

# Names the files that `make fmt` would change.
check_format() {
    local files
    files=$(c_files | xargs -r -P "$jobs" -n 16 clang-format --dry-run 2>&1 |
        sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: warning.*/\1: not formatted/p' | sort -u)
    echo "$files"
    [ -z "$files" ]
}

# Generated headers must be there before anything can be parsed.
check_tidy() {
    ninja -C "$build" proto/livekit.pb-c.h >/dev/null || return 1
    local findings
    # A file that is not in the build has no flags; layers.py reports it.
    findings=$(python3 -c '
import json, os, sys
build = sys.argv[1]
for entry in json.load(open(build + "/compile_commands.json")):
    name = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
    if name.startswith("src/") and name.endswith(".c"):
        print(name)
' "$build" | sort -u | xargs -r -P "$jobs" -n 2 clang-tidy --quiet -p "$build" 2>/dev/null |
        grep -E '(warning|error):' | sed -E "s,^.*\.\./\.\./,," | sort -u)
    echo "$findings"
    [ -z "$findings" ]
}

check_cppcheck() {
    cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
        --inconclusive --error-exitcode=1 -j "$jobs" --suppressions-list=tools/cppcheck.txt \
        --template='{file}:{line}: {severity}: {message} [{id}]' -D_GNU_SOURCE -I src src
}

# The tap on clear media exists in test builds only.
check_tap() {
    ninja -C "$build" src/bedrud >/dev/null || return 1
    ! { nm "$build/src/bedrud" | grep -E ' (tap_packet|engine_set_tap)$' ||
        grep -c BEDRUD_MEDIA_TAP "$build/src/bedrud"; }
}

check format check_format
check layers tools/layers.py
check purity tools/purity.sh "$build"
check 'no tap' check_tap
check clang-tidy check_tidy
check cppcheck check_cppcheck
echo "1..$number"
exit $failed
