"""Slack's Web API, one module per family of methods; `METHODS` names every one this Slack has."""

from bot.sandbox.slack.web_api import apps, chat, conversations, files, streams, users, views
from bot.sandbox.slack.web_api.arguments import Method

METHODS: dict[str, Method] = {
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **streams.METHODS,
    **users.METHODS,
    **views.METHODS,
}
