"""Killing the app at each outside call on a job's way: started again, it finishes, and nothing is there twice."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.domain.audit import Did
from storage.database import Database
from tests.stories.conftest import environment, workspace
from tests.stories.driver import People, sample, shown
from tests.stories.process import AppProcess
from tests.stories.small_parts import PART
from tests.stories.talking import Talk
from tests.stories.test_commands import answer
from tests.viewers import LUMEN

pytestmark = pytest.mark.kill
SLACK_TELLS_AGAIN = 61  # seconds until the second time Slack repeats an event that was not acknowledged
PARTS = "POST /uploads/*/parts"
DELETE = "DELETE /models/*"
HANGS = 300  # seconds: longer than any test, so that the app is still waiting when it is killed

# When the fault is switched on, which call it hits, and whether the call's work was done before the kill.
CALLS = [
    ("sharing", "slack", "files.info", "timeout_before"),
    ("sharing", "files", "*", "timeout_before"),
    ("sharing", "slack", "chat.postMessage", "timeout_before"),
    ("sharing", "slack", "chat.postMessage", "timeout_after"),
    ("asking", "slack", "chat.postMessage", "timeout_before"),
    ("asking", "slack", "chat.postMessage", "timeout_after"),
    ("approving", "openai", "POST /files", "timeout_before"),
    ("approving", "openai", "POST /files", "timeout_after"),
    ("approving", "openai", "POST /fine_tuning/jobs", "timeout_before"),
    ("approving", "openai", "POST /fine_tuning/jobs", "timeout_after"),
    ("approving", "openai", "GET /fine_tuning/jobs/*", "timeout_before"),
    ("approving", "slack", "chat.update", "timeout_after"),
    ("ending", "slack", "chat.postMessage", "timeout_before"),
    ("ending", "slack", "chat.postMessage", "timeout_after"),
]


class Bench:
    """A workspace, its people, and the app as a process; `fault` strikes in one phase of the story."""

    def __init__(self, people: People, app: AppProcess, openai_url: str, key: str) -> None:
        self.people = people
        self.app = app
        self._openai_url = openai_url
        self._key = key

    async def provider_has(self, what: str) -> list[dict[str, object]]:
        """Everything of one kind at the simulated provider."""
        headers = {"Authorization": f"Bearer {self._key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.get(f"{self._openai_url}/{what}") as answer,
        ):
            return list((await answer.json())["data"])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The app running as a process over a sandbox."""
    async with workspace(speed=100) as (sandbox, people):
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        try:
            yield Bench(people, app, sandbox.openai_base_url, settings["OPENAI_API_KEY"])
        finally:
            await app.kill()


async def strike(bench: Bench, phase: str, call: tuple[str, str, str, str]) -> None:
    """Switch the fault on if this is its phase."""
    if phase == call[0]:
        await bench.people.fault(*call[1:], delay=HANGS)


async def struck(bench: Bench, phase: str, call: tuple[str, str, str, str]) -> None:
    """If this was the fault's phase: wait until the app hangs in the call, kill it, start it again."""
    if phase == call[0]:
        await bench.people.faults_hit()
        await bench.people.faults_off()
        await bench.app.restart()
        await bench.people.post("clock", {"advance": SLACK_TELLS_AGAIN})


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]}: {call[2]} {call[3]}")
async def test_a_kill_at_any_call_loses_and_doubles_nothing(
    bench: Bench, call: tuple[str, str, str, str]
) -> None:
    """One dataset card, one job card, one job, one training file, one announcement: whatever was interrupted."""
    people = bench.people
    channel, mina, jonas = people.channels["ft-support"], people.mina, people.jonas

    await strike(bench, "sharing", call)
    shared = await mina.uploads(channel, "support.jsonl", sample="support.jsonl")
    await struck(bench, "sharing", call)
    report = await mina.sees(channel, "48 examples", thread_ts=shared)

    await mina.clicks(report, "start_open")
    form = await mina.form("start_form")
    await strike(bench, "asking", call)
    await mina.submits(form, mina.filled(form, suffix="tone"))
    await struck(bench, "asking", call)
    request = await mina.sees(channel, "waits for approval")

    await strike(bench, "approving", call)
    await jonas.clicks(request, "job_approve")
    await struck(bench, "approving", call)

    await strike(bench, "ending", call)
    await struck(bench, "ending", call)
    await mina.sees(channel, "is ready")

    async def true_card() -> bool | None:
        card = next(m for m in await mina.reads(channel) if m["ts"] == request["ts"])
        return "trained" in shown(card) or None

    await people.until(true_card, "the card's last state")
    assert len(await bench.provider_has("fine_tuning/jobs")) == 1
    assert len([f for f in await bench.provider_has("files") if f["purpose"] == "fine-tune"]) == 1
    ours = [m for m in await mina.reads(channel) if m.get("bot_id")]
    assert len(ours) == 2, [shown(m) for m in ours]  # the job's card and the announcement of its end
    replies = [m for m in await mina.reads(channel, shared) if m.get("bot_id")]
    assert len(replies) == 1, [shown(m) for m in replies]


async def test_sigterm_drains_and_the_next_start_goes_on(bench: Bench) -> None:
    """Asked to stop, the app ends well within the drain time with status 0; the job goes on after a start."""
    people = bench.people
    channel, mina, jonas = people.channels["ft-support"], people.mina, people.jonas
    shared = await mina.uploads(channel, "support.jsonl", sample="support.jsonl")
    report = await mina.sees(channel, "48 examples", thread_ts=shared)
    await mina.clicks(report, "start_open")
    form = await mina.form("start_form")
    await mina.submits(form, mina.filled(form, suffix="tone"))
    request = await mina.sees(channel, "waits for approval")
    await jonas.clicks(request, "job_approve")
    assert await bench.app.stop() == 0
    await bench.app.start()
    await mina.sees(channel, "is ready")
    assert len(await bench.provider_has("fine_tuning/jobs")) == 1


async def test_a_kill_in_the_middle_of_an_upload_costs_one_part(tmp_path: Path) -> None:
    """The parts that arrived stay where they are; started again, the app sends the rest, and the file is whole."""
    async with workspace(speed=100) as (sandbox, people):
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log", ("-m", "tests.stories.small_parts"))
        await app.start()
        try:
            talk = Talk(people)
            request = await talk.asks_for()
            await people.fault("openai", PARTS, "slow", delay=0.01, times=2)
            await people.fault("openai", PARTS, "timeout_before", delay=HANGS)
            await people.jonas.clicks(request, "job_approve")
            await people.faults_hit()
            await app.restart()
            await people.mina.sees(talk.channel, "tone* is ready")
        finally:
            await app.kill()
        content = sample("support.jsonl")
        assert len(await people.calls("POST /uploads")) == 1
        assert len(await people.calls(PARTS)) == -(-len(content) // PART)  # those that were answered
        bench = Bench(people, app, sandbox.openai_base_url, settings["OPENAI_API_KEY"])
        files = [f for f in await bench.provider_has("files") if f["purpose"] == "fine-tune"]
        assert [f["bytes"] for f in files] == [len(content)]


@pytest.mark.parametrize("how", ["timeout_before", "timeout_after"])
async def test_a_kill_while_a_model_is_deleted_deletes_it_once(tmp_path: Path, how: str) -> None:
    """Killed before the provider heard of it, or after: its model is gone, people and the audit are told once."""
    async with workspace() as (sandbox, people):
        url = f"sqlite:///{tmp_path}/bot.db"
        settings = environment(sandbox, tmp_path, url, LEASE_SECONDS="2")
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        bench = Bench(people, app, sandbox.openai_base_url, settings["OPENAI_API_KEY"])
        try:
            talk = Talk(people)
            mina, channel = people.mina, talk.channel
            thread = await talk.opens(await talk.trains())
            assert "ft:" in str(await bench.provider_has("models"))
            one = await answer(people, mina, channel, "model tone")
            job_id = str(re.findall(r"'delete:([^']+)'", str(one["blocks"]))[0])
            await people.fault("openai", DELETE, how, delay=HANGS)
            await mina.clicks(one, "model_more", selected_option={"text": {}, "value": f"delete:{job_id}"})
            await mina.submits(await mina.form("delete_model_form"), {})
            await people.faults_hit()
            await people.faults_off()
            assert ("ft:" in str(await bench.provider_has("models"))) is (how == "timeout_before")
            await app.restart()
            await mina.sees(channel, f"The model was deleted by <@{mina.id}>")
            await mina.sees(channel, "nobody answers here any more", thread_ts=thread)
        finally:
            await app.kill()
        assert "ft:" not in str(await bench.provider_has("models"))
        told = [m for m in await mina.reads(channel) if "model was deleted by" in shown(m)]
        assert len(told) == 1, [shown(m) for m in told]
        ended = [m for m in await mina.reads(channel, thread) if "nobody answers" in shown(m)]
        assert len(ended) == 1, [shown(m) for m in ended]
        database = Database(url, SystemClock())
        entries = await database.audit.listed(LUMEN)
        await database.close()
        assert [(e.who, e.subject) for e in entries if e.what is Did.MODEL_DELETED] == [(mina.id, job_id)]
