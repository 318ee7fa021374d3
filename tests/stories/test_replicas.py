"""Two apps on one database: jobs are followed once, and when one app is killed the other goes on."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.conftest import environment, workspace
from tests.stories.process import AppProcess
from tests.stories.talking import Talk

pytestmark = pytest.mark.kill
POLL = 2  # seconds


async def test_of_two_apps_one_looks_at_a_time_and_the_other_takes_over(
    database_url: str, tmp_path: Path
) -> None:
    """The list is read no more often than by one app; each step outside is done once, though one app dies."""
    async with workspace(speed=400) as (sandbox, people):
        more = {"POLL_SECONDS": str(POLL), "LEASE_SECONDS": "2"}
        settings = environment(sandbox, tmp_path, database_url, **more)
        apps = [AppProcess(people, settings, tmp_path / f"app-{number}.log") for number in range(2)]
        try:
            for app in apps:
                await app.start()
            talk = Talk(people)
            requests = [await talk.asks_for(suffix="tone"), await talk.asks_for(suffix="mood")]
            await people.post("clock", {"speed": 6})
            for request in requests:
                await people.jonas.clicks(request, "job_approve")
            await people.mina.sees(talk.channel, "tone*: training")
            await apps[0].kill()
            await people.mina.sees(talk.channel, "tone* is ready")
            await people.mina.sees(talk.channel, "mood* is ready")
        finally:
            for app in apps:
                await app.kill()

        assert len(await people.calls("POST /fine_tuning/jobs")) == 2
        assert len(await people.calls("POST /files")) == 1  # the same content, uploaded once
        ends = [m for m in await people.mina.reads(talk.channel) if "is ready" in str(m.get("blocks"))]
        assert len(ends) == 2
        asked = await people.calls("GET /fine_tuning/jobs")  # before each creation, too, for our id
        looks = [call["at"] for call in asked if "metadata" not in str(call["request"]["query"])]
        assert len(asked) > len(looks) > 2
        gaps = [after - before for before, after in pairwise(looks)]
        assert [gap for gap in gaps if gap < POLL - 0.5] == [], gaps
