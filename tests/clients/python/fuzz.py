"""Sends generated requests as each kind of person in `stafett demo`, and compares the answers with the API document.

First requests to each operation by itself, then requests that follow from the answers to others: an object is created, then read,
changed and listed. Usage: fuzz.py DOCUMENT [SEED] [SECONDS for each person] [SEQUENCES of each person]. The address is STAFETT_URL.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

BASE = os.environ.get("STAFETT_URL", "http://127.0.0.1:8080")
PASSWORD = os.environ.get("STAFETT_PASSWORD", "fire blå ender over isen")
YOUTHS_NUMBER = os.environ.get("STAFETT_YOUTHS_NUMBER", "14831051141")
PEOPLE = {
    "worker": "tone@4014",
    "leader": "berit@4014",
    "guardian": "mari@4014",
    "youth": "ylva@4014",
    "auditor": "ragnhild@4014",
    # The last one, because an administrator disables the accounts of the others.
    "administrator": "arne@4014",
}
# They end the session that the run needs.
NOT_SENT = ["log_out", "change_password", "refresh_session", "log_in", "activate_account"]
SETTINGS = """
[checks.positive_data_acceptance]
# 422 is also the answer to what the state of a case rules out. 428 and 412 are tried without knowing a version. 304 is the answer to
# a version that is known, or to any. 429 follows several wrong codes or passwords.
expected-statuses = ["2xx", 304, 400, 401, 403, 404, 409, 410, 412, 422, 428, 429]
[checks.negative_data_rejection]
# Whether the caller may know the object is decided before the body is read.
expected-statuses = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428]
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 404, 409, 422, 428]
[warnings]
enabled = false
"""


def logged_in(username: str) -> httpx.Client:
    """Log in."""
    answer = httpx.post(f"{BASE}/v1/auth/login", json={"username": username, "password": PASSWORD})
    answer.raise_for_status()
    token = answer.json()["access_token"]
    return httpx.Client(base_url=BASE, headers={"Authorization": f"Bearer {token}"})


def make_youth() -> None:
    """Register a young person with an account, and open a case."""
    teacher, administrator = logged_in("tone@4014"), logged_in("arne@4014")
    unit = teacher.get("/v1/me").json()["roles"][0]["unit_id"]

    def post(person: httpx.Client, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        answer = person.post(path, json=body, headers=headers)
        answer.raise_for_status()
        return answer

    child = {"national_id": YOUTHS_NUMBER, "name": "Ylva Strand"}
    child_id = post(teacher, f"/v1/units/{unit}/children", child).json()["id"]
    account = {**child, "username": PEOPLE["youth"]}
    code = post(administrator, "/v1/municipalities/4014/accounts", account).json()["activation"]
    path = f"/v1/municipalities/4014/activations/{code['id']}/approve"
    second = post(logged_in("gerd@4014"), path, {"national_id": YOUTHS_NUMBER}).json()["second_half"]
    activation = {
        "username": PEOPLE["youth"], "first_half": code["first_half"], "second_half": second, "new_password": PASSWORD,
    }
    post(httpx.Client(base_url=BASE), "/v1/activations", activation)
    facts = {"child_id": child_id, "facts": "Is often alone."}
    concern = post(teacher, f"/v1/units/{unit}/concerns", facts)
    decision = {
        "decision": "open_case", "reason": "She wants help.", "level": 1, "contains": [],
        "case_reason": "She is often alone.", "agreed_with": "youth",
        "agreed_on": concern.json()["created_at"][:10],
        "next_step": {
            "what": "Talk with her.", "held_by": "contact_person", "due_on": str(dt.date.today() + dt.timedelta(days=14)),
            "contains": [],
        },
    }
    path = f"/v1/concerns/{concern.json()['id']}/decision"
    post(teacher, path, decision, **{"If-Match": concern.headers["etag"]})


def known_ids(person: httpx.Client) -> dict[str, str]:
    """Return ids that the person has seen, by the names they have in paths."""
    found = {"municipality": "4014", "export_format": "ndjson"}

    def first(path: str) -> dict[str, Any]:
        answer = person.get(path)
        items = answer.json().get("items") if answer.status_code == 200 else None
        return items[0] if items else {}

    def keep(name: str, item: dict[str, Any], key: str = "id") -> None:
        if item.get(key):
            found[name] = item[key]

    roles = person.get("/v1/me").json()["roles"]
    keep("unit_id", roles[0] if roles else first("/v1/municipalities/4014/units"), "unit_id" if roles else "id")
    case = first("/v1/cases")
    keep("case_id", case)
    keep("child_id", case, "child_id")
    keep("concern_id", first("/v1/concerns"))
    keep("entry_id", first("/v1/access-log?decision=permit"))
    keep("review_id", first("/v1/access-log/reviews"))
    if "case_id" in found:
        at = f"/v1/cases/{found['case_id']}"
        for name, folder in [
            ("consent_id", "consents"), ("member_id", "team"), ("handover_id", "handovers"),
            ("measure_id", "measures"), ("meeting_id", "meetings"), ("note_id", "notes"), ("goal_id", "goals"),
        ]:
            keep(name, first(f"{at}/{folder}"))
    return found


def quick(document: str, folder: str) -> Path:
    """Return a copy without the pattern of free text: making texts by it takes most of the time of a run."""
    content = json.loads(Path(document).read_text("utf-8"))
    for schema in content["components"]["schemas"].values():
        if schema.get("format") in ("line", "text"):
            del schema["pattern"]
    copy = Path(folder, "openapi.json")
    copy.write_text(json.dumps(content), "utf-8")
    return copy


def fuzz(kind: str, username: str, document: str, seed: str, options: list[str]) -> bool:
    """Send generated requests as one person. Return whether all answers were as documented."""
    person = logged_in(username)
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "schemathesis.toml")
        ids = "\n".join(f'"path.{name}" = "{value}"' for name, value in known_ids(person).items())
        settings.write_text(f"[parameters]\n{ids}\n{SETTINGS}", "utf-8")
        done = subprocess.run(
            [
                Path(sys.executable).with_name("st"), "--config-file", settings, "run", quick(document, folder),
                "--url", BASE, "--header", f"Authorization: {person.headers['Authorization']}",
                "--checks", "all", "--exclude-checks", "use_after_free,ensure_resource_availability",
                # With more workers, Python 3.11 can fail while a worker reads its own source (gh-106905).
                "--seed", seed, *options, "--workers", "1", "--request-timeout", "30", "--no-color", "--continue-on-failure",
                *[part for name in NOT_SENT for part in ("--exclude-operation-id", name)],
            ],
            cwd=folder, capture_output=True, text=True, check=False,
        )
    count = next((line.strip() for line in done.stdout.splitlines() if " generated, " in line), None)
    if done.returncode != 0 or count is None:
        print(f"== {kind} ({username}), {options[1]}\n{done.stdout}\n{done.stderr}")
        return False
    print(f"as {kind}, {options[1]}: every answer is as documented ({count})")
    return True


def main() -> int:
    """Fuzz as everybody."""
    document, seed, seconds, sequences = (*sys.argv[1:], *["1", "15", "3"][len(sys.argv) - 2 :])
    if httpx.post(f"{BASE}/v1/auth/login", json={"username": PEOPLE["youth"], "password": PASSWORD}).is_error:
        make_youth()
    # Sequences have a run of their own, bounded by their number: the time of the others would leave none for them.
    runs = [
        ["--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--max-time", seconds],
        ["--phases", "stateful", "--max-examples", sequences],
    ]
    results = [fuzz(kind, username, document, seed, run) for kind, username in PEOPLE.items() for run in runs]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
