#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every lint rule finds its bad snippet and leaves the good tree alone. Prints "N passed, M failed"."""

import subprocess
import sys
import tempfile
from pathlib import Path

import rules

SPDX = "/* SPDX-License-Identifier: BSD-3-Clause */\n"
MAKEFILE = "# SPDX-License-Identifier: BSD-3-Clause\nCONFIG := conf\nPURE := stage\nTABLES := cert\nIO := port side\nCONTROL := ctl\nLOAD := load_run\n"
GOOD = {
    "Makefile": MAKEFILE,
    "config/conf.h": SPDX + "#include <stdint.h>\n",
    "config/conf.c": SPDX + '#include "conf.h"\n#include <libconfig.h>\nint conf_x;\n',
    "dataplane/stage.h": SPDX + '#include "conf.h"\n#include <stdint.h>\n',
    "dataplane/stage.c": SPDX + '#include "stage.h"\nint stage_run(void);\nint stage_run(void)\n{\n\treturn 0;\n}\n',
    "dataplane/cert.h": SPDX,
    "dataplane/cert.c": SPDX + '#include "cert.h"\n#include "stage.h"\n#include <openssl/ssl.h>\n#include <rte_hash.h>\n',
    "dataplane/port.h": SPDX,
    "dataplane/port.c": SPDX + '#include "cert.h"\n#include <rte_ethdev.h>\n',
    "dataplane/side.c": SPDX + '#include "port.h"\n/* a volatile comment */\nvoid f(void);\nenum { SIDE = STAT_RX };\n',
    "control/ctl.h": SPDX,
    "bench/load_run.h": SPDX,
    "control/ctl.c": SPDX + '#include "port.h"\n#include "conf.h"\n#include <stdio.h>\n',
    "bench/load_run.c": SPDX + '#include "port.h"\n#include "conf.h"\n#include <sys/socket.h>\n',
    "bench/bench_all.c": SPDX + '#include "ctl.h"\n',
    "dataplane/stat.def": SPDX + 'STAT(RX, "rx_pkts", "packets")\n',
    "docs/counters.md": "`rx_pkts` packets, [architecture](architecture.md)\n",
    "bench/load_option.def": SPDX + 'LOAD_OPTION(COUNT, runs, "runs", "N", "1", 1, 2, "so many")\n',
    "docs/load.md": "`--runs` so often\n",
    "docs/architecture.md": "`dataplane/stage.c`\n",
    "tests/unit/test_stage.c": SPDX,
}

# What is bad, the file it is put into (replacing or adding), and the rule that must find it.
BAD = [
    ("pure sees DPDK", "dataplane/stage.c", SPDX + "#include <rte_mbuf.h>\n", "rule_includes"),
    ("pure sees sockets", "dataplane/stage.c", SPDX + "#include <sys/socket.h>\n", "rule_includes"),
    ("pure sees OpenSSL", "dataplane/stage.c", SPDX + "#include <openssl/ssl.h>\n", "rule_includes"),
    ("pure sees tables", "dataplane/stage.c", SPDX + '#include "cert.h"\n', "rule_includes"),
    ("tables see I/O", "dataplane/cert.c", SPDX + '#include "port.h"\n', "rule_includes"),
    ("tables see packets", "dataplane/cert.c", SPDX + "#include <rte_mbuf.h>\n", "rule_includes"),
    ("only I/O stages see ethdev", "dataplane/side.c", SPDX + "#include <rte_ethdev.h>\n", "rule_includes"),
    ("config sees dataplane", "config/conf.c", SPDX + '#include "stage.h"\n', "rule_includes"),
    ("config sees OpenSSL", "config/conf.c", SPDX + "#include <openssl/ssl.h>\n", "rule_includes"),
    ("control sees a stage", "control/ctl.c", SPDX + '#include "stage.h"\n', "rule_includes"),
    ("control sees DPDK", "control/ctl.c", SPDX + "#include <rte_mbuf.h>\n", "rule_includes"),
    ("dataplane sees control", "dataplane/port.c", SPDX + '#include "ctl.h"\n', "rule_includes"),
    ("the load generator sees control", "bench/load_run.c", SPDX + '#include "ctl.h"\n', "rule_includes"),
    ("a source of the load generator in no list", "bench/load_stray.c", SPDX, "rule_includes"),
    ("dataplane sees the load generator", "dataplane/port.c", SPDX + '#include "load_run.h"\n', "rule_includes"),
    ("source in no list", "dataplane/stray.c", SPDX, "rule_includes"),
    ("include cycle", "config/conf.h", SPDX + '#include "stage.h"\n', "rule_cycles"),
    ("long function", "dataplane/stage.c", SPDX + "int stage_run(void)\n{\n" + "\t;\n" * 61 + "}\n", "rule_function_length"),
    ("long file", "dataplane/stage.c", SPDX + "\n" * 601, "rule_file_length"),
    ("a counter nobody counts", "dataplane/stat.def", SPDX + 'STAT(RX, "rx_pkts", "packets")\nSTAT(TX, "tx_pkts", "packets")\n', "rule_counters"),
    ("an option that no manual tells", "bench/load_option.def", SPDX + 'LOAD_OPTION(COUNT, load, "load", "N", "1", 1, 2, "so many")\n', "rule_load_options"),
    ("no licence", "dataplane/stage.c", "int stage_x;\n", "rule_spdx"),
    ("unfinished", "dataplane/stage.c", SPDX + "/* TO" + "DO: later */\n", "rule_words"),
    ("volatile", "dataplane/stage.c", SPDX + "static volatile int x;\n", "rule_words"),
    ("an RFC held by no test", "docs/tcp.md", "| 3.1 | so | test_ghost |\n", "rule_named_tests_exist"),
    ("test without source", "tests/unit/test_ghost.c", SPDX, "rule_tests_have_sources"),
    ("undocumented counter", "dataplane/stat.def", SPDX + 'STAT(TX, "tx_pkts", "sent")\n', "rule_docs"),
    ("undocumented command", "control/ctl.c", SPDX + 'const struct command_kind ctl_x = {.name = "show certs"};\n', "rule_docs"),
    ("undocumented key", "config/config_schema.def", SPDX + 'CONFIG_OPTION(x, "idle", "x")\n', "rule_docs"),
    ("dead link", "docs/architecture.md", "[x](gone.md)\n", "rule_doc_links"),
    ("dead file name in the diagram", "README.md", "│ gone.c → stage.c │\n", "rule_doc_links"),
    ("dead file name", "docs/architecture.md", "`dataplane/gone.c`\n", "rule_doc_links"),
]

# Cases that look bad and are allowed.
ALLOWED = [
    ("long function with its reason", "dataplane/stage.c",
     SPDX + "/* Long because: a table. */\nint stage_run(void)\n{\n" + "\t;\n" * 61 + "}\n"),
    ("asm volatile", "dataplane/stage.c", SPDX + "static void f(void)\n{\n\t__asm__ volatile(\"pause\");\n}\n"),
]


def build(folder, changes):
    for name, text in {**GOOD, **changes}.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def findings_of(changes, rule=None):
    with tempfile.TemporaryDirectory() as folder:
        tree = rules.Tree(build(folder, changes))
        return [finding for each in rules.ALL if rule in (None, each.__name__) for finding in each(tree)]


def symbol_findings(source):
    """The rule on symbols reads objects: compile one."""
    with tempfile.TemporaryDirectory() as folder:
        build(folder, {"dataplane/stage.c": SPDX + source})
        Path(folder, "out/dataplane").mkdir(parents=True)
        subprocess.run(["cc", "-c", f"{folder}/dataplane/stage.c", "-o", f"{folder}/out/dataplane/stage.o"], check=True)
        return rules.rule_symbols(rules.Tree(folder, f"{folder}/out"))


def main():
    results = [("the good tree is clean", not findings_of({}))]
    results += [(what, bool(findings_of({name: text}, rule))) for what, name, text, rule in BAD]
    results += [(what, not findings_of({name: text})) for what, name, text in ALLOWED]
    results.append(("symbol without stem", bool(symbol_findings("int other_thing;\n"))))
    results.append(("symbol that only looks like the stem", bool(symbol_findings("int stager_thing;\n"))))
    results.append(("symbol with stem", not symbol_findings("int stage_thing; static int other;\n")))
    for what, ok in results:
        if not ok:
            print(f"FAILED: {what}")
    passed = sum(ok for _, ok in results)
    print(f"lint self-test: {passed} passed, {len(results) - passed} failed")
    return 0 if passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
