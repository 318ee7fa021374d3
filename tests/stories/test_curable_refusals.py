"""Slack refuses the bot for a while: nothing is lost, nothing costs money, and it is told once all is well."""

from pathlib import Path

import aiohttp

from bot.app import running
from bot.config import Settings
from bot.sandbox.slack.signed_http import SIGNING_SECRET
from bot.transports import EVENTS_PATH
from tests.stories.conftest import at_work, environment, free_port, workspace
from tests.stories.driver import People, shown
from tests.stories.talking import Talk

CREATE = "POST /fine_tuning/jobs"


async def test_who_removed_the_bot_while_a_job_ended_hears_of_its_end_once_it_is_back(team: People) -> None:
    talk, mina = Talk(team), team.mina
    request = await talk.asks_for()
    bot = {"as": mina.id, "user": (await team.get("world"))["app"]["bot_user_id"], "channel": talk.channel}
    await team.fault("openai", CREATE, "slow", delay=1)
    await team.jonas.clicks(request, "job_approve")
    await team.faults_hit()
    await team.post("remove", bot)

    async def refused() -> bool | None:
        refusals = [call for call in await team.calls("chat.postMessage") if "not_in_channel" in str(call)]
        return len(refusals) > 1 or None  # of what the thread is told, and of the end

    await team.until(refused, "a refused announcement")
    assert "is ready" not in str([shown(m) for m in await mina.reads(talk.channel)])
    await team.post("invite", bot)
    await mina.sees(talk.channel, "tone* is ready")

    async def true_card() -> bool | None:
        return "trained" in shown(await mina.finds(talk.channel, request["ts"])) or None

    await team.until(true_card, "the card's last state")
    ends = [m for m in await mina.reads(talk.channel) if "is ready" in shown(m)]
    assert len(ends) == 1


async def test_while_slack_refuses_the_token_no_job_is_created_and_after_a_restart_it_is(
    tmp_path: Path,
) -> None:
    async with workspace() as (sandbox, people):
        talk = Talk(people)
        async with at_work(sandbox, tmp_path):
            request = await talk.asks_for()
            await people.fault("openai", "POST /files", "slow", delay=1)
            await people.jonas.clicks(request, "job_approve")
            await people.faults_hit()
            await people.fault("slack", "*", "error", code="token_revoked", times=-1)
            asked = len(await people.calls("auth.test"))

            async def looked() -> bool | None:
                return len(await people.calls("auth.test")) > asked or None

            await people.until(looked, "a look whether Slack lets us work")
        assert await people.calls(CREATE) == []
        await people.faults_off()
        async with at_work(sandbox, tmp_path):
            await people.mina.sees(talk.channel, "tone* is ready")
        assert len(await people.calls(CREATE)) == 1


async def test_the_health_check_says_why_while_slack_refuses_the_token(tmp_path: Path) -> None:
    async with workspace() as (sandbox, people), aiohttp.ClientSession() as web:
        more = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SIGNING_SECRET, "HOST": "127.0.0.1"}
        settings = Settings.from_env(
            environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db", PORT=str(free_port()), **more)
        )
        site = f"http://127.0.0.1:{settings.port}"
        async with running(settings):
            await people.post("delivery", {"mode": "http", "url": f"{site}{EVENTS_PATH}"})
            async with web.get(f"{site}/healthz") as well:
                assert (well.status, await well.json()) == (200, {"ok": True})
            await people.fault("slack", "auth.test", "error", code="account_inactive", times=-1)
            async with web.get(f"{site}/healthz") as unwell:
                assert unwell.status == 503
                assert "refuses my token (account_inactive)" in (await unwell.json())["why"].replace("`", "")
            await people.faults_off()
            await people.fault("slack", "auth.test", "500", times=-1)
            async with web.get(f"{site}/healthz") as away:
                assert away.status == 200
