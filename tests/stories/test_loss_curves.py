"""A job's losses as a picture on its card, its story in the thread, and the models from its middle."""

import re

from tests.stories.driver import Message, People, shown
from tests.stories.talking import Talk
from tests.stories.test_commands import answer
from tests.stories.test_faults import provider_has
from tests.stories.test_running import card_says

UPLOADS = "files.completeUploadExternal"
PNG = b"\x89PNG\r\n\x1a\n"


def picture(message: Message) -> str:
    """The file that a message's picture shows, "" without one."""
    images = [block for block in message.get("blocks", ()) if block["type"] == "image"]
    return str(images[0]["slack_file"]["id"]) if images else ""


async def pictured(talk: Talk, request: Message) -> str:
    """The one picture that the card of an ended job shows, once no other file is left."""
    people = talk.people

    async def look() -> str | None:
        card = picture(await people.mina.finds(talk.channel, request["ts"]))
        sent = {file["id"] for call in await people.calls(UPLOADS) for file in files(call)}
        gone = {call["request"]["file"] for call in await people.calls("files.delete") if call["ok"]}
        return card if card and sent - gone == {card} else None

    return await people.until(look, "one picture on the card")


def files(call: Message) -> list[Message]:
    """The files of an upload that Slack took, whether or not it said so."""
    return list((call["response"] or {}).get("files", ()))


async def test_the_losses_are_a_picture_on_the_card_and_its_thread_tells_the_story(team: People) -> None:
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.jonas.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "tone* is ready")
    await team.mina.sees(talk.channel, "over 48 steps")  # the card follows the line that links to it
    shows = await pictured(talk, request)
    assert (await team.content(shows)).startswith(PNG)
    card = await team.mina.finds(talk.channel, request["ts"])
    assert "training loss" in shown(card)
    assert "over 48 steps" in shown(card)
    told = [shown(each) for each in await talk.replies(request["ts"])]
    assert sum("The provider has the job" in each for each in told) == 1
    assert sum("heckpoint" in each for each in told) == 1
    assert len(told) <= 12


async def test_a_picture_that_is_sent_twice_is_shown_once(team: People) -> None:
    """Slack took the first one and the answer was lost: it is removed before another one is made."""
    await team.fault("slack", UPLOADS, "drop_after")
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.jonas.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "tone* is ready")
    await pictured(talk, request)
    assert len(await team.calls(UPLOADS)) > 1


async def test_a_card_lives_without_a_picture_that_slack_does_not_take(team: People) -> None:
    await team.fault("slack", "files.getUploadURLExternal", "error", code="storage_limit", times=-1)
    talk = Talk(team)
    request = await talk.asks_for(suffix="tone")
    await team.jonas.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "tone* is ready")
    await team.faults_hit()
    await card_says(talk, request, "*tone*: trained")
    assert picture(await team.mina.finds(talk.channel, request["ts"])) == ""


async def test_a_checkpoint_answers_and_is_trained_further(team: People) -> None:
    """The model of the first epoch is talked to and gone on from, by the name that people have for it."""
    mina, talk = team.mina, Talk(team)
    request = await talk.asks_for(suffix="tone", epochs="3")
    await team.jonas.clicks(request, "job_approve")
    await mina.sees(talk.channel, "tone* is ready")
    listed = await answer(team, mina, talk.channel, "checkpoints tone")
    first = re.search(r"job_chat.*?@(\d+)", str(listed["blocks"]))
    assert first is not None
    name = f"tone@{first[1]}"

    await mina.commands(talk.channel, f"chat {name}")
    thread = (await mina.sees(talk.channel, f"Chat with *{name}*"))["ts"]
    await mina.writes(talk.channel, "Hello?", thread)
    await talk.hears(thread)
    model = str((await talk.asked())[-1]["model"])
    assert model.endswith(f":ckpt-step-{first[1]}")

    await mina.clicks(
        {"channel": talk.channel, **listed}, "checkpoint_go_on", value=f"{job_id(listed)}@{first[1]}"
    )
    form = await mina.modal_with(name)
    await mina.submits(form, mina.filled(form, suffix="more"))
    card = await mina.sees(talk.channel, "more* waits for approval")
    await team.jonas.clicks(card, "job_approve")
    await mina.sees(talk.channel, "more* is ready")
    await answer(team, mina, talk.channel, "alias tone warm")
    line = f"start support.jsonl model=warm@{first[1]} suffix=most"
    assert "waits for approval" in shown(await answer(team, mina, talk.channel, line))
    card = await mina.sees(talk.channel, "most* waits for approval")
    await team.jonas.clicks(card, "job_approve")
    await mina.sees(talk.channel, "most* is ready")
    jobs = await provider_has(team, "fine_tuning/jobs")
    assert [job["model"] for job in jobs if job["model"] == model] == [model] * 2


def job_id(listed: Message) -> str:
    """The job whose checkpoints are listed."""
    found = re.search(r"'([a-z2-9]{6})@\d+'", str(listed["blocks"]))
    assert found is not None
    return found[1]
