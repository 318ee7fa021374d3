"""The words people say to the bot: which wish they are, and the nearest one for a mistyped word."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bot.domain.policies import Policy
from handlers import escaping
from handlers.ids import COMMAND
from handlers.slack.interactions import Words, is_direct
from handlers.slack.listeners import Listeners, OnWords
from handlers.views import about, commands
from handlers.views.blocks import Message
from handlers.vocabulary import ALONE

MOST_TYPED = 3_000  # characters; the longest line that asks for a job has a few hundred
_TOO_LONG = f"That is too long for me: I read up to {MOST_TYPED:,} characters at once."
_NEAR = 0.75  # how alike a mistyped word is to the one that is meant
_TALK = frozenset(
    {"hi", "hello", "hey", "good", "thanks", "thank", "what", "who", "how", "why", "where", "can"}
)
"""How people begin to talk rather than to command: "what" is no mistyped "chat"."""


_ANYWHERE = frozenset({"", "help", "models", "model", "alias", "audit", "pause-spending"})
"""Words that are about no channel: they are answered also where nobody invited the bot."""


@dataclass(frozen=True)
class Commands:
    """`/finetune` and its words; mentions and direct messages use the same. `known` is what answers each of them."""

    policy: Policy
    known: Mapping[str, OnWords]

    def register(self, listen: Listeners) -> None:
        """Bind the command."""
        listen.command(COMMAND, self.answer)

    def knows(self, text: str) -> bool:
        """Whether these words are for the bot: one of its own, which stands alone where it takes nothing besides.

        A single word that is nearly one of them is asked back about rather than put to a model.
        """
        word, rest = _parted(text[:MOST_TYPED])
        if word in self.known:
            return not (rest and word in ALONE)
        return not word or (not rest and bool(_nearest(word, self.known)))

    async def answer(self, words: Words) -> None:
        """Grant the wish these words are."""
        if (
            len(words.text) > MOST_TYPED
        ):  # before anything reads it: this is the loop that everybody waits for
            await words.reply(about.said(_TOO_LONG))
            return
        word, rest = _parted(words.text)
        wish = self.known.get(word or "help")
        if wish is None or (not word and is_direct(words.place.channel_id)):
            await words.reply(_unknown(words, word, self.known))
            return
        await self._check_place(word, words)
        await wish(replace(words, text=rest))

    async def _check_place(self, word: str, words: Words) -> None:
        """Raise where this word does nothing: outside the allow-list, and where nobody invited the bot."""
        if word not in ("", "help"):
            self.policy.check_channel(words.place.channel_id)
        if words.trigger_id and word not in _ANYWHERE:  # other words reach us only where we are
            await words.check_member()


def _parted(text: str) -> tuple[str, str]:
    """The first word, as the vocabulary has it, and what follows it."""
    word, _, rest = f"{escaping.unescape(text).strip()} ".replace("\n", " ", 1).partition(" ")
    return word.lower().strip(".,:;!?"), rest.strip()


def _nearest(word: str, known: Collection[str]) -> str:
    near = () if word in _TALK else difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)
    return near[0] if near else ""


def _unknown(words: Words, word: str, known: Collection[str]) -> Message:
    """The nearest word; in a direct message, where people say hello, the welcome."""
    if near := _nearest(word, known):
        hint = f"Did you mean `{COMMAND} {near}`?"
    elif is_direct(words.place.channel_id):
        return commands.greeting()
    else:
        hint = f"`{COMMAND} help` lists what I know."
    return about.said(f"I don't know {escaping.code(word, 40)}. {hint}")
