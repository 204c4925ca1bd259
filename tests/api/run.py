#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a server what docs/api/openapi.yaml says it answers. usage: tests/api/run.py PROGRAM [SUITE...]

Suites: roles (who may call what), clients (requests as apps send them), fuzz (whatever the description allows, and
what it does not). `show-roles` prints the table of roles as the server answers it. Prints TAP.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(Path(__file__).resolve().parent)]

import clients
import fuzz
import openapi
import roles
from server import Server

SUITES = {"roles": roles.run, "clients": clients.run, "fuzz": fuzz.run}


def main():
    program, *chosen = sys.argv[1:]
    document = openapi.load(ROOT / "docs" / "api" / "openapi.yaml")
    failed = False

    def tap(name, good, detail=""):
        nonlocal failed
        failed |= not good
        print(f"{'ok' if good else 'not ok'} - {name}", flush=True)
        if not good:
            print("".join(f"# {line}\n" for line in detail.splitlines()), end="", flush=True)

    if chosen == ["show-roles"]:
        with Server(program) as server:
            roles.show(server, document)
        return 0
    for name in chosen or SUITES:
        with Server(program) as server:
            SUITES[name](server, document, lambda text, *rest, name=name: tap(f"{name}: {text}", *rest))
        tap(f"{name}: the server ended well", not server.problems, "\n".join(server.problems))
    return failed


if __name__ == "__main__":
    sys.exit(main())
