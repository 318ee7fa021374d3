"""Time that somebody skips in the simulated workspace passes for the bot, too: what was due meanwhile is done."""

from pathlib import Path

from bot.app import running
from bot.clock import SimulatedClock
from bot.config import Settings
from tests.stories.conftest import environment, workspace
from tests.stories.driver import shown
from tests.stories.talking import Talk

HOUR = 3_600


async def test_a_skipped_week_brings_the_reminder_the_end_of_a_request_and_mondays_digest(
    tmp_path: Path,
) -> None:
    async with workspace() as (sandbox, people):
        settings = Settings.from_env(environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db"))
        async with running(settings, SimulatedClock(sandbox.clock.now)):
            talk, mina = Talk(people), people.mina
            request = await talk.asks_for()
            await mina.commands(talk.channel, "digest on")
            await mina.sees(talk.channel, "every Monday")

            await people.post("clock", {"advance": 49 * HOUR})

            async def reminded() -> float | None:
                replies = (await mina.reads(talk.channel, request["ts"]))[1:]
                return next((float(m["ts"]) for m in replies if f"<@{people.jonas.id}>" in shown(m)), None)

            assert await people.until(reminded, "the reminder") > float(request["ts"]) + 49 * HOUR
            await people.post("clock", {"advance": 24 * HOUR})
            ended = await mina.sees(talk.channel, "tone*: nobody decided in time")
            assert "job_approve" not in str(ended["blocks"])
            await people.post("clock", {"advance": 7 * 24 * HOUR})
            digest = await mina.sees(talk.channel, "Fine-tuning here")
            assert "*tone*" in shown(digest)
