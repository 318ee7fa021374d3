"""The words people say to the bot: which wish they are, and the nearest one for a mistyped word."""

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policies import Policy
from handlers import escape
from handlers.about import Help
from handlers.approvals.request_form import Start
from handlers.budgets import Money
from handlers.chats import Chat
from handlers.comparisons import Comparing
from handlers.datasets import Administration, Datasets
from handlers.digests import Digests
from handlers.ids import COMMAND
from handlers.jobs import Jobs
from handlers.models import Models
from handlers.policies import Policies
from handlers.slack.client import respond_with
from handlers.slack.places import place_of
from handlers.slack.words import Asked
from handlers.views import about
from handlers.views.blocks import Message

MOST_TYPED = 3_000  # characters; the longest line that asks for a job has a few hundred
Wish = Callable[[Asked, str], Awaitable[None]]
"""What answers a word; the text is what follows the word."""


_ALONE = frozenset({"help", "jobs", "models", "datasets", "policy"})
"""Words that take nothing: a sentence that begins so, to a model in its thread, is for the model."""


@dataclass(frozen=True)
class Commands:
    """`/finetune` and its words; mentions and direct messages use the same."""

    policy: Policy
    wishes: Mapping[str, Wish]

    def register(self, app: AsyncApp) -> None:
        """Bind the command."""
        app.command(COMMAND)(self.command)

    async def command(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        command: dict[str, Any],
        respond: AsyncRespond,
    ) -> None:
        """`/finetune …`: answered privately."""
        await ack()

        async def reply(message: Message) -> None:
            await respond_with(respond, message, response_type="ephemeral")

        asked = Asked(
            place=place_of(context, command["channel_id"]),
            user_id=command["user_id"],
            key=f"command:{command['trigger_id']}",
            client=client,
            context=context,
            reply=reply,
            trigger_id=command["trigger_id"],
        )
        await self.answer(asked, command.get("text") or "")

    def knows(self, text: str) -> bool:
        """Whether these words are for the bot: one of its own, which stands alone where it takes nothing besides."""
        word, _, rest = escape.unescape(text[:MOST_TYPED]).strip().partition(" ")
        return (word.lower() in self.wishes and not (rest.strip() and word.lower() in _ALONE)) or not word

    async def answer(self, asked: Asked, text: str) -> None:
        """Grant the wish these words are."""
        if len(text) > MOST_TYPED:  # before anything reads it: this is the loop that everybody waits for
            await asked.reply(
                about.said(f"That is too long for me: I read up to {MOST_TYPED:,} characters at once.")
            )
            return
        word, _, rest = escape.unescape(text).strip().partition(" ")
        wish = self.wishes.get(word.lower() or "help")
        if wish is None:
            await asked.reply(_unknown(word, self.wishes))
            return
        if word.lower() not in ("", "help"):
            self.policy.check_channel(asked.place.channel_id)
        await wish(asked, rest.strip())


def wishes(
    start: Start,
    datasets: Datasets,
    looking_after: Administration,
    jobs: Jobs,
    chat: Chat,
    *,
    comparing: Comparing,
    money: Money,
    policies: Policies,
    models: Models,
    digests: Digests,
    help_: Help,
) -> dict[str, Wish]:
    """Every word and what answers it."""
    return {
        "help": lambda asked, _: help_.asked(asked),
        "start": start.asked,
        "datasets": lambda asked, _: datasets.asked_list(asked),
        "dataset": looking_after.asked_dataset,
        "rename": looking_after.asked_rename,
        "delete": looking_after.asked_delete,
        "jobs": lambda asked, _: jobs.asked_list(asked),
        "status": jobs.asked_status,
        "cancel": jobs.asked_cancel,
        "pause": jobs.asked_pause,
        "resume": jobs.asked_resume,
        "events": jobs.asked_events,
        "checkpoints": jobs.asked_checkpoints,
        "models": lambda asked, _: models.asked_list(asked),
        "model": models.asked_model,
        "alias": models.asked_alias,
        "share": models.asked_share,
        "unshare": models.asked_unshare,
        "digest": digests.asked,
        "chat": chat.asked,
        "budget": money.asked_budget,
        "audit": money.asked_audit,
        "pause-spending": money.asked_pause,
        "policy": lambda asked, _: policies.asked(asked),
        "compare": comparing.asked,
    }


def _unknown(word: str, wishes: Mapping[str, Wish]) -> Message:
    near = difflib.get_close_matches(word.lower(), wishes, n=1, cutoff=0.5)
    hint = f"Did you mean `{COMMAND} {near[0]}`?" if near else f"`{COMMAND} help` lists what I know."
    return about.said(f"I don't know {escape.code(word, 40)}. {hint}")
