# SPDX-License-Identifier: Apache-2.0
"""Who may call what: every route with every kind of caller, the status of each cell written down.

Each cell is asked in a new room with a new victim, so no cell depends on another. A route that the API's
description has and this table has not is a failure, and so is the reverse.
"""

import itertools

import openapi
from server import PASSWORD, claims_of, sign

# The callers; what stands behind `off` has an account that is switched off. The last six have no good token: one
# that has expired, one that another secret signed, one that names the superadmin with a living session of somebody
# else, a refresh token, a guest's cookie token, and LiveKit's.
CALLERS = ("nobody guest user moderator owner admin boss off "
           "expired forged mixed refresh ticket media").split()

# nobody, guest, user, moderator, owner, admin, boss, off; then the bad tokens, whose answers are all alike.
TABLE = """
GET    /health                                              200 200 200 200 200 200 200 200 200
GET    /ready                                               200 200 200 200 200 200 200 200 200
GET    /version                                             200 200 200 200 200 200 200 200 200
GET    /auth/settings                                       200 200 200 200 200 200 200 200 200
POST   /auth/register                                       200 200 200 200 200 200 200 200 200
POST   /auth/login                                          200 200 200 200 200 200 200 200 200
POST   /auth/guest-login                                    200 200 200 200 200 200 200 200 200
POST   /auth/refresh                                        200 200 200 200 200 200 200 200 200
POST   /auth/logout                                         401 200 200 200 200 200 200 403 401
GET    /auth/me                                             401 200 200 200 200 200 200 403 401
PUT    /auth/me                                             401 200 200 200 200 200 200 403 401
PUT    /auth/password                                       401 403 200 200 200 200 200 403 401
GET    /auth/preferences                                    401 200 200 200 200 200 200 403 401
PUT    /auth/preferences                                    401 200 200 200 200 200 200 403 401
GET    /auth/sessions                                       401 200 200 200 200 200 200 403 401
DELETE /auth/sessions                                       401 200 200 200 200 200 200 403 401
DELETE /auth/sessions/{id}                                  401 404 404 404 404 404 404 403 401
POST   /room/create                                         401 403 200 200 200 200 200 403 401
GET    /room/list                                           401 403 200 200 200 200 200 403 401
GET    /room/archived                                       401 403 200 200 200 200 200 403 401
POST   /room/join                                           401 200 200 200 200 200 200 403 401
POST   /room/refresh-token                                  401 200 200 200 200 200 200 403 401
POST   /room/guest-join                                     200 200 200 200 200 200 200 200 200
GET    /room/check/{roomName}                               200 200 200 200 200 200 200 200 200
POST   /room/demo                                           200 200 200 200 200 200 200 200 200
PUT    /room/{id}/settings                                  401 403 403 403 200 403 200 403 401
DELETE /room/{id}                                           401 403 403 403 202 403 202 403 401
POST   /room/{id}/kick/{identity}                           401 403 403 200 200 403 200 403 401
POST   /room/{id}/ban/{identity}                            401 403 403 200 200 403 200 403 401
POST   /room/{id}/unban/{identity}                          401 403 403 200 200 403 200 403 401
GET    /room/{id}/bans                                      401 403 403 200 200 403 200 403 401
POST   /room/{id}/mute/{identity}                           401 403 403 403 404 403 404 403 401
POST   /room/{id}/video/{identity}/off                      401 403 403 404 404 403 404 403 401
POST   /room/{id}/screenshare/{identity}/stop               401 403 403 404 404 403 404 403 401
POST   /room/{id}/promote/{identity}                        401 403 403 403 200 403 200 403 401
POST   /room/{id}/demote/{identity}                         401 403 403 403 200 403 200 403 401
POST   /room/{id}/chat/{identity}/block                     401 403 403 200 200 403 200 403 401
POST   /room/{id}/chat/{identity}/unblock                   401 403 403 200 200 403 200 403 401
POST   /room/{id}/stage/{identity}/bring                    401 403 403 200 200 403 200 403 401
POST   /room/{id}/stage/{identity}/remove                   401 403 403 200 200 403 200 403 401
POST   /room/{id}/deafen/{identity}                         401 403 403 404 404 403 404 403 401
POST   /room/{id}/undeafen/{identity}                       401 403 403 404 404 403 404 403 401
POST   /room/{id}/ask/{identity}/{action}                   401 403 403 404 404 403 404 403 401
POST   /room/{id}/spotlight/{identity}                      401 403 403 404 404 403 404 403 401
POST   /room/{id}/end                                       401 403 403 403 200 403 200 403 401
GET    /room/{id}/lobby                                     401 403 403 200 200 403 200 403 401
POST   /room/{id}/lobby/{identity}/admit                    401 403 403 404 404 403 404 403 401
POST   /room/{id}/lobby/{identity}/deny                     401 403 403 404 404 403 404 403 401
GET    /room/{id}/presence                                  401 200 200 200 200 200 200 403 401
GET    /room/{id}/participant/{identity}/info               401 403 403 403 403 403 403 403 401
GET    /room/{id}/participant/{identity}/profile            401 403 403 403 403 403 403 403 401
POST   /room/{id}/recording/{action}                        401 403 403 501 501 403 501 403 401
POST   /rooms/{id}/recording/{action}                       401 403 403 501 501 403 501 403 401
POST   /room/{id}/egress/{action}                           401 403 403 501 501 403 501 403 401
POST   /room/{id}/transcription/{action}                    401 403 403 501 501 403 501 403 401
POST   /room/{id}/sip/{action}                              401 403 403 501 501 403 501 403 401
GET    /admin/users                                         401 403 403 403 403 403 200 403 401
POST   /admin/users                                         401 403 403 403 403 403 201 403 401
GET    /admin/users/{id}                                    401 403 403 403 403 403 200 403 401
PUT    /admin/users/{id}/status                             401 403 403 403 403 403 200 403 401
PUT    /admin/users/{id}/accesses                           401 403 403 403 403 403 200 403 401
PUT    /admin/users/{id}/password                           401 403 403 403 403 403 200 403 401
POST   /admin/users/{id}/force-logout                       401 403 403 403 403 403 200 403 401
GET    /admin/rooms                                         401 403 403 403 403 403 200 403 401
GET    /admin/rooms/{id}                                    401 403 403 403 403 403 200 403 401
PUT    /admin/rooms/{id}                                    401 403 403 403 403 403 200 403 401
DELETE /admin/rooms/{id}                                    401 403 403 403 403 403 202 403 401
GET    /admin/rooms/{id}/participants                       401 403 403 403 403 403 200 403 401
POST   /admin/rooms/{id}/suspend                            401 403 403 403 403 403 202 403 401
POST   /admin/rooms/{id}/reactivate                         401 403 403 403 403 403 200 403 401
POST   /admin/rooms/{id}/participants/{identity}/kick       401 403 403 403 403 403 200 403 401
POST   /admin/rooms/{id}/participants/{identity}/mute       401 403 403 403 403 403 404 403 401
GET    /admin/invite-tokens                                 401 403 403 403 403 403 200 403 401
POST   /admin/invite-tokens                                 401 403 403 403 403 403 201 403 401
DELETE /admin/invite-tokens/{id}                            401 403 403 403 403 403 404 403 401
GET    /admin/settings                                      401 403 403 403 403 403 200 403 401
PUT    /admin/settings                                      401 403 403 403 403 403 200 403 401
GET    /admin/online-count                                  401 403 403 403 403 403 200 403 401
GET    /admin/livekit/stats                                 401 403 403 403 403 403 200 403 401
GET    /admin/stats                                         401 403 403 403 403 403 200 403 401
GET    /admin/audit                                         401 403 403 403 403 403 200 403 401
POST   /livekit/webhook                                     404 404 404 404 404 404 404 404 404
GET    /admin/webhooks                                      401 403 403 403 403 403 200 403 401
POST   /admin/webhooks                                      401 403 403 403 403 403 201 403 401
GET    /admin/webhooks/{id}                                 401 403 403 403 403 403 404 403 401
PUT    /admin/webhooks/{id}                                 401 403 403 403 403 403 404 403 401
DELETE /admin/webhooks/{id}                                 401 403 403 403 403 403 404 403 401
POST   /admin/webhooks/{id}/rotate-secret                   401 403 403 403 403 403 404 403 401
POST   /admin/webhooks/{id}/test                            401 403 403 403 403 403 404 403 401
POST   /auth/me/avatar                                      401 403 400 400 400 400 400 403 401
DELETE /auth/me/avatar                                      401 403 200 200 200 200 200 403 401
POST   /room/{id}/chat/upload                               401 403 403 400 403 403 403 403 401
GET    /uploads/chat/{room}/{user}/{file}                   401 404 404 404 404 404 404 403 401
GET    /uploads/avatars/{file}                              404 404 404 404 404 404 404 404 404
"""

BODIES = {
    "POST /auth/register": lambda w: {"email": f"new{next(w.numbers)}@example.org", "password": PASSWORD, "name": "New"},
    "POST /auth/login": lambda w: {"email": "user@example.org", "password": PASSWORD},
    "POST /auth/guest-login": lambda w: {"name": "Guest"},
    "POST /auth/refresh": lambda w: {"refresh_token": w.spare()},
    "PUT /auth/me": lambda w: {},
    "PUT /auth/password": lambda w: {"currentPassword": PASSWORD, "newPassword": PASSWORD},
    "PUT /auth/preferences": lambda w: {"preferencesJson": "{}"},
    "POST /room/join": lambda w: {"roomName": w.room["name"]},
    "POST /room/refresh-token": lambda w: {"roomName": w.room["name"]},
    "POST /room/guest-join": lambda w: {"roomName": w.room["name"], "guestName": "Jo"},
    "POST /admin/users": lambda w: {"email": f"new{next(w.numbers)}@example.org", "password": PASSWORD, "name": "New"},
    "PUT /admin/users/{id}/status": lambda w: {"active": False},
    "PUT /admin/users/{id}/accesses": lambda w: {"accesses": ["user"]},
    "PUT /admin/users/{id}/password": lambda w: {"password": PASSWORD},
    "POST /admin/webhooks": lambda w: {"url": "https://example.org/hook"},
}


class World:
    """The people, and what a cell is about."""

    def __init__(self, server):
        self.server = server
        self.numbers = itertools.count(1)
        self.boss = server.register("boss")
        self.people = {name: server.register(name) for name in ("user", "moderator", "owner", "admin", "off", "victim")}
        self.people["boss"] = self.boss
        self.people["guest"] = server.guest("guest")
        self.admin("PUT", f"/admin/users/{self.people['admin'].id}/accesses", {"accesses": ["admin"]})
        self.bad = self.bad_tokens()
        self.admin("PUT", f"/admin/users/{self.people['off'].id}/status", {"active": False})
        self.room = None

    def admin(self, method, path, body=None):
        return self.server.done(method, path, self.boss.access, body)

    def bad_tokens(self):
        secret = self.server.secret()
        good = claims_of(self.boss.access)
        other_session = claims_of(self.server.register("bystander").access)["sid"]
        other = bytes([secret[0] ^ 1]) + secret[1:]
        guest = self.server.ask("POST", "/room/guest-join", body={"roomName": self.make_room()["name"], "guestName": "Jo"})
        cookie = next(c for c in guest.cookies if c.startswith("bedrud_guest_id="))
        return {
            "expired": sign({**good, "exp": good["iat"] - 1}, secret),
            "forged": sign(good, other),
            "mixed": sign({**good, "sid": other_session}, secret),
            "refresh": self.boss.refresh,
            "ticket": cookie.split(";")[0].partition("=")[2],
            "media": guest.json["token"],
        }

    def make_room(self):
        return self.server.done("POST", "/room/create", self.people["owner"].access, {})

    def prepare(self, path):
        """A new room with its moderator, in which the victim was; accounts as they should be."""
        if "/room" not in path:
            return
        self.room = self.make_room()
        promote = f"/room/{self.room['id']}/promote/{self.people['moderator'].id}"
        self.server.done("POST", promote, self.people["owner"].access, {})
        self.server.done("POST", "/room/join", self.people["victim"].access, {"roomName": self.room["name"]})

    def restore(self, path):
        """What a cell took away."""
        if path.startswith("/admin/users/{id}"):
            victim = self.people["victim"]
            self.admin("PUT", f"/admin/users/{victim.id}/status", {"active": True})
            victim.login()
        if path == "/admin/rooms/{id}" or path == "/room/{id}" or self.room is None:
            return
        self.server.ask("DELETE", f"/admin/rooms/{self.room['id']}", self.boss.access)

    def spare(self):
        """The refresh token of a session that nobody else uses."""
        return self.server.guest("spare").refresh

    def target(self, path):
        victim = self.people["victim"].id
        room = self.room["id"] if self.room else "none"
        of_id = victim if path.startswith("/admin/users") else room if "/room" in path else "none"
        values = {"id": of_id, "identity": victim, "roomName": self.room["name"] if self.room else "none",
                  "action": "unmute" if "/ask/" in path else "start"}
        for name in ("room", "user", "file"):
            values.setdefault(name, "none")
        return path.format(**values)

    def token(self, caller):
        if caller == "nobody":
            return None
        return self.bad[caller] if caller in self.bad else self.people[caller].access

    def ask(self, method, path, caller):
        self.prepare(path)
        body = BODIES.get(f"{method} {path}", lambda w: None if method == "GET" else {})(self)
        answer = self.server.ask(method, self.target(path), self.token(caller), body)
        if path == "/auth/logout" and answer.status == 200 and caller in self.people:
            person = self.people[caller]
            if caller == "guest":
                self.people["guest"] = self.server.guest("guest")
            else:
                person.login()
        self.restore(path)
        return answer


def rows():
    for line in TABLE.strip().splitlines():
        if line and not line.startswith("#"):
            method, path, *statuses = line.split()
            statuses = list(map(int, statuses))
            yield f"{method} {path}", statuses + statuses[-1:] * (len(CALLERS) - len(statuses))


def run(server, document, tap):
    table = dict(rows())
    described = [(m, p) for m, p, _ in openapi.operations(document)]
    missing = [f"{m} {p}" for m, p in described if f"{m} {p}" not in table]
    gone = [name for name in table if tuple(name.split(" ", 1)) not in described]
    tap("every route has its row", not missing, "add to tests/api/roles.py: " + ", ".join(missing))
    tap("every row has its route", not gone, ", ".join(gone))
    world = World(server)
    wrong, cells = [], 0
    for method, path in described:
        for caller, wanted in zip(CALLERS, table.get(f"{method} {path}", [])):
            answer = world.ask(method, path, caller)
            cells += 1
            if answer.status != wanted:
                wrong.append(f"{method} {path} as {caller}: {answer.status} {answer.code} instead of {wanted}")
    tap(f"each of {cells} cells of route and caller answers as the table says", not wrong, "\n".join(wrong))


def show(server, document):
    """The table as it would be; for whoever adds a route and then looks at each cell."""
    world = World(server)
    for method, path, _ in openapi.operations(document):
        statuses = [world.ask(method, path, caller).status for caller in CALLERS]
        if len(set(statuses[8:])) == 1:
            statuses = statuses[:9]
        print(f"{method:6} {path:52} " + " ".join(map(str, statuses)))
