"""Tells an app of jobs that ended, signed as OpenAI signs (Standard Webhooks); knows jobs, nothing of who listens.

Only to loopback, and only while an address is set: see bot.sandbox.openai.settings.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import aiohttp

from bot.sandbox.openai.jobs import ENDED, fresh
from bot.sandbox.openai.world import OpenAIWorld

PREFIX = "whsec_"
_LOOK_SECONDS = 0.1
_TRIES = 3
_TIMEOUT = aiohttp.ClientTimeout(total=10)


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Webhooks:
    """Looks whether jobs have ended, and tells of each once, in the order in which they did."""

    def __init__(self, world: OpenAIWorld) -> None:
        self._world = world
        self._known: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._telling = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop looking."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
            while True:
                moment = self._world.settle()
                for job in list(self._world.jobs.values()):
                    status = job.status(moment)
                    if job.id in self._known or status not in ENDED:
                        continue
                    self._known.add(job.id)
                    if self._world.settings.webhook_url:
                        await self._tell(http, f"fine_tuning.job.{status}", job.id)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _tell(self, http: aiohttp.ClientSession, event: str, job_id: str) -> None:
        settings, event_id, now = self._world.settings, f"evt_{fresh(24)}", int(time.time())
        told = {"object": "event", "id": event_id, "type": event, "created_at": now, "data": {"id": job_id}}
        body = json.dumps(told)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(settings.webhook_secret, event_id, now, body),
        }
        for _ in range(_TRIES):
            try:
                async with http.post(settings.webhook_url, data=body, headers=headers) as answer:
                    if answer.ok:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_LOOK_SECONDS)
