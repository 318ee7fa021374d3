"""The OpenAI side's limits and paces are read and turned while it runs."""

from typing import Any

import pytest
from openai import AsyncOpenAI, PermissionDeniedError

from tests.sandbox.slack_side import Hand


async def test_what_is_turned_holds_from_then_on_and_the_rest_stays(hand: Hand) -> None:
    before = await hand.see("openai")
    after = await hand.do("openai", daily_jobs=2, pace=5)
    assert after == {**before, "daily_jobs": 2, "pace": 5}
    assert await hand.do("openai", daily_jobs=None) == {**before, "pace": 5}


@pytest.mark.parametrize(
    "given",
    [
        {"training_closed": "no"},
        {"daily_jobs": -1},
        {"active_jobs": True},
        {"pace": 0},
        {"pace": "fast"},
        {"processing_seconds": -0.5},
        {"calendar": "2027-01-06"},
        {"webhook_url": "https://elsewhere.example/"},
    ],
)
async def test_what_does_not_fit_turns_nothing(hand: Hand, given: dict[str, Any]) -> None:
    before = await hand.see("openai")
    refused = await hand.do("openai", status=400, **{"first_call_seconds": 7, **given})
    assert refused["error"] == "invalid_setting"
    assert await hand.see("openai") == before


async def test_an_organisation_that_may_not_train_is_refused(hand: Hand) -> None:
    await hand.do("openai", training_closed=True)
    address = hand.sandbox.openai_base_url
    async with AsyncOpenAI(api_key="sk-sandbox-0001", base_url=address, max_retries=0) as client:
        with pytest.raises(PermissionDeniedError):
            await client.fine_tuning.jobs.create(model="gpt-4.1-mini-2025-04-14", training_file="file-x")
