#!/usr/bin/env python3
"""Kills the running service again and again while clients write, and checks that no accepted write is lost or done twice:

    tests/kill_nine.py target/debug/stafett --trials 50
    .ci/with-postgres tests/kill_nine.py target/debug/stafett --trials 50 --postgres

A write that got no answer is repeated with its Idempotency-Key. At the end the access log must verify. Needs Python 3.11 alone.
"""

import argparse
import base64
import collections
import http.client
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "fire blå ender over isen"
MUNICIPALITY = "4014"


class Service:
    """The program, on a database of its own."""

    def __init__(self, binary: str, folder: Path, database: str):
        self.binary, self.process, self.token = binary, None, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for key in ("token_key", "access_log_key"):
            command = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / f"{key}.pem"]
            subprocess.run(command, check=True)
        (folder / "master_key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("STAFETT_")} | {
            "STAFETT_DATABASE_URL": database,
            "STAFETT_KEYS_FOLDER": str(folder / "keys"),
            "STAFETT_MASTER_KEY_FILE": str(folder / "master_key"),
            "STAFETT_TOKEN_KEY_FILE": str(folder / "token_key.pem"),
            "STAFETT_ACCESS_LOG_KEY_FILE": str(folder / "access_log_key.pem"),
            "STAFETT_STAFF_SECOND_FACTOR": "false",
        }

    def run(self, *arguments: str) -> str:
        command = [self.binary, *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
        return done.stdout.strip()

    def start(self) -> None:
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        sys.exit("the service is never ready")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(60) != 0:
            sys.exit("the orderly stop fails")

    def ask(self, method: str, path: str, body=None, key: str | None = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if key:
            headers["idempotency-key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except http.client.HTTPException as error:
            raise ConnectionError("the connection was lost") from error
        finally:
            connection.close()

    def log_in(self, username: str) -> None:
        self.token = None
        status, tokens = self.ask("POST", "/v1/auth/login", {"username": username, "password": PASSWORD})
        if status != 200:
            sys.exit(f"the log-in fails: {status} {tokens}")
        self.token = tokens["access_token"]


def write(service: Service, path: str, key: str) -> bool | None:
    """Writes a note with the key as its text. Returns none if there was no answer."""
    body = {"audience": "unit", "kind": "agreed", "contains": [], "text": key}
    try:
        status, answer = service.ask("POST", path, body, key)
    except OSError:
        return None
    if status not in (201, 503):
        sys.exit(f"a write is answered {status} {answer}")
    return status == 201


def load(service: Service, path: str, accepted: list, unknown: list) -> None:
    while True:
        key = str(uuid.uuid4())
        answer = write(service, path, key)
        (accepted if answer else unknown).append(key)
        if answer is None:
            return


def texts(service: Service, path: str) -> collections.Counter:
    found, cursor = collections.Counter(), ""
    while cursor is not None:
        status, page = service.ask("GET", f"{path}?limit=200{cursor}")
        if status != 200:
            sys.exit(f"the list is answered {status} {page}")
        found.update(note["text"] for note in page["items"])
        cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None
    return found


def try_once(service: Service, username: str, path: str, accepted: list) -> int:
    """Kills the service under load, starts it, and repeats what was not answered. Returns how many of those there were."""
    unknown: list = []
    clients = [threading.Thread(target=load, args=(service, path, accepted, unknown)) for _ in range(3)]
    for client in clients:
        client.start()
    time.sleep(random.uniform(0.2, 1.2))
    service.kill()
    for client in clients:
        client.join()
    service.start()
    service.log_in(username)
    for key in unknown:
        while not write(service, path, key):
            time.sleep(0.1)
    accepted += unknown
    return len(unknown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--postgres", action="store_true", help="on the server in STAFETT_TEST_POSTGRES_URL")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:{folder}/stafett.db"
        if arguments.postgres:
            database = os.environ["STAFETT_TEST_POSTGRES_URL"]
        service = Service(str(Path(arguments.binary).resolve()), Path(folder), database)
        service.run("migrate")
        (Path(folder) / "password").write_text(PASSWORD)
        service.run("generate", "--cases", "20", "--looks", "0", "--password-file", str(Path(folder) / "password"))
        username = "kontaktperson@4014"
        service.start()
        service.log_in(username)
        case = service.ask("GET", "/v1/cases")[1]["items"][0]["id"]
        path, accepted, repeated = f"/v1/cases/{case}/notes", [], 0
        for trial in range(arguments.trials):
            repeated += try_once(service, username, path, accepted)
            print(f"{trial + 1}: {len(accepted)} writes accepted, {repeated} of them after a repeat", flush=True)
        found = texts(service, path)
        lost = [key for key in accepted if found[key] == 0]
        twice = [key for key in accepted if found[key] > 1]
        service.stop()
        key = service.run("access-log", "public-key", "--municipality", MUNICIPALITY)
        print(service.run("access-log", "verify", "--municipality", MUNICIPALITY, "--public-key", key))
        print(f"{arguments.trials} kills, {len(accepted)} writes, {len(lost)} lost, {len(twice)} twice")
        sys.exit(1 if lost or twice else 0)


if __name__ == "__main__":
    main()
