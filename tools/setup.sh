#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building and running (`run`) or testing (`test`) needs on Debian 12: packages, a
# Node.js where the system's is too old, and the npm packages of the browser client. Does nothing
# and says nothing when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

run_packages=(
    gcc libc6-dev make meson ninja-build pkg-config python3 brotli ca-certificates
    libssl-dev libuv1-dev libusrsctp-dev libprotobuf-c-dev protobuf-c-compiler
    libjansson-dev libcyaml-dev libyaml-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev
    libsodium-dev
)
[ "$(uname -m)" = x86_64 ] && run_packages+=(libipsec-mb-dev)

test_packages=(
    clang clang-14 libclang-rt-14-dev clang-format clang-tidy cppcheck binutils procps
    libcmocka-dev libsrtp2-dev chromium postgresql python3-venv
    firefox-esr pulseaudio iproute2 util-linux fonts-noto-color-emoji
)

node_wanted=20.19
node_folder=build/node
log=build/setup.log

say() { echo "setup: $*"; }

# Runs a command with its output in the log, which is shown when the command fails.
quietly() {
    if ! "$@" >>"$log" 2>&1; then
        say "failed: $*"
        tail -n 30 "$log"
        exit 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        say "needs root for: $*"
        return 1
    fi
}

install_packages() {
    local missing=() name
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
            missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian; install the likes of: ${missing[*]}"
        exit 1
    fi
    say "installing Debian packages: ${missing[*]}"
    quietly as_root apt-get -q update
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install "${missing[@]}"
}

# The tests start a PostgreSQL of their own; without this its package would make and start another.
forgo_cluster() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' postgresql 2>/dev/null)" = installed ] && return
    install_packages postgresql-common
    quietly as_root sed -i -E 's/^#?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
}

node_fits() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    [ "$(printf '%s\n' "$node_wanted" "${version#v}" | sort -V | head -n 1)" = "$node_wanted" ]
}

# Debian 12 has Node 18, too old for the web build. The npm packages `node` and `npm` bring both.
install_node() {
    node_fits && command -v npm >/dev/null && return
    install_packages npm
    node_fits && return
    say "installing Node.js 22 into $node_folder"
    mkdir -p "$node_folder"
    quietly npm install --prefix "$node_folder" --no-audit --no-fund --no-save node@22 npm@10
    hash -r
    if ! node_fits; then
        say "Node.js $node_wanted or newer is still not there, see $log"
        exit 1
    fi
}

install_modules() {
    local folder=$1
    [ -f "$folder/package-lock.json" ] || return 0
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock" && return
    say "installing npm packages of $folder"
    quietly npm ci --prefix "$folder" --no-audit --no-fund
    cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock"
}

# LiveKit's Python client, in a folder of its own. One test needs it, and is skipped without it.
install_python() {
    local list=tests/interop/requirements.txt
    cmp -s $list build/python/.installed && return
    say "installing Python packages into build/python"
    rm -rf build/python
    if python3 -m venv build/python >>"$log" 2>&1 && build/python/bin/pip --quiet \
        --disable-pip-version-check install --requirement $list >>"$log" 2>&1; then
        cp $list build/python/.installed
    else
        say "failed, see $log; the example in Python will not be tested"
        rm -rf build/python
    fi
}

mkdir -p build
export PATH="$PWD/$node_folder/node_modules/.bin:$PATH"

case "${1:-}" in
run)
    install_packages "${run_packages[@]}"
    install_node
    install_modules web
    ;;
test)
    forgo_cluster
    install_packages "${test_packages[@]}"
    install_node
    install_modules tests/interop
    install_python
    ;;
*)
    echo "usage: tools/setup.sh run|test" >&2
    exit 2
    ;;
esac
