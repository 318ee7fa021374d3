"""What the provider tells by itself: checks that it was the provider, and says which job it is about; believes no more.

Signed as Standard Webhooks are; the SDK compares the signature and refuses what is older than five minutes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from openai import InvalidWebhookSignatureError, OpenAI

_EVENTS = frozenset(f"fine_tuning.job.{end}" for end in ("succeeded", "failed", "cancelled"))


class NotSigned(Exception):  # noqa: N818  not our fault and not a person's: somebody else knocked
    """It does not come from the provider, or not in time."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`secret` is that of the webhook, as the provider showed it when it was made."""

    secret: str

    def job_of(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """The provider's id of the job that ended; None for what tells of something else. Raises NotSigned."""
        client = OpenAI(api_key="-")  # the SDK checks signatures by a client; nothing is asked of any server
        try:
            client.webhooks.verify_signature(body, headers, secret=self.secret)
        except (InvalidWebhookSignatureError, ValueError, TypeError) as wrong:  # headers missing, no UTF-8 …
            raise NotSigned(str(wrong)) from wrong
        finally:
            client.close()
        try:
            event = json.loads(body)
        except ValueError:
            return None
        if not isinstance(event, dict) or event.get("type") not in _EVENTS:
            return None
        job = event.get("data")
        job_id = job.get("id") if isinstance(job, dict) else None
        return job_id if isinstance(job_id, str) else None
