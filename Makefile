# SPDX-License-Identifier: Apache-2.0
# The front door. `make run` and `make test` work as the first command on a fresh Debian 12.
SHELL := /bin/bash
FUZZ_SECONDS ?= 30
ARGS ?=

export PATH := $(CURDIR)/build/node/node_modules/.bin:$(PATH)

web_sources := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' \
	2>/dev/null)

.PHONY: help setup setup-test build web web-dev run test prove-blind bench fuzz check fmt clean screenshots

help:
	@echo 'make run         build the release and start the server (ARGS="--dev" ...)'
	@echo 'make web-dev     show the pages from their sources, with a server that runs at BEDRUD_URL'
	@echo 'make build       leave the release binary at build/bedrud'
	@echo 'make test        run every test; prints N passed, N failed'
	@echo 'make prove-blind show that the server cannot see or hear an encrypted meeting'
	@echo 'make check       format, layers, purity, clang-tidy, cppcheck, eslint, prettier'
	@echo 'make fuzz        fuzz each format for FUZZ_SECONDS (30)'
	@echo 'make bench       measure, and write bench/RESULTS.md'
	@echo 'make screenshots  take pictures of the app into build/screenshots'
	@echo 'make fmt         format the C code'
	@echo 'make setup       install what building and running needs; setup-test: what testing needs'
	@echo 'make clean       remove what was built'

setup:
	@tools/setup.sh run

setup-test: setup
	@tools/setup.sh test

# The pages are built only when one of their sources changed.
web: build/web.stamp

build/web.stamp: $(web_sources) | setup
	@mkdir -p build
	@if [ -f web/package.json ]; then npm run --silent --prefix web build >build/web.log 2>&1 || \
		{ cat build/web.log; exit 1; }; fi
	@touch $@

# With a server at BEDRUD_URL (http://127.0.0.1:8090), for what is not a page.
web-dev: setup
	@npm run --silent --prefix web dev

build: setup web
	@[ -f build/release/build.ninja ] || \
		meson setup build/release -Dtests=false >build/release.log || { cat build/release.log; exit 1; }
	@ninja --quiet -C build/release src/bedrud
	@ln -sf release/src/bedrud build/bedrud

run: build
	@exec build/bedrud run $(ARGS)

test: setup-test web
	@tools/test.sh

prove-blind: setup-test build
	@tools/prove.sh build/bedrud

check: setup-test
	@tools/test.sh check

bench: build
	@bench/run.sh

screenshots: setup-test build
	@BEDRUD="$$PWD/build/bedrud" node tests/interop/screenshots.mjs build/screenshots

fuzz: setup-test
	@tools/fuzz.sh $(FUZZ_SECONDS)

fmt: setup-test
	@find src tests fuzz bench -name '*.[ch]' -print0 | xargs -0 -r clang-format -i

clean:
	rm -rf build web/dist
