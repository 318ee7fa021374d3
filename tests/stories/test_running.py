"""A job under way: it stands still and goes on, waits for a place, tells its story, and its losses are read."""

from tests.stories.driver import Message, People, shown
from tests.stories.talking import Talk
from tests.stories.test_commands import answer
from tests.stories.test_faults import provider_has


async def card_says(talk: Talk, request: Message, words: str) -> str:
    """What the job's card shows, once it shows these words."""

    async def look() -> str | None:
        text = shown(await talk.people.mina.finds(talk.channel, request["ts"]))
        return text if words in text else None

    return await talk.people.until(look, f"a card with “{words}”")


async def says(talk: Talk, typed: str) -> str:
    """The private answer to what Mina types."""
    return shown(await answer(talk.people, talk.people.mina, talk.channel, typed))


async def test_a_job_stands_still_goes_on_and_its_losses_are_read(team: People) -> None:
    """Pause holds it for hours of training; afterwards it ends as ever, with checkpoints and a word on its losses."""
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.post("clock", {"speed": 8})
    await team.jonas.clicks(request, "job_approve")
    await card_says(talk, request, "queue")
    assert "no checkpoints" in await says(talk, "checkpoints tone")
    assert "being paused" in await says(talk, "pause tone")
    await card_says(talk, request, ": paused")
    await team.post("clock", {"advance": 10_000})
    told = await says(talk, "events tone")
    assert "Fine-tuning job paused" in told
    assert "completed" not in told
    assert "there is nothing to pause" in await says(talk, "pause tone")

    await team.mina.clicks(await team.mina.finds(talk.channel, request["ts"]), "job_details")
    details = await team.mina.modal_with("Resume")
    await team.mina.picks(details, "job_resume")
    await team.post("clock", {"speed": 400})
    end = await team.mina.sees(talk.channel, "tone* is ready")
    assert "loss" in shown(end)
    assert "Step 48 · training loss" in await says(talk, "checkpoints tone")
    assert "The job has successfully completed" in await says(talk, "events tone")


async def test_a_job_waits_here_while_the_provider_has_no_place(team: People) -> None:
    """The card says until when; nothing was created, and it can be cancelled."""
    await team.post("openai", {"daily_jobs": 0})
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.jonas.clicks(request, "job_approve")
    card = await card_says(talk, request, "waiting for a free place")
    assert "no more jobs on this model today" in card
    assert "Next try <!date^" in card
    await team.jonas.clicks(await team.mina.finds(talk.channel, request["ts"]), "job_cancel")
    await team.mina.sees(talk.channel, "cancelled *tone*")
    assert await provider_has(team, "fine_tuning/jobs") == []


async def test_a_provider_that_cannot_pause_is_told_of_and_the_job_goes_on(team: People) -> None:
    """The card does not stay at "being paused"; its thread says why, and the training ends as ever."""
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.post("clock", {"speed": 8})
    await team.fault("openai", "POST /fine_tuning/jobs/*/pause", "error", code="unknown_url", times=-1)
    await team.jonas.clicks(request, "job_approve")
    await card_says(talk, request, "queue")
    await says(talk, "pause tone")
    await team.mina.sees(talk.channel, "cannot pause jobs", thread_ts=request["ts"])
    assert "being paused" not in shown(await team.mina.finds(talk.channel, request["ts"]))
    await team.post("clock", {"speed": 400})
    await team.mina.sees(talk.channel, "tone* is ready")
