#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bench/baseline.py skips what it cannot compare, and says why; what it can compare, it does. Prints "N passed, M failed"."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

BASELINE = Path(__file__).resolve().parents[2] / "bench" / "baseline.py"
# Tools of a machine of the test's own. This valgrind counts 1000 instructions for whatever it runs.
TOOLS = {
    "cc": "echo 99.1.0",
    "pkg-config": "echo 22.11.0",
    "getconf": "echo glibc 2.36",
    "valgrind": 'case $1 in --version) echo valgrind-3.19.0 ;; *) printf "desc: Trigger: Client Request: 10 a stage\\ntotals: %s\\n"'
    ' "${COUNTED:-1000}" >"${3#--callgrind-out-file=}" ;; esac',
}


def run(folder, needs, counted="100"):
    """Compare with a baseline of 100 instructions an operation that was made with those needs."""
    (folder / "baseline.txt").write_text("".join(f"needs all {need}\n" for need in needs) + f"count a_bench {counted} a stage\n")
    (folder / "baseline.py").write_text(BASELINE.read_text(encoding="utf-8"), encoding="utf-8")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CC": "cc"}
    return subprocess.run([sys.executable, folder / "baseline.py", "check", "a_bench"], env=environment, capture_output=True, text=True, check=False)


def main():
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for tool, script in TOOLS.items():
            (folder / tool).write_text(f"#!/bin/sh\n{script}\n")
            (folder / tool).chmod(0o755)
        avx2 = "yes" if " avx2" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace") else "no"
        same = [f"avx2 {avx2}", "gcc 99.1.0", "libc 2.36", "valgrind 3.19.0"]
        result = run(folder, same)
        rows.append(("what was made with the same tools is compared", result.returncode == 0 and "1 passed, 0 failed" in result.stdout, result))
        result = run(folder, same, counted="90")
        rows.append(("what got worse fails", result.returncode == 1 and "FAIL  a stage: 90 instructions before, 100 now" in result.stdout, result))
        result = run(folder, [same[0], "gcc 98.0.0", *same[2:]], counted="1")
        skipped = "SKIP  a_bench: the baseline was made with gcc 98.0.0, here 99.1.0\n" in result.stdout
        rows.append(("another compiler: skipped, and said why", result.returncode == 0 and skipped and "0 passed, 0 failed" in result.stdout, result))
        result = run(folder, [same[0], same[1], "libc 2.40", "valgrind 3.20.0"])
        rows.append(("all that differs is named", "libc 2.40, here 2.36; valgrind 3.20.0, here 3.19.0\n" in result.stdout, result))
    for what, good, result in rows:
        if not good:
            print(f"FAIL  baseline: {what}\n{result.stdout}{result.stderr}")
    failed = sum(not good for _, good, _ in rows)
    print(f"baseline selftest: {len(rows) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
