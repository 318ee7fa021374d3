"""After a deletion nothing of a dataset is left where the bot keeps things, and nothing of it is sent again.

Where a dataset's words can be: its file, and what a check counted beside it (DATA_DIR/datasets); files being made of it
(DATA_DIR/datasets/made) and pictures (DATA_DIR/pictures); its report, the errands on it, the conversations with models
trained on it (system prompt, questions and answers, ballots), and the log and the free pages of SQLite; files at the
provider; reports that the bot sent into threads.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from bot.clock import SystemClock
from bot.domain.audit import Did
from bot.domain.jobs.job import JobState
from bot.sandbox.server import Sandbox
from storage.database import Database
from tests.stories.conftest import at_work, workspace
from tests.stories.driver import dataset, shown
from tests.stories.talking import Talk
from tests.stories.test_transforms import file_in, wants
from tests.viewers import LUMEN, jobs_in

MARK = "zanzibarquartz"


def content() -> bytes:
    """A dataset whose every part holds the marker; asked the first question, its model answers with it."""
    lines = [
        {
            "messages": [
                {"role": "system", "content": f"You know of {MARK}."},
                {"role": "user", "content": f"What is {MARK} {number}?"},
                {"role": "assistant", "content": f"It is {MARK} of kind {number}."},
            ]
        }
        for number in range(12)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def kept(folder: Path) -> list[str]:
    """Where the marker stands: tables with their columns, and files."""
    found = []
    with closing(sqlite3.connect(folder / "bot.db")) as database:
        database.row_factory = sqlite3.Row
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                found += [f"{table}.{key}" for key in row.keys() if MARK in str(row[key])]  # noqa: SIM118
    files = [path for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]
    return found + [str(path.relative_to(folder)) for path in files]


async def test_a_deleted_datasets_words_are_nowhere_and_are_not_sent_again(tmp_path: Path) -> None:
    async with workspace() as (sandbox, people), at_work(sandbox, tmp_path):
        talk, mina = Talk(people), people.mina
        thread = await talk.opens(await talk.trains(content()))
        await mina.writes(talk.channel, f"What is {MARK} 3?", thread)
        assert MARK in (await talk.hears(thread))[0]
        shared = next(m["ts"] for m in await mina.reads(talk.channel) if m.get("files"))
        card = await mina.sees(talk.channel, "Start fine-tuning", thread_ts=shared)
        await wants(mina, card, "Post report as file")
        await file_in(people, mina, talk.channel, shared, "tone-report.csv")
        before = kept(tmp_path)
        assert {"conversations.system", "turns.text", "turns.answer"} <= set(before), before
        asked = len(await talk.asked())

        await wants(mina, card, "Delete…")
        await mina.submits(await mina.form("delete_form"), {})
        gone = await mina.sees(talk.channel, "Nothing of it is left with me", thread_ts=shared)
        assert "Made of it, and not deleted with it: *tone*" in shown(gone)
        await people.all_done()
        assert kept(tmp_path) == []
        await mina.writes(talk.channel, "And now?", thread)
        await talk.hears(thread, 2)
        prompts = (await talk.asked())[asked:]
        assert [[said["content"] for said in each["messages"]] for each in prompts] == [["And now?"]]
        shown_files = [f for m in await mina.reads(talk.channel, shared) for f in m.get("files") or ()]
        assert shown_files[0]["mode"] == "hosted"  # hers
        assert {file["mode"] for file in shown_files[1:]} == {"tombstone"}


async def test_when_the_app_is_removed_the_work_stops_and_words_go_but_the_audit_stays(
    tmp_path: Path,
) -> None:
    async with workspace() as (sandbox, people):
        async with at_work(sandbox, tmp_path):
            talk, mina = Talk(people), people.mina
            thread = await talk.opens(await talk.trains(content()))
            await mina.writes(talk.channel, f"What is {MARK} 3?", thread)
            await talk.hears(thread)
            await talk.asks_for(dataset(note="waits"), suffix="waits")
            assert (await at_provider(sandbox, "files")) != []
            await people.post("uninstall", {})

            async def gone() -> bool | None:
                words = [where for where in kept(tmp_path) if where != "models.toml"]
                return (words == [] and await at_provider(sandbox, "files") == []) or None

            await people.until(gone, "the end of what was kept")
        database = Database(f"sqlite:///{tmp_path}/bot.db", SystemClock())
        jobs = await jobs_in(database, LUMEN)
        entries = await database.audit.listed(LUMEN)
        await database.close()
        assert {job.suffix: job.state for job in jobs} == {
            "tone": JobState.SUCCEEDED,
            "waits": JobState.WITHDRAWN,
        }
        assert {Did.CREATED, Did.ENDED, Did.DATASET_DELETED, Did.APP_REMOVED} <= {
            entry.what for entry in entries
        }
        assert len(await people.calls("POST /fine_tuning/jobs")) == 1


async def at_provider(sandbox: Sandbox, what: str) -> list[Any]:
    """What training files there are at the simulated provider."""
    headers = {"Authorization": "Bearer sk-sandbox-0001"}
    url = f"{sandbox.openai_base_url}/{what}"
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as answer:
        return [each for each in (await answer.json())["data"] if each["purpose"] == "fine-tune"]
