"""Slack and the provider in trouble at every outside call: the story ends well, and nothing happens twice."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.stories.driver import Message, People, shown
from tests.stories.talking import Talk

TROUBLE: list[tuple[str, dict[str, Any]]] = [
    ("429", {"retry_after": 1}),
    ("500", {}),
    ("drop_before", {}),
    ("drop_after", {}),
]
CHECKING = [
    ("slack", "files.info"),
    ("files", "*"),
    ("slack", "conversations.replies"),
    ("slack", "chat.postMessage"),
    ("slack", "chat.update"),
]
UPLOADING = [("openai", "GET /files"), ("openai", "POST /files"), ("openai", "GET /files/[*]")]
CREATING = [("openai", "POST /fine_tuning/jobs"), ("openai", "GET /fine_tuning/jobs")]
FOLLOWING = [
    ("openai", "GET /fine_tuning/jobs/[*]"),
    ("openai", "GET /fine_tuning/jobs/[*]/events"),
    ("openai", "GET /fine_tuning/jobs/[*]/checkpoints"),
    ("openai", "GET /files/[*]/content"),
    ("slack", "chat.update"),
    ("slack", "chat.postMessage"),
]
PHASES = {"checking": CHECKING, "uploading": UPLOADING, "creating": CREATING, "following": FOLLOWING}


@pytest.fixture
def mode() -> str:
    """One way is enough here: the main story goes all of them."""
    return "socket"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture
def talk(people: People) -> Talk:
    return Talk(people)


async def provider_has(people: People, what: str) -> list[dict[str, Any]]:
    """Everything of one kind at the simulated provider."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer sk-sandbox-0001"}) as http,
        http.get(f"{people._url}/openai/v1/{what}") as answer,
    ):
        return list((await answer.json())["data"])


async def all_stands_once(talk: Talk, request: Message) -> None:
    """The job's card is true, and there is one of everything."""
    people, mina = talk.people, talk.people.mina

    async def true_card() -> bool | None:
        card = next(m for m in await mina.reads(talk.channel) if m["ts"] == request["ts"])
        return "trained" in shown(card) or None

    await people.until(true_card, "the card's last state")
    assert len(await provider_has(people, "fine_tuning/jobs")) == 1
    assert len([f for f in await provider_has(people, "files") if f["purpose"] == "fine-tune"]) == 1
    ours = [m for m in await mina.reads(talk.channel) if m.get("bot_id")]
    assert len(ours) == 2, [shown(m) for m in ours]  # the job's card and the announcement of its end


@pytest.mark.parametrize(("kind", "more"), TROUBLE, ids=[kind for kind, _ in TROUBLE])
@pytest.mark.parametrize("phase", PHASES)
async def test_trouble_at_every_call_delays_and_doubles_nothing(
    talk: Talk, phase: str, kind: str, more: dict[str, Any]
) -> None:
    """Each call of the phase goes wrong once."""

    async def strike() -> None:
        for side, match in PHASES[phase]:
            await talk.people.fault(side, match, kind, **more)

    if phase == "checking":
        await strike()
    request = await talk.asks_for(suffix="tone")
    if phase == "following":  # slow enough that the job is seen while it trains
        await talk.people.post("clock", {"speed": 15})
    if phase != "checking":
        await strike()
    await talk.people.jonas.clicks(request, "job_approve")
    await talk.people.mina.sees(talk.channel, "is ready", seconds=60)
    await all_stands_once(talk, request)
    shares = [m for m in await talk.people.mina.reads(talk.channel) if m.get("files")]
    assert len(await talk.replies(shares[0]["ts"])) == 1
    rules = (await talk.people.get("faults"))["faults"]
    assert [rule["match"] for rule in rules if not rule["hits"]] == []


@pytest.mark.parametrize(("kind", "more"), TROUBLE, ids=[kind for kind, _ in TROUBLE])
async def test_a_form_that_slack_does_not_open_is_told_and_opens_at_the_next_press(
    talk: Talk, kind: str, more: dict[str, Any]
) -> None:
    """The click is acknowledged, and whoever pressed hears that Slack did not answer."""
    mina, channel = talk.people.mina, talk.channel
    shared = await mina.uploads(channel, "tone.jsonl", sample="support.jsonl")
    report = await mina.sees(channel, "Start fine-tuning", thread_ts=shared)
    await talk.people.fault("slack", "views.open", kind, **more)
    assert (await mina.clicks(report, "start_open"))["ok"]
    await mina.sees(channel, "Try again in a moment", thread_ts=shared)
    assert (await mina.clicks(report, "start_open"))["ok"]
    await mina.form("start_form")


@pytest.mark.parametrize(("kind", "more"), [("429", {"retry_after": 30}), ("500", {"times": 3})])
async def test_a_form_that_cannot_be_taken_now_keeps_what_was_typed(
    talk: Talk, kind: str, more: dict[str, Any]
) -> None:
    """What went wrong stands in a modal over the form; below it the form waits to be sent again, once."""
    mina, channel = talk.people.mina, talk.channel
    shared = await mina.uploads(channel, "tone.jsonl", sample="support.jsonl")
    report = await mina.sees(channel, "Start fine-tuning", thread_ts=shared)
    await mina.clicks(report, "start_open")
    form = await mina.form("start_form")
    await talk.people.fault("slack", "users.info", kind, **more)
    await mina.submits(form, mina.filled(form, suffix="tone", epochs="1"))
    told = await mina.modal()
    assert told is not None
    assert "Try again in a moment" in str(told["blocks"])
    await talk.people.post("close", {"as": mina.id, "view_id": told["id"]})
    form = await mina.form("start_form")
    assert form["state"]["values"]["suffix"]["suffix"]["value"] == "tone"
    assert (await mina.submits(form, mina.filled(form)))["ok"]
    await mina.sees(channel, "tone* waits for approval")
    assert await mina.modal() is None


async def test_an_end_while_slack_is_away_is_announced_once_afterwards(talk: Talk) -> None:
    """Slack answers nothing for a while; when it is back the card is true and the channel hears the end."""
    request = await talk.asks_for(suffix="tone")
    await talk.people.jonas.clicks(request, "job_approve")

    async def begun() -> bool | None:
        return (
            await talk.people.calls("POST /files") != [] or None
        )  # Slack was asked who approves, and it is saved

    await talk.people.until(begun, "the approved job's upload")
    await talk.people.fault("slack", "*", "500", times=-1)

    async def ended() -> bool | None:
        return await talk.people.calls("GET /files/*/content") != [] or None  # its result file is read

    await talk.people.until(ended, "the job's end")
    await talk.people.faults_hit()
    await talk.people.faults_off()
    await talk.people.mina.sees(talk.channel, "is ready")
    await all_stands_once(talk, request)
