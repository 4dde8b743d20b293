#!/usr/bin/env python3
"""Verifies an access log or a downloaded record of Stafett without Stafett. Written from docs/access-log.md and docs/record.md alone.

    verify.py log --public-key KEY --municipality 4014 [--checkpoint FILE] EVIDENCE
    verify.py proof --public-key KEY --leaf LEAF [--opened OPENED] PROOF
    verify.py consistency --public-key KEY OLD NEW PROOF
    verify.py record --public-key KEY FOLDER
    verify.py vectors VECTORS

Needs Python 3.9 and the package `cryptography`. Exits with 0 if all is as it was signed, and with 1 if not.
"""

import argparse
import base64
import hashlib
import hmac
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEPT = 100_000  # positions that do not agree and are examined for the kind of change


class Refused(Exception):
    """What is wrong with what was given."""


# RFC 9162, 2.1

def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The root of a tree that grows, from the roots of its whole subtrees."""

    def __init__(self):
        self.size = 0
        self.subtrees = []  # (level, hash)

    def append(self, leaf):
        level, self.size = 0, self.size + 1
        while self.subtrees and self.subtrees[-1][0] == level:
            leaf, level = node_hash(self.subtrees.pop()[1], leaf), level + 1
        self.subtrees.append((level, leaf))

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1][1]
        for _, left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root


def check_inclusion(leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        raise Refused("the place is not in the tree")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Refused("the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn or r != root:
        raise Refused("the proof does not lead to the root that was signed")


def check_consistency(old, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if not 0 < old <= size:
        raise Refused("the log has become smaller")
    if old == size:
        if proof or old_root != root:
            raise Refused("two trees of one size have different roots")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise Refused("the proof is empty")
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Refused("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != old_root or sr != root:
        raise Refused("the log has not only grown: it was rewritten")


# C2SP signed-note and tlog-checkpoint

class Key:
    """A public key, as name+id+key."""

    def __init__(self, text):
        self.name, key_id, key = text.strip().split("+", 2)
        key = base64.b64decode(key, validate=True)
        self.id = hashlib.sha256(self.name.encode() + b"\n" + key).digest()[:4]
        if key[:1] != b"\1" or self.id.hex() != key_id:
            raise Refused("not a public key of an access log")
        self.key = Ed25519PublicKey.from_public_bytes(key[1:])

    def text(self, note):
        """The signed text."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        for line in signatures.splitlines():
            dash, name, signature = line.split(" ", 2)
            signature = base64.b64decode(signature, validate=True)
            if dash == "\u2014" and name == self.name and signature[:4] == self.id:
                self.key.verify(signature[4:], text.encode())
                break
        else:
            raise Refused("the text is not signed with this key")
        return text

    def open(self, note):
        """The size and the root that a signed checkpoint states."""
        origin, size, root, *_ = self.text(note).split("\n")
        if origin != self.name or str(int(size)) != size:
            raise Refused("the checkpoint is of another log")
        return int(size), base64.b64decode(root, validate=True)


# docs/access-log.md: the leaf

PERSONAL = ("case", "child", "client", "consents", "object", "person", "roles", "shown")


def opening_of(salt, field):
    return hmac.new(salt, field.encode(), hashlib.sha256).digest()


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def digest_of(opening, value):
    return base64.b64encode(hashlib.sha256(opening + canonical(value).encode()).digest()).decode()


def decoded(text):
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return None  # it was changed, and opens nothing


def leaf_of(municipality, place):
    entry = place["entry"]
    salt = decoded(entry["salt"]) if entry["salt"] is not None else None
    digests = {}
    if entry["salt"] is None:  # beside a salt no digest has a say, and only what is personal is erased
        digests = {field: digest for field, digest in entry.get("digests", {}).items() if field in PERSONAL}
    for field, value in entry["fields"].items():
        opening = opening_of(salt, field) if salt else decoded(entry.get("openings", {}).get(field))
        # the tree holds no value that nothing opens, so such a value fits no leaf
        digests[field] = digest_of(opening, value) if opening else ""
    leaf = {"at": six_decimals(entry["at"]), "digests": digests, "id": place["id"], "municipality": municipality, "v": 1}
    if place.get("count") is not None:
        leaf["count"] = place["count"]
    return canonical(leaf).encode()


def six_decimals(at):
    whole, _, part = at.rstrip("Z").partition(".")
    return f"{whole}.{part:0<6}Z"


def subject(entry):
    """The subject by which an entry is counted, if it is shown to the family."""
    fields = entry["fields"]
    if fields["decision"] != "permit" or fields["status"] >= 400:
        return None
    return fields["case"] or (fields["child"] if fields["object_type"] == "Child" else None)


class Log:
    """Hears the evidence of a log line by line."""

    def __init__(self, municipality, key, kept):
        self.municipality, self.key = municipality, key
        self.kept = key.open(kept) if kept else None
        self.tree, self.signed, self.broken = Tree(), 0, False
        self.counts, self.erased, self.odd, self.found = {}, 0, {}, []
        self.unreadable, self.waiting = set(), 0

    def hear(self, line):
        if "unsealed" in line:
            self.found.append((1, 0, f"inserted: entry {line['unsealed']} was never sealed"))
        elif "checkpoint" in line:
            self.hear_checkpoint(line["checkpoint"])
        elif "waiting" in line:
            self.waiting += line["waiting"]
        else:
            self.hear_place(line)

    def hear_place(self, line):
        at, entry = line["position"], line["entry"]
        while self.tree.size < at:
            self.found.append((0, self.tree.size, f"removed: place {self.tree.size} is gone"))
            self.append(bytes(32))
        sealed = decoded(line["hash"]) if line["hash"] else None
        made = leaf_hash(leaf_of(self.municipality, line)) if entry else None
        if entry:
            self.check_count(at, line, entry)
        if line.get("unreadable"):
            self.unreadable.add(at)
        if made != sealed and len(self.odd) < KEPT:
            self.odd[at] = (line["id"], made, sealed)
        self.append(sealed or made or bytes(32))

    def check_count(self, at, line, entry):
        count = line.get("count")
        if entry["salt"] is None:
            self.erased += count is not None
            return
        counted = subject(entry)
        if counted and count is not None:
            before, erased = self.counts.get(counted, (0, 0))
            self.counts[counted] = count, self.erased
            right = 0 <= count - before - 1 <= self.erased - erased  # no more is missing than has been erased
        else:
            right = counted is None and count is None
        if not right:
            self.found.append((2, at, f"left out: the count at place {at}, entry {line['id']}, does not follow"))

    def append(self, leaf):
        self.tree.append(leaf)
        if self.kept and self.kept[0] == self.tree.size and self.kept[1] != self.tree.root():
            self.found.append((3, self.tree.size, "rewritten: the checkpoint that was kept is not of this log"))

    def hear_checkpoint(self, note):
        place = self.tree.size
        try:
            size, root = self.key.open(note)
        except (Refused, InvalidSignature, ValueError):
            self.found.append((3, place, f"rewritten: the checkpoint after place {place} is not signed with this key"))
            return
        if size > place:
            self.found.append((3, place, f"removed: there are {place} places, and {size} were signed"))
        elif size == place and root != self.tree.root() and not self.broken:
            self.broken = True
            self.found.append((3, self.signed, f"rewritten: places {self.signed} to {size - 1} are not those that were signed"))
        self.signed = min(size, place)

    def report(self):
        place = self.tree.size
        if self.signed < place:
            self.found.append((4, self.signed, f"inserted: no checkpoint covers the entries from place {self.signed} on"))
        if self.kept and self.kept[0] > place:
            self.found.append((3, place, f"removed: there are {place} places, and {self.kept[0]} were signed"))
        hashes = {made: at for at, (_, made, _) in self.odd.items()}
        sealed_at = {sealed: at for at, (_, _, sealed) in self.odd.items()}
        for at, (entry, made, sealed) in self.odd.items():
            moved = sealed is not None and hashes.get(sealed) == at + 1 and sealed_at.get(made) != at + 1
            if made is None and at in self.unreadable:
                what = f"changed: entry {entry} at place {at} is not as it was sealed"
            elif made is None:
                what = f"removed: entry {entry} at place {at} is gone"
            elif moved:
                what = f"inserted: entry {entry} at place {at} was not there"
            elif made in sealed_at:
                what = f"reordered: entry {entry} at place {at} was sealed at another"
            else:
                what = f"changed: entry {entry} at place {at} is not as it was sealed"
            self.found.append((0, at, what))
        return [text for *_, text in sorted(self.found)]


def verify_log(args):
    kept = read(args.checkpoint) if args.checkpoint else None
    log = Log(args.municipality, Key(args.public_key), kept)
    with open(args.evidence, encoding="utf-8") as lines:
        for line in lines:
            log.hear(json.loads(line))
    found = log.report()
    if log.waiting:
        print(f"not yet sealed, and not verified: {log.waiting} entries", file=sys.stderr)
    if not found and not log.tree.size:
        found = ["nothing is sealed in this log, so there is nothing to verify"]
    print(*found or [f"the log is whole: {log.tree.size} entries"], sep="\n")
    return 1 if found else 0


def check_proof(key, leaf, proof, opened):
    head, _, note = proof.partition("\n\n")
    version, index, *hashes = head.split("\n")
    if version != "c2sp.org/tlog-proof@v1" or not index.startswith("index "):
        raise Refused("not a tlog-proof")
    size, root = key.open(note)
    check_inclusion(leaf_hash(leaf), int(index[6:]), size, [base64.b64decode(line) for line in hashes], root)
    digests = json.loads(leaf)["digests"]
    for field, shown in opened.items():
        if digests.get(field) != digest_of(base64.b64decode(shown["opening"]), shown["value"]):
            raise Refused(f"the field {field} is not what was sealed")


def read(path, mode="r"):
    with open(path, mode, encoding=None if "b" in mode else "utf-8") as file:
        return file.read()


def verify_proof(args):
    opened = json.loads(read(args.opened)) if args.opened else {}
    check_proof(Key(args.public_key), read(args.leaf, "rb"), read(args.proof), opened)
    print("the entry is in the log", *(f"{field}: {shown['value']}" for field, shown in opened.items()), sep="\n")
    return 0


def verify_consistency(args):
    key = Key(args.public_key)
    (old, old_root), (size, root) = key.open(read(args.old)), key.open(read(args.new))
    check_consistency(old, old_root, size, root, [base64.b64decode(line) for line in read(args.proof).split()])
    print(f"the log has only grown, from {old} to {size} entries")
    return 0


# docs/record.md

def verify_record(args):
    key, folder = Key(args.public_key), pathlib.Path(args.folder)
    record = (folder / "record.json").read_bytes()
    whole = json.loads(record)

    def lines(name):
        signed_by, download, line = key.text(read(folder / name)).rstrip("\n").split("\n")
        if signed_by != key.name or json.loads(download) != whole["download"]:
            raise Refused(f"{name} is of another record")
        return line

    if lines("record.txt") != "sha256 " + base64.b64encode(hashlib.sha256(record).digest()).decode():
        raise Refused("record.json was changed")
    for entry in whole["entries"]:
        stated = {name: value for name, value in entry.items() if name not in ("file", "content")}
        if json.loads(lines(entry["file"])) != stated:
            raise Refused(f"{entry['file']} was changed")
    print(f"the record is as it was downloaded: {len(whole['entries'])} entries")
    return 0


def verify_vectors(args):
    """The test vectors of the specification."""
    vectors = json.loads(read(args.vectors))
    key, tree = Key(vectors["public_key"]), Tree()
    for place in vectors["places"]:
        leaf = leaf_of(vectors["municipality"], place["line"])
        assert leaf.decode() == place["leaf"], place
        assert base64.b64encode(leaf_hash(leaf)).decode() == place["line"]["hash"], place
        tree.append(leaf_hash(leaf))
        assert base64.b64encode(tree.root()).decode() == place["root"], place
        check_proof(key, leaf, place["proof"], {})
    size, root = key.open(vectors["checkpoint"])
    assert (size, root) == (tree.size, tree.root())
    for grown in vectors["consistency"]:
        old_root = base64.b64decode(vectors["places"][grown["from"] - 1]["root"])
        check_consistency(grown["from"], old_root, size, root, [base64.b64decode(line) for line in grown["hashes"]])
    print(f"{tree.size} leaves, their proofs and {len(vectors['consistency'])} consistency proofs are as specified")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Verifies an access log or a record of Stafett without Stafett.")
    commands = parser.add_subparsers(required=True)
    for name, run, files in [
        ("log", verify_log, ["evidence"]),
        ("proof", verify_proof, ["proof"]),
        ("consistency", verify_consistency, ["old", "new", "proof"]),
        ("record", verify_record, ["folder"]),
        ("vectors", verify_vectors, ["vectors"]),
    ]:
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        if name != "vectors":
            command.add_argument("--public-key", required=True)
        if name == "log":
            command.add_argument("--municipality", required=True)
            command.add_argument("--checkpoint")
        if name == "proof":
            command.add_argument("--leaf", required=True)
            command.add_argument("--opened")
        for file in files:
            command.add_argument(file)
    args = parser.parse_args()
    try:
        return args.run(args)
    except (Refused, InvalidSignature, ValueError, AssertionError) as refused:
        print(str(refused) or "a signature is not good")
        return 1


if __name__ == "__main__":
    sys.exit(main())
