"""Who may spend: deciding on a request, taking it back, stopping a job, and what is said when one fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import openai
from bot.sandbox.openai.settings import BLOCKED, INTERNAL_ERROR
from tests.stories.conftest import at_work, workspace
from tests.stories.driver import Message, People, Person, dataset, shown
from tests.stories.talking import Talk


@asynccontextmanager
async def working(data_dir: Path, *, speed: float = 400, **settings: str) -> AsyncIterator[Talk]:
    """A workspace whose app has these settings besides."""
    async with workspace(speed=speed) as (sandbox, people), at_work(sandbox, data_dir, **settings):
        yield Talk(people)


async def asks(talk: Talk, person: Person, suffix: str = "tone") -> Message:
    """This person shares a dataset and asks for a job on it; gives the card."""
    shared = await person.uploads(talk.channel, f"{suffix}.jsonl", dataset(note=suffix))
    report = await person.sees(talk.channel, "Start fine-tuning", thread_ts=shared)
    await person.clicks(report, "start_open")
    form = await person.form("start_form")
    await person.submits(form, person.filled(form, suffix=suffix, epochs="1"))
    return await person.sees(talk.channel, f"{suffix}* waits for approval")


async def told_alone(talk: Talk, person: Person, words: str) -> None:
    """This person is told so, and nobody else sees it."""
    answer = await person.sees(talk.channel, words)
    assert answer["is_ephemeral"]
    for other in ("mina", "jonas", "ines", "priya", "kenji"):
        if getattr(talk.people, other).id != person.id:
            seen = await getattr(talk.people, other).reads(talk.channel)
            assert not [m for m in seen if m["ts"] == answer["ts"]]


async def still_waits(talk: Talk, request: Message) -> None:
    """Nothing came of it: not even a file went to the provider."""
    await talk.people.all_done()
    assert "waits for approval" in shown(await talk.people.mina.finds(talk.channel, request["ts"]))
    assert not await talk.people.calls("POST /files")


async def created(talk: Talk) -> int:
    """How many jobs the provider was asked for."""
    return len(await talk.people.calls("POST /fine_tuning/jobs"))


@pytest.mark.parametrize("button", ["job_approve", "job_reject"])
async def test_whoever_may_not_decide_is_told_so_privately(team: People, button: str) -> None:
    """The requester, a member who is no approver, a guest and somebody of another organisation."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    for person, words in (
        (team.mina, "Only approvers can decide on this job: <@U0JONASWBR>."),
        (team.ines, "Only approvers can decide on this job: <@U0JONASWBR>."),
        (team.priya, "Guests cannot decide on fine-tuning jobs"),
        (team.kenji, "Guests cannot decide on fine-tuning jobs"),
    ):
        assert (await person.clicks(request, button))["ok"]
        await told_alone(talk, person, words)
        assert await person.modal() is None
    await still_waits(talk, request)


async def test_an_approver_does_not_decide_on_an_own_request(team: People) -> None:
    talk = Talk(team)
    request = await asks(talk, team.jonas)
    await team.jonas.clicks(request, "job_approve")
    await told_alone(talk, team.jonas, "You asked for this job, so somebody else has to decide")
    await still_waits(talk, request)


async def test_where_it_is_allowed_an_approver_decides_on_an_own_request(tmp_path: Path) -> None:
    async with working(tmp_path, FINETUNE_SELF_APPROVAL="true") as talk:
        jonas = talk.people.jonas
        request = await asks(talk, jonas)
        await jonas.clicks(request, "job_approve")
        await jonas.sees(talk.channel, "is ready")


async def test_without_named_approvers_any_full_member_but_the_requester_decides(tmp_path: Path) -> None:
    """Guests still may not."""
    async with working(tmp_path, FINETUNE_APPROVERS="") as talk:
        mina, ines, priya, kenji = (getattr(talk.people, n) for n in ("mina", "ines", "priya", "kenji"))
        request = await asks(talk, mina)
        assert "any full member but the requester" in shown(request)
        await mina.clicks(request, "job_approve")
        await told_alone(talk, mina, "You asked for this job, so somebody else has to decide")
        for guest in (priya, kenji):
            await guest.clicks(request, "job_approve")
            await told_alone(talk, guest, "Guests cannot decide on fine-tuning jobs")
        await ines.clicks(request, "job_approve")
        await mina.sees(talk.channel, "is ready")
        assert f"<@{ines.id}>" in shown(await mina.finds(talk.channel, request["ts"]))


async def test_a_rejection_needs_a_reason_and_the_requester_reads_it(team: People) -> None:
    """The announcement names both and quotes harmlessly; the card keeps the reason; nothing was spent."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    await team.jonas.clicks(request, "job_reject")
    form = await team.jonas.form("reject_form")
    empty = await team.jonas.submits(form, reason("  \n "))
    assert "Say why" in empty["errors"]["reason"]
    assert (await team.jonas.submits(form, reason("Too few examples, <!channel> & all.")))["ok"]

    told = await team.mina.sees(talk.channel, "rejected *tone*")
    assert f"<@{team.jonas.id}> rejected *tone*: “Too few examples" in shown(told)
    assert "Too few examples, &lt;!channel&gt; &amp; all." in shown(told)
    card = await team.mina.sees(talk.channel, "tone*: rejected")
    assert card["ts"] == request["ts"]
    assert "Too few examples, &lt;!channel&gt;" in shown(card)
    assert not await team.calls("POST /files")


async def test_two_deciding_at_once_leave_one_decision_and_both_see_whose(tmp_path: Path) -> None:
    """One approves while the other sends a reason: whoever came second is told who was faster."""
    async with working(tmp_path, FINETUNE_APPROVERS="U0JONASWBR,U0INESDRTE") as talk:
        mina, jonas, ines = talk.people.mina, talk.people.jonas, talk.people.ines
        for suffix in ("first", "second", "third"):
            request = await asks(talk, mina, suffix)
            await ines.clicks(request, "job_reject")
            form = await ines.form("reject_form")
            jobs = await created(talk)
            await asyncio.gather(
                jonas.clicks(request, "job_approve"), ines.submits(form, reason("Not this week."))
            )
            approved = await is_approved(talk, suffix)
            card = await mina.finds(talk.channel, request["ts"])
            if approved:
                lost = await ines.modal_with("was faster")
                assert f"<@{jonas.id}> was faster: *{suffix}* is approved already" in str(lost["blocks"])
                await ines.closes(lost)
                await ines.closes(form)
            else:
                await told_alone(talk, jonas, f"<@{ines.id}> was faster: *{suffix}* is rejected already")
            assert f"<@{(jonas if approved else ines).id}>" in shown(card)
            assert await created(talk) == jobs + approved


async def test_two_approving_at_once_start_one_job(tmp_path: Path) -> None:
    async with working(tmp_path, FINETUNE_APPROVERS="U0JONASWBR,U0INESDRTE") as talk:
        request = await asks(talk, talk.people.mina)
        await asyncio.gather(
            *(person.clicks(request, "job_approve") for person in (talk.people.jonas, talk.people.ines))
        )
        await talk.people.mina.sees(talk.channel, "is ready")
        told = [
            m
            for person in (talk.people.jonas, talk.people.ines)
            for m in await person.reads(talk.channel)
            if "was faster: *tone* is approved already" in shown(m)
        ]
        assert len(told) == 1
        assert await created(talk) == 1


async def test_a_withdrawn_request_cannot_be_approved_on_a_card_that_lags_behind(team: People) -> None:
    """Slack is slow to redraw, so the approver still sees the button: the server decides, not the button."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    await team.fault("slack", "chat.update", "429", times=-1, retry_after=1)
    await team.mina.clicks(request, "job_cancel")
    await team.jonas.clicks(request, "job_approve")
    await told_alone(talk, team.jonas, "Nothing to decide any more: *tone* was withdrawn.")
    await team.faults_off()
    card = await team.mina.sees(talk.channel, "tone*: withdrawn")
    assert card["ts"] == request["ts"]
    assert await created(talk) == 0


async def test_only_the_requester_and_approvers_stop_a_running_job(tmp_path: Path) -> None:
    """A colleague is refused; the requester stops it at the provider too, and the channel hears who did."""
    async with working(tmp_path, speed=20) as talk:
        people, mina = talk.people, talk.people.mina
        request = await asks(talk, mina)
        await people.jonas.clicks(request, "job_approve")
        running = await mina.sees(talk.channel, "tone*: training")
        await people.post("clock", {"speed": 1})
        await people.ines.clicks(running, "job_cancel")
        await told_alone(talk, people.ines, "or an approver can cancel this job")
        button = next(e for e in running["blocks"][-1]["elements"] if e["action_id"] == "job_cancel")
        assert "Steps already trained are billed" in button["confirm"]["text"]["text"]

        await mina.clicks(running, "job_cancel")
        end = await mina.sees(talk.channel, "cancelled *")
        assert f"<@{mina.id}>" in shown(end)
        assert len(await people.calls("POST /fine_tuning/jobs/*/cancel")) == 1
        card = await mina.sees(talk.channel, "tone*: cancelled")
        assert card["ts"] == request["ts"]


async def test_a_failed_job_tells_the_servers_words_and_what_to_do(tmp_path: Path) -> None:
    """In the middle of training: once by the server's own fault, once by the data."""
    chosen = openai.Settings(dooms=[INTERNAL_ERROR, BLOCKED])
    async with (
        workspace(openai_settings=chosen) as (sandbox, people),
        at_work(sandbox, tmp_path),
    ):
        talk = Talk(people)
        for suffix, said, advice in (
            ("unlucky", "The job failed due to an internal error.", "again"),
            ("unsafe", "blocked by our moderation system", "Remove examples with unsafe advice"),
        ):
            request = await asks(talk, people.mina, suffix)
            await people.jonas.clicks(request, "job_approve")
            end = await people.mina.follows(
                await people.mina.sees(talk.channel, f"Training *{suffix}* failed")
            )
            told = shown(end)
            assert f"<@{people.mina.id}>" in told
            assert f"The server says:\n> {said}" in told or said in told.split("The server says:")[1]
            assert advice in told
            card = await people.mina.sees(talk.channel, f"{suffix}*: failed")
            assert card["ts"] == request["ts"]
            await people.mina.clicks(end, "job_again")
            form = await people.mina.modal_with("Expected cost")
            await people.mina.closes(form)


async def test_a_file_that_only_the_server_refuses_fails_with_its_words(team: People) -> None:
    """It was good when we checked it; the provider thinks otherwise, and says which example."""
    talk = Talk(team)
    request = await talk.asks_for(dataset(), "tone")
    await team.fault("openai", "POST /fine_tuning/jobs", "error", code="invalid_training_file")
    await team.jonas.clicks(request, "job_approve")
    end = await team.mina.follows(await team.mina.sees(talk.channel, "Training *tone* failed"))
    assert "The server says:" in shown(end)
    assert await created(talk) == 1


async def test_a_provider_that_trains_no_more_says_so(tmp_path: Path) -> None:
    async with (
        workspace(openai_settings=openai.Settings(training_closed=True)) as (sandbox, people),
        at_work(sandbox, tmp_path),
    ):
        talk = Talk(people)
        request = await asks(talk, people.mina)
        await people.jonas.clicks(request, "job_approve")
        end = await people.mina.follows(await people.mina.sees(talk.channel, "*tone* was not trained"))
        assert "The server says:" in shown(end)
        assert "takes no new fine-tuning jobs from this organisation" in shown(end)
        assert await created(talk) == 1
        await people.mina.commands(talk.channel, "start")
        form = await people.mina.modal_with("Expected cost")
        assert "It said so last on" in str(form["blocks"])


async def is_approved(talk: Talk, suffix: str) -> bool:
    """How a request that two decide on was decided, once it has come to its end."""

    async def look() -> bool | None:
        said = " ".join(shown(m) for m in await talk.people.mina.reads(talk.channel))
        return True if f"{suffix}* is ready" in said else False if f"rejected *{suffix}*" in said else None

    return await talk.people.until(look, "an end of the request")


def reason(text: str) -> dict[str, Any]:
    """What the form that asks why is sent with."""
    return {"reason": {"reason": {"type": "plain_text_input", "value": text}}}
