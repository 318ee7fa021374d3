"""HTTP delivery, Slack's end: signed requests to the app's address, with Slack's bodies and deadlines."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.socket_mode import Answer, Kind

SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - opens nothing but a sandbox
MOST_REDIRECTS = 2


class SignedHttp:
    """Posts payloads to one address as Slack would."""

    def __init__(self) -> None:
        self.url = ""
        self._session: aiohttp.ClientSession | None = None

    async def verify(self, url: str) -> str | None:
        """Send Slack's `url_verification` challenge. None when the app answered it, else what went wrong."""
        self.url, before = url, self.url
        challenge = hashlib.sha256(url.encode()).hexdigest()
        answer = await self._post(
            json.dumps({"type": "url_verification", "challenge": challenge}), "application/json", {}, 3
        )
        given = answer.payload.get("challenge") if isinstance(answer.payload, dict) else answer.payload
        if answer.ok and given == challenge:
            return None
        self.url = before
        return f"the address answered {answer.status or answer.reason} without the challenge"

    async def send(self, kind: Kind, payload: Any, *, attempt: int, reason: str, seconds: float) -> Answer:
        """Post one payload and wait for a 200."""
        headers = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        if kind == "events_api":
            return await self._post(json.dumps(payload), "application/json", headers, seconds)
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._post(urlencode(form), "application/x-www-form-urlencoded", headers, seconds)

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session:
            await self._session.close()

    async def _post(self, body: str, content_type: str, headers: dict[str, str], seconds: float) -> Answer:
        self._session = self._session or aiohttp.ClientSession()
        stamp = str(
            int(time.time())
        )  # the app compares it with the real time, whatever the sandbox's clock says
        digest = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        signed = {
            **headers,
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (sandbox)",
        }
        try:
            async with self._session.post(
                self.url,
                data=body.encode(),
                headers=signed,
                timeout=aiohttp.ClientTimeout(seconds),
                max_redirects=MOST_REDIRECTS,
            ) as response:
                text = await response.text()
        except TimeoutError:
            return Answer(ok=False, reason="http_timeout", status=0)
        except aiohttp.TooManyRedirects:
            return Answer(ok=False, reason="too_many_redirects", status=0)
        except aiohttp.ClientError:
            return Answer(ok=False, reason="connection_failed", status=0)
        final = response.headers.get("X-Slack-No-Retry") == "1"
        if response.status != 200:
            return Answer(ok=False, reason="http_error", status=response.status, payload=text, final=final)
        return Answer(ok=True, payload=_parsed(text), final=final)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
