#!/usr/bin/env python3
"""Reports changes of openapi/stafett.json that break a client, since the last release. Needs Python 3.11 and git.

The base is the document at the last tag `v*` or, before the first release, at the commit below. A break is wanted if
CHANGELOG.md states it, word for word as printed here, under "### Breaking" of "## [Unreleased]".

    .ci/api_changes.py           # fails on a break that CHANGELOG.md does not state
    .ci/api_changes.py COMMIT    # the same, since a commit
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = "openapi/stafett.json"
# Until there is a release: the document that clients have.
FIRST = "34143926c58a81ae22f401eca962dc66029b65c1"
METHODS = ("get", "post", "put", "patch", "delete")
LOWER = ("minimum", "minLength", "minItems")
UPPER = ("maximum", "maxLength", "maxItems")


class Side:
    """One document, and how its schemas are found."""

    def __init__(self, document):
        self.document = document

    def operations(self):
        for path, item in self.document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    yield f"{method.upper()} {path}", item[method]

    def flat(self, schema):
        """(name if it has one, alternatives without null, whether null is among them), references followed."""
        name = None
        while "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            schema = self.document["components"]["schemas"].get(name, {})
        null, alternatives = False, []
        for part in schema.get("oneOf") or schema.get("anyOf") or []:
            inner_name, inner, inner_null = self.flat(part)
            null = null or inner_null
            alternatives += [(inner_name if one[0] is None else one[0], one[1]) for one in inner]
        if not alternatives and not null:
            types = schema.get("type", [])
            types = [types] if isinstance(types, str) else types
            null = "null" in types or not types
            rest = [kind for kind in types if kind != "null"]
            alternatives = [(name, schema | {"type": rest})] if rest or not types else []
        return name, alternatives, null


class Comparison:
    """Collects the breaks between two documents, each said once and by the nearest name."""

    def __init__(self, old, new):
        self.old, self.new = Side(old), Side(new)
        self.breaks = []
        self.met = set()

    def say(self, text):
        if text not in self.breaks:
            self.breaks.append(text)

    def run(self):
        now = dict(self.new.operations())
        for place, old in self.old.operations():
            if place not in now:
                self.say(f"`{place}` is gone")
            else:
                self.operation(place, old, now[place])
        return self.breaks

    def operation(self, place, old, new):
        name = old["operationId"]
        if new["operationId"] != name:
            self.say(f"`{place}` is called `{new['operationId']}`, not `{name}`")
        self.parameters(name, old.get("parameters", []), new.get("parameters", []))
        self.body(name, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in new["responses"]:
                self.say(f"`{name}` does not answer {status}")
                continue
            content = new["responses"][status].get("content", {})
            for media, says in answer.get("content", {}).items():
                if media not in content:
                    self.say(f"`{name}` does not answer with {media}")
                elif "schema" in says and "schema" in content[media]:
                    self.schema(f"{name} answer", says["schema"], content[media]["schema"], sent=False)

    def parameters(self, name, old, new):
        # The names in a path are nobody's concern: values go by position.
        def by_place(parameters):
            return {(p["in"], p["name"].lower()): p for p in parameters if p["in"] != "path"}

        before, now = by_place(old), by_place(new)
        for key, parameter in before.items():
            label = f"{name} {key[0]} {parameter['name']}"
            if key not in now:
                self.say(f"`{label}` is not taken")
            else:
                self.schema(label, parameter.get("schema", {}), now[key].get("schema", {}), sent=True)
        for key, parameter in now.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                self.say(f"`{name} {key[0]} {parameter['name']}` is required")

    def body(self, name, old, new):
        if new is None:
            if old is not None:
                self.say(f"`{name}` takes no body")
            return
        if new.get("required") and not (old or {}).get("required"):
            self.say(f"`{name}` requires a body")
        for media, says in (old or {}).get("content", {}).items():
            if media not in new["content"]:
                self.say(f"`{name}` does not take {media}")
            elif "schema" in says and "schema" in new["content"][media]:
                self.schema(f"{name} body", says["schema"], new["content"][media]["schema"], sent=True)

    def schema(self, label, old, new, sent):
        """Compares what was with what is, for values that clients send, or that they receive."""
        old_name, old_ways, old_null = self.old.flat(old)
        new_name, new_ways, new_null = self.new.flat(new)
        if old_name:
            label = old_name
            if (old_name, new_name, sent) in self.met:
                return
            self.met.add((old_name, new_name, sent))
        if sent and old_null and not new_null:
            self.say(f"`{label}` may not be sent as null")
        if not sent and new_null and not old_null:
            self.say(f"`{label}` can be null in answers")
        # What is promised must be kept by the other side: requests by the service, answers by the clients.
        if len(old_ways) == len(new_ways) == 1:
            self.way(label, old_ways[0], new_ways[0], sent)
        elif len(old_ways) == len(new_ways):
            for at, (before, now) in enumerate(zip(old_ways, new_ways)):
                self.way(before[0] or f"{label}/{at}", before, now, sent)
        elif (len(new_ways) < len(old_ways)) == sent:
            self.say(f"`{label}` has {len(new_ways)} forms, not {len(old_ways)}")

    def way(self, label, old, new, sent):
        label = old[0] or label
        # A form that now has a name of its own is stated by that name, and once.
        form = old[0] or new[0] or label
        old, new = old[1], new[1]
        before, now = set(old["type"]), set(new["type"])
        wide, narrow = (now, before) if sent else (before, now)
        if wide and not (narrow and narrow <= wide) and not (wide == {"number"} and narrow == {"integer"}):
            where = "requests" if sent else "answers"
            self.say(f"`{label}` has the type {words(now)} in {where}, not {words(before)}")
            return
        if old.get("format") != new.get("format"):
            self.say(f"`{form}` has the format {new.get('format')}, not {old.get('format')}")
        self.enum(label, old.get("enum"), new.get("enum"), sent)
        if sent:
            self.bounds(form, old, new)
        self.properties(label, old, new, sent)
        if "items" in old and "items" in new:
            # A page repeats the schema of its items.
            page = re.fullmatch(r"Page_(\w+)\.items", label)
            self.schema(page[1] if page else f"{label}[]", old["items"], new["items"], sent)
        extra = (old.get("additionalProperties"), new.get("additionalProperties"))
        if all(isinstance(part, dict) for part in extra):
            self.schema(f"{label}.*", *extra, sent)
        elif sent and extra[1] is False and extra[0] is not False:
            self.say(f"`{label}` takes no unknown fields")

    def enum(self, label, old, new, sent):
        # Clients must expect new words in answers (docs/api-design.md), so only requests are held to them.
        if sent and new is not None:
            for word in old or ["…"]:
                if word not in new:
                    self.say(f"`{label}` does not take `{word}`")

    def bounds(self, label, old, new):
        for bound in LOWER + UPPER:
            if bound not in new:
                continue
            tighter = bound not in old or (new[bound] > old[bound] if bound in LOWER else new[bound] < old[bound])
            if tighter:
                self.say(f"`{label}` has {bound} {new[bound]}, not {old.get(bound, 'unbounded')}")
        if "pattern" in new and new["pattern"] != old.get("pattern"):
            self.say(f"`{label}` must match {new['pattern']}")

    def properties(self, label, old, new, sent):
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in now:
                self.say(f"`{label}.{name}` is not {'taken' if sent else 'answered'}")
            else:
                self.schema(f"{label}.{name}", schema, now[name], sent)
        was, is_now = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(is_now - was) if sent else []:
            self.say(f"`{label}.{name}` is required")
        for name in sorted((was - is_now) & now.keys()) if not sent else []:
            self.say(f"`{label}.{name}` can be absent from answers")


def words(types):
    return " or ".join(sorted(types)) or "any"


def stated(changelog):
    """The bullets under "### Breaking" of the part that is not released, each on one line."""
    part = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    breaking = re.search(r"^### Breaking\n(.*?)(?=^### |\Z)", part[1], re.DOTALL | re.MULTILINE) if part else None
    return [" ".join(bullet.split()) for bullet in re.split(r"^- ", breaking[1], flags=re.MULTILINE)] if breaking else []


def unstated(breaks, changelog):
    bullets = stated(changelog)
    return [text for text in breaks if not any(re.search(re.escape(text) + r"(?!\w)", bullet) for bullet in bullets)]


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def main(asked):
    base = asked[0] if asked else (git("describe", "--tags", "--abbrev=0", "--match", "v*") or FIRST).strip()
    old = git("show", f"{base}:{DOCUMENT}")
    if old is None:
        print(f"NOT CHECKED: changes of the API, because {base} is not in this clone", file=sys.stderr)
        return 0
    breaks = Comparison(json.loads(old), json.loads((ROOT / DOCUMENT).read_text(encoding="utf-8"))).run()
    missing = unstated(breaks, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    for text in missing:
        print(f"- {text}")
    print(f"since {base[:12]}: {len(breaks)} breaking changes, {len(missing)} of them not in CHANGELOG.md")
    if missing:
        print('state each under "### Breaking" of CHANGELOG.md, word for word, with what clients do instead')
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
