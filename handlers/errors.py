"""The one place that tells people of faults: in the form, in the modal, privately, or in the thread they are in.

Listeners catch nothing. What nobody foresaw gets a code that is shown and logged.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext

from bot.errors import BadInput, BotError, ProviderRefused, Temporary
from bot.ports import Logger
from handlers import escaping
from handlers.ids import VARIANT
from handlers.slack.client import Sender, ask
from handlers.slack.interactions import OPEN_VIEW, answer_root, tell
from handlers.views import about
from handlers.views.blocks import Message

_TALKED_TO = frozenset({"app_mention", "message"})
"""Events after which somebody waits for an answer."""


@dataclass(frozen=True)
class Faults:
    """Bolt's error handler is `handle`."""

    log: Logger

    async def handle(
        self, error: Exception, body: dict[str, Any], context: AsyncBoltContext, response: BoltResponse | None
    ) -> BoltResponse | None:
        """Tell the person. `response` is None when Slack has its acknowledgement already, else this gives it."""
        sentence = self._sentence(error)
        if response is not None and body.get("type") == "view_submission":
            return _in_form(error, sentence, body["view"])
        try:
            await self._tell(sentence, body, context)
        except Exception:
            self.log.exception("could not tell of a fault", fault=type(error).__name__)
        return BoltResponse(status=200, body="") if response is not None else None

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, BotError):
            self.log.info("told a person", fault=type(error).__name__, code=getattr(error, "code", ""))
            said = error.said if isinstance(error, ProviderRefused) else ""
            again = " Try again in a moment." if isinstance(error, Temporary) else ""
            quoted = f"\nThe server says:\n{escaping.quote(said)}" if said else ""
            return f"{escaping.sentence(str(error))}{again}{quoted}"
        reference = secrets.token_hex(4)
        self.log.error("listener failed", reference=reference, exc_info=error)
        return about.failure(reference)

    async def _tell(self, sentence: str, body: dict[str, Any], context: AsyncBoltContext) -> None:
        client, view, event = context.client, about.fault_view(sentence), body.get("event") or {}
        if OPEN_VIEW in context:
            await ask(client.views_update(view_id=context[OPEN_VIEW], view=view))
        elif event.get("type") in _TALKED_TO:
            message = about.said(sentence)
            root = answer_root(event, event["channel"])
            await Sender(client, self.log).post(event["channel"], message, thread_ts=root)
        else:
            await tell(context, body, Message(sentence), view)


def _in_form(error: Exception, sentence: str, view: dict[str, Any]) -> BoltResponse:
    """At the fields where it stands, else in a modal over the form, which keeps what was typed."""
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    fields = {block_id.partition(VARIANT)[0]: block_id for block_id in inputs}
    wrong = error.all if isinstance(error, BadInput) else ()
    if errors := {fields[each.field]: str(each) for each in wrong if each.field in fields}:
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    return BoltResponse(status=200, body={"response_action": "push", "view": about.fault_view(sentence)})
