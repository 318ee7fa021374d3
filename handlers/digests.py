"""The words that turn a channel's weekly digest on and off."""

from dataclasses import dataclass

from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND
from handlers.slack import places
from handlers.slack.places import check_member
from handlers.slack.words import Asked
from handlers.views import digests


@dataclass(frozen=True)
class Digests:
    """What is asked in words; the digest itself is posted by the worker."""

    services: Services

    async def asked(self, asked: Asked, words: str) -> None:
        """`digest` tells whether there is one; `digest on` and `digest off` turn it."""
        wish = words.strip().lower()
        if not wish:
            viewer = await places.asking(self.services, asked)
            await asked.reply(digests.told(await self.services.digests.due(viewer)))
            return
        if wish not in ("on", "off"):
            raise BadInput(f"Say `{COMMAND} digest on` or `{COMMAND} digest off`.")
        await check_member(asked.client, asked.place.channel_id)
        viewer = await places.asking(self.services, asked)
        due_at = await self.services.digests.turn(viewer, on=wish == "on")
        await asked.reply(digests.told(due_at))
