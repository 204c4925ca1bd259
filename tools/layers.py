#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the tree is built as docs/architecture.md says.

Includes go downwards only, each outside library is seen by its doors alone, each source file is
in its layer's build list and has a test program, each fuzz target has a corpus, files open with a
licence line and a comment, and files and functions keep to their sizes. Prints one line a finding
and exits with 1 when there is any.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MAY_INCLUDE = {
    "base": set(),
    "wire": {"base"},
    "rtc": {"base", "wire"},
    "room": {"base", "wire", "rtc"},
    "net": {"base"},
    "store": {"base"},
    "server": {"base", "wire", "rtc", "room", "net", "store"},
    "client": {"base", "wire", "rtc", "net"},
    "cli": {"base", "wire", "rtc", "room", "net", "store", "server", "client"},
}

# Header prefix of an outside library -> the files that may see it. A door "layer/name" stands for
# name.c, name.h and the files it was split into (name_*.c, name_*.h).
DOORS = {
    "openssl/": ["base/hash", "rtc/dtls", "rtc/cipher", "net/web", "client/e2ee", "cli/version", "cli/tls"],
    "intel-ipsec-mb.h": ["rtc/cipher"],
    "usrsctp.h": ["rtc/assoc"],
    "protobuf-c/": ["wire/signal", "server/protojson"],
    "livekit.pb-c.h": ["wire/signal"],
    "bedrud.pb-c.h": ["wire/signal"],
    "uv.h": ["net/web", "net/loop"],
    "sqlite3.h": ["store/sqlite"],
    "libpq": ["store/pg"],
    "jansson.h": ["server/api", "server/token", "server/join", "server/twirp", "server/protojson", "server/webhook", "cli/remote", "cli/show"],
    "cyaml/": ["server/config"],
    "yaml.h": ["server/config"],
    "sodium": ["server/auth"],
    "curl/": ["server/fetch"],
}

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
MAX_COMMENT_LINES = 10
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')
FUNCTION_NAME = re.compile(r"(\w+)\s*\(")
FORBIDDEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|^\s*typedef\s+(struct|union)\b")


def is_door(file, doors):
    layer, stem = file.parent.name, file.stem
    for door in doors:
        door_layer, name = door.split("/")
        if layer == door_layer and (stem == name or stem.startswith(name + "_")):
            return True
    return False


def check_includes(file, lines):
    layer = file.parent.name
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(1)
        target = header.split("/")[0]
        if target in MAY_INCLUDE and "/" in header:
            if target != layer and target not in MAY_INCLUDE[layer]:
                yield number, f"{layer} may not include {header}"
            elif not (ROOT / "src" / header).is_file():
                yield number, f"{header} does not exist"
            continue
        for prefix, doors in DOORS.items():
            if header.startswith(prefix) and not is_door(file, doors):
                yield number, f"{header} belongs behind {', '.join(doors)}"


def functions(lines):
    """Yields (first line, name, length) by the brace style: bodies open and close in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            name = "?"
            for above in range(start - 2, max(start - 12, -1), -1):
                match = FUNCTION_NAME.search(lines[above])
                if match and not lines[above].startswith((" ", "\t")):
                    name = match.group(1)
                    break
            yield start, name, number - start + 1
            start = None


def check_shape(file, lines):
    if not lines or lines[0] != "/* SPDX-License-Identifier: Apache-2.0 */":
        yield 1, "the first line is the SPDX line"
    elif len(lines) < 2 or not lines[1].startswith("/*"):
        yield 2, "a comment says what the file is, what it owns and which thread runs it"
    else:
        end = next((n for n, line in enumerate(lines[1:], 1) if "*/" in line), len(lines))
        if end > MAX_COMMENT_LINES and file.suffix == ".c":
            yield 2, f"the opening comment has {end} lines, at most {MAX_COMMENT_LINES}"
    if len(lines) > MAX_FILE_LINES:
        yield len(lines), f"{len(lines)} lines, at most {MAX_FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if FORBIDDEN.search(line):
            yield number, f"not used here: {line.strip()}"
    for number, name, length in functions(lines):
        if length > MAX_FUNCTION_LINES:
            yield number, f"{name} has {length} lines, at most {MAX_FUNCTION_LINES}"


def build_list(path):
    return set(re.findall(r"'([\w./-]+)'", path.read_text())) if path.is_file() else set()


def check_sources():
    """Each source is built and has a test program that is built too."""
    for layer in MAY_INCLUDE:
        folder = ROOT / "src" / layer
        listed = build_list(folder / "meson.build")
        tests = build_list(ROOT / "tests" / layer / "meson.build")
        for file in sorted(folder.glob("*.c")):
            test = ROOT / "tests" / layer / f"test_{file.stem}.c"
            if file.name not in listed:
                yield file, 1, f"not in src/{layer}/meson.build"
            if not test.is_file():
                yield file, 1, f"has no {test.relative_to(ROOT)}"
        for test in sorted((ROOT / "tests" / layer).glob("test_*.c")):
            if test.stem not in tests:
                yield test, 1, f"not in tests/{layer}/meson.build"


def check_fuzz():
    listed = build_list(ROOT / "fuzz" / "meson.build")
    for file in sorted((ROOT / "fuzz").glob("*.c")):
        if file.stem == "replay":
            continue
        if file.stem not in listed:
            yield file, 1, "not in fuzz/meson.build"
        corpus = ROOT / "fuzz" / "corpus" / file.stem
        if not corpus.is_dir() or not any(corpus.iterdir()):
            yield file, 1, f"has no inputs in {corpus.relative_to(ROOT)}"


def findings():
    for file in sorted((ROOT / "src").glob("*/*.[ch]")):
        lines = file.read_text().splitlines()
        if file.parent.name not in MAY_INCLUDE:
            yield file, 1, "is in no layer"
            continue
        for number, text in check_includes(file, lines):
            yield file, number, text
        for number, text in check_shape(file, lines):
            yield file, number, text
    for folder in ("tests", "fuzz", "bench"):
        for file in sorted((ROOT / folder).rglob("*.[ch]")):
            for number, text in check_shape(file, file.read_text().splitlines()):
                yield file, number, text
    yield from check_sources()
    yield from check_fuzz()


def main():
    clean = True
    for file, number, text in findings():
        print(f"{file.relative_to(ROOT)}:{number}: {text}")
        clean = False
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
