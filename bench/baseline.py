#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions per operation of single stages, counted by valgrind's callgrind, beside those of bench/baseline.txt.

baseline.py check|write PROGRAM ...     check: exit 1 if one got worse by more than TOLERANCE; write: the file anew

Counts, not times: they repeat to 0.02 % on a busy machine too. Seeds, keys, random numbers and dates of the programs are
constants; valgrind shows every program the same processor (without AVX-512: the scalar paths are counted). What is left to
depend on is in the file as "needs" lines; a program whose needs differ here is skipped, and says so.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "baseline.txt")
# Above what an unlucky alignment or a moved inline function makes, below what anybody would call a loss.
TOLERANCE = 0.02
UPDATE = "make bench-baseline"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def cpu_has(flag):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return "yes" if re.search(rf"^flags\b.*\b{flag}\b", file.read(), re.M) else "no"


def needs_here():
    """What the counts depend on: {(program or "all", what): version}."""
    return {
        ("all", "avx2"): cpu_has("avx2"),  # valgrind shows an older processor where there is none
        ("all", "gcc"): output(os.environ.get("CC", "cc"), "-dumpfullversion"),
        ("all", "libc"): output("getconf", "GNU_LIBC_VERSION").split()[-1],
        ("all", "valgrind"): output("valgrind", "--version").removeprefix("valgrind-"),
        ("bench_stages_tables", "dpdk"): output("pkg-config", "--modversion", "libdpdk"),
        ("bench_stages_tls", "openssl"): output("pkg-config", "--modversion", "libcrypto"),
    }


def count(program):
    """Run a bench under callgrind: {its line's name: instructions per operation}, in the order of the lines."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/dump", program]
        environment = {"PATH": os.environ["PATH"], "OPENSSL_CONF": "/dev/null"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"baseline: {program} failed under valgrind:\n{run.stderr}")
        dumps = sorted(os.listdir(folder), key=lambda name: int(name.rpartition(".")[2]) if "." in name else 0)
        return dict(filter(None, (read_dump(os.path.join(folder, dump)) for dump in dumps)))


def read_dump(path):
    """One bench's dump: (name, instructions per operation); None if it is not one's (the end of the program)."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    trigger = re.search(r"^desc: Trigger: Client Request: (\d+) (.*)$", text, re.M)
    totals = re.search(r"^totals: (\d+)$", text, re.M)
    if not trigger or not totals:
        return None
    return trigger[2], round(int(totals[1]) / int(trigger[1]))


def count_all(programs):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(map(os.path.basename, programs), pool.map(count, programs)))


def read_baseline():
    needs, counts = {}, {}
    with open(BASELINE, encoding="utf-8") as file:
        for line in file:
            kind, _, rest = line.strip().partition(" ")
            if kind == "needs":
                program, what, version = rest.split()
                needs[program, what] = version
            elif kind == "count":
                program, number, name = rest.split(maxsplit=2)
                counts.setdefault(program, {})[name] = int(number)
    return needs, counts


def write(programs):
    with open(BASELINE, "w", encoding="utf-8") as file:
        file.write("# SPDX-License-Identifier: BSD-3-Clause\n")
        file.write(f"# Instructions per operation; written by `{UPDATE}`, compared by `make check-baseline` (docs/bench.md).\n")
        for (program, what), version in needs_here().items():
            file.write(f"needs {program} {what} {version}\n")
        for program, counts in count_all(programs).items():
            for name, number in counts.items():
                file.write(f"count {program} {number} {name}\n")


def comparable(program, made_with):
    """@return True if the program's baseline was made with what is here; else says what differs."""
    differing = [
        f"{what} {made_with.get((scope, what))}, here {version}"
        for (scope, what), version in needs_here().items()
        if scope in ("all", os.path.basename(program)) and made_with.get((scope, what)) != version
    ]
    if differing:
        print(f"SKIP  {os.path.basename(program)}: the baseline was made with {'; '.join(differing)}")
    return not differing


def compare(name, before, now):
    """@return False if it got worse."""
    change = f"{before} instructions before, {now} now ({now / before - 1:+.1%})"
    if now > before * (1 + TOLERANCE):
        print(f"FAIL  {name}: {change}. If that is meant: {UPDATE}")
        return False
    if now < before * (1 - TOLERANCE):
        print(f"better  {name}: {change}. To hold it: {UPDATE}")
    return True


def check(programs):
    made_with, baseline = read_baseline()
    programs = [program for program in programs if comparable(program, made_with)]
    passed = failed = 0
    for program, counts in count_all(programs).items():
        before = baseline.get(program, {})
        for name in set(before) ^ set(counts):
            print(f"{'gone' if name in before else 'new'}  {program}: {name}: {UPDATE}")
        for name in (name for name in counts if name in before):
            good = compare(name, before[name], counts[name])
            passed += good
            failed += not good
    print(f"baseline: {passed} passed, {failed} failed")
    return failed == 0


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("check", "write"):
        sys.exit(__doc__)
    if sys.argv[1] == "write":
        write(sys.argv[2:])
        return 0
    return 0 if check(sys.argv[2:]) else 1


if __name__ == "__main__":
    sys.exit(main())
