#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The checks on the code itself, one TAP line each: format, layers, purity, test code, clang-tidy, cppcheck, and
# ESLint and Prettier for the browser client.
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
    ninja -C "$build" proto/livekit.pb-c.h proto/bedrud.pb-c.h >/dev/null || return 1
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

# What exists in test builds only: the tap on clear media, and the hostile server.
check_pure() {
    ninja -C "$build" src/bedrud >/dev/null || return 1
    ! { nm "$build/src/bedrud" | grep -E ' (tap_packet|engine_set_tap|evil_[a-z_]+)$' ||
        grep -c -E 'BEDRUD_MEDIA_TAP|BEDRUD_EVIL' "$build/src/bedrud"; }
}

# Nobody gets a hostile server by mistake: meson refuses to set up one that could be released.
refuses_evil() {
    local folder answer
    folder=$(mktemp -d)
    answer=$(meson setup "$folder/build" -Devil=true "$1")
    rm -rf "$folder"
    grep -q 'ERROR:.* evil=true' <<<"$answer" || { echo "evil=true with $1: $answer"; return 1; }
}

check_no_release() {
    refuses_evil -Dtests=false && refuses_evil -Dbuildtype=release &&
        refuses_evil -Dbuildtype=minsize && refuses_evil -Dbuildtype=plain
}

check format check_format
check layers tools/layers.py
check purity tools/purity.sh "$build"
check 'no test code' check_pure
check 'no hostile release' check_no_release
check clang-tidy check_tidy
check cppcheck check_cppcheck
check 'browser client' npm run --silent --prefix web lint
echo "1..$number"
exit $failed
