"""The one way to ask Slack for something: its errors become ours, and a refused message is said shorter.

Whether Slack lets us work at all is asked anew each time. Knows no subjects and no listeners.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import BotError, CurableRefusal, Cure, SlackRefused, SlackUnavailable
from bot.ports import Logger, Posted
from handlers import escaping
from handlers.slack import refusals
from handlers.views.blocks import Message, fit
from handlers.views.outbox import ANSWER, adrift
from handlers.views.spelling import spelled, where

Said = TypeVar("Said")
TEXT = 3_000
"""Characters of a message's `text`: chat.update refuses more than 4,000."""

_PAUSES = (0.3, 1.0)  # seconds between looks; a form that is sent has to be answered within three
_SAID = {"event_type": "finetune_bot_said", "event_payload": {"by": "finetune-bot"}}
"""What every message of ours carries that carries nothing else: one without any mark is a stream under way."""

_TOO_MUCH = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long"}) | {
    "msg_blocks_too_long",
    "msg_blocks_too_many",
    "block_mismatch",
}


async def ask(call: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
    """Await a Web API call; gives the answer's JSON.

    Raises:
        SlackUnavailable: no answer, a server error, or a request to wait; it may have been done all the same.
        SlackRefused: Slack said no: for good, or as a CurableRefusal until somebody mends it.
    """
    try:
        response = await call
    except SlackApiError as error:
        raise _translated(error) from error
    except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
        raise SlackUnavailable("Slack does not answer.") from error
    return dict(response.data) if isinstance(response.data, dict) else {}


async def look_up(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> dict[str, Any]:
    """As `ask`, for what a listener only wants to know: a Slack that is busy for a moment is asked again.

    Whoever pressed a button would have to press it again otherwise.
    """
    for pause in _PAUSES:
        try:
            return await ask(call())
        except SlackUnavailable as busy:
            if (busy.retry_after or 0) > max(_PAUSES):
                raise  # to be told so is better than to wait for nothing to see
            await asyncio.sleep(busy.retry_after or pause)
    return await ask(call())


async def respond_with(respond: AsyncRespond, message: Message, **how: Any) -> None:
    """Answer a command or a button privately; blocks that Slack refuses are left out, so that nobody waits in vain.

    Raises:
        SlackUnavailable: no answer, or a server error.
        SlackRefused: Slack refused the plain text, too.
    """
    for blocks in (fit(message.blocks), []) if message.blocks else ([],):
        try:
            said = await respond(text=escaping.cut(message.text, TEXT), blocks=blocks, **how)
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError) as error:
            raise SlackUnavailable("Slack does not answer.") from error
        if said.status_code < 400:
            return
        if said.status_code == 429 or said.status_code >= 500:
            raise SlackUnavailable("Slack asks to wait.")
    raise SlackRefused(f"Slack refused my answer ({escaping.code(said.body, 60)}).", said.body)


def _translated(error: SlackApiError) -> BotError:
    response = error.response
    if not isinstance(response, AsyncSlackResponse) or not isinstance(response.data, dict):
        return SlackUnavailable("Slack answers with something that is no answer.")
    code = str(response.data.get("error", ""))
    cure = refusals.CURES.get(code, Cure.NONE)
    if response.status_code == 429 or response.status_code >= 500 or cure is Cure.TIME:
        after = response.headers.get("Retry-After", "")
        return SlackUnavailable("Slack asks to wait.", float(after) if after.isdigit() else None)
    if cure is Cure.NONE:
        return SlackRefused(refusals.sentence(code), code)
    return CurableRefusal(refusals.sentence(code), code, cure)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, as Slack said when it started: its user's id, and the workspace it is in."""

    user_id: str
    team_id: str


@dataclass(frozen=True)
class Sender:
    """Posts, edits and whispers; nothing unfurls, and no bare name is linked."""

    client: AsyncWebClient
    log: Logger

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread_ts: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Post a message; gives its ts. What is too much for Slack is posted plainer, or as a short text.

        Where the thread's root was deleted, the message stands in the channel and says why.
        """
        message = spelled(message, where(channel, thread_ts))
        posted = await self.place(channel, message, thread_ts=thread_ts, metadata=metadata)
        if thread_ts is not None and posted.thread_ts is None:
            try:
                await self.update(channel, posted.ts, adrift(message, ANSWER))
            except (
                SlackRefused,
                SlackUnavailable,
            ) as failed:  # it is said; only the reason why there is missing
                self.log.warning("message adrift", fault=str(failed))
        return posted.ts

    async def place(
        self,
        channel: str,
        message: Message,
        *,
        thread_ts: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Posted:
        """As `post`, and tells in which thread the message came to stand."""

        async def attempt(said: Message) -> Posted:
            answer = await ask(
                self.client.chat_postMessage(
                    channel=channel,
                    thread_ts=thread_ts,
                    text=escaping.cut(said.text, TEXT),
                    blocks=fit(said.blocks) or None,
                    metadata=dict(metadata or _SAID),
                    unfurl_links=False,
                    unfurl_media=False,
                    link_names=False,
                )
            )
            root = (answer.get("message") or {}).get("thread_ts")
            return Posted(str(answer["ts"]), str(root) if root else None)

        return await self._said(attempt, message)

    async def update(
        self, channel: str, ts: str, message: Message, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Edit one of our messages; without `metadata` it keeps what it carries."""

        async def attempt(said: Message) -> None:
            await ask(
                self.client.chat_update(
                    channel=channel,
                    ts=ts,
                    text=escaping.cut(said.text, TEXT),
                    blocks=fit(said.blocks),  # an empty list takes the earlier blocks away
                    metadata=dict(metadata) if metadata else None,
                    link_names=False,
                )
            )

        await self._said(attempt, message)

    async def _said(self, attempt: Callable[[Message], Awaitable[Said]], message: Message) -> Said:
        """Say it; what Slack refuses as too much is said plainer, or without its pictures, then as a short text."""
        try:
            return await attempt(message)
        except SlackRefused as refused:
            if refused.code not in _TOO_MUCH:
                raise
            last = refused
        if message.plainer:
            return await attempt(Message(message.text, message.plainer))
        plain = [block for block in message.blocks if block["type"] != "image"]
        if len(plain) < len(message.blocks):  # a picture that somebody deleted, say
            try:
                return await attempt(Message(message.text, plain))
            except SlackRefused as refused:
                last = refused
        return await attempt(self._shorter(message, last))

    async def whisper(
        self, channel: str, user: str, message: Message, *, thread_ts: str | None = None
    ) -> None:
        """Say something that one person alone sees; it does not last."""
        await ask(
            self.client.chat_postEphemeral(
                channel=channel,
                user=user,
                thread_ts=thread_ts,
                text=escaping.cut(message.text, TEXT),
                blocks=fit(message.blocks) or None,
            )
        )

    def _shorter(self, message: Message, refused: SlackRefused) -> Message:
        """The second try for a message whose blocks were refused; any other refusal stays one."""
        if refused.code not in _TOO_MUCH:
            raise refused
        reference = secrets.token_hex(4)
        cause = refused.__cause__
        response = cause.response if isinstance(cause, SlackApiError) else {}
        self.log.error(
            "message refused",
            code=refused.code,
            reference=reference,
            pointers=(response.get("response_metadata") or {}).get("messages"),
        )
        return Message(
            f"{escaping.cut(message.text, 1_500)}\n(Slack refused the full message; code `{reference}`.)"
        )


class SlackTokenCheck:
    """Asks by auth.test, which every token may call."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def check(self) -> None:
        """Raise CurableRefusal while Slack refuses our token."""
        try:
            await ask(self._client.auth_test())
        except SlackUnavailable:
            return
        except SlackRefused as refused:
            raise CurableRefusal(
                f"Slack refuses my token ({escaping.code(refused.code)}), so I begin nothing that costs money. "
                "Whoever runs me has to install me anew.",
                refused.code,
                Cure.OPERATOR,
            ) from refused
