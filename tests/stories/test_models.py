"""What becomes of a model: listed, named, talked to by that name, deleted; how ends and weeks are told."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.app import running
from bot.clock import SystemClock
from bot.config import Settings
from bot.domain.periodic import digest_of
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.sandbox import openai
from bot.sandbox.openai.settings import UNSAFE_MODEL
from bot.sandbox.openai.webhooks import signature
from bot.sandbox.slack.signed_http import SIGNING_SECRET
from bot.transports import WEBHOOKS_PATH
from storage.database import Database
from tests.stories.conftest import at_work, environment, free_port, workspace
from tests.stories.driver import People, shown
from tests.stories.talking import Talk, taught
from tests.viewers import LUMEN, jobs_in


async def test_a_model_is_named_talked_to_and_deleted(team: People) -> None:
    """From the list: *Rename…* gives it an alias that chats go by, *Delete…* says what is lost and ends its threads."""
    talk = Talk(team)
    mina, channel = team.mina, talk.channel
    end = await talk.trains(taught(("how are you", "Warm, thanks.")))
    await mina.commands(channel, "models")
    listed = await mina.sees(channel, "Tuned models")
    assert "answers · retires in" in shown(listed)
    assert "tone.jsonl version 1" in shown(listed)
    assert f"of <@{mina.id}>" in shown(listed)

    card = await mina.follows(end)
    row = next(block for block in card["blocks"] if block["type"] == "actions")
    job_id = next(e for e in row["elements"] if e["action_id"] == "job_chat")["value"]
    await mina.clicks(listed, "model_more", selected_option={"text": {}, "value": f"rename:{job_id}"})
    form = await mina.form("alias_form")
    refused = await mina.submits(form, mina.filled(form, alias="Two words"))
    assert "letters and digits" in str(refused)
    await mina.submits(form, mina.filled(form, alias="Warm-1"))
    await mina.sees(channel, "warm-1*: trained")

    await mina.commands(channel, "chat warm-1")
    thread = await talk.new_thread(set())
    await mina.writes(channel, "how are you", thread)
    assert await talk.hears(thread) == ["Warm, thanks."]

    await team.ines.clicks(await team.ines.follows(end), "job_details")
    await mina.commands(channel, "model warm-1")
    one = await mina.sees(channel, "(trained as tone)")
    await mina.clicks(one, "model_more", selected_option={"text": {}, "value": f"delete:{job_id}"})
    sure = await mina.form("delete_model_form")
    assert "deletes it for good" in str(sure["blocks"])
    await mina.submits(sure, {})
    await mina.sees(channel, f"The model was deleted by <@{mina.id}>")
    await mina.sees(channel, "nobody answers here any more", thread_ts=thread)
    await mina.sees(channel, f"<@{mina.id}> deleted the model; what was said stays.")
    assert [call["status"] for call in await team.calls("DELETE /models/*")] == [200]

    await mina.commands(channel, "chat tone")
    await mina.sees(channel, "no longer answers: it was deleted")
    await mina.commands(channel, "models")
    gone = await mina.sees(channel, "was deleted <!date")
    assert "job_chat" not in str(gone["blocks"])


async def test_a_signed_word_of_the_provider_makes_the_bot_look_at_once(tmp_path: Path) -> None:
    """The bot would look in an hour; forged, old and foreign words change nothing."""
    secret = openai.Settings().webhook_secret
    port = free_port()
    url = f"http://127.0.0.1:{port}{WEBHOOKS_PATH}"
    async with workspace() as (sandbox, people):
        more = {
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "POLL_SECONDS": "3600",
            "OPENAI_WEBHOOK_SECRET": secret,
        }
        settings = environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", **more)
        async with running(Settings.from_env(settings)), aiohttp.ClientSession() as http:
            await people.post("delivery", {"mode": "http", "url": f"http://127.0.0.1:{port}/slack/events"})
            await people.post("openai", {"webhook_url": url})

            async def told(body: str, at: int, key: str = secret) -> int:
                headers = {
                    "webhook-id": "evt_1",
                    "webhook-timestamp": str(at),
                    "webhook-signature": signature(key, "evt_1", at, body),
                }
                async with http.post(url, data=body, headers=headers) as answer:
                    return answer.status

            now = int(time.time())
            ended = json.dumps({"type": "fine_tuning.job.succeeded", "data": {"id": "ftjob-unknown"}})
            assert await told(ended, now, key="whsec_Zm9yZ2Vk") == 401
            assert await told(ended, now - 3600) == 401
            assert await told(ended, now) == 200
            assert await told(json.dumps({"type": "batch.completed", "data": {"id": "batch_1"}}), now) == 200
            assert await told("[]", now) == 200

            await Talk(people).trains()
            assert len(await people.calls("GET /fine_tuning/jobs/*")) <= 2


async def test_safety_checks_that_a_model_failed_are_told_by_category(tmp_path: Path) -> None:
    chosen = openai.Settings(dooms=[UNSAFE_MODEL])
    async with workspace(openai_settings=chosen) as (sandbox, people), at_work(sandbox, tmp_path):
        talk = Talk(people)
        await people.jonas.clicks(await talk.asks_for(), "job_approve")
        end = await people.mina.sees(talk.channel, "Training *tone* failed")
        end = await people.mina.follows(end)
        assert "did not pass our safety evaluations" in shown(end)
        assert "hate/threatening (threats against groups); illicit (help with crimes)" in shown(end)
        assert "violence" not in shown(end)


async def test_a_channel_that_wants_it_is_told_its_week_once(tmp_path: Path) -> None:
    """Nobody gets a digest unasked; when its Monday has come it is posted, and not again though it is due twice."""
    async with workspace() as (sandbox, people), at_work(sandbox, tmp_path):
        talk = Talk(people)
        mina, channel = people.mina, talk.channel
        await talk.asks_for()
        await mina.commands(channel, "digest")
        await mina.sees(channel, "gets no weekly digest")
        await mina.commands(channel, "digest on")
        await mina.sees(channel, "gets a digest every Monday")

        workspace_id = next(iter(await _workspaces(tmp_path)))
        task = digest_of(Place(workspace_id, channel))
        database = Database(f"sqlite:///{tmp_path}/bot.db", SystemClock())
        for _ in range(2):
            now = datetime.now(UTC)
            await database.periodic.change(task.id, lambda c: Transition(replace(c, due_at=now)))  # noqa: B023

            async def done() -> bool | None:
                kept = await database.periodic.get(task.id)
                return True if kept and kept.due_at and kept.due_at > now else None  # noqa: B023

            await people.until(done, "the digest to be done")
        await database.close()
        week = await mina.sees(channel, "Fine-tuning here")
        assert "*tone*" in shown(week)
        assert "Waiting for somebody to decide" in shown(week)
        await people.all_done()
        assert len([m for m in await mina.reads(channel) if "Fine-tuning here" in shown(m)]) == 1


async def _workspaces(folder: Path) -> set[str]:
    """Whose rows the app at work there has."""
    database = Database(f"sqlite:///{folder}/bot.db", SystemClock())
    jobs = await jobs_in(database, LUMEN)
    await database.close()
    return {job.place.workspace for job in jobs}


async def test_a_private_channels_model_is_shared_and_taken_back(team: People) -> None:
    """Ines, who is not in the channel, talks to it only as long as it is shared with a channel that she is in."""
    mina, ines, here = team.mina, team.ines, team.channels["ft-support"]
    bot = (await team.get("world"))["app"]["bot_user_id"]
    made = await team.post(
        "channel",
        {"as": mina.id, "name": "layoffs", "is_private": True, "members": [team.jonas.id, bot]},
    )
    private = made["channel"]["id"]
    team.channels["layoffs"] = private
    await Talk(team, "layoffs").trains(taught(("how are you", "Warm, thanks.")), suffix="layoffs")
    await mina.sees(private, "only for people in this channel")

    await ines.commands(here, "models")
    await ines.sees(here, "There are no tuned models yet")
    await ines.commands(here, "chat layoffs")
    await ines.sees(here, "There is no tuned model here yet")
    await mina.commands(here, "chat layoffs")
    await mina.sees(here, f"is only for people in <#{private}>")

    await mina.commands(private, f"share layoffs <#{here}|ft-support>")
    await mina.sees(private, f"shares the model *layoffs* with <#{here}>")
    await ines.sees(here, "shares the model *layoffs* with this channel")
    await ines.commands(here, "chat layoffs")
    card = await ines.sees(here, "Chat with *layoffs*")
    await ines.writes(here, "how are you", card["ts"])
    await ines.sees(here, "Warm, thanks.", card["ts"])
    asked = len(await team.calls("POST /chat/completions"))

    await mina.commands(private, f"unshare layoffs <#{here}|ft-support>")
    await ines.sees(here, "has taken back the model *layoffs*")
    await ines.writes(here, "and now?", card["ts"])
    await ines.sees(here, "This model is not for everybody in this channel any more", card["ts"])
    assert len(await team.calls("POST /chat/completions")) == asked
