"""The bot on itself: help."""

from dataclasses import dataclass

from handlers.slack.words import Asked
from handlers.views import about


@dataclass(frozen=True)
class Help:
    """Says what can be done."""

    async def asked(self, asked: Asked) -> None:
        """What can be done, and with which words."""
        await asked.reply(about.help_text())
