# SPDX-License-Identifier: BSD-3-Clause
"""The rules of `make lint`. Each is a function from a Tree to a list of findings, "file:line: message"."""

import re
import subprocess
from pathlib import Path

LONGEST_FUNCTION_LINES = 60
LONGEST_FILE_LINES = 600

RINGS = ("CONFIG", "PURE", "TABLES", "IO", "CONTROL", "PROGRAMS", "PLUGINS", "LOAD", "LOAD_PROGRAMS")
FOLDER_OF_RING = {"CONFIG": "config", "CONTROL": "control", "PROGRAMS": "control", "PLUGINS": "control",
                  "LOAD": "bench", "LOAD_PROGRAMS": "bench"}

# What each ring may include from its own side of the fence; system headers are listed by exact name or prefix.
LIBC = {
    "assert.h", "ctype.h", "endian.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "sys/queue.h", "time.h",
}
# Address space for tables whose bound is rarely reached: memory, no I/O.
PURE_EXTRA = {stem: {"sys/mman.h"} for stem in ("pages", "slab", "block_pool", "flow_table", "tcp_stack")}
PURE_EXTRA["small_heap"] = {"sanitizer/asan_interface.h"}  # freed objects are poisoned under ASan
CONFIG_EXTRA = {"libconfig.h", "idn2.h", "fcntl.h", "unistd.h", "sys/stat.h", "sys/types.h", "arpa/inet.h",
                "netinet/in.h", "sys/socket.h"}  # inet_pton() for addresses in text: POSIX keeps it there
TABLES_EXTRA = {
    "immintrin.h",
    "sys/mman.h", "unistd.h", "rte_common.h", "rte_errno.h", "rte_hash.h", "rte_rcu_qsbr.h", "rte_ring.h",
    "rte_malloc.h", "rte_jhash.h", "rte_hash_crc.h", "rte_pause.h", "rte_prefetch.h", "rte_lcore.h",
}
SEES_ETHDEV = {"port", "rx", "tx", "neigh", "backend", "relay", "worker", "eal"}
CONTROL_SEES = {"worker", "port", "unmap_guard", "stats", "certificate", "cert_table_writer", "binding", "cert_select", "cert_table", "tls_alert", "tls_tickets", "eal", "secret", "bytes", "siphash", "pages", "small_heap",
                "drop_reason.def", "stat.def"}

# External symbols that do not begin with their file's stem, each with its reason.
SYMBOL_EXCEPTIONS = {
    "main": "the C standard names it",
    "LLVMFuzzerTestOneInput": "libFuzzer names it",
    "munmap": "the driver calls it by this name (docs/decisions/unmap-guard.md)",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.M)
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def without_comments_and_strings(text):
    """Same number of lines, but comments and strings are blank."""
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


class Tree:
    """The project's files, read once, and what the Makefile says about them."""

    def __init__(self, root, objects=None):
        self.root = Path(root)
        self.objects = Path(objects) if objects else None
        self.texts = {}
        for pattern in ("**/*.[ch]", "**/*.def", "**/*.py", "**/*.sh", "**/*.md", "**/Makefile", "**/*.mk", ".ci/run"):
            for path in self.root.glob(pattern):
                name = path.relative_to(self.root).as_posix()
                if not name.startswith(("build/", ".git/")) and path.is_file():
                    self.texts[name] = path.read_text(encoding="utf-8", errors="replace")
        self.ring_of = self.read_rings()

    def read_rings(self):
        """stem → ring, from the source lists of the Makefile: the one place that says what belongs where."""
        makefile = self.texts.get("Makefile", "").replace("\\\n", " ")
        ring_of = {}
        for ring in RINGS:
            match = re.search(rf"^{ring} := (?!\$)(.*)$", makefile, re.M)
            for stem in match.group(1).split() if match else ():
                ring_of[(FOLDER_OF_RING.get(ring, "dataplane"), stem)] = ring
        return ring_of

    def names(self, *suffixes, folders=None):
        for name in sorted(self.texts):
            if name.endswith(suffixes) and (folders is None or name.split("/")[0] in folders):
                yield name

    def ring(self, folder, stem):
        """A listed source's ring; a header without a source belongs to the innermost ring that its includes allow."""
        listed = self.ring_of.get((folder, stem)) or {"config": "CONFIG", "control": "CONTROL"}.get(folder)
        if listed or f"{folder}/{stem}.c" in self.texts:
            return listed
        if folder == "bench":
            return "LOAD"
        includes = INCLUDE.findall(self.texts.get(f"{folder}/{stem}.h", ""))
        for ring in ("PURE", "TABLES"):
            if all(self.includes_fit(ring, stem, *include) for include in includes):
                return ring
        return "IO"

    def includes_fit(self, ring, stem, quote, header):
        target = self.own_header(header) if quote == '"' else None
        if target:
            return may_include(ring, stem, self.ring(*target), *target)
        return may_include_system(ring, stem, header)

    def own_header(self, include):
        """The folder and stem of a header or table of ours, or None."""
        for folder in ("config", "dataplane", "control", "bench", "tests/support"):
            if f"{folder}/{include}" in self.texts:
                return folder, include.removesuffix(".h")
        return None


def may_include(ring, stem, target_ring, target_folder, target_stem):
    """Own headers: includes point inwards only (docs/architecture.md, "Folders")."""
    if target_folder == "config" or (target_folder == "dataplane" and target_stem.endswith(".def")):
        return ring != "CONFIG" or target_folder == "config"
    if ring in ("CONTROL", "PROGRAMS", "PLUGINS"):
        return target_folder == "control" or (target_folder == "dataplane" and target_stem in CONTROL_SEES)
    if ring in ("LOAD", "LOAD_PROGRAMS"):
        return target_folder == "dataplane" or (target_folder == "bench" and target_stem.startswith("load_"))
    inwards = {"CONFIG": (), "PURE": ("PURE",), "TABLES": ("PURE", "TABLES"), "IO": ("PURE", "TABLES", "IO")}
    return target_folder == "dataplane" and target_ring in inwards[ring]


def may_include_system(ring, stem, header):
    if header == "rte_ethdev.h":
        return stem in SEES_ETHDEV
    if ring == "PURE":
        return header in LIBC | PURE_EXTRA.get(stem, set())
    if ring == "CONFIG":
        return header in LIBC | CONFIG_EXTRA
    if ring == "TABLES":
        return header in LIBC | TABLES_EXTRA or header.startswith("openssl/")
    if ring in ("CONTROL", "PROGRAMS", "PLUGINS"):
        return not header.startswith("rte_")
    return True


def rule_includes(tree):
    """Includes point inwards: control → dataplane → config, load generator → dataplane; in dataplane I/O → tables → pure."""
    findings = []
    for name in tree.names(".c", ".h", folders=("config", "dataplane", "control", "bench")):
        folder, _, base = name.partition("/")
        stem = base.rsplit(".", 1)[0]
        if folder == "bench" and not stem.startswith("load_") and (folder, stem) not in tree.ring_of:
            continue  # micro benchmarks are like tests: they include anything
        ring = tree.ring(folder, stem)
        if ring is None:
            findings.append(f"{name}:1: in no source list of the Makefile")
            continue
        text = tree.texts[name]
        for match in INCLUDE.finditer(text):
            where = f"{name}:{line_of(text, match.start())}"
            target = tree.own_header(match.group(2)) if match.group(1) == '"' else None
            if target is None and match.group(1) == '"':
                findings.append(f'{where}: "{match.group(2)}" is no header of ours')
            elif target and not may_include(ring, stem, tree.ring(*target), *target):
                findings.append(f"{where}: the {ring} ring may not include {target[0]}/{match.group(2)}")
            elif not target and not may_include_system(ring, stem, match.group(2)):
                findings.append(f"{where}: the {ring} ring may not include <{match.group(2)}>")
    return findings


def rule_cycles(tree):
    """No header includes itself, also not by way of others."""
    graph = {}
    for name in tree.names(".h"):
        includes = [m.group(2) for m in INCLUDE.finditer(tree.texts[name]) if m.group(1) == '"']
        targets = (tree.own_header(include) for include in includes)
        graph[name] = [f"{t[0]}/{t[1]}.h" for t in targets if t and not t[1].endswith(".def")]
    findings, done = [], set()

    def visit(name, path):
        if name in path:
            findings.append(f"{name}:1: include cycle: {' → '.join(path[path.index(name):] + [name])}")
        elif name not in done:
            for target in graph.get(name, ()):
                visit(target, path + [name])
            done.add(name)

    for name in graph:
        visit(name, [])
    return findings


def names_its_file(tree, folder, stem, symbol):
    """It begins with the file's stem; or with the first words of it, where the header of those words declares it: config.h
    says config_free(), config_load.c holds it."""
    words = stem.split("_")
    for n in range(len(words), 0, -1):
        module = "_".join(words[:n])
        header = tree.texts.get(f"{folder}/{module}.h", "")
        if symbol == module or re.match(rf"{module}s?_", symbol):
            return n == len(words) or re.search(rf"\b{symbol}\b", header) is not None
    return symbol in SYMBOL_EXCEPTIONS


def rule_symbols(tree):
    """An external symbol begins with its file's stem (nm on the objects of the release build)."""
    findings = []
    if tree.objects is None:
        return findings
    for (folder, stem), _ in sorted(tree.ring_of.items()):
        path = tree.objects / folder / f"{stem}.o"
        if not path.exists():
            continue
        lines = subprocess.run(["nm", "-g", "--defined-only", str(path)], capture_output=True, text=True, check=True).stdout
        for symbol in (line.split()[-1] for line in lines.splitlines() if line.strip()):
            if not names_its_file(tree, folder, stem, symbol):
                findings.append(f"{folder}/{stem}.c:1: external symbol {symbol} does not begin with {stem}_")
    return findings


def rule_function_length(tree):
    """At most 60 lines, or a comment that begins "Long because:" says why."""
    findings = []
    for name in tree.names(".c", ".h"):
        lines = tree.texts[name].splitlines()
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                length = number - start - 1
                excused = "Long because:" in "\n".join(lines[max(0, start - 12):number])
                if length > LONGEST_FUNCTION_LINES and not excused:
                    findings.append(f"{name}:{start}: function of {length} lines (at most {LONGEST_FUNCTION_LINES})")
                start = None
    return findings


def rule_file_length(tree):
    """Files end at 600 lines."""
    return [f"{name}:{len(lines)}: file of {len(lines)} lines (at most {LONGEST_FILE_LINES})"
            for name in tree.names(".c", ".h", ".py", ".sh", "Makefile", ".mk")
            if len(lines := tree.texts[name].splitlines()) > LONGEST_FILE_LINES]


def rule_spdx(tree):
    """Every source file names its licence in its first two lines."""
    return [f"{name}:1: no SPDX-License-Identifier: BSD-3-Clause"
            for name in tree.names(".c", ".h", ".def", ".py", ".sh", "Makefile", ".mk", ".ci/run")
            if "SPDX-License-Identifier: BSD-3-Clause" not in "\n".join(tree.texts[name].splitlines()[:2])]


def rule_words(tree):
    """No unfinished work in comments; no volatile (C11 atomics say what they order), except in asm volatile."""
    findings = []
    for name in tree.names(".c", ".h", ".def", ".sh", "Makefile", ".mk"):
        text = tree.texts[name]
        for match in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
            findings.append(f"{name}:{line_of(text, match.start())}: {match.group()}: finish it or file it")
        if name.endswith((".c", ".h")):
            code = without_comments_and_strings(text)
            for match in re.finditer(r"(?<!asm )(?<!asm__ )\bvolatile\b", code):
                findings.append(f"{name}:{line_of(code, match.start())}: volatile orders nothing: use C11 atomics")
    return findings


def rule_named_tests_exist(tree):
    """A test that docs/tcp.md names as holding what an RFC asks is there."""
    there = {match for name in tree.names(".c") if name.startswith("tests/unit/")
             for match in re.findall(r"\bvoid (test_\w+)\(", tree.texts[name])}
    text = tree.texts.get("docs/tcp.md", "")
    return [f"docs/tcp.md:{line_of(text, match.start())}: {match.group()}: no such test"
            for match in re.finditer(r"\btest_\w+\b(?!\.c)", text) if match.group() not in there]


def rule_tests_have_sources(tree):
    """tests/unit/test_STEM.c or test_STEM_ASPECT.c tests a file STEM.c that is there."""
    stems = {Path(name).stem for name in tree.names(".c", ".h", ".def", folders=("config", "dataplane", "control", "bench"))}
    stems |= {Path(name).stem for name in tree.names(".c", ".h") if name.startswith(("tests/support/", "tests/packetdrill/"))}
    findings = []
    for name in (name for name in tree.names(".c") if name.startswith("tests/unit/test_")):
        words = Path(name).stem.removeprefix("test_").split("_")
        if not any("_".join(words[:n]) in stems for n in range(1, len(words) + 1)):
            findings.append(f"{name}:1: tests no source file of that stem")
    return findings


DOCUMENTED = (  # where words stand, how they are written there, which page must name them
    (r"config/config_schema\.def", r'^CONFIG_\w+\([^"]*"([a-z_0-9.]+)"', "docs/config.md"),
    (r"control/\w+\.c", r'const struct command_kind \w+ = \{\s*\.name = "([a-z -]+)"', "docs/operations.md"),
    (r"dataplane/drop_reason\.def", r'^DROP_REASON\(\w+, "(\w+)"', "docs/counters.md"),
    (r"dataplane/stat\.def", r'^STAT\(\w+, "(\w+)"', "docs/counters.md"),
)


def rule_docs(tree):
    """Documentation names every configuration key, control command, counter and drop reason."""
    findings = []
    for source, pattern, document in DOCUMENTED:
        page = tree.texts.get(document, "")
        for name in (name for name in sorted(tree.texts) if re.fullmatch(source, name)):
            for match in re.finditer(pattern, tree.texts[name], re.M):
                if not re.search(rf"(?<![\w.]){re.escape(match.group(1))}(?!\w)", page):
                    line = line_of(tree.texts[name], match.start(1))
                    findings.append(f"{name}:{line}: {match.group(1)} is not in {document}")
    return findings


def rule_counters(tree):
    """Every drop reason and counter of the tables is counted somewhere."""
    code = "\n".join(without_comments_and_strings(tree.texts[name]) for name in tree.names(".c", ".h", folders=("dataplane", "control")))
    used = set(re.findall(r"\b(?:DROP|STAT)_[A-Z0-9_]+\b", code))
    findings = []
    for name in (name for name in sorted(tree.texts) if name.endswith(("drop_reason.def", "stat.def"))):
        for match in re.finditer(r"^(DROP|STAT)(?:_REASON)?\((\w+),", tree.texts[name], re.M):
            if f"{match.group(1)}_{match.group(2)}" not in used:
                findings.append(f"{name}:{line_of(tree.texts[name], match.start())}: {match.group(2)} is never counted")
    return findings


def rule_load_options(tree):
    """Every option of the load generator is in its manual."""
    manual = tree.texts.get("docs/load.md", "") + tree.texts.get("docs/load-dpdk.md", "")
    rows = re.findall(r'^LOAD_OPTION\(\w+, \w+, "([\w-]+)"', tree.texts.get("bench/load_option.def", ""), re.M)
    return [f"bench/load_option.def: --{name} is not in docs/load.md" for name in rows if not re.search(rf"--{name}(?![\w-])", manual)]


def rule_doc_links(tree):
    """Relative links in the documentation, and file names in backticks with a folder, lead to files that are there."""
    findings = []
    for name in tree.names(".md"):
        text = tree.texts[name]
        here = (tree.root / name).parent
        for match in re.finditer(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not (here / match.group(1)).exists():
                findings.append(f"{name}:{line_of(text, match.start())}: dead link {match.group(1)}")
        for match in re.finditer(r"`((?:config|dataplane|control|tests|docs)/[\w./-]+\.\w+)`", text):
            if not (tree.root / match.group(1)).exists():
                findings.append(f"{name}:{line_of(text, match.start())}: no such file: {match.group(1)}")
    bases = {Path(name).name for name in tree.texts}
    readme = tree.texts.get("README.md", "")
    findings += [f"README.md:{line_of(readme, match.start())}: no such file: {match.group()}"
                 for match in re.finditer(r"\b\w+\.c\b", readme) if match.group() not in bases]
    return findings


ALL = [value for key, value in sorted(globals().items()) if key.startswith("rule_")]
