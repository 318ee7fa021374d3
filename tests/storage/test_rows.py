"""What every store does alike: rows come back whole, are claimed by one, and change in guarded steps."""

import asyncio
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.approvals import requests
from bot.domain.jobs.job import Job, Training
from bot.domain.jobs.polling import Poll
from bot.domain.outbox import MessageKind
from bot.domain.work_queue import Transition
from bot.errors import NotFound, StaleState
from storage.database import Database
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

LEASE = 60.0


def counted(job: Job) -> Transition[Job]:
    """A step whose every turn can be counted, and seen on a card."""
    return Transition(replace(job, attempts=job.attempts + 1, fault=f"try {job.attempts + 1}"))


# ---- whole and unharmed


@pytest.mark.parametrize(
    "full",
    [
        samples.FULL_DATASET,
        samples.FULL_TRANSFORM,
        samples.FULL_JOB,
        samples.FULL_POLL,
        samples.FULL_PERIODIC_TASK,
        samples.FULL_CONVERSATION,
        samples.FULL_TURN,
        samples.FULL_BALLOT,
        samples.FULL_MESSAGE,
    ],
    ids=lambda full: type(full).__name__,
)
def test_the_full_samples_leave_no_field_at_its_default(full: Any) -> None:
    for each in fields(full):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        assert getattr(full, each.name) != default, each.name


async def test_rows_come_back_as_they_were_saved(database: Database) -> None:
    await database.datasets.add(Transition(samples.FULL_DATASET))
    await database.transforms.add(Transition(samples.FULL_TRANSFORM))
    await database.jobs.add(Transition(samples.FULL_JOB))
    await database.polls.add(samples.FULL_POLL)
    await database.periodic.add(samples.FULL_PERIODIC_TASK)
    await database.conversations.add(Transition(samples.FULL_CONVERSATION))
    await database.ballots.ask(samples.FULL_BALLOT, [samples.FULL_TURN])
    await database.outbox.add(samples.FULL_MESSAGE)

    assert await database.datasets.get("d-full") == replace(samples.FULL_DATASET, version=1)
    assert await database.transforms.get("e-full") == samples.FULL_TRANSFORM
    assert await database.jobs.get("j-full") == samples.FULL_JOB
    assert await database.polls.get("openai") == samples.FULL_POLL
    assert await database.periodic.get("digest:C1") == samples.FULL_PERIODIC_TASK
    assert await database.conversations.get("c-full") == samples.FULL_CONVERSATION
    assert await database.turns.get("t-full") == samples.FULL_TURN
    assert await database.ballots.get("b-full") == samples.FULL_BALLOT
    assert await database.outbox.get("p-full") == samples.FULL_MESSAGE


async def test_rows_with_nothing_but_defaults_come_back_too(database: Database) -> None:
    await database.datasets.add(Transition(samples.dataset()))
    await database.jobs.add(Transition(samples.job()))
    assert await database.datasets.get("d1") == samples.dataset()
    assert await database.jobs.get("j1") == samples.job()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.text(),
    time=st.datetimes(
        min_value=datetime(1900, 1, 2),  # noqa: DTZ001  Hypothesis wants it so
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    ),
    data=st.dictionaries(
        st.text(),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    ),
)
async def test_any_text_time_and_data_survives(
    database: Database, text: str, time: datetime, data: dict[str, Any]
) -> None:
    await database.outbox.add(samples.post())
    saved = await database.outbox.change(
        "p1", lambda post: Transition(replace(post, fault=text, due_at=time, data=data))
    )
    assert (saved.fault, saved.data) == (text.replace("\x00", "\ufffd"), data)
    assert saved.due_at == time
    assert saved.due_at is not None
    assert saved.due_at.tzinfo is UTC


async def test_text_that_no_database_can_keep_is_kept_readable(database: Database) -> None:
    await database.outbox.add(samples.post(fault="a\x00b\ud800c \U0001f600"))
    saved = await database.outbox.get("p1")
    assert saved is not None
    assert saved.fault == "a\ufffdb\ufffdc \U0001f600"


async def test_a_loss_that_ran_off_is_kept_as_unknown(database: Database) -> None:
    training = Training(step=3, train_loss=float("nan"), valid_loss=float("inf"))
    await database.jobs.add(Transition(samples.job(training=training)))
    saved = await database.jobs.get("j1")
    assert saved is not None
    assert saved.training == Training(step=3)


async def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without its zone"):
        await database.outbox.add(samples.post(due_at=datetime(2026, 1, 1)))  # noqa: DTZ001  what is refused


# ---- changes


async def test_a_change_saves_the_row_and_its_posts(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    said = samples.post("job:j1:ended", kind=MessageKind.JOB_ENDED)

    saved = await database.jobs.change("j1", lambda job: Transition(replace(job, said="done"), (said,)))

    assert (saved.said, saved.revision) == ("done", 1)
    assert await database.jobs.get("j1") == saved
    assert await database.outbox.of("j1") == [said]


async def test_a_post_asked_for_twice_is_one_post(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    said = samples.post("job:j1:ended", kind=MessageKind.JOB_ENDED)
    for _ in range(2):
        await database.jobs.change("j1", lambda job: Transition(job, (said,)))
    assert await database.outbox.of("j1") == [said]
    assert not await database.outbox.add(replace(said, fault="another"))


async def test_a_step_that_raises_saves_nothing(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))

    def step(job: Job) -> Transition[Job]:
        raise StaleState("no")

    with pytest.raises(StaleState, match="no"):
        await database.jobs.change("j1", step)
    assert await database.jobs.get("j1") == samples.job()


async def test_a_change_whose_posts_cannot_be_saved_saves_nothing(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    bad = samples.post("p-bad", due_at=datetime(2026, 1, 1))  # noqa: DTZ001  cannot be kept
    with pytest.raises(Exception, match="without its zone"):
        await database.jobs.change(
            "j1", lambda job: Transition(replace(job, said="done"), (samples.post(), bad))
        )
    assert await database.jobs.get("j1") == samples.job()
    assert await database.outbox.of("j1") == []


async def test_a_step_that_changes_nothing_is_no_change(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    await database.outbox.add(samples.post())
    await database.jobs.change("j1", Transition)
    assert await database.jobs.get("j1") == samples.job()
    assert await database.outbox.of("j1") == [samples.post()]


async def test_a_row_that_is_not_there_cannot_change(database: Database) -> None:
    assert await database.jobs.get("j1") is None
    with pytest.raises(NotFound, match="no job j1"):
        await database.jobs.change("j1", counted)


async def test_changes_at_the_same_time_all_land(database: Database, replica: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    async with asyncio.TaskGroup() as group:
        for each in (database, replica) * 10:
            group.create_task(each.jobs.change("j1", counted))
    saved = await database.jobs.get("j1")
    assert saved is not None
    assert (saved.attempts, saved.revision) == (20, 20)


async def test_of_two_decisions_at_once_one_stands_and_the_other_hears_so(
    database: Database, replica: Database
) -> None:
    await database.jobs.add(Transition(samples.job()))
    outcomes = await asyncio.gather(
        database.jobs.change("j1", lambda job: requests.approved(job, "U2", 1, NOW)),
        replica.jobs.change("j1", lambda job: requests.rejected(job, "U3", "no", NOW)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Job", "StaleState"]
    saved = await database.jobs.get("j1")
    assert saved in outcomes


async def test_work_that_is_cancelled_at_any_moment_leaves_no_lock(
    database: Database, replica: Database
) -> None:
    await database.jobs.add(Transition(samples.job()))
    for turns in range(40):
        tasks = [asyncio.create_task(database.jobs.change("j1", counted)) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    before = await replica.jobs.get("j1")
    assert before is not None
    assert before.attempts >= 80
    assert (await replica.jobs.change("j1", counted)).attempts == before.attempts + 1


# ---- claims


async def test_the_longest_due_row_is_claimed_first(database: Database) -> None:
    for row_id, minutes in (("j1", 1), ("j2", 3), ("j3", 2)):
        await database.jobs.add(Transition(samples.job(row_id, due_at=NOW - timedelta(minutes=minutes))))
    claimed = [await database.jobs.claim(NOW, LEASE) for _ in range(4)]
    assert [claim and claim.row.id for claim in claimed] == ["j2", "j3", "j1", None]


async def test_a_claim_gives_the_row_a_token_and_the_end_of_the_lease(database: Database) -> None:
    await database.jobs.add(Transition(samples.job(due_at=NOW)))
    claim = await database.jobs.claim(NOW, LEASE)
    assert claim is not None
    assert claim.row == samples.job(due_at=NOW)
    assert claim.until == NOW + timedelta(seconds=LEASE)


@pytest.mark.parametrize("due_at", [None, NOW + timedelta(microseconds=1)], ids=["never", "later"])
async def test_a_row_that_is_not_due_is_not_claimed(database: Database, due_at: datetime | None) -> None:
    await database.jobs.add(Transition(samples.job(due_at=due_at)))
    assert await database.jobs.claim(NOW, LEASE) is None


async def test_each_row_goes_to_one_of_many_workers(database: Database, replica: Database) -> None:
    ids = [f"j{number:02}" for number in range(30)]
    for row_id in ids:
        await database.jobs.add(Transition(samples.job(row_id, due_at=NOW)))

    async def worker(store: Database) -> list[str]:
        taken = []
        while claim := await store.jobs.claim(NOW, LEASE):
            taken.append(claim.row.id)
        return taken

    taken = await asyncio.gather(*(worker(store) for store in (database, replica) * 4))
    assert sorted(row_id for each in taken for row_id in each) == ids


async def test_a_released_row_can_be_claimed_again_at_once(database: Database) -> None:
    await database.jobs.add(Transition(samples.job(due_at=NOW)))
    claim = await database.jobs.claim(NOW, LEASE)
    assert claim is not None
    await database.jobs.release("j1", claim.token)
    assert await database.jobs.claim(NOW, LEASE) is not None


async def test_a_change_by_the_worker_keeps_its_lease(database: Database) -> None:
    await database.jobs.add(Transition(samples.job(due_at=NOW)))
    claim = await database.jobs.claim(NOW, LEASE)
    assert claim is not None
    await database.jobs.change("j1", counted, token=claim.token)
    await database.jobs.change("j1", counted)
    assert await database.jobs.claim(NOW, LEASE) is None
    assert (await database.jobs.change("j1", counted, token=claim.token)).attempts == 3


async def test_when_a_lease_ran_out_another_goes_on_and_the_first_is_told(
    database: Database, replica: Database, clock: SetClock
) -> None:
    await database.jobs.add(Transition(samples.job(due_at=NOW)))
    first = await database.jobs.claim(NOW, LEASE)
    second = await replica.jobs.claim(clock.pass_seconds(LEASE), LEASE)
    assert first is not None
    assert second is not None

    assert not await database.jobs.renew("j1", first.token, clock.now(), LEASE)
    with pytest.raises(StaleState):
        await database.jobs.change("j1", counted, token=first.token)
    await database.jobs.release("j1", first.token)  # not its row to release

    assert await database.jobs.claim(clock.now(), LEASE) is None
    assert (await replica.jobs.change("j1", counted, token=second.token)).attempts == 1


async def test_a_renewed_lease_lasts(database: Database, clock: SetClock) -> None:
    await database.jobs.add(Transition(samples.job(due_at=NOW)))
    claim = await database.jobs.claim(NOW, LEASE)
    assert claim is not None
    assert await database.jobs.renew("j1", claim.token, clock.pass_seconds(LEASE / 2), LEASE)
    assert await database.jobs.claim(clock.pass_seconds(LEASE - 1), LEASE) is None
    assert await database.jobs.claim(clock.pass_seconds(1), LEASE) is not None


async def test_what_comes_due_next_is_told_of_rows_of_every_kind(database: Database) -> None:
    assert await database.next_due(NOW) is None
    await database.polls.add(Poll("openai", due_at=NOW))
    await database.jobs.add(Transition(samples.job(due_at=NOW + timedelta(seconds=20))))
    await database.outbox.add(samples.post(due_at=NOW + timedelta(seconds=30)))
    assert await database.next_due(NOW) == NOW + timedelta(seconds=20)
    assert await database.next_due(NOW + timedelta(seconds=20)) == NOW + timedelta(seconds=30)


# ---- cards

LATER = NOW + timedelta(minutes=5)
BEFORE = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("card", "due_at"),
    [
        (samples.post(), NOW),
        (samples.post(due_at=BEFORE), NOW),
        (samples.post(ts=None, due_at=BEFORE), NOW),
        (samples.post(due_at=LATER), LATER),
        (samples.post(ts=None, fault="refused"), None),
        (samples.post(kind=MessageKind.JOB_ENDED), None),
        (samples.post(subject_id="j2"), None),
    ],
    ids=[
        "a true card",
        "a card behind",
        "a card not yet posted",
        "a card that waits",
        "a refused card",
        "an announcement",
        "another's card",
    ],
)
async def test_when_a_job_changes_its_card_becomes_due(
    database: Database, card: Any, due_at: datetime | None
) -> None:
    await database.jobs.add(Transition(samples.job()))
    await database.outbox.add(card)
    await database.jobs.change("j1", counted)
    assert await database.outbox.get("p1") == replace(card, due_at=due_at)


async def test_a_job_that_was_only_looked_at_again_leaves_its_card_alone(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    await database.outbox.add(samples.post(ts="1.0", due_at=None))
    later = NOW + timedelta(hours=1)
    await database.jobs.change("j1", lambda job: Transition(replace(job, due_at=later, attempts=9)))
    card = await database.outbox.get("p1")
    assert card is not None
    assert card.due_at is None


async def test_a_card_being_drawn_while_its_job_changes_shows_its_worker_a_new_due_time(
    database: Database, clock: SetClock
) -> None:
    await database.jobs.add(Transition(samples.job()))
    await database.outbox.add(samples.post(due_at=NOW))
    claim = await database.outbox.claim(NOW, LEASE)
    assert claim is not None
    clock.pass_seconds(-1)  # another replica's clock may be behind
    await database.jobs.change("j1", counted)
    drawn = await database.outbox.change(
        "p1", lambda post: Transition(replace(post, drawn=0)), token=claim.token
    )
    assert drawn.due_at == clock.now()


async def test_datasets_and_conversations_have_cards_too(database: Database) -> None:
    await database.datasets.add(Transition(samples.dataset()))
    await database.conversations.add(Transition(samples.conversation()))
    await database.outbox.add(samples.post("d", kind=MessageKind.DATASET_CARD, subject_id="d1"))
    await database.outbox.add(samples.post("c", kind=MessageKind.CHAT_CARD, subject_id="c1"))
    await database.datasets.change("d1", lambda dataset: Transition(replace(dataset, size=11)))
    await database.conversations.change("c1", lambda talk: Transition(replace(talk, ended_by="U1")))
    assert {(await database.outbox.claim(NOW, LEASE)).row.id for _ in range(2)} == {"c", "d"}  # type: ignore[union-attr]
