"""Answers go to Slack, whatever a request says."""

from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.trusted_hosts import ResponseUrls
from tests.handlers.fakes import Log


async def kept(url: Any, slack: str = "https://slack.com/api/") -> Any:
    """What is left of a request's address for answers, in both places where listeners look."""
    context, body = AsyncBoltContext({"response_url": url}), {"response_url": url, "type": "block_actions"}

    assert context.respond is not None  # Bolt makes it before the first middleware

    async def go_on() -> BoltResponse:
        return BoltResponse(status=200)

    await ResponseUrls(Log()).keep(context, AsyncWebClient(base_url=slack), body, go_on)
    assert context.respond is not None
    assert body.get("response_url") == context.response_url == context.respond.response_url
    return context.response_url


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/actions/T1/1/x", "https://hooks.slack-gov.com/commands/T1/1/x"]
)
async def test_an_answer_goes_to_slack(url: str) -> None:
    assert await kept(url) == url


async def test_an_answer_goes_to_a_slack_of_ones_own() -> None:
    url = "http://127.0.0.1:5000/slack/response/1"
    assert await kept(url, "http://127.0.0.1:5000/api/") == url
    assert await kept(url, "http://127.0.0.2:5000/api/") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hooks.slack.com",
        "https://hooks.slack.com.example.com/",
        "https://hooks.slack.com@example.com/",
        "http://hooks.slack.com/actions/T1/1/x",
        "https://files.slack.com/",
        "file:///etc/passwd",
        "http://[",
        "",
        7,
        ["https://hooks.slack.com/"],
    ],
)
async def test_an_answer_goes_nowhere_else(url: Any) -> None:
    assert await kept(url) is None
