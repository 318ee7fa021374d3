"""The control API: everything the page shows and a person does, for the page and for headless stories.

docs/sandbox.md is its contract. It knows no Block Kit and no Web API; it looks things up and passes acts on.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import yaml
from aiohttp import BodyPartReader, web

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.control_http import Given, acting, need, reading, refusable
from bot.sandbox.faults import Faults
from bot.sandbox.live import Live
from bot.sandbox.slack.acts import Acts
from bot.sandbox.slack.errors import ActRefused
from bot.sandbox.slack.files import File
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import APP_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME, User
from bot.sandbox.slack.workspace import Workspace

SAMPLES = Path(__file__).parent / "samples"
_CHUNK = 256 * 1024


class Control:
    """The routes under /control/."""

    def __init__(self, slack: Workspace, live: Live, *, clock: Clock, faults: Faults, calls: Calls) -> None:
        self._slack = slack
        self._live = live
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._acts = Acts(slack)
        self._interactions = Interactions(slack)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        reads = {
            "world": self.world,
            "messages": self.messages,
            "views": self.views,
            "calls": self.calls,
            "clock": self.clock,
            "faults": self.faults,
        }
        acts = {
            "message": self.message,
            "delete_file": self.delete_file,
            "delete_message": self.delete_message,
            "command": self.command,
            "shortcut": self.shortcut,
            "click": self.click,
            "options": self.options,
            "submit": self.submit,
            "close": self.close,
            "home": self.home,
            "clock": self.set_clock,
            "faults": self.add_fault,
            "delivery": self.delivery,
            "redeliver": self.redeliver,
            "disconnect": self.disconnect,
        }
        for name, read in reads.items():
            app.router.add_get(f"/control/{name}", reading(read))
        for name, act in acts.items():
            app.router.add_post(f"/control/{name}", acting(act))
        app.router.add_post("/control/upload", refusable(self.upload))
        app.router.add_delete("/control/faults", refusable(self.clear_faults))
        app.router.add_get("/control/files/{file}", refusable(self.file))
        app.router.add_get("/control/live", refusable(self.live))

    # --- reading

    def world(self, _query: Given) -> Given:
        """Everything that changes seldom."""
        team, manifest = self._slack.team, self._slack.manifest
        return {
            "simulated": True,
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "users": [asdict(u) for u in team.users.values()],
            "channels": [asdict(c) for c in team.channels.values()],
            "usergroups": [asdict(group) for group in team.usergroups.values()],
            "commands": [
                {"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
                for c in manifest.commands
            ],
            "shortcuts": [asdict(s) for s in manifest.shortcuts],
            "app": {
                "name": manifest.name,
                "bot_user_id": BOT_USER_ID,
                "app_id": APP_ID,
                "connected": self._slack.courier.connected,
                "home": manifest.home_tab,
                "installed": self._slack.installed,
            },
            "samples": _samples(),
            "speed": self._clock.speed,
            "now": self._clock.now(),
        }

    def messages(self, query: Given) -> Given:
        """A channel's top level or one thread, as one person sees it."""
        user = self._user(query)
        channel = self._acts.channel(user, need(query, "channel"), member=False)
        if "thread_ts" in query:
            posts = self._slack.posts.thread(channel.id, query["thread_ts"], user.id)
        else:
            posts = self._slack.posts.top_level(channel.id, user.id)
        return {"messages": [p.for_page() for p in posts]}

    def views(self, query: Given) -> Given:
        """One person's modals and Home."""
        user = self._user(query)
        return {"modals": self._slack.views.stack(user.id), "home": self._slack.views.home(user.id)}

    def calls(self, query: Given) -> Given:
        """What went between app and sandbox."""
        since = int(query.get("since") or 0)
        return {"calls": self._calls.since(since, query.get("direction") or None, query.get("name") or None)}

    def clock(self, _query: Given) -> Given:
        """The sandbox's time."""
        return {"now": self._clock.now(), "speed": self._clock.speed, "training": self._clock.training()}

    def faults(self, _query: Given) -> Given:
        """The faults that were switched on."""
        return {"faults": [asdict(f) for f in self._faults.all()]}

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes, for the page."""
        file = self._slack.files.find(request.match_info["file"])
        if file is None or file.deleted:
            raise ActRefused("no_such_file", "it was deleted or never was")
        about = self._slack.files.for_message(file)
        return web.FileResponse(
            file.path, headers={"Content-Type": str(about["mimetype"]), "X-Content-Type-Options": "nosniff"}
        )

    async def live(self, request: web.Request) -> web.StreamResponse:
        """What changes, as it changes."""
        return await self._live.serve(request, self._user(dict(request.query)).id)

    # --- acting

    async def message(self, given: Given) -> Given:
        """Write a message."""
        user = self._user(given)
        channel = self._acts.channel(user, need(given, "channel"))
        return {
            "ts": self._acts.say(user, channel, str(given.get("text", "")), given.get("thread_ts") or "").ts
        }

    async def upload(self, request: web.Request) -> web.Response:
        """Upload a file and share it; without a channel it is only uploaded, for a form's file input."""
        given: Given = {}
        file = None
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ActRefused("invalid_form", "a form has no forms inside")
            if part.name == "file" and part.filename:
                file = await self._acts.take(part.filename, _chunks(part))
            elif part.name:
                given[part.name] = await part.text()
        file = file or await self._sample(given)
        user = self._user(given)
        self._acts.own(user, file, given.get("mode") or "hosted")
        if not given.get("channel"):
            return web.json_response({"file_id": file.id, "ts": None})
        channel = self._acts.channel(user, given["channel"])
        post = self._acts.share(user, file, channel, given.get("text") or "", given.get("thread_ts") or "")
        return web.json_response({"file_id": file.id, "ts": post.ts})

    async def delete_message(self, given: Given) -> Given:
        """Delete a message."""
        user = self._user(given)
        self._acts.delete_message(user, self._post(user, given))
        return {}

    async def delete_file(self, given: Given) -> Given:
        """Delete a file."""
        self._acts.delete_file(self._user(given), need(given, "file_id"))
        return {}

    async def command(self, given: Given) -> Given:
        """Type a slash command."""
        user = self._user(given)
        channel = self._acts.channel(user, need(given, "channel"))
        return await self._interactions.command(
            user,
            channel,
            need(given, "command"),
            str(given.get("text") or ""),
            thread_ts=str(given.get("thread_ts") or ""),
        )

    async def shortcut(self, given: Given) -> Given:
        """Use a shortcut."""
        user = self._user(given)
        post = self._post(user, given) if given.get("ts") else None
        return await self._interactions.shortcut(user, need(given, "callback_id"), post)

    async def click(self, given: Given) -> Given:
        """Use an element of a message or a view."""
        user, action, values = self._user(given), given.get("action") or {}, given.get("values") or {}
        if given.get("view_id"):
            return await self._interactions.view_click(user, self._view(user, given), action, values)
        return await self._interactions.click(user, self._post(user, given), action, values)

    async def options(self, given: Given) -> Given:
        """Type into a select whose options the app gives."""
        user = self._user(given)
        if given.get("view_id"):
            view = self._view(user, given)
            return await self._interactions.options(user, {"view": view}, view["blocks"], given)
        post = self._post(user, given)
        container = {"type": "message", "message_ts": post.ts, "channel_id": post.channel}
        return await self._interactions.options(
            user, {"container": container}, post.body.get("blocks", []), given
        )

    async def submit(self, given: Given) -> Given:
        """Submit a modal."""
        user = self._user(given)
        return await self._interactions.submit(user, self._view(user, given), given.get("values") or {})

    async def close(self, given: Given) -> Given:
        """Close a modal."""
        user = self._user(given)
        return await self._interactions.close(user, self._view(user, given), clear=bool(given.get("clear")))

    async def home(self, given: Given) -> Given:
        """Look at the app's Home or messages tab."""
        self._acts.open_home(self._user(given), str(given.get("tab", "home")))
        return {"ok": True}

    # --- the sandbox itself

    async def set_clock(self, given: Given) -> Given:
        """Skip ahead, or change how fast training passes."""
        if "speed" in given:
            self._clock.speed = float(given["speed"])
        self._clock.advance(float(given.get("advance") or 0))
        self._live.world()  # every page shows the time
        return self.clock({})

    async def add_fault(self, given: Given) -> Given:
        """Switch a fault on."""
        options = {k: given[k] for k in ("times", "retry_after", "delay", "code") if k in given}
        rule = self._faults.add(
            given.get("side", "slack"), need(given, "match"), given.get("kind", ""), **options
        )
        return {"id": rule.id}

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self._faults.clear()
        return web.json_response({})

    async def delivery(self, given: Given) -> Given:
        """Choose how the app is reached, and whether rate limits hold."""
        match given.get("mode"):
            case "socket":
                self._slack.courier.use_socket()
            case "http":
                problem = await self._slack.courier.use_http(need(given, "url"))
                if problem:
                    raise ActRefused("url_verification_failed", problem)
            case None:
                pass
            case other:
                raise ActRefused("no_such_mode", f"{other!r}: mode is socket or http")
        if "rate_limits" in given:
            self._slack.limits.on = bool(given["rate_limits"])
        if given.get("scale"):
            self._slack.limits.scale = float(given["scale"])
        self._live.world()
        return {}

    async def redeliver(self, given: Given) -> Given:
        """Send one delivery again."""
        answer = await self._slack.courier.again(int(given.get("n") or 0))
        if answer is None:
            raise ActRefused("no_such_delivery", "n is the number of a slack_to_app call, not too long ago")
        return {"ok": answer.ok}

    async def disconnect(self, given: Given) -> Given:
        """Ask the app to reconnect, as Slack does about once an hour."""
        await self._slack.socket.disconnect(str(given.get("reason") or "refresh_requested"))
        return {}

    # --- looking up

    def _user(self, given: Given) -> User:
        return self._acts.person(need(given, "as"))

    def _post(self, user: User, given: Given) -> Post:
        channel = self._acts.channel(user, need(given, "channel"), member=False)
        return self._acts.post(user, channel, need(given, "ts"))

    def _view(self, user: User, given: Given) -> Given:
        view = self._slack.views.find(view_id=need(given, "view_id"))
        if view is None or self._slack.views.owner(view["id"]) != user.id:
            raise ActRefused("no_such_view", f"{user.name} has no open view {given['view_id']}")
        return view

    async def _sample(self, given: Given) -> File:
        name = str(given.get("sample"))
        if name not in {s["name"] for s in _samples()}:
            raise ActRefused(
                "no_file", "give a file part, or in `sample` a name from samples in /control/world"
            )
        return await self._acts.take(name, _whole((SAMPLES / name).read_bytes()))


def _samples() -> list[Given]:
    """The sample files, in the order in which about.yaml says a sentence of each."""
    about = yaml.safe_load((SAMPLES / "about.yaml").read_text(encoding="utf-8"))
    return [
        {"name": name, "size": (SAMPLES / name).stat().st_size, "about": sentence}
        for name, sentence in about.items()
    ]


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield bytes(chunk)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
