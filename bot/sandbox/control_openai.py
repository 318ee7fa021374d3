"""The control API's hand on the OpenAI side: its limits and paces, read and turned while it runs."""

from typing import Any

from aiohttp import web

from bot.sandbox.control_http import Given, acting, reading
from bot.sandbox.openai import Settings
from bot.sandbox.slack.errors import ActRefused

_LIMIT = "a whole number from 0, or null for none"
_SECONDS = "a number from 0"
_LOOPBACK = "http://127.0.0.1"
TURNED = {
    "training_closed": "true or false",
    "daily_jobs": _LIMIT,
    "active_jobs": _LIMIT,
    "processing_seconds": _SECONDS,
    "first_call_seconds": _SECONDS,
    "pace": "a number above 0",
    "webhook_url": "an address that begins with http://127.0.0.1, or an empty text for none",
}
"""What can be turned, and what each takes; see bot.sandbox.openai.settings."""


class OpenAIControl:
    """GET and POST /control/openai."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/control/openai", reading(self.read))
        app.router.add_post("/control/openai", acting(self.turn))

    def read(self, _query: Given) -> Given:
        """How it is set now."""
        return {name: getattr(self._settings, name) for name in TURNED}

    async def turn(self, given: Given) -> Given:
        """Set what is named, all of it or nothing; the rest stays."""
        wanted = {name: value for name, value in given.items() if name != "as"}  # anybody may turn them
        for name, value in wanted.items():
            if name not in TURNED:
                raise ActRefused("invalid_setting", f"{name!r} is none of {', '.join(TURNED)}")
            if not _fits(name, value):
                raise ActRefused("invalid_setting", f"{name} takes {TURNED[name]}")
        for name, value in wanted.items():
            setattr(self._settings, name, value)
        return self.read({})


def _fits(name: str, value: Any) -> bool:
    if name == "webhook_url":
        return value == "" or (isinstance(value, str) and value.startswith(_LOOPBACK))
    if name == "training_closed":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if TURNED[name] == _LIMIT:
        return value is None or (isinstance(value, int) and value >= 0)
    return isinstance(value, int | float) and (value > 0 or (value == 0 and name != "pace"))
