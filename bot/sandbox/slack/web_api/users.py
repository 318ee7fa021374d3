"""users.* and usergroups.*: who is in the workspace."""

from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.team import TEAM_ID
from bot.sandbox.slack.web_api.arguments import Arguments, Method, cursor_page
from bot.sandbox.slack.workspace import Workspace


def info(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """One person or bot."""
    user = slack.team.users.get(arguments.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.for_app()}


def list_users(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Everybody of this workspace, guests included, strangers not."""
    everyone = [u.for_app() for u in slack.team.users.values() if not u.is_stranger]
    page, more = cursor_page(everyone, arguments)
    return {"members": page, "cache_ts": int(slack.clock.now()), "response_metadata": more}


def list_groups(slack: Workspace, _arguments: Arguments) -> dict[str, Any]:
    """The user groups, without their members."""
    groups = [
        {
            "id": g,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "name": "Approvers",
            "handle": "approvers",
            "user_count": len(m),
        }
        for g, m in slack.team.usergroups.items()
    ]
    return {"usergroups": groups}


def group_users(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The members of one user group."""
    members = slack.team.usergroups.get(arguments.need("usergroup"))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": list(members)}


METHODS: dict[str, Method] = {
    "users.info": info,
    "users.list": list_users,
    "usergroups.list": list_groups,
    "usergroups.users.list": group_users,
}
