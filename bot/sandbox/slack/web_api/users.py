"""users.* and usergroups.*: who is in the workspace."""

from typing import Any

from bot.sandbox.slack.errors import SlackError
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
    return {"usergroups": [group.for_app() for group in slack.team.usergroups.values()]}


def group_users(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The members of one user group."""
    group = slack.team.usergroups.get(arguments.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


METHODS: dict[str, Method] = {
    "users.info": info,
    "users.list": list_users,
    "usergroups.list": list_groups,
    "usergroups.users.list": group_users,
}
