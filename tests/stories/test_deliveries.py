"""Slack delivers twice, late or not at all, and the app comes and goes: everything happens, and happens once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.stories.conftest import at_work, workspace
from tests.stories.driver import Message, People, dataset, shown
from tests.stories.talking import Talk


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough here, in both ways of delivery."""
    return f"sqlite:///{tmp_path}/bot.db"


class App:
    """The app in this process, which a story may end and start again."""

    def __init__(self, sandbox: Sandbox, data_dir: Path, talk: Talk) -> None:
        self._sandbox = sandbox
        self._data_dir = data_dir
        self._stack = AsyncExitStack()
        self.talk = talk

    async def start(self) -> None:
        """Start it; it remembers nothing but its rows."""
        await self._stack.enter_async_context(at_work(self._sandbox, self._data_dir))

    async def stop(self) -> None:
        """End it as an operator does."""
        await self._stack.aclose()

    async def restart(self) -> None:
        """Both."""
        await self.stop()
        await self.start()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A running app."""
    async with workspace() as (sandbox, people):
        made = App(sandbox, tmp_path, Talk(people))
        await made.start()
        yield made
        await made.stop()


async def stands_once(talk: Talk, request: Message) -> None:
    """One job at the provider, its card and its end in the channel."""
    people = talk.people
    await people.all_done()
    card = await people.mina.sees(talk.channel, "tone*: trained")
    assert card["ts"] == request["ts"]
    assert len([call for call in await people.calls("POST /fine_tuning/jobs") if call["ok"]]) == 1
    said = [m for m in await people.mina.reads(talk.channel) if m.get("bot_id") and not m.get("is_ephemeral")]
    assert len([m for m in said if "tone* is ready" in shown(m)]) == 1
    assert len([m for m in said if "Chat with" not in shown(m)]) == 2, [shown(m) for m in said]


async def test_what_is_delivered_twice_happens_once(people: People) -> None:
    """The same upload, click, form, approval, command, question and shortcut, each again at once and at the end."""
    talk, mina = Talk(people), people.mina
    channel = talk.channel
    shared = await mina.uploads(channel, "tone.jsonl", dataset())
    report = await mina.sees(channel, "Start fine-tuning", thread_ts=shared)
    await people.hear_again("message/file_share", "file_shared")
    await mina.clicks(report, "start_open")
    form = await mina.modal_with("Expected cost")
    await people.hear_again("start_open")
    await mina.submits(form, mina.filled(form, suffix="tone", epochs="1"))
    await people.hear_again("start_form")
    assert await mina.modal() is None
    request = await mina.sees(channel, "waits for approval")
    await people.jonas.clicks(request, "job_approve")
    await people.hear_again("job_approve")
    end = await mina.sees(channel, "is ready")
    thread = await talk.opens(end)
    await people.hear_again("job_chat")
    await mina.writes(channel, "Question 3 about lamps, a?", thread)
    await people.hear_again("message")
    await talk.hears(thread, 1)
    await mina.commands(channel, "models")
    await mina.sees(channel, "Tuned models")
    await people.hear_again(
        *("message/file_share", "file_shared", "start_open", "start_form", "job_approve", "job_chat"),
        *("message", "/finetune"),
    )

    await stands_once(talk, request)
    assert len(await talk.replies(shared)) == 1
    assert len(await talk.replies(thread)) == 1
    assert len(await talk.cards()) == 1
    assert len(await talk.asked()) == 1
    private = [m for m in await mina.reads(channel) if m.get("is_ephemeral")]
    assert len([m for m in private if "Tuned models" in shown(m)]) == 1
    assert not [m for m in await people.jonas.reads(channel) if m.get("is_ephemeral")]
    assert await mina.modal() is None


async def test_a_restarted_app_knows_what_it_has_heard_before(app: App) -> None:
    """Memory is gone; the rows still tell a repetition from a wish."""
    talk, people, mina = app.talk, app.talk.people, app.talk.people.mina
    request = await talk.asks_for(dataset(), "tone")
    await people.jonas.clicks(request, "job_approve")
    thread = await talk.opens(await mina.sees(talk.channel, "is ready"))
    await mina.writes(talk.channel, "Question 3 about lamps, a?", thread)
    await talk.hears(thread, 1)
    await app.restart()
    await people.hear_again(
        "message/file_share", "file_shared", "start_form", "job_approve", "job_chat", "message"
    )
    await stands_once(talk, request)
    assert len(await talk.cards()) == 1
    assert len(await talk.replies(thread)) == 1
    assert len(await talk.asked()) == 1


async def test_slack_that_missed_the_answer_tells_again_and_nothing_doubles(people: People) -> None:
    """The app has the event, Slack does not know it: the retry says so in its headers and changes nothing."""
    talk, mina = Talk(people), people.mina
    for name in ("message/file_share", "file_shared", "app_mention"):
        await people.fault("events", name, "timeout_after")
    shared = await mina.uploads(talk.channel, "tone.jsonl", dataset())
    assert "12 examples" in await mina.verdict(talk.channel, shared)
    asked = await mina.writes(talk.channel, "<@U0FINETUNE> datasets")
    await mina.sees(talk.channel, "ready, 12 examples", thread_ts=asked)
    await people.faults_hit()

    async def told_again() -> bool | None:
        calls = (await people.get("calls", direction="slack_to_app"))["calls"]
        notes = {call["name"]: call["note"] for call in calls}
        again = [notes.get(name) for name in ("message/file_share", "file_shared", "app_mention")]
        return again == ["attempt 2"] * 3 or None

    await people.until(told_again, "Slack's retries")
    await people.all_done()
    assert len(await talk.replies(shared)) == 1
    assert len(await talk.replies(asked)) == 1


async def test_an_event_that_is_lost_comes_a_minute_later(people: People) -> None:
    """Twice it does not arrive; Slack tries a third time, and the file is checked then."""
    talk, mina = Talk(people), people.mina
    for name in ("message/file_share", "file_shared"):
        await people.fault("events", name, "drop_before", times=2)
    shared = await mina.uploads(talk.channel, "tone.jsonl", dataset())

    async def lost() -> bool | None:
        return all(rule["hits"] == 2 for rule in (await people.get("faults"))["faults"]) or None

    await people.until(lost, "two lost attempts")
    assert len(await mina.reads(talk.channel, shared)) == 1
    await people.post("clock", {"advance": 61})
    assert "12 examples" in await mina.verdict(talk.channel, shared)


@pytest.mark.parametrize("kind", ["timeout_after", "drop_after"])
async def test_a_click_whose_answer_slack_missed_counts_once(team: People, kind: str) -> None:
    """People see a warning and press again: they are told what stands already."""
    talk, jonas = Talk(team), team.jonas
    request = await talk.asks_for(dataset(), "tone")
    await team.fault("slack", "chat.update", "429", times=-1)
    await team.fault("socket", "interactive", kind)
    assert not (await jonas.clicks(request, "job_approve"))["ok"]
    await connected(team)
    assert (await jonas.clicks(request, "job_approve"))["ok"]
    told = await jonas.sees(talk.channel, "You have approved *tone* already.")
    assert told["is_ephemeral"]
    await team.faults_off()
    await team.mina.sees(talk.channel, "is ready")
    await stands_once(talk, request)


async def test_slack_closing_the_connection_in_the_middle_disturbs_nothing(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """About once an hour it does; here before each step, and every step goes on."""
    talk, people, mina = app.talk, app.talk.people, app.talk.people.mina
    await reconnected(people)
    shared = await mina.uploads(talk.channel, "tone.jsonl", dataset())
    report = await mina.sees(talk.channel, "Start fine-tuning", thread_ts=shared)
    await reconnected(people)
    await mina.clicks(report, "start_open")
    form = await mina.modal_with("Expected cost")
    await reconnected(people)
    await mina.submits(form, mina.filled(form, suffix="tone", epochs="1"))
    request = await mina.sees(talk.channel, "waits for approval")
    await people.jonas.clicks(request, "job_approve")
    await reconnected(people)
    thread = await talk.opens(await mina.sees(talk.channel, "is ready"))
    await mina.writes(talk.channel, "Question 3 about lamps, a?", thread)
    await reconnected(people)
    await talk.hears(thread, 1)
    await stands_once(talk, request)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_restart_in_the_middle_of_each_state_goes_on(app: App) -> None:
    """While checking, waiting, uploading, creating, training, announcing and answering."""
    talk, people, mina = app.talk, app.talk.people, app.talk.people.mina
    await people.fault("slack", "files.info", "429", retry_after=1)
    shared = await mina.uploads(talk.channel, "tone.jsonl", dataset())
    await mina.sees(talk.channel, "Checking", thread_ts=shared)
    await app.restart()
    report = await mina.sees(talk.channel, "Start fine-tuning", thread_ts=shared)
    await mina.clicks(report, "start_open")
    form = await mina.modal_with("Expected cost")
    await app.restart()
    await mina.submits(form, mina.filled(form, suffix="tone", epochs="1"))
    request = await mina.sees(talk.channel, "waits for approval")
    await app.restart()

    await people.post("clock", {"speed": 10})
    for match in ("POST /files", "POST /fine_tuning/jobs"):
        await people.fault("openai", match, "429", retry_after=1)
    await people.jonas.clicks(request, "job_approve")
    for match in ("POST /files", "POST /fine_tuning/jobs"):
        await hit(people, match)
        await app.restart()
    await mina.sees(talk.channel, "tone*: training")
    await people.fault("slack", "chat.postMessage", "429", retry_after=1)
    await app.restart()
    await people.post("clock", {"speed": 400})
    await hit(people, "chat.postMessage")
    await app.restart()
    thread = await talk.opens(await mina.sees(talk.channel, "is ready"))

    await people.fault("openai", "POST /chat/completions", "429", retry_after=1)
    await mina.writes(talk.channel, "Question 3 about lamps, a?", thread)
    await hit(people, "POST /chat/completions")
    await app.restart()
    assert await talk.hears(thread, 1, "a.")
    await stands_once(talk, request)
    assert len(await talk.replies(shared)) == 1


async def test_what_happened_while_the_app_was_away_is_made_up_for(app: App) -> None:
    """A file shared, a job ended meanwhile: Slack tells of the one again, the provider is asked for the other."""
    talk, people, mina = app.talk, app.talk.people, app.talk.people.mina
    request = await talk.asks_for(dataset(), "tone")
    await people.post("clock", {"speed": 20})
    await people.jonas.clicks(request, "job_approve")
    await mina.sees(talk.channel, "tone*: training")
    await app.stop()
    shared = await mina.uploads(talk.channel, "later.jsonl", dataset(note="later"))
    assert not (await mina.commands(talk.channel, "jobs"))["ok"]
    await people.post("clock", {"speed": 4000})
    await app.start()
    await people.post("clock", {"advance": 61})
    assert "12 examples" in await mina.verdict(talk.channel, shared)
    await mina.sees(talk.channel, "tone* is ready")
    await stands_once(talk, request)


async def hit(people: People, match: str) -> None:
    """Wait until the fault on this call has struck."""

    async def look() -> bool | None:
        rules = (await people.get("faults"))["faults"]
        return any(rule["match"] == match and rule["hits"] for rule in rules) or None

    await people.until(look, f"a fault at {match}")


async def reconnected(people: People) -> None:
    """Let Slack ask the app to connect anew, and wait until it has."""
    await people.post("disconnect", {})
    await connected(people)


async def connected(people: People) -> None:
    """Wait until Slack can reach the app."""

    async def look() -> bool | None:
        return (await people.get("world"))["app"]["connected"] or None

    await people.until(look, "the app's connection")
