"""Where answers go: an address for them that is not at Slack is forgotten before a listener sees it; sends nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Reporter
from handlers.slack.trusted_hosts import TrustedHosts

_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")


@dataclass(frozen=True)
class Replies:
    """A Bolt middleware."""

    log: Reporter

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
