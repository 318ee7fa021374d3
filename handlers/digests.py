"""The words that turn a channel's weekly digest on and off."""

from dataclasses import dataclass

from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND
from handlers.slack.interactions import Words
from handlers.slack.listeners import Listeners
from handlers.views import digests


@dataclass(frozen=True)
class Digests:
    """What is asked in words; the digest itself is posted by the worker."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the word."""
        listen.word("digest", self.asked)

    async def asked(self, words: Words) -> None:
        """`digest` tells whether there is one; `digest on` and `digest off` turn it."""
        wish = words.text.lower()
        if not wish:
            await words.reply(digests.told(await self.services.digests.due(await words.viewer())))
            return
        if wish not in ("on", "off"):
            raise BadInput(f"Say `{COMMAND} digest on` or `{COMMAND} digest off`.")
        await words.check_member()
        due_at = await self.services.digests.turn(await words.viewer(), on=wish == "on")
        await words.reply(digests.told(due_at))
