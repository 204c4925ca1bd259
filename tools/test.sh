#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test suite, prints a line for each when it is through and the sum at the end. What a
# suite wrote is kept in build/test-logs/. With names as arguments it runs those suites only.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=build/test-logs
mkdir -p "$logs"
export PATH="$PWD/build/node/node_modules/.bin:$PATH"

all_passed=0
all_failed=0
chosen=" $* "

# configure FOLDER COMPILER OPTION...: the folder is kept, and set up anew only when options change.
configure() {
    local folder=$1 compiler=$2 wanted
    shift 2
    wanted="$compiler $*"
    if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.options" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    rm -rf "$folder"
    CC=$compiler meson setup "$folder" "$@" && echo "$wanted" >"$folder/.options"
}

configure_asan() {
    configure build/asan gcc --werror -Db_sanitize=address,undefined -Db_lundef=false \
        -Dmedia_tap=true
}

configure_clang() { configure build/clang clang --werror; }

tests_of() { configure_asan && tools/suite.py build/asan "$@"; }

suite_unit() { tests_of base wire rtc room net store server cli vectors; }

# Who may call what, requests as apps send them, and whatever else the API's description allows.
suite_api() { built asan src/bedrud && tests/api/run.py build/asan/src/bedrud; }

suite_fuzz() { tests_of fuzz; }

suite_sim() { tests_of sim; }

# The hostile server, and that its attacks are really carried out.
configure_evil() {
    configure build/evil gcc --werror -Db_sanitize=address,undefined -Db_lundef=false \
        -Dmedia_tap=true -Devil=true
}

suite_evil() { configure_evil && tools/suite.py build/evil evil; }

suite_clang() {
    if configure_clang && ninja -C build/clang; then
        echo "ok 1 - everything builds with clang, without a warning"
    else
        echo "not ok 1 - the build with clang"
        return 1
    fi
}

# ThreadSanitizer cannot place its shadow memory where addresses are randomised too widely.
suite_tsan() {
    configure build/tsan gcc -Db_sanitize=thread -Db_lundef=false &&
        setarch -R tools/suite.py build/tsan net store server
}

# A broken build is the clang suite's finding; the checks look at what there is.
suite_check() { configure_clang && { ninja -k 0 -C build/clang; tools/check.sh build/clang; }; }

# The browser client: its types, and its tests in Node.
suite_web() {
    if npm run --silent --prefix web check; then
        echo "ok - the types of the browser client fit"
    else
        echo "not ok - the types of the browser client"
    fi
    npm test --silent --prefix web
}

# built NAME TARGET...: builds them in build/NAME. Suites that run at the same time may ask for the
# same.
built() {
    local name=$1
    shift
    (flock 9 && "configure_$name" && ninja -C "build/$name" "$@") 9>"build/$name.lock"
}

# Each guard of the browser client is taken out in turn: its tests have to notice.
suite_guards() { node tests/prove/mutants.mjs; }

# Suites of tests/interop that belong together, against the binary with sanitizers.
clients() {
    built asan src/bedrud || return 1
    BEDRUD="$PWD/build/asan/src/bedrud" node tests/interop/run.mjs "$1"
}

suite_interop() { clients interop; }

# The web app in a browser.
suite_app() { clients app; }

suite_e2ee() { clients e2ee; }

# What a server keeps is measured where no sanitizer keeps more.
suite_hostile() {
    built clang src/bedrud || return 1
    BEDRUD_PLAIN="$PWD/build/clang/src/bedrud" clients hostile
}

# The proofs of what the server cannot see, and that each guard of the page is needed.
suite_prove() {
    built clang src/bedrud && tools/prove.sh build/clang/src/bedrud --tap
}

is_chosen() { [ "$chosen" = "  " ] || [[ $chosen == *" $1 "* ]]; }

# Temporary files of all suites: removed in the end, whatever became of who made them. A database
# of the tests runs as another user, who has to pass.
TMPDIR=$(mktemp -d /tmp/bedrud-XXXXXX)
export TMPDIR
chmod 711 "$TMPDIR"

finish() {
    trap '' INT TERM
    local pid
    for pid in $(cat "$logs"/*.pid 2>/dev/null); do kill "$pid" 2>/dev/null; done
    wait
    rm -rf "$TMPDIR" "$logs"/*.pid
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# run NAME SECONDS: a suite in its own process group, ended when its time is over. Its line comes
# when it is through, and its numbers are left in a file.
run() {
    local name=$1 limit=$2 log="$logs/$1.log" start=$SECONDS passed failed status
    timeout --kill-after=10 "$limit" bash -c "$(declare -f); logs=$logs; suite_$name" \
        </dev/null >"$log" 2>&1 &
    echo $! >"$logs/$name.pid"
    wait $!
    status=$?
    rm -f "$logs/$name.pid"
    passed=$(grep -E '^ok\b' "$log" | grep -vci '# skip')
    failed=$(grep -cE '^not ok\b' "$log")
    [ $status = 124 ] && echo "not ok - $name: stopped after $limit s" >>"$log"
    [ $status != 0 ] && { [ "$failed" = 0 ] || [ $status = 124 ]; } && failed=$((failed + 1))
    echo "$passed $failed" >"$logs/$name.result"
    {
        printf '%-8s %5d passed %4d failed %5d s\n' "$name" "$passed" "$failed" \
            $((SECONDS - start))
        if [ "$failed" != 0 ]; then
            { grep -E '^not ok\b' "$log" || tail -n 5 "$log"; } | head -n 20 | sed 's/^/    /'
            echo "    see $log"
        fi
    } >"$logs/$name.line"
    cat "$logs/$name.line"
    rm "$logs/$name.line"
}

# What keeps the processors busy: one after the other.
alone() {
    is_chosen "$1" || return 0
    run "$@" &
    wait $!
}

# What mostly waits, for time to pass and for browsers: two at a time, each with servers, ports and
# folders of its own.
beside() {
    is_chosen "$1" || return 0
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    run "$@" &
}

rm -f "$logs"/*.result "$logs"/*.pid
alone unit 600
alone api 300
alone fuzz 300
alone sim 300
alone evil 300
alone clang 400
alone tsan 400
alone check 600
alone web 300
alone guards 400
beside interop 1500
beside app 1200
beside e2ee 1500
beside hostile 1200
beside prove 900
wait

while read -r passed failed; do
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + failed))
done < <(cat "$logs"/*.result)
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" = 0 ]
