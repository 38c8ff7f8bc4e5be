#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the project against its own rules: lint.py ROOT [OBJECT_FOLDER]. Prints findings, exit 1 if there are any."""

import sys

import rules


def main():
    tree = rules.Tree(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    findings = [finding for rule in rules.ALL for finding in rule(tree)]
    print("\n".join(findings + [f"lint: {len(tree.texts)} files, {len(rules.ALL)} rules, {len(findings)} findings"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
