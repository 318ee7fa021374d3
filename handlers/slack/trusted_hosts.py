"""Which hosts are Slack's: an address for answers that is not at one is forgotten before a listener sees it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Logger


@dataclass(frozen=True)
class TrustedHosts:
    """Hosts by name or pattern such as *.slack.com; `plain_http` only for a Slack of one's own on this machine."""

    patterns: tuple[str, ...]
    plain_http: bool

    @classmethod
    def beside(cls, slack_url: str, patterns: Sequence[str]) -> "TrustedHosts":
        """The hosts of a Slack whose Web API is at `slack_url`."""
        lowered = tuple(pattern.lower() for pattern in patterns)
        return cls(lowered, plain_http=slack_url.startswith("http://"))

    def include(self, url: str) -> bool:
        """Whether this address is at one of them, over a connection that nobody listens in on."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        host = (parts.hostname or "").lower()
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.plain_http)
        return secure and any(fnmatch(host, pattern) for pattern in self.patterns)


_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")


@dataclass(frozen=True)
class ResponseUrls:
    """A Bolt middleware: an address for answers is kept only where it is Slack's."""

    log: Logger

    async def keep(
        self,
        context: AsyncBoltContext,
        client: AsyncWebClient,
        body: dict[str, Any],
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Leave a request only a `response_url` at Slack, or at a Slack of one's own whose Web API `client` calls."""
        url, own = context.get("response_url"), urlsplit(client.base_url).hostname or ""
        trusted = TrustedHosts.beside(client.base_url, (*_SLACK, own))
        if url is not None and not (isinstance(url, str) and trusted.include(url)):
            self.log.warning("a response_url that is not Slack's")
            body.pop("response_url", None)
            context.pop("response_url", None)
            context.pop(
                "respond", None
            )  # made with the address as Bolt called us; made anew for who comes next
        return await next_()
