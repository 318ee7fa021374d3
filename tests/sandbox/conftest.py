"""A running sandbox for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_side import App, Hand, client, standing


@pytest.fixture
async def hand() -> AsyncIterator[Hand]:
    async with standing() as hand:
        yield hand


@pytest.fixture
async def web(hand: Hand) -> AsyncWebClient:
    return client(hand.sandbox)


@pytest.fixture
async def app(hand: Hand) -> App:
    return App(hand.sandbox)
