"""views.*: opening, pushing and changing modals, and publishing App Home."""

from typing import Any

from bot.sandbox.slack.blocks import unscoped
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.team import BOT_USER_ID
from bot.sandbox.slack.views import check
from bot.sandbox.slack.web_api.arguments import Arguments, Method
from bot.sandbox.slack.workspace import Workspace


def open_view(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Open a modal for the person a fresh trigger belongs to."""
    trigger, view = arguments.need("trigger_id"), _view(slack, arguments)
    check(view, "modal")  # a view that is refused leaves its trigger unused
    return {"view": slack.views.open(slack.triggers.use(trigger), view)}


def push(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Put a modal on top of the open ones."""
    trigger, view = arguments.need("trigger_id"), _view(slack, arguments)
    check(view, "modal")
    return {"view": slack.views.push(slack.triggers.use(trigger), view)}


def update(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Replace the content of an open view."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not (view_id or external_id):
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view_id"])
    view = slack.views.update(
        _view(slack, arguments), view_id=view_id, external_id=external_id, digest=arguments.text("hash")
    )
    return {"view": view}


def publish(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Set a person's App Home."""
    user = arguments.need("user_id")
    if user not in slack.team.users or user == BOT_USER_ID:
        raise SlackError("invalid_arguments", messages=["[ERROR] user not found [json-pointer:/user_id]"])
    if not slack.manifest.home_tab:
        raise SlackError("not_enabled")
    return {"view": slack.views.publish(user, _view(slack, arguments), arguments.text("hash"))}


def _view(slack: Workspace, arguments: Arguments) -> Any:
    """The view, if it holds nothing that wants a scope the app has not."""
    view = arguments.json("view")
    blocks = view.get("blocks") if isinstance(view, dict) else None
    if messages := unscoped(blocks, slack.manifest.scopes, "/view/blocks"):
        raise SlackError("invalid_arguments", messages=messages)
    return view


METHODS: dict[str, Method] = {
    "views.open": open_view,
    "views.push": push,
    "views.update": update,
    "views.publish": publish,
}
