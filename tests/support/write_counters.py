#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write docs/counters.md from dataplane/stat.def and dataplane/drop_reason.def: write_counters.py ROOT > docs/counters.md."""

import re
import sys
from pathlib import Path

HEAD = """# Counters

Made from `dataplane/stat.def` and `dataplane/drop_reason.def` by `make docs`; do not edit. `handfastctl stats` prints them,
`--json` too. Each worker has its own; the command shows their sum. Names that end in `_now` are gauges.
"""


def rows(text, macro):
    """Comments of the table become headings of their own; each row is a name and its words."""
    for line in text.splitlines():
        heading = re.fullmatch(r"/\* (.*) \*/", line.strip())
        row = re.match(rf'{macro}\(\w+, "(\w+)", "([^"]*)"\)', line)
        if row:
            yield f"| `{row.group(1)}` | {row.group(2)} |"
        elif heading and "SPDX" not in line and macro == "DROP_REASON":
            yield f"| **{heading.group(1)}** | |"


def main():
    root = Path(sys.argv[1])
    stats = (root / "dataplane/stat.def").read_text(encoding="utf-8")
    drops = (root / "dataplane/drop_reason.def").read_text(encoding="utf-8")
    out = [HEAD, "## What is counted", "", "| name | meaning |", "|---|---|", *rows(stats, "STAT"), "",
           "## Why something was dropped, refused or answered with an alert", "",
           "Every packet received is delivered or counted under exactly one of these.", "",
           "| name | meaning |", "|---|---|", *rows(drops, "DROP_REASON")]
    print("\n".join(out))


if __name__ == "__main__":
    main()
