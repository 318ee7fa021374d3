"""The log of a whole story, faults included: it helps to find them, and holds nobody's secrets or words."""

import json
import re
from pathlib import Path

import pytest

from bot.sandbox.slack.signed_http import SIGNING_SECRET
from tests.stories.conftest import environment, workspace
from tests.stories.process import AppProcess
from tests.stories.talking import CHAT, Talk, taught

pytestmark = pytest.mark.kill
SECRETS = re.compile(r"xox[a-z]-\w|xapp-\w|\bsk-[\w*]{2}|ticket=\w")
WORDS = ["zanzibar", "quokka", "wobbegong", "axolotl", "because-of-narwhals"]


@pytest.mark.parametrize("form", ["json", "console"])
async def test_the_log_of_a_story_tells_no_secret_and_no_words_of_people(tmp_path: Path, form: str) -> None:
    """Datasets, questions, answers, reasons and keys stay out of it, whatever goes wrong."""
    async with workspace() as (sandbox, people):
        settings = environment(
            sandbox,
            tmp_path,
            f"sqlite:///{tmp_path}/bot.db",
            LOG_LEVEL="DEBUG",
            LOG_FORMAT=form,
        )
        app = AppProcess(people, settings, tmp_path / "app.log")
        await app.start()
        try:
            await story(Talk(people))
        finally:
            await app.stop()
    log = (tmp_path / "app.log").read_text()
    assert "job approved" in log
    assert "could not say why" in log
    assert "Traceback" in log
    assert SECRETS.findall(log) == []
    assert SIGNING_SECRET not in log
    assert [word for word in WORDS if word in log.lower()] == []
    if form == "json":
        assert all(json.loads(line)["event"] for line in log.splitlines())


async def story(talk: Talk) -> None:
    """A broken dataset, a rejected request, a job with faults on its way, and a chat with more of them."""
    people, mina, channel = talk.people, talk.people.mina, talk.channel
    broken = (
        taught(("zanzibar?", "quokka!"))
        + b'{"messages": [{"role": "wobbegong", "content": "axolotl"}]}\n{quokka\n'
    )
    shared = await mina.uploads(channel, "broken.jsonl", broken)
    await mina.sees(channel, "Line 11", thread_ts=shared)

    good = taught(("a zanzibar question", "a quokka answer"), ("another zanzibar", "another quokka"))
    request = await talk.asks_for(good, suffix="first")
    await people.jonas.clicks(request, "job_reject")
    refusal = await people.jonas.form("reject_form")
    await people.jonas.submits(refusal, people.jonas.filled(refusal, reason="because-of-narwhals"))
    await mina.sees(channel, "because-of-narwhals")

    await people.fault("slack", "chat.postMessage", "drop_after")
    await people.fault("openai", "POST /files", "500")
    await people.fault("openai", "POST /fine_tuning/jobs", "drop_after")
    end = await talk.trains(good, suffix="second")

    thread = await talk.opens(end)
    await people.fault("openai", CHAT, "drop_after")
    await mina.writes(channel, "axolotl, a zanzibar question", thread)
    await talk.hears(thread, ending="answer")
    await people.fault("openai", CHAT, "error")
    await people.fault("slack", "chat.update", "error", code="cant_update_message", times=2)
    await mina.writes(channel, "wobbegong, another zanzibar", thread)
    await people.faults_hit()
    await people.faults_off()
    await people.fault("slack", "conversations.info", "error", code="never_heard_of")
    await mina.commands(channel, "chat second")
    await mina.sees(channel, "never_heard_of")
