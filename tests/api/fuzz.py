# SPDX-License-Identifier: Apache-2.0
"""Requests drawn from the API's description, and others that it does not allow: each answer must be one that is
described, with a described code, in the described form, and the server must live through all of them. The draws
follow a seed, so a finding comes again."""

import json
import os
import random
import re
from urllib.parse import quote

import openapi
from server import PASSWORD

ROUNDS = 40
ROUNDS_HEAVY = 8  # of what hashes a password
HEAVY = {"register", "login", "changePassword", "adminCreateUser", "adminUserPassword"}
SECRET_SIGNS = (b"$argon2",)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ODD_TEXTS = ["", " ", "a", "ä" * 40, "x" * 300, "x" * 5000, "null", "0", "%", "%00", "../..", "<b>\"'&", "🎥", "\u0000",
             "\u202e", "' OR 1=1 --", "{}", "a@b.c", "\n", "1e9", "-1"]
ODD_NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, -(2**63), 2**64, 10**30, 0.5, 1e308]
RAW_BODIES = [b"{", b"[]", b"null", b'"a"', b"{}{}", b'{"a":1,"a":2}', b'{"name":"\xff\xfe"}', b"\x00", b'{"a":' * 40,
              b'{"x":"' + b"a" * 70000 + b'"}', b'{"name":"\\ud800"}', b'{"name":"\\u0000"}', b"\xef\xbb\xbf{}"]


class Draw:
    def __init__(self, document, seed):
        self.document = document
        self.random = random.Random(seed)
        self.ids = ["none"]
        self.names = ["none"]

    def odd(self):
        kind = self.random.randrange(7)
        if kind < 3:
            return self.random.choice(ODD_TEXTS)
        if kind == 3:
            return self.random.choice(ODD_NUMBERS)
        return [None, True, [], {}, [[]], {"a": {}}][self.random.randrange(6)]

    def text(self, schema):
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        pool = [*self.names, *self.ids, f"p{self.random.randrange(10**6)}@example.org", "Some Name", PASSWORD,
                "x" * schema.get("minLength", 1), "x" * min(schema.get("maxLength", 9), 300)]
        return self.random.choice(pool)

    def value(self, schema):
        """What fits, mostly."""
        if self.random.random() < 0.08:
            return self.odd()
        schema = openapi.resolve(self.document, schema)
        kind = schema.get("type")
        if kind == "object":
            needed = schema.get("required", [])
            names = [n for n in schema.get("properties", {}) if n in needed or self.random.random() < 0.6]
            members = {n: self.value(schema["properties"][n]) for n in names if self.random.random() > 0.03}
            if self.random.random() < 0.05:
                members = {n.upper(): v for n, v in members.items()}
            return members
        if kind == "array":
            return [self.value(schema["items"]) for _ in range(self.random.randrange(4))]
        if kind == "integer":
            return self.random.choice([schema.get("minimum", 0), schema.get("maximum", 20), 1, 2])
        if kind == "boolean":
            return self.random.random() < 0.5
        return self.text(schema)

    def target(self, path, operation):
        query = []
        for p in operation["parameters"]:
            if p["in"] == "path":
                value = self.random.choice([*self.ids, *self.names, *self.ids]) if self.random.random() < 0.9 else \
                    self.random.choice([t for t in ODD_TEXTS if t not in ("", "../..")])
                path = path.replace("{" + p["name"] + "}", quote(value, safe=""))
            elif self.random.random() < 0.6:
                drawn = self.value(p["schema"])
                query.append(p["name"] + "=" + quote(str(drawn), safe=""))
        if self.random.random() < 0.03:
            query.append("%zz=%&=&&")
        return path + ("?" + "&".join(query) if query else "")

    def body(self, operation):
        """Bytes and their type; None: there is none."""
        if "requestBody" not in operation:
            return (b"{}", "application/json") if self.random.random() < 0.5 else (None, None)
        content = openapi.resolve(self.document, operation["requestBody"])["content"]
        if "application/json" not in content:
            kind = next(iter(content))
            return self.random.choice(RAW_BODIES), self.random.choice([kind, kind + "; boundary=x", "application/json"])
        if self.random.random() < 0.1:
            return self.random.choice(RAW_BODIES), "application/json"
        kind = "application/json" if self.random.random() < 0.97 else self.random.choice(["text/plain", "x" * 200])
        return json.dumps(self.value(content["application/json"]["schema"])).encode(), kind


# ---- whether an answer has its form ----


def mismatch(document, schema, value, at="answer"):
    """Where the value does not fit; None when it does."""
    schema = openapi.resolve(document, schema)
    if "oneOf" in schema:
        found = [mismatch(document, one, value, at) for one in schema["oneOf"]]
        return None if None in found else found[0]
    if value is None and schema.get("nullable"):
        return None
    kind = schema.get("type")
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if kind and (not isinstance(value, types[kind]) or (kind == "integer" and isinstance(value, bool))):
        return f"{at} is {value!r} and no {kind}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at} is {value!r}"
    if schema.get("format") == "date-time" and not TIME.fullmatch(value):
        return f"{at} is {value!r} and no time"
    if kind == "array":
        return next(filter(None, (mismatch(document, schema["items"], v, f"{at}[{i}]") for i, v in enumerate(value))), None)
    if kind == "object":
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                return f"{at} has no {name}"
        for name, inner in value.items():
            if known and name not in known:
                return f"{at}.{name} is not described"
            wrong = mismatch(document, known.get(name, {}), inner, f"{at}.{name}")
            if wrong:
                return wrong
    return None


def judge(document, operation, answer):
    """What is wrong with an answer; None: nothing."""
    described = operation["responses"].get(str(answer.status))
    if not described:
        return f"{answer.status} {answer.code} is not described"
    if any(sign in answer.bytes for sign in SECRET_SIGNS):
        return "a password's hash is in it"
    described = openapi.resolve(document, described)
    if answer.status >= 400 and answer.code not in described["description"].split(", "):
        return f"{answer.status} with the code {answer.code} is not described"
    content = described.get("content", {})
    if "application/json" not in content:
        return None
    if answer.status >= 400: # some have more to say than text and code
        return None if isinstance(answer.json.get("error"), str) else "an error without a text"
    return mismatch(document, content["application/json"]["schema"], answer.json)


# ---- the callers ----


class Callers:
    """People who are made anew when what was drawn has put them out. The superadmin does nothing to themselves."""

    def __init__(self, server, draw):
        self.server, self.draw = server, draw
        self.boss = server.register("boss")
        self.made = 0
        self.user = self.make()
        self.guest = server.guest("guest")
        self.refresh_pool()

    def make(self):
        self.made += 1
        email = f"made{self.made}@example.org"
        self.server.done("POST", "/admin/users", self.boss.access, {"email": email, "password": PASSWORD, "name": "Made"})
        self.server.done("PUT", "/admin/settings", self.boss.access,
                         {"registrationEnabled": True, "tokenRegistrationOnly": False, "guestLoginEnabled": True,
                          "maxRoomsPerUser": 0, "maxParticipantsLimit": 1000})
        return type(self.boss)(self.server, self.server.done("POST", "/auth/login", body={"email": email, "password": PASSWORD}))

    def refresh_pool(self):
        room = self.server.done("POST", "/room/create", self.user.access, {})
        self.draw.ids = [self.user.id, self.guest.id, room["id"], "none"]
        self.draw.names = [room["name"], "none"]

    def revive(self):
        if self.server.ask("GET", "/auth/me", self.user.access).status != 200:
            self.user = self.make()
        if self.server.ask("GET", "/auth/me", self.guest.access).status != 200:
            self.make()
            self.guest = self.server.guest("guest")
        self.refresh_pool()

    def token(self, path):
        boss = [] if path.startswith("/auth") else [self.boss.access] * 3
        users = [self.user.access] * 3 + [self.guest.access]
        return self.draw.random.choice([*boss, *users, None, "x", self.user.refresh, "a.b.c"])


def run(server, document, tap):
    seed = os.environ.get("API_SEED", "1")
    draw = Draw(document, seed)
    callers = Callers(server, draw)
    findings, asked, statuses = {}, 0, set()
    for method, path, operation in openapi.operations(document):
        callers.revive()
        for _ in range(ROUNDS_HEAVY if operation["operationId"] in HEAVY else ROUNDS):
            target, token = draw.target(path, operation), callers.token(path)
            body, kind = (None, None) if method == "GET" else draw.body(operation)
            headers = {"Authorization": "Bearer " + token} if token else {}
            if kind:
                headers["Content-Type"] = kind
            answer = server.send(method, "/api" + target, body, headers)
            asked += 1
            statuses.add(answer.status)
            wrong = judge(document, operation, answer)
            if wrong:
                findings.setdefault(f"{method} {path}: {wrong}", (target, body))
    detail = "\n".join(f"{what}\n    {target} {body and body[:300]!r}" for what, (target, body) in findings.items())
    tap(f"{asked} requests (seed {seed}) have answers that are described", not findings, detail)
    tap("they were let in, and refused, in many ways", {200, 400, 401, 403, 404, 413, 415} <= statuses, str(statuses))
    tap("the server still answers", server.ask("GET", "/ready").status == 200)
