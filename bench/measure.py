#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the measurements, judges them by their targets and writes the results as a page.

What is compared is measured in turns (A B A B ...) and judged by the ratio inside a round, since a
machine's speed changes more between minutes than between programs. Each program prints lines of
key=value; nothing here measures by itself.
usage: bench/measure.py BUILD_FOLDER RESULTS.md
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
ROUNDS_LEAST = 3  # of what is told and not judged, and of everything once time runs out
FORWARD_S = 60  # from then on
TIMEOUT_S = 120
API_TIMEOUT_S = 900
MAIN_CIPHER, OTHER_CIPHER = "ipsec-mb", "evp"

# viewers, run, cipher, receivers use UDP_GRO, the ratio not to exceed (None: told, not judged)
FORWARD = [
    (1, 6, MAIN_CIPHER, "off", None),
    (20, 6, MAIN_CIPHER, "off", None),
    (100, 6, MAIN_CIPHER, "off", 1.5),
    (500, 6, MAIN_CIPHER, "off", None),
    (100, 6, MAIN_CIPHER, "on", 1.5),
    (1, 1, MAIN_CIPHER, "off", None),
    (20, 1, MAIN_CIPHER, "off", None),
    (100, 1, MAIN_CIPHER, "off", 1.3),
    (500, 1, MAIN_CIPHER, "off", None),
    (100, 6, OTHER_CIPHER, "off", 1.5),
    (100, 1, OTHER_CIPHER, "off", 1.3),
]


class Spread:
    """A list of samples, shown as median (least to most)."""

    def __init__(self, values):
        self.values = sorted(values)

    @property
    def median(self):
        return statistics.median(self.values)

    def show(self, digits):
        least, most = self.values[0], self.values[-1]
        return f"{self.median:.{digits}f} ({least:.{digits}f}–{most:.{digits}f})"


def run(build, *command, timeout=TIMEOUT_S):
    """The program's lines, each as (first word, its values)."""
    path = build / "bench" / command[0]
    done = subprocess.run([path, *map(str, command[1:])], capture_output=True, text=True,
                          timeout=timeout, check=False)
    if done.returncode != 0:
        sys.exit(f"bench/{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    lines = []
    for line in done.stdout.splitlines():
        name, *pairs = line.split()
        lines.append((name, dict(pair.split("=", 1) for pair in pairs)))
    return lines


def numbers(lines, name, key, scale=1.0):
    return [float(values[key]) * scale for line, values in lines if line == name]


def progress(text):
    print(text, file=sys.stderr, flush=True)


# ---- forwarding ----


def available(build, cipher):
    """A cipher table may be missing on this machine: floor says so with usage."""
    path = build / "bench" / "floor"
    return subprocess.run([path, "1", "1", cipher, "off"], capture_output=True, timeout=TIMEOUT_S,
                          check=False).returncode == 0


def enough(rounds, target, began):
    if rounds < ROUNDS_LEAST:
        return False
    return not target or rounds == ROUNDS or time.monotonic() - began > FORWARD_S


def measure_forward(build):
    """Rows of (case, floor, forward, ratio, packets a read, lost)."""
    rows, began = [], time.monotonic()
    for case in FORWARD:
        viewers, length, cipher, gro, target = case
        if not available(build, cipher):
            continue
        floor, forward, ratio, reads, lost = [], [], [], [], []
        while not enough(len(ratio), target, began):
            bare = run(build, "floor", viewers, length, cipher, gro)[0][1]
            whole = run(build, "forward", viewers, length, cipher, gro)[0][1]
            floor.append(float(bare["ns_per_packet"]))
            forward.append(float(whole["ns_per_packet"]))
            ratio.append(forward[-1] / floor[-1])
            reads.append(float(whole["per_read"]))
            lost.append(max(float(bare["lost"]), float(whole["lost"])))
        rows.append((case, Spread(floor), Spread(forward), Spread(ratio), Spread(reads), max(lost)))
        progress(f"  forward n={viewers} run={length} {cipher} gro={gro}: "
                 f"{rows[-1][3].show(2)} times the floor")
    return rows


def verdict(value, target):
    return "reached" if value <= target else "**missed**"


def forward_table(rows):
    yield "| Viewers | Packets a frame | Cipher | Receivers' UDP_GRO | Floor, ns | Server, ns | Server / floor | Target |"
    yield "|---|---|---|---|---|---|---|---|"
    for (viewers, length, cipher, gro, target), floor, forward, ratio, _, _ in rows:
        goal = f"≤ {target}: {verdict(ratio.median, target)}" if target else "–"
        yield (f"| {viewers} | {length} | {cipher} | {gro} | {floor.show(0)} | {forward.show(0)} | "
               f"{ratio.show(2)} | {goal} |")


# ---- joining ----


def slopes(lines):
    """KB of resident memory a person, from 0 to the most people."""
    points = [(int(v["people"]), int(v["rss_kb"])) for name, v in lines if name == "memory"]
    return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(points, points[1:])]


def measure_join(build):
    """Rows of (what, Spread, digits, unit, target or None)."""
    bedrud = build / "src" / "bedrud"
    progress("  start, empty")
    start = run(build, "join", bedrud, "start", 20)
    first = [run(build, "join", bedrud, "start", 1)[0] for _ in range(ROUNDS)]
    empty = run(build, "join", bedrud, "empty", ROUNDS)
    progress("  memory")
    large = run(build, "join", bedrud, "memory", 200)
    progress("  media")
    media = run(build, "join", bedrud, "media", 30)
    progress("  cpu")
    cpu = {size: [run(build, "join", bedrud, "cpu", size)[0] for _ in range(ROUNDS)]
           for size in (200, 10)}
    idle = numbers(large, "idle", "share", 100)
    return [
        ("start to listening, data folder there", Spread(numbers(start, "start", "us", 1e-3)), 1,
         "ms", 30),
        ("the very first start", Spread(numbers(first, "first_start", "us", 1e-3)), 1, "ms", 30),
        ("resident when empty", Spread(numbers(empty, "empty", "rss_kb", 1 / 1024)), 1, "MB", 16),
        ("... of it not backed by files", Spread(numbers(empty, "empty", "anonymous_kb", 1 / 1024)),
         1, "MB", None),
        ("idle participant", Spread(slopes(large)), 0, "KB", 150),
        ("... and in the kernel", Spread(numbers(large, "kernel", "bytes", 1 / 1024)), 1, "KB", None),
        ("200 idle participants", Spread(idle), 1, "% of a core", None),
        ("connect → JoinResponse", Spread(numbers(media, "media", "joined_us", 1e-3)), 1, "ms",
         None),
        ("connect → DTLS done", Spread(numbers(media, "media", "connected_us", 1e-3)), 1, "ms",
         None),
        ("connect → first media packet", Spread(numbers(media, "media", "first_us", 1e-3)), 1, "ms",
         30),
        ("connect → first video packet, of a key frame",
         Spread(numbers(media, "media", "video_us", 1e-3)), 1, "ms", None),
        ("CPU a join, 200 into one room", Spread(numbers(cpu[200], "cpu", "us_per_join", 1e-3)), 2,
         "ms", 1.5),
        ("CPU a join, rooms of ten", Spread(numbers(cpu[10], "cpu", "us_per_join", 1e-3)), 2, "ms",
         1.5),
    ]


def join_table(rows):
    yield "| What | Median (least–most) | Target |"
    yield "|---|---|---|"
    for what, spread, digits, unit, target in rows:
        goal = f"≤ {target} {unit}: {verdict(spread.median, target)}" if target else "–"
        yield f"| {what} | {spread.show(digits)} {unit} | {goal} |"


# ---- the API ----

API_COUNT = 5000
API_MEMORY_COUNT = 200000  # by hand: 1000000
API_JOINS_LEAST = 2000  # a core and second
API_P99_MS = 10


def measure_api(build):
    """{kind: (CPU us, calls a core and second, p50 ms, p99 ms)}, and KB of growth over the requests of a day."""
    bedrud = build / "src" / "bedrud"
    samples = {kind: [] for kind in ("health", "join", "list")}
    for _ in range(ROUNDS_LEAST):
        for kind, lines in samples.items():
            lines += run(build, "api", bedrud, kind, API_COUNT)
    rows = {kind: (Spread(numbers(lines, kind, "cpu_us")), Spread(numbers(lines, kind, "per_core_s")),
                   Spread(numbers(lines, kind, "p50_us", 1e-3)), Spread(numbers(lines, kind, "p99_us", 1e-3)))
            for kind, lines in samples.items()}
    progress("  memory")
    memory = run(build, "api", bedrud, "memory", API_MEMORY_COUNT, timeout=API_TIMEOUT_S)[0][1]
    return rows, (int(memory["early_kb"]), int(memory["late_kb"]))


def api_table(rows):
    yield "| Call | CPU, µs | A core and second | p50, ms | p99, ms | Target |"
    yield "|---|---|---|---|---|---|"
    for kind, (cpu, rate, p50, p99) in rows.items():
        goals = []
        if kind == "join":
            met = "reached" if rate.median >= API_JOINS_LEAST else "**missed**"
            goals.append(f"≥ {API_JOINS_LEAST} a core: {met}")
        if kind != "health":
            goals.append(f"p99 ≤ {API_P99_MS} ms: {verdict(p99.median, API_P99_MS)}")
        yield (f"| {kind} | {cpu.show(0)} | {rate.show(0)} | {p50.show(2)} | {p99.show(2)} | "
               f"{'; '.join(goals) or '–'} |")


# ---- the page ----


def first_match(path, pattern):
    match = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return match.group(1).strip() if match else "?"


def stolen():
    """Jiffies that the hypervisor gave to others, and all jiffies."""
    fields = [int(f) for f in Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:9]]
    return fields[7], sum(fields)


def machine():
    model = first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$")
    mhz = float(first_match("/proc/cpuinfo", r"^cpu MHz\s*:\s*(.+)$"))
    kb = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)"))
    kernel = first_match("/proc/sys/kernel/osrelease", r"^([0-9.]+)")
    return f"{os.cpu_count()} × {model} at {mhz:.0f} MHz, {kb / 1048576:.0f} GB, Linux {kernel}"


def load():
    return Path("/proc/loadavg").read_text(encoding="utf-8").split()[0]


def page(facts, forward, join, api):
    template = (Path(__file__).resolve().parent / "results.in.md").read_text(encoding="utf-8")
    reads = [row[4].median for row in forward if row[0][3] == "on"]
    values = dict(facts)
    values["forward"] = "\n".join(forward_table(forward))
    values["join"] = "\n".join(join_table(join))
    rows, (early_kb, late_kb) = api
    values["api"] = "\n".join(api_table(rows))
    values["api_memory"] = f"{early_kb / 1024:.1f} MB after {API_MEMORY_COUNT // 10:,} and {late_kb / 1024:.1f} MB after {API_MEMORY_COUNT:,}"
    values["lost"] = f"{max(row[5] for row in forward):.4f}"
    values["per_read"] = f"{reads[0]:.2f}" if reads else "–"
    for key, value in values.items():
        template = template.replace("{" + key + "}", value)
    return template


def interrupted(number, _frame):
    sys.exit(f"ended by signal {number}")


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    with tempfile.TemporaryDirectory(prefix="bedrud-") as folder:
        os.environ["TMPDIR"] = folder  # of what the programs make: gone with this one
        measure()


def measure():
    build, results = Path(sys.argv[1]), Path(sys.argv[2])
    began, load_before, (stolen_before, all_before) = time.time(), load(), stolen()
    progress("forwarding")
    forward = measure_forward(build)
    progress("joining")
    join = measure_join(build)
    progress("the API")
    api = measure_api(build)
    stolen_after, all_after = stolen()
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(began)),
        "machine": machine(),
        "minutes": f"{(time.time() - began) / 60:.1f}",
        "load": f"{load_before} before, {load()} after",
        "stolen": f"{100 * (stolen_after - stolen_before) / max(all_after - all_before, 1):.1f} %",
        "rounds": f"{ROUNDS_LEAST} to {ROUNDS}",
    }
    results.write_text(page(facts, forward, join, api), encoding="utf-8")
    print(results.read_text(encoding="utf-8"))


main()
