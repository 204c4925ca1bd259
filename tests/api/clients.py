# SPDX-License-Identifier: Apache-2.0
"""Requests as the apps send them, and the fields that they read of the answers: an app for Android, one for iOS, one
for the desktop, and bots. What differs between them is what these cases are about: spellings, places, what is
left out. Names of people and rooms are ours."""

import json

from server import PASSWORD, claims_of


class Missing(Exception):
    pass


def field(value, path):
    """"a.b.0.c" of an answer."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value.get(part, Missing)
        if value is Missing:
            raise Missing(f"no {path}")
    return value


def reads(answer, status, /, **fields):
    """Checks the status, and each field's type or value. "__" stands for a dot."""
    if answer.status != status:
        raise Missing(f"{answer.status} {answer.code} instead of {status}")
    for name, wanted in fields.items():
        got = field(answer.json, name.replace("__", "."))
        good = isinstance(got, wanted) if isinstance(wanted, (type, tuple)) else got == wanted
        if not good or (wanted is int and isinstance(got, bool)):
            raise Missing(f"{name} is {got!r} instead of {wanted}")
    return answer.json


USER = {"user__id": str, "user__email": str, "user__name": str, "user__provider": str, "user__accesses": list,
        "user__isActive": True}
ROOM = {"id": str, "name": str, "createdBy": str, "adminId": str, "isActive": True, "isPublic": bool,
        "maxParticipants": int, "expiresAt": str, "mode": str, "settings__allowChat": bool,
        "settings__allowVideo": bool, "settings__allowAudio": bool, "settings__requireApproval": bool,
        "settings__e2ee": bool, "settings__isPersistent": bool, "settings__recordingsAllowed": bool}


class App:
    """One client, with the headers that it sends."""

    def __init__(self, server, agent, bearer="Bearer "):
        self.server, self.bearer = server, bearer
        self.headers = {"User-Agent": agent, "Accept": "application/json"}
        self.token = None

    def ask(self, method, path, body=None, kind="application/json; charset=utf-8"):
        headers = dict(self.headers)
        if self.token:
            headers["Authorization"] = self.bearer + self.token
        if body is not None:
            headers["Content-Type"] = kind
        return self.server.send(method, "/api" + path, None if body is None else json.dumps(body).encode(), headers)


def android(server, boss):
    """Says e2ee: false always, looks for isAdmin, refreshes in snake case."""
    app = App(server, "okhttp/4.12.0")
    reads(app.ask("GET", "/health"), 200, status="healthy", time=int, version=str)
    reads(app.ask("GET", "/auth/settings"), 200, serverName=str, registrationEnabled=True, guestLoginEnabled=True,
          tokenRegistrationOnly=False, passkeysEnabled=bool, oauthProviders=list, requireEmailVerification=bool,
          chatMaxMessageCount=int, chatMessageTTLHours=int)
    login = reads(app.ask("POST", "/auth/register", {"email": "andro@example.org", "password": PASSWORD, "name": "Andro"}),
                  200, tokens__accessToken=str, tokens__refreshToken=str, **USER)
    app.token = login["tokens"]["accessToken"]
    reads(app.ask("GET", "/auth/me"), 200, id=login["user"]["id"], isAdmin=False, avatarUrl=str, accesses=["user"])
    reads(app.ask("PUT", "/auth/me", {"name": "Andro Id"}), 200, name="Andro Id", email=str, provider="local")
    answer = reads(app.ask("POST", "/auth/refresh", {"refresh_token": login["tokens"]["refreshToken"]}), 200,
                   access_token=str, refresh_token=str)
    app.token = answer["access_token"]
    settings = {"allowChat": True, "allowVideo": True, "allowAudio": True, "requireApproval": False, "e2ee": False}
    room = reads(app.ask("POST", "/room/create", {"name": "andro-room", "maxParticipants": 20, "isPublic": True,
                                                  "mode": "standard", "settings": {**settings, "e2ee": True}}),
                 200, livekitHost=str, **{**ROOM, "maxParticipants": 20})
    # The switch is locked there, and says false whatever the room is.
    reads(app.ask("PUT", f"/room/{room['id']}/settings", {"isPublic": True, "maxParticipants": 10, "settings": settings}),
          200, **{**ROOM, "settings__e2ee": True, "maxParticipants": 10})
    reads(app.ask("POST", "/room/join", {"roomName": "andro-room"}), 200, token=str, livekitHost=str,
          activeRecordingId=type(None), **ROOM)
    rooms = app.ask("GET", "/room/list").json
    if [r["name"] for r in rooms] != ["andro-room"] or "deletedAt" in rooms[0]:
        raise Missing("the list, without deletedAt")
    reads(app.ask("DELETE", f"/room/{room['id']}"), 202, message=str)
    reads(app.ask("POST", "/room/join", {"roomName": "andro-room"}), 200, status="archived_owned", name="andro-room",
          mode="standard", settings__e2ee=True)
    app.token = boss.access
    reads(app.ask("GET", "/auth/me"), 200, isAdmin=True)
    reads(app.ask("GET", "/admin/users?page=1&limit=50"), 200, users__0__id=str, users__0__isAdmin=bool,
          users__0__isActive=bool, users__0__createdAt=str, total=int, page=1, limit=50)
    reads(app.ask("PUT", f"/admin/users/{login['user']['id']}/accesses", {"accesses": ["user", "moderator"]}), 200, message=str)
    reads(app.ask("PUT", f"/admin/users/{login['user']['id']}/status", {"active": False}), 200, message=str)
    reads(app.ask("GET", "/admin/rooms?page=1&limit=50&status=archived"), 200, rooms__0__id=str, rooms__0__ownerName="Andro Id",
          rooms__0__participantsCount=0, total=int)
    reads(app.ask("GET", "/admin/settings"), 200, registrationEnabled=True, maxRoomsPerUser=int)
    reads(app.ask("PUT", "/admin/settings", {"serverName": "Here"}), 200, serverName="Here", registrationEnabled=True)
    reads(app.ask("GET", "/admin/online-count"), 200, count=0)


def ios(server, boss):
    """Looks for tokens at the top, needs adminId and expiresAt of a new room, sends bare settings."""
    app = App(server, "Bedrud/1 CFNetwork/1494.0.7 Darwin/23.4.0")
    reads(app.ask("GET", "/health"), 200, status="healthy")
    login = reads(app.ask("POST", "/auth/register", {"email": "ivy@example.org", "password": PASSWORD, "name": "Ivy"}), 200,
                  accessToken=str, refreshToken=str, **USER)
    app.token = login["accessToken"]
    reads(app.ask("POST", "/auth/login", {"email": "ivy@example.org", "password": PASSWORD}), 200, accessToken=str, **USER)
    room = reads(app.ask("POST", "/room/create", {"name": "ivy-room", "settings": {"allowChat": True, "e2ee": True}}), 200, **ROOM)
    reads(app.ask("PUT", f"/room/{room['id']}/settings",
                  {"allowChat": False, "allowVideo": True, "allowAudio": True, "requireApproval": False, "e2ee": False}),
          200, **{**ROOM, "settings__allowChat": False, "settings__e2ee": True})
    guest = App(server, "Bedrud/1 CFNetwork/1494.0.7 Darwin/23.4.0")
    visit = reads(guest.ask("POST", "/auth/guest-login", {"name": "Gus"}), 200, user__provider="guest",
                  user__accesses=["guest"], tokens__accessToken=str, accessToken=str)
    guest.token = visit["accessToken"]
    reads(guest.ask("POST", "/room/join", {"roomName": "ivy-room"}), 200, token=str, **ROOM)
    other = visit["user"]["id"]
    base = f"/room/{room['id']}"
    # Nobody is in the meeting itself.
    reads(app.ask("POST", f"{base}/mute/{other}", {}), 404, code="participant_not_found")
    reads(app.ask("POST", f"{base}/video/{other}/off", {}), 404, code="participant_not_found")
    reads(app.ask("POST", f"{base}/stage/{other}/bring", {}), 200, status="success")
    reads(app.ask("POST", f"{base}/kick/{other}", {}), 200, status="success")
    reads(app.ask("POST", f"{base}/ban/{other}", {}), 200, status="success")
    reads(guest.ask("POST", "/room/join", {"roomName": "ivy-room"}), 403, error="you are banned from this room")
    reads(app.ask("PUT", "/auth/password", {"currentPassword": PASSWORD, "newPassword": PASSWORD + "!"}), 200, message=str)
    app.token = boss.access
    reads(app.ask("POST", "/admin/invite-tokens", {"email": "new@example.org", "expiresInHours": 24}), 201, id=str, token=str,
          email="new@example.org", used=False, createdBy=boss.id, expiresAt=str, createdAt=str)
    reads(app.ask("GET", "/admin/invite-tokens"), 200, tokens__0__used=False, total=1)


def desktop(server, boss):
    """Refreshes in camel case, joins as guest without an account, spells names in its own way."""
    app = App(server, "bedrud-desktop/0.12")
    login = reads(app.ask("POST", "/auth/register", {"Email": "desk@example.org", "PASSWORD": PASSWORD, "Name": "Desk"},
                          kind="application/json"), 200, accessToken=str, **USER)
    app.token = login["accessToken"]
    answer = reads(app.ask("POST", "/auth/refresh", {"refreshToken": login["refreshToken"]}), 200, accessToken=str,
                   refreshToken=str, tokens__accessToken=str, tokens__refreshToken=str)
    # One that was just used up by another window is no theft.
    reads(app.ask("POST", "/auth/refresh", {"refreshToken": login["refreshToken"]}), 409, code="already_rotated")
    app.token = answer["accessToken"]
    room = reads(app.ask("POST", "/room/create", {"name": None, "maxParticipants": None, "settings": {"e2ee": True}}), 200, **ROOM)
    guest = App(server, "bedrud-desktop/0.12")
    visit = reads(guest.ask("POST", "/room/guest-join", {"roomName": room["name"].upper(), "guestName": "Gwen <3"}), 200,
                  token=str, livekitHost=str, adminId=str, accessToken=str, refreshToken=str, tokens__accessToken=str,
                  settings__e2ee=True, isPublic=True)
    if claims_of(visit["token"])["name"] != "Gwen 3":
        raise Missing("the guest's name, without what means something in HTML")
    app.token = boss.access
    person = claims_of(visit["token"])["sub"]
    reads(app.ask("GET", f"/admin/rooms/{room['id']}/participants"), 200, participants=[], room__id=room["id"])
    reads(app.ask("POST", f"/admin/rooms/{room['id']}/participants/{person}/kick", {}), 200, status="success")
    app.token = answer["accessToken"]
    reads(app.ask("DELETE", f"/room/{room['id']}"), 202, message=str)
    reads(app.ask("POST", "/auth/logout", {"refresh_token": answer["refreshToken"]}), 200, message=str)
    reads(app.ask("GET", "/auth/me"), 401, code="invalid_token")


def bots(server, boss):
    """Send their token bare, take the room's name from a link, and turn http into ws by themselves."""
    room = server.done("POST", "/room/create", boss.access, {"name": "radio"})
    radio = App(server, "python-requests/2.31.0", bearer="")
    login = reads(radio.ask("POST", "/auth/guest-login", {"name": "Radio"}, kind="application/json"), 200, tokens__accessToken=str)
    radio.token = login["tokens"]["accessToken"]
    link = "https://example.org/m/radio"
    visit = reads(radio.ask("POST", "/room/join", {"roomName": link.split("/")[-1]}), 200, token=str, livekitHost=str, **ROOM)
    if visit["livekitHost"] != f"ws://127.0.0.1:{server.port}/livekit":
        raise Missing(f"livekitHost is {visit['livekitHost']}")
    grant = claims_of(visit["token"])
    if grant["sub"] != login["user"]["id"] or grant["video"]["room"] != room["name"] or not grant["video"]["roomJoin"]:
        raise Missing("the grant of the token")
    music = App(server, "python-requests/2.31.0")
    reads(music.ask("POST", "/room/guest-join", {"roomName": "radio", "guestName": "Music"}), 200, token=str, livekitHost=str,
          id=room["id"], name="radio", adminId=boss.id)
    reads(music.ask("POST", "/room/guest-join", {"roomName": "nowhere", "guestName": "Music"}), 404, error="Room not found")


def run(server, _document, tap):
    boss = server.register("boss")
    for client in (android, ios, desktop, bots):
        problem = ""
        try:
            client(server, boss)
        except (Missing, KeyError, IndexError, AttributeError, TypeError) as error:
            problem = f"line {error.__traceback__.tb_next.tb_lineno}: {error!r}"
        tap(f"as {client.__name__} asks and reads", not problem, problem)
