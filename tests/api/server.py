# SPDX-License-Identifier: Apache-2.0
"""A server to ask: the program under test with data in a folder of its own, ended by its process id."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

START_S = 30
ANSWER_S = 20
END_S = 30
PASSWORD = "correct horse 9"


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Answer:
    """Status, headers in small letters, bytes, and the JSON of them (None without)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.cookies = response.headers.get_all("Set-Cookie") or []
        self.bytes = response.read()
        try:
            self.json = json.loads(self.bytes)
        except ValueError:
            self.json = None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None


class Server:
    """`with Server(program) as server:` Afterwards server.problems lists what it did wrong at its end."""

    def __init__(self, program, *flags):
        self.folder = Path(tempfile.mkdtemp(prefix="bedrud-api-"))
        self.errors = (self.folder / "log").open("w+")
        command = [program, "run", "--data-dir", str(self.folder / "data"), "--listen", "127.0.0.1:0",
                   "--media-port", str(free_udp_port()), "--workers", "1", "--rate-limits", "false", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.errors)
        self.problems = []
        self.local = threading.local()

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(r'"?address"?[=:]\s*"?127\.0\.0\.1:(\d+)', self.log())
            if found:
                self.port = int(found.group(1))
                return self
            time.sleep(0.05)
        self.__exit__(None, None, None)
        raise RuntimeError("the server does not start:\n" + "\n".join(self.problems))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                self.problems.append("it did not end")
        else:
            self.problems.append("it ended by itself: " + self.log()[-2000:])
        text = self.log()
        if self.process.returncode != 0:
            self.problems.append(f"it ended with {self.process.returncode}")
        if "Sanitizer" in text or "runtime error" in text:
            self.problems.append(text[-4000:])
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self):
        if not getattr(self.local, "connection", None):
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        return self.local.connection

    def send(self, method, target, body=None, headers=None):
        """One request with these bytes; over a kept connection, once more when that was closed meanwhile."""
        for attempt in (0, 1):
            connection = self.connection()
            try:
                connection.request(method, target, body=body, headers=headers or {})
                return Answer(connection.getresponse())
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                if attempt:
                    raise
        raise AssertionError

    def ask(self, method, path, token=None, body=None, headers=None):
        """A call of the API with a JSON body."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = "Bearer " + token
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return self.send(method, "/api" + path, body, headers)

    def done(self, method, path, token=None, body=None):
        """The JSON of a call that must go well."""
        answer = self.ask(method, path, token, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.bytes[:200]!r}")
        return answer.json

    # ---- people ----

    def register(self, name):
        return Person(self, self.done("POST", "/auth/register", body={
            "email": f"{name}@example.org", "password": PASSWORD, "name": name}))

    def guest(self, name):
        return Person(self, self.done("POST", "/auth/guest-login", body={"name": name}))

    def secret(self):
        return bytes.fromhex((self.folder / "data" / "session-secret").read_text(encoding="ascii").strip())


class Person:
    def __init__(self, server, login):
        self.server = server
        self.id = login["user"]["id"]
        self.email = login["user"]["email"]
        self.take(login)

    def take(self, login):
        self.access = login["tokens"]["accessToken"]
        self.refresh = login["tokens"]["refreshToken"]

    def login(self):
        self.take(self.server.done("POST", "/auth/login", body={"email": self.email, "password": PASSWORD}))


# ---- tokens that are not as they should be ----


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def sign(claims, secret):
    head = unpadded(b'{"alg":"HS256","typ":"JWT"}') + "." + unpadded(json.dumps(claims).encode())
    return head + "." + unpadded(hmac.new(secret, head.encode(), hashlib.sha256).digest())
