"""The Web API answers as Slack does, row for row of the table in facts.py."""

from collections.abc import Mapping
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.fact import ABSENT, NAMES, Fact
from tests.sandbox.facts import FACTS
from tests.sandbox.slack_side import MINA, SUPPORT, Hand, section

BOT, TEAM = "U0FINETUNE", "T0LUMENLAB"


async def named(name: str, hand: Hand, web: AsyncWebClient) -> str:
    """What a name in braces stands for, made for this row."""
    match name:
        case "mine":
            metadata = {"event_type": "job", "event_payload": {"id": 1}}
            posted = await web.chat_postMessage(
                channel=SUPPORT, text="mine", blocks=[section("mine")], metadata=metadata
            )
            return str(posted["ts"])
        case "hers":
            return str((await hand.do("message", channel=SUPPORT, text="hers"))["ts"])
        case "gone":
            ts = await named("hers", hand, web)
            await hand.do("delete_message", channel=SUPPORT, ts=ts)
            return ts
        case "stream" | "written":
            started = await web.chat_startStream(
                channel=SUPPORT,
                thread_ts=await named("hers", hand, web),
                recipient_team_id=TEAM,
                recipient_user_id=MINA,
                markdown_text="written" if name == "written" else None,
            )
            return str(started["ts"])
        case "private":
            return str((await hand.do("channel", name="secret", is_private=True))["channel"]["id"])
        case "archived":
            made = str((await hand.do("channel", name="old", members=[BOT]))["channel"]["id"])
            await web.chat_postMessage(channel=made, text="old")
            await hand.do("archive", channel=made)
            return made
        case _:
            raise AssertionError(f"no such name: {name}")


async def filled(value: Any, hand: Hand, web: AsyncWebClient, known: dict[str, str]) -> Any:
    """The same with the names in braces put in."""
    if isinstance(value, Mapping):
        return {key: await filled(each, hand, web, known) for key, each in value.items()}
    if isinstance(value, list):
        return [await filled(each, hand, web, known) for each in value]
    if not isinstance(value, str) or value[:1] != "{" or value[1:-1] not in NAMES:
        return value
    name = value[1:-1]
    if name == "reply" and name not in known:
        root = await filled("{hers}", hand, web, known)
        known[name] = str((await web.chat_postMessage(channel=SUPPORT, text="r", thread_ts=root))["ts"])
    if name == "old":
        known[name] = (await web.conversations_history(channel=known["archived"]))["messages"][1]["ts"]
    if name not in known:
        known[name] = await named(name, hand, web)
    return known[name]


def at(answer: Any, path: str) -> Any:
    """What stands at a dotted path of an answer."""
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)]
        elif part in answer:
            answer = answer[part]
        else:
            return ABSENT
    return answer


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.call}: {fact.what}".replace("[", "("))
async def test_slack_answers_as_the_table_says(hand: Hand, web: AsyncWebClient, fact: Fact) -> None:
    known: dict[str, str] = {}
    given = await filled(fact.given, hand, web, known)
    answer: Any
    try:
        answer = (await web.api_call(fact.call, json=given)).data
    except SlackApiError as refused:
        answer = refused.response.data
    assert answer.get("error", "ok") == fact.answer, answer
    said = str((answer.get("response_metadata") or {}).get("messages") or "")
    assert fact.says in said
    for path, value in fact.shows.items():
        assert at(answer, path) == await filled(value, hand, web, known), path


def test_every_row_has_its_source_and_no_row_stands_twice() -> None:
    assert all(fact.source for fact in FACTS)
    rows = [(fact.call, fact.what) for fact in FACTS]
    assert len(set(rows)) == len(rows)
