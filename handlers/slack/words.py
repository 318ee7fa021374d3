"""A wish put into words, by command, mention or direct message, and where its answer goes; knows no wish itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.places import Place
from handlers.views.blocks import Message


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked where, and how to answer.

    `place` is where it was asked, `key` names this one request (the same when Slack delivers it twice).
    `trigger_id` opens a modal; only a command has one.
    """

    place: Place
    user_id: str
    key: str
    client: AsyncWebClient
    context: AsyncBoltContext
    reply: Callable[[Message], Awaitable[None]]
    trigger_id: str | None = None
