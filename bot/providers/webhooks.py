"""What the provider tells by itself: checks that it was the provider, and says which job it is about; believes no more.

Signed as Standard Webhooks are; the SDK compares the signature and refuses what is older than five minutes.
"""

import json
from collections.abc import Mapping

from openai import InvalidWebhookSignatureError, OpenAI

_EVENTS = tuple(f"fine_tuning.job.{end}" for end in ("succeeded", "failed", "cancelled"))


class NotSigned(Exception):  # noqa: N818  not our fault and not a person's: somebody else knocked
    """It does not come from the provider, or not in time."""


class Webhooks:
    """`secret` is that of the webhook, as the provider showed it when it was made."""

    def __init__(self, secret: str) -> None:
        # The SDK checks signatures by a client; this one is asked for nothing else, and asks no server.
        self._signatures = OpenAI(api_key="-", webhook_secret=secret).webhooks

    def job_of(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """The provider's id of the job that ended; None for what tells of something else. Raises NotSigned."""
        try:
            self._signatures.verify_signature(body, headers)
        except (InvalidWebhookSignatureError, ValueError, TypeError, ArithmeticError) as wrong:
            raise NotSigned(
                str(wrong)
            ) from wrong  # headers that are missing or no numbers, a body that is no text …
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(event, dict) or event.get("type") not in _EVENTS:
            return None
        job = event.get("data")
        job_id = job.get("id") if isinstance(job, dict) else None
        return job_id if isinstance(job_id, str) else None
