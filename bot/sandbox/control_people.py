"""The control API's acts on who is where: channels and their members, accounts, the app's installation."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.sandbox.control_http import Given, acting, need
from bot.sandbox.slack.acts import Acts
from bot.sandbox.slack.admin import Admin
from bot.sandbox.slack.errors import ActRefused
from bot.sandbox.slack.team import Channel, User
from bot.sandbox.slack.workspace import Workspace


class PeopleControl:
    """The routes under /control/ that move people, channels and the app."""

    def __init__(self, slack: Workspace) -> None:
        self._acts = Acts(slack)
        self._admin = Admin(slack, self._acts)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        acts = {
            "invite": self.invite,
            "join": self.join,
            "leave": self.leave,
            "remove": self.remove,
            "channel": self.channel,
            "archive": self.archive,
            "unarchive": self.unarchive,
            "person": self.person,
            "deactivate": self.deactivate,
            "uninstall": self.uninstall,
            "install": self.install,
        }
        for name, act in acts.items():
            app.router.add_post(f"/control/{name}", acting(act))

    async def invite(self, given: Given) -> Given:
        """Bring somebody into a channel."""
        user = self._user(given)
        self._acts.invite(user, need(given, "user"), self._channel(user, given))
        return {"ok": True}

    async def join(self, given: Given) -> Given:
        """Enter a public channel."""
        user = self._user(given)
        self._acts.join(user, self._channel(user, given, member=False))
        return {"ok": True}

    async def leave(self, given: Given) -> Given:
        """Leave a channel."""
        user = self._user(given)
        self._acts.leave(user, self._channel(user, given))
        return {"ok": True}

    async def remove(self, given: Given) -> Given:
        """Take somebody, or the bot, out of a channel."""
        user = self._user(given)
        self._acts.remove(user, need(given, "user"), self._channel(user, given))
        return {"ok": True}

    async def channel(self, given: Given) -> Given:
        """Make a channel, with these members besides whoever makes it."""
        made = self._acts.create_channel(
            self._user(given),
            str(given.get("name", "")),
            private=bool(given.get("is_private")),
            members=_ids(given, "members"),
        )
        return {"channel": asdict(made)}

    async def archive(self, given: Given) -> Given:
        """Archive a channel."""
        user = self._user(given)
        self._acts.archive(user, self._channel(user, given, member=False), back=False)
        return {"ok": True}

    async def unarchive(self, given: Given) -> Given:
        """Bring an archived channel back."""
        user = self._user(given)
        self._acts.archive(user, self._channel(user, given, member=False), back=True)
        return {"ok": True}

    async def person(self, given: Given) -> Given:
        """Somebody new."""
        made = self._admin.add(
            need(given, "name"),
            str(given.get("real_name") or ""),
            str(given.get("kind") or "member"),
            _ids(given, "channels"),
            str(given.get("team_id") or ""),
            admin=bool(given.get("is_admin")),
        )
        return {"user": asdict(made)}

    async def deactivate(self, given: Given) -> Given:
        """Let somebody leave the company."""
        self._admin.deactivate(self._acts.person(need(given, "user")))
        return {"ok": True}

    async def uninstall(self, _given: Given) -> Given:
        """Remove the app from the workspace."""
        self._admin.uninstall()
        return {"ok": True}

    async def install(self, _given: Given) -> Given:
        """Install the app again."""
        self._admin.install()
        return {"ok": True}

    def _user(self, given: Given) -> User:
        return self._acts.person(need(given, "as"))

    def _channel(self, user: User, given: Given, *, member: bool = True) -> Channel:
        return self._acts.channel(user, need(given, "channel"), member=member)


def _ids(given: Given, name: str) -> list[str]:
    value: Any = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ActRefused("invalid_request", f"{name} is a list of ids")
    return value
