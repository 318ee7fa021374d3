"""What a channel keeps: datasets are looked up, get titles, are known again by their content, and are deleted."""

from pathlib import Path

import aiohttp

from bot.sandbox.server import Sandbox
from tests.stories.conftest import at_work, workspace
from tests.stories.driver import Message, People, Person, dataset, shown
from tests.stories.talking import Talk
from tests.stories.test_files import copies


async def answer(person: Person, channel: str, text: str, words: str) -> Message:
    """What a command is answered with, privately."""
    await person.commands(channel, text)
    said = await person.sees(channel, words)
    assert said["is_ephemeral"]
    return said


async def at_provider(sandbox: Sandbox) -> list[str]:
    """The names of the training files that the provider holds."""
    headers = {"Authorization": "Bearer sk-sandbox-0001"}
    query = {"purpose": "fine-tune"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{sandbox.url}/openai/v1/files", params=query) as answered,
    ):
        return [file["filename"] for file in (await answered.json())["data"]]


async def test_a_dataset_is_looked_up_with_its_versions_and_the_nearest_name_is_told(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    for note in ("a", "b"):
        shared = await mina.uploads(channel, "Tone-of-voice.jsonl", dataset(note=note))
        assert "is ready" in await mina.verdict(channel, shared)
    found = await answer(mina, channel, "dataset `tone-of-voice.jsonl`", "Earlier versions")
    assert "*Tone-of-voice.jsonl* (version 2) is ready" in shown(found)
    assert "Version 1: ready, 12 examples" in shown(found)
    await answer(mina, channel, "dataset tone-of-vice", "Did you mean *Tone-of-voice.jsonl*?")
    await answer(mina, channel, "dataset", "Which dataset?")
    await answer(mina, team.channels["ft-support"], "delete nothing-like-it", "No dataset of this channel")


async def test_a_title_stands_on_the_card_in_lists_and_on_later_versions(team: People) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "x-final-2.jsonl", dataset())
    assert "is ready" in await mina.verdict(channel, shared)
    await answer(mina, channel, "rename x-final-2.jsonl Tone of <voice>", "is called *Tone of &lt;voice&gt;*")
    await mina.sees(channel, "*Tone of &lt;voice&gt;* is ready", thread_ts=shared)
    await answer(mina, channel, "datasets", "Tone of &lt;voice&gt;*: ready")
    again = await mina.uploads(channel, "x-final-2.jsonl", dataset(note="b"))
    assert "*Tone of &lt;voice&gt;* (version 2) is ready" in await mina.verdict(channel, again)
    await mina.commands(channel, "start")
    assert "Tone of" in str((await mina.form("start_form"))["blocks"])

    other = await mina.uploads(channel, "other.jsonl", dataset(note="c"))
    assert "is ready" in await mina.verdict(channel, other)
    await answer(mina, channel, "rename other.jsonl tone of <voice>", "Another dataset of this channel")
    await answer(mina, channel, "rename other.jsonl", "what shall it be called?")
    await answer(team.priya, channel, "rename other.jsonl Mine", "only full members")


async def test_the_same_content_again_is_said_and_kept_once(team: People, tmp_path: Path) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    first = await mina.uploads(channel, "support.jsonl", dataset())
    assert "Same content" not in await mina.verdict(channel, first)
    second = await mina.uploads(channel, "copy.jsonl", dataset())
    assert "Same content as *support.jsonl (version 1)*" in await mina.verdict(channel, second)
    assert len(copies(tmp_path)) == 1
    await mina.deletes(channel, first)
    await mina.sees(channel, "Another dataset has the same content", thread_ts=first)
    assert len(copies(tmp_path)) == 1
    await mina.deletes(channel, second)
    await mina.sees(channel, "Nothing of it is left", thread_ts=second)
    assert copies(tmp_path) == []


async def test_deleting_removes_the_copies_here_and_at_the_provider(tmp_path: Path) -> None:
    """Refused while a job needs it and to whoever may not; asked once more before it is done."""
    async with workspace() as (sandbox, team), at_work(sandbox, tmp_path):
        talk = Talk(team)
        channel, mina = talk.channel, team.mina
        request = await talk.asks_for(dataset(), "tone")
        await answer(mina, channel, "delete tone.jsonl", "The job *tone* needs *tone.jsonl*")
        await team.jonas.clicks(request, "job_approve")
        await mina.sees(channel, "tone* is ready")
        assert len(await at_provider(sandbox)) == len(copies(tmp_path)) == 1

        await answer(team.priya, channel, "delete tone.jsonl", "an approver or an admin")
        question = await answer(mina, channel, "delete tone.jsonl", "Shall I delete *tone.jsonl*?")
        assert "Models trained on it stay" in shown(question)
        assert len(copies(tmp_path)) == 1
        await mina.clicks(question, "dataset_delete")
        shared = next(message["ts"] for message in await mina.reads(channel) if message.get("files"))
        card = await mina.sees(channel, "Nothing of it is left", thread_ts=shared)
        assert f"was deleted by <@{mina.id}>" in shown(card)
        assert await at_provider(sandbox) == []
        assert copies(tmp_path) == []
        await answer(mina, channel, "dataset tone.jsonl", "There are no datasets in this channel yet")


async def test_a_deletion_waits_for_the_provider_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    """The row remembers what is left to do."""
    async with workspace() as (sandbox, team):
        talk = Talk(team)
        channel, mina = talk.channel, team.mina
        async with at_work(sandbox, tmp_path):
            await talk.trains(dataset(), "tone")
            shared = next(message["ts"] for message in await mina.reads(channel) if message.get("files"))
            await team.fault("openai", "GET /files", "500", times=-1)
            await mina.deletes(channel, shared)
            await mina.sees(channel, "Waiting:", thread_ts=shared)
            assert copies(tmp_path) == []
        assert len(await at_provider_without_faults(sandbox, team)) == 1
        async with at_work(sandbox, tmp_path):
            await mina.sees(channel, "Nothing of it is left", thread_ts=shared)
            assert await at_provider(sandbox) == []


async def at_provider_without_faults(sandbox: Sandbox, team: People) -> list[str]:
    """As `at_provider`, once the provider answers again."""
    await team.faults_off()
    return await at_provider(sandbox)


async def test_the_menu_of_a_card_asks_in_a_form_before_it_deletes(team: People, tmp_path: Path) -> None:
    channel, mina = team.channels["ft-support"], team.mina
    shared = await mina.uploads(channel, "tone.jsonl", dataset(30))
    card = await mina.sees(channel, "is ready", thread_ts=shared)
    [menu] = [e for b in card["blocks"] for e in b.get("elements", ()) if e.get("type") == "overflow"]
    [delete] = [option for option in menu["options"] if option["text"]["text"] == "Delete…"]
    await team.priya.clicks(card, "dataset_more", selected_option=delete)
    assert (await team.priya.modal_with("an approver or an admin"))["submit"] is None
    await mina.clicks(card, "dataset_more", selected_option=delete)
    form = await mina.form("delete_form")
    assert "Shall I delete *tone.jsonl*?" in str(form["blocks"])
    assert copies(tmp_path)
    assert (await mina.submits(form, {}))["ok"]
    assert await mina.modal() is None
    await mina.sees(channel, "Nothing of it is left", thread_ts=shared)
    assert copies(tmp_path) == []


async def test_once_it_was_trained_on_a_dataset_says_when_it_was_sent_and_for_which_model(
    team: People,
) -> None:
    talk, mina = Talk(team), team.mina
    fresh = await mina.uploads(talk.channel, "fresh.jsonl", dataset(note="fresh"))
    assert "is ready" in await mina.verdict(talk.channel, fresh)
    await answer(mina, talk.channel, "dataset fresh.jsonl", "No job of this channel has used this file yet")
    await talk.trains(dataset(note="sent"))
    told = await answer(mina, talk.channel, "dataset tone.jsonl", "Sent to")
    assert "for *tone*. I delete that copy 30 days after the last job that used it" in shown(told)
    asked = await answer(mina, talk.channel, "delete tone.jsonl", "Shall I delete")
    assert "My copy goes, and the one at" in shown(asked)
    await mina.commands(talk.channel, "start")
    form = await mina.form("start_form")
    assert "Sent to" in str(form["blocks"])
