#!/usr/bin/env python3
"""Reports words and sentences that docs/style.md rules out. Needs Python 3.11 and nothing else.

    .ci/plain_english.py                # what must be clean: fails if it is not
    .ci/plain_english.py src policies   # reports these as well, enforced or not
"""

import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What must be clean. The rest of CHECKABLE is counted, and moves up here when its count is zero.
ENFORCED = [
    "*.md", ".ci/*", "docs/verify/*", "src/*.rs", "policies/*", "data/*.toml", "benches/*.rs", "tests/*.rs",
]
CHECKABLE = ["openapi/*", "docs/*"]
# Generated: their words are mended where they come from.
GENERATED = {"docs/confidentiality.md": "policies/", "openapi/stafett.json": "src/"}
# The list itself, and the tests of this check.
NOT_PROSE = {".ci/plain_english.toml", ".ci/test_plain_english.py"}
# Documents in Norwegian: the tables of confidentiality, generated from tests/confidentiality, and what a jurist reads.
NORWEGIAN = ("docs/taushetsplikt/", "docs/dpia.md")
# Of one document of prose, in words a sentence.
MEAN_LENGTH = 20

RUST = re.compile(
    r"""//[/!]?(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/|r(?P<marks>\#*)"(?P<raw>.*?)"(?P=marks)|'(?:\\.|[^\\'\n])'"""
    r"""|"(?P<string>(?:\\.|[^"\\])*)\"""",
    re.DOTALL,
)
# The name of a variable in a format string: code, not prose.
ARGUMENT = re.compile(r"\{\w+(?::[^{}\n]*)?\}")
CODE_SPAN = re.compile(r"`[^`\n]*(?:\n[^`\n]+)?`")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def blank(text):
    """The same lines with nothing in them."""
    return "".join("\n" if char == "\n" else " " for char in text)


def keep(text, spans):
    """Only these spans, each in its place."""
    parts, at = [], 0
    for start, end in spans:
        parts += [blank(text[at:start]), text[start:end]]
        at = end
    return "".join([*parts, blank(text[at:])])


def rust_prose(text):
    spans = []
    for match in RUST.finditer(text):
        for group in ("line", "block", "raw", "string"):
            if match[group] is not None:
                spans.append(match.span(group))
    return ARGUMENT.sub(lambda match: blank(match[0]), keep(text, spans))


def cedar_prose(text):
    text = re.sub(r"^@summary_no\(.*\)$", lambda match: blank(match[0]), text, flags=re.MULTILINE)
    return keep(text, [match.span() for match in re.finditer(r'(?<=//)[^\n]*|(?<=")[^"\n]*(?=")', text)])


def json_prose(text):
    return keep(text, [match.span(1) for match in re.finditer(r'"(?:summary|description|title)": "((?:\\.|[^"\\])*)"', text)])


def prose(path, text):
    """The words that people read, each on its own line still."""
    suffix = pathlib.PurePath(path).suffix
    if suffix == ".rs":
        text = rust_prose(text)
    elif suffix in (".cedar", ".cedarschema"):
        text = cedar_prose(text)
    elif suffix == ".json":
        text = json_prose(text)
    return CODE_SPAN.sub(lambda match: re.sub(r"[^\n`]", "_", match[0]), text)


def findings(path, text, rules):
    """(line, words found, what to say) for each fault."""
    text = prose(path, text)
    found = []
    for word in rules["word"]:
        for match in re.finditer(rf"(?<![\w'-])(?:{word['pattern']})(?![\w'-])", text, re.IGNORECASE):
            found.append((match.start(), match[0], word["say"]))
    for sentence in rules["sentence"]:
        begins = rf"(?:^[ \t>*/!-]*|[.!:]\**[ \n]+)(?P<all>(?:{sentence['pattern']})(?:(?!\n[ \t]*\n)[^.?!|])*[.!])(?=\s|$|\")"
        for match in re.finditer(begins, text, re.MULTILINE):
            words = " ".join(match["all"].split())
            found.append((match.start("all"), words[:60], sentence["say"]))
    lines = [(text.count("\n", 0, at) + 1, " ".join(words.split()), say) for at, words, say in found]
    return sorted(set(lines))


def mean_sentence(text):
    """Words a sentence in the paragraphs and lists of a Markdown text, and the number of sentences."""
    text = FENCE.sub("\n\n", text)
    lines = [line for line in text.split("\n") if not re.match(r"\s*[|#]|    (?!\s*[-*])", line)]
    blocks = re.split(r"\n\s*\n|\n\s*(?:[-*]|\d+\.) ", "\n".join(lines))
    sentences = [part for block in blocks for part in re.split(r"(?<=[.!?:])\**\s+", block) if len(part.split()) > 2]
    return (sum(len(part.split()) for part in sentences) / len(sentences), len(sentences)) if sentences else (0, 0)


def tracked(patterns):
    listed = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    texts = (".md", ".rs", ".cedar", ".cedarschema", ".json", ".toml", ".py", ".go", "")
    paths = [path for path in listed.stdout.split("\n") if path and path not in NOT_PROSE]
    paths = [path for path in paths if not path.startswith(NORWEGIAN)]
    return [path for path in paths if pathlib.PurePath(path).suffix in texts]


class Allowed:
    """The places where a word is right; remembers which entries were needed."""

    def __init__(self, entries):
        self.entries = entries
        self.needed = set()

    def has(self, path, line):
        hits = {at for at, entry in enumerate(self.entries) if entry["file"] == path and entry.get("text", "") in line}
        self.needed |= hits
        return bool(hits)

    def unneeded(self, paths):
        return [e for at, e in enumerate(self.entries) if at not in self.needed and e["file"] in paths]


def check(paths, rules, allowed, say):
    """The number of faults in these files; says each if asked to."""
    number = 0
    for path in paths:
        text = (ROOT / path).read_text(encoding="utf-8")
        lines = text.split("\n")
        for line, words, instead in findings(path, text, rules):
            if not allowed.has(path, lines[line - 1]):
                number += 1
                if say:
                    print(f"{path}:{line}: {words!r}; say: {instead}")
        mean, sentences = mean_sentence(text) if path.endswith(".md") else (0, 0)
        if mean > MEAN_LENGTH and sentences >= 5:
            number += 1
            if say:
                print(f"{path}: {mean:.1f} words a sentence; {MEAN_LENGTH} at most")
    return number


def main(asked):
    rules = tomllib.loads((ROOT / ".ci/plain_english.toml").read_text(encoding="utf-8"))
    allowed = Allowed(rules.get("allowed", []))
    enforced = [path for path in tracked(ENFORCED) if path not in GENERATED]
    faults = check(enforced, rules, allowed, say=True)
    for entry in allowed.unneeded(enforced):
        faults += 1
        print(f".ci/plain_english.toml: {entry['file']} no longer needs: {entry.get('text', 'the whole file')!r}")
    print(f"{len(enforced)} files must be plain English: {faults} faults")
    later = [path for path in tracked(CHECKABLE) if path not in enforced]
    counts = {}
    for path in later:
        folder = path.split("/")[0]
        say = any(path.startswith(prefix) for prefix in asked)
        counts[folder] = counts.get(folder, 0) + check([path], rules, allowed, say)
    for folder, number in counts.items():
        print(f"not enforced yet: {folder}: {number}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
