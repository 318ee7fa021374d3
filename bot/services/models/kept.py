"""Whether the provider still keeps a checkpoint that somebody chose; knows no form and no thread."""

import asyncio
from dataclasses import dataclass

from bot.domain.escaping import plain
from bot.errors import NotFound, ProviderRefused, ProviderUnavailable
from bot.ports import Provider
from bot.services.models.resolver import Speaker

ANSWERS_WITHIN = 1.5  # seconds: Slack waits 3 for the answer to a form


@dataclass(frozen=True)
class Kept:
    """Asked before somebody is promised anything: a provider lets go of checkpoints without telling."""

    provider: Provider

    async def check(self, speaker: Speaker) -> None:
        """Raise NotFound when the provider keeps this checkpoint no longer; while it does not answer, ours counts."""
        if not speaker.is_checkpoint:
            return
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                kept = await self.provider.checkpoints(speaker.job.provider_job_id or "")
        except (TimeoutError, ProviderUnavailable, ProviderRefused):
            return
        if speaker.model not in [each.model for each in kept]:
            raise NotFound(f"The provider no longer keeps *{plain(speaker.title)}*.")
