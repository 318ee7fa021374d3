"""The methods about the app itself: api.test, auth.test, apps.connections.open."""

from typing import Any

from bot.sandbox.slack.team import BOT_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME
from bot.sandbox.slack.web_api.arguments import Arguments, Method
from bot.sandbox.slack.workspace import Workspace


def api_test(_slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Echo what was sent."""
    return {"args": arguments.given}


def auth_test(slack: Workspace, _arguments: Arguments) -> dict[str, Any]:
    """Who the bot token is."""
    return {
        "url": f"{slack.base_url}/",
        "team": TEAM_NAME,
        "user": slack.team.users[BOT_USER_ID].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(slack: Workspace, _arguments: Arguments) -> dict[str, Any]:
    """The address of one Socket Mode connection."""
    return {"url": slack.socket.new_address()}


METHODS: dict[str, Method] = {
    "api.test": api_test,
    "auth.test": auth_test,
    "apps.connections.open": connections_open,
}
