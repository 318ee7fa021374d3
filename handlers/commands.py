"""The words people say to the bot: which wish they are, and the nearest one for a mistyped word."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.policies import Policy
from handlers import escaping
from handlers.ids import COMMAND
from handlers.slack.interactions import Words
from handlers.slack.listeners import Listeners, OnWords
from handlers.views import about
from handlers.views.blocks import Message

MOST_TYPED = 3_000  # characters; the longest line that asks for a job has a few hundred
_TOO_LONG = f"That is too long for me: I read up to {MOST_TYPED:,} characters at once."
_ALONE = frozenset({"help", "jobs", "models", "datasets", "policy"})
"""Words that take nothing: a sentence that begins so, to a model in its thread, is for the model."""


@dataclass(frozen=True)
class Commands:
    """`/finetune` and its words; mentions and direct messages use the same. `known` is what answers each of them."""

    policy: Policy
    known: Mapping[str, OnWords]

    def register(self, listen: Listeners) -> None:
        """Bind the command."""
        listen.command(COMMAND, self.answer)

    def knows(self, text: str) -> bool:
        """Whether these words are for the bot: one of its own, which stands alone where it takes nothing besides."""
        word, _, rest = escaping.unescape(text[:MOST_TYPED]).strip().partition(" ")
        return (word.lower() in self.known and not (rest.strip() and word.lower() in _ALONE)) or not word

    async def answer(self, words: Words) -> None:
        """Grant the wish these words are."""
        if (
            len(words.text) > MOST_TYPED
        ):  # before anything reads it: this is the loop that everybody waits for
            await words.reply(about.said(_TOO_LONG))
            return
        word, _, rest = escaping.unescape(words.text).strip().partition(" ")
        wish = self.known.get(word.lower() or "help")
        if wish is None:
            await words.reply(_unknown(word, self.known))
            return
        if word.lower() not in ("", "help"):
            self.policy.check_channel(words.place.channel_id)
        await wish(replace(words, text=rest.strip()))


def _unknown(word: str, known: Mapping[str, OnWords]) -> Message:
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    hint = f"Did you mean `{COMMAND} {near[0]}`?" if near else f"`{COMMAND} help` lists what I know."
    return about.said(f"I don't know {escaping.code(word, 40)}. {hint}")
