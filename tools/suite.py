#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the test programs of some suites and prints their results as TAP.

usage: tools/suite.py BUILD_FOLDER SUITE...

Every cmocka case and every replayed corpus is one result. A program that ends badly without
naming a failed case counts as one failed case itself, with what it wrote to standard error.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

RESULT = re.compile(r"^(not ok|ok)\b[ \d]*-? ?(.*)")


def programs(build, suites):
    # What meson tells must be what is in meson.build now.
    subprocess.run(["ninja", "-C", str(build), "build.ninja"], stdout=subprocess.DEVNULL, check=False)
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", str(build)]))
    return [t for t in tests if any(s.split(":")[-1] in suites for s in t["suite"])]


def build_programs(build, tests):
    # The program itself, and the binary that it is told to run, by an argument, which meson names
    # within its folder, or by its environment.
    paths = {os.path.relpath(t["cmd"][0], build) for t in tests}
    paths |= {part for t in tests for part in t["cmd"][1:] if part == "src/bedrud"}
    binaries = {t["env"].get("BEDRUD_BINARY") for t in tests} - {None}
    paths |= {os.path.relpath(binary, build) for binary in binaries}
    done = subprocess.run(["ninja", "-k", "0", "-C", str(build), *sorted(paths)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout)
        print("not ok - the test programs do not build")
        sys.exit(1)


def run_programs(build, suites):
    logbase = "suite-" + "-".join(suites)
    command = ["meson", "test", "-C", str(build), "--no-rebuild", "--logbase", logbase]
    for suite in suites:
        command += ["--suite", suite]
    log = build / "meson-logs" / f"{logbase}.json"
    log.unlink(missing_ok=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    if not log.exists():
        print(done.stdout)
        print("not ok - meson ran no test")
        sys.exit(1)
    return [json.loads(line) for line in log.read_text().splitlines()]


def report(run):
    """Prints the cases of one program; returns whether all is well."""
    name = run["name"].split("/")[-1].strip()
    cases = [m for m in map(RESULT.match, run.get("stdout", "").splitlines()) if m]
    failed = False
    for case in cases:
        verdict, title = case.groups()
        # cmocka calls a skipped case "not ok"; it counts as neither.
        if "# SKIP" in title:
            print(f"ok - {name}: {title.replace('# SKIP ', '')} # SKIP")
            continue
        print(f"{verdict} - {name}: {title}")
        failed = failed or verdict == "not ok"
    good = run["result"] in ("OK", "SKIP", "EXPECTEDFAIL") and not failed
    if not good:
        print("# " + run.get("stdout", "").replace("\n", "\n# "))
        print("# " + run.get("stderr", "").replace("\n", "\n# "))
    if not good and not failed:
        print(f"not ok - {name}: the program ended with {run['result']} ({run['returncode']})")
    elif good and not cases:
        print(f"not ok - {name}: the program reported no case")
        good = False
    return good


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, suites = Path(sys.argv[1]), sys.argv[2:]
    tests = programs(build, suites)
    if not tests:
        return 0
    build_programs(build, tests)
    results = [report(run) for run in run_programs(build, suites)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
