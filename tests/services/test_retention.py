"""What people said in chats, and what reports tell line by line, is forgotten when it is old; numbers stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.chats import Said, TurnState, prompt
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.datasets.report import Advice
from bot.domain.periodic import PeriodicTaskKind
from bot.domain.work_queue import Transition
from bot.scheduler import DAILY
from bot.services.periodic import PeriodicService, Scheduled
from bot.services.retention import Retention
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

OLD = NOW - timedelta(days=31)


@pytest.fixture
async def looked(database: Database, clock: SetClock) -> Database:
    """A database that a look with 30 days for chats and 30 for reports went over."""
    await database.conversations.add(Transition(samples.conversation("c1")))
    said: dict[str, Any] = {"state": TurnState.DONE, "text": "Secret?", "answer": "Secret!", "due_at": None}
    await database.turns.add(samples.turn("t1", "1.0", asked_at=OLD, **said))
    await database.turns.add(samples.turn("t2", "2.0", asked_at=NOW, **said))
    still = samples.turn("t3", "0.5", asked_at=OLD, text="Still?", state=TurnState.PENDING)
    await database.turns.add(still)
    report = replace(samples.REPORT, advice=(Advice("short", "“Secret” is short.", 1, (1,)),))
    for row_id, at in (("d1", OLD), ("d2", NOW)):
        about = samples.dataset(
            row_id, file_id=row_id, state=DatasetState.READY, uploaded_at=at, report=report
        )
        await database.datasets.add(Transition(about))
    retention = Retention(database, clock, Log(), chat_days=30, report_days=30)
    schedule = (Scheduled(PeriodicTaskKind.RETENTION, DAILY, retention.forget, always="retention"),)
    periodic = PeriodicService(database, schedule, clock, Log())
    await periodic.begin()
    claim = await database.periodic.claim(clock.now(), 60)
    assert claim is not None
    await periodic.step(claim)
    return database


async def test_what_was_said_long_ago_is_forgotten_and_what_waits_for_its_answer_is_not(
    looked: Database,
) -> None:
    turns = {turn.id: turn for turn in await looked.turns.of("c1")}
    assert [(turns[each].text, turns[each].answer) for each in ("t1", "t2", "t3")] == [
        ("", ""),
        ("Secret?", "Secret!"),
        ("Still?", ""),
    ]
    sent = prompt(
        samples.conversation("c1"),
        [turns["t1"], replace(turns["t2"], answer="", text="Now?")],
        window=1_000,
        answer_room=10,
        count=len,
    )
    assert Said("user", "") not in sent
    assert Said("user", "Now?") in sent


async def test_an_old_report_keeps_its_numbers_and_quotes_nothing(looked: Database) -> None:
    old, new = await looked.datasets.get("d1"), await looked.datasets.get("d2")
    assert old is not None
    assert new is not None
    assert old.report is not None
    assert new.report is not None
    assert (old.report.advice, old.report.problems) == ((), ())
    assert (old.report.examples, old.report.tokens) == (new.report.examples, new.report.tokens)
    assert new.report.advice


async def test_the_look_comes_again_the_next_day(looked: Database) -> None:
    task = await looked.periodic.get("retention")
    assert task is not None
    assert task.due_at == NOW + timedelta(days=1)
