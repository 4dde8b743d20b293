#!/usr/bin/env python3
"""Checks the licences and the sources of all dependencies by deny.toml, from `cargo metadata`. Needs Python 3.11.

It stands in for `cargo deny check licenses bans sources` where cargo-deny is not installed: compiling that takes minutes.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def is_allowed(expression, allow):
    """Whether an SPDX expression can be met by licences of the list. `/` is the old way to write OR."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        met = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            met = both() or met
        return met

    def both():
        met = single()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            met = single() and met
        return met

    def single():
        token = tokens.pop(0)
        if token == "(":
            met = either()
            tokens.pop(0)
            return met
        if tokens and tokens[0] == "WITH":
            token = f"{token} WITH {tokens[1]}"
            del tokens[:2]
        return token in allow

    return either() and not tokens


def faults(packages, rules):
    """What is wrong with these packages of `cargo metadata`."""
    allow = set(rules["licenses"]["allow"])
    banned = {entry["crate"]: entry["reason"] for entry in rules["bans"]["deny"]}
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["source"] is None:
            continue
        if package["source"] != CRATES_IO:
            yield f"{name} comes from {package['source']}"
        if package["name"] in banned:
            yield f"{name} is banned: {banned[package['name']]}"
        licence = package["license"]
        if licence is None:
            yield f"{name} names no licence"
        elif not is_allowed(licence, allow):
            yield f"{name} has the licence {licence}, which deny.toml does not allow"


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"]
    for target in rules["graph"]["targets"]:
        command += ["--filter-platform", target]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    packages = json.loads(listed.stdout)["packages"]
    found = sorted(faults(packages, rules))
    for fault in found:
        print(fault)
    print(f"{len(packages) - 1} dependencies: {len(found)} faults of licence, ban or source")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
