"""What each store does for its own kind of row."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain import chats
from bot.domain.access import Sight
from bot.domain.approvals import requests
from bot.domain.chats import Turn, TurnState
from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.jobs.job import JobState
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.transforms.lifecycle import Produced
from bot.domain.work_queue import Transition
from storage.database import Database
from tests.storage import samples
from tests.storage.samples import CHANNEL, NOW, THREAD
from tests.viewers import WHOLE, datasets_in, jobs_in, looking

LEASE = 60.0
HOUR = timedelta(hours=1)


# ---- datasets


async def test_the_same_upload_told_twice_at_once_is_one_dataset(
    database: Database, replica: Database
) -> None:
    told = [samples.dataset(f"d{number}", file_id="F1") for number in range(6)]
    added = await asyncio.gather(
        *(
            store.datasets.add(lifecycle.received(dataset, NOW))
            for store, dataset in zip((database, replica) * 3, told, strict=True)
        )
    )
    (first,) = [dataset for dataset in added if dataset is not None]
    assert await database.datasets.of_file("-/T1", "F1") == [first]
    assert [post.kind for post in await database.outbox.of(first.id)] == [MessageKind.DATASET_CARD]
    assert sum([len(await database.outbox.of(dataset.id)) for dataset in told]) == 1


async def test_a_file_shared_in_two_channels_is_two_datasets(database: Database) -> None:
    await database.datasets.add(Transition(samples.dataset("d1", file_id="F1")))
    later = samples.dataset(
        "d2", file_id="F1", place=replace(THREAD, channel_id="C2"), uploaded_at=NOW + HOUR
    )
    await database.datasets.add(Transition(later))
    assert [dataset.id for dataset in await database.datasets.of_file("-/T1", "F1")] == ["d1", "d2"]
    assert await database.datasets.of_file("-/T2", "F1") == []


async def test_a_file_that_may_be_anything_is_found_by_nobody_before_it_is_a_dataset(
    database: Database,
) -> None:
    quiet = replace(samples.dataset("d1", name="notes.txt"), quiet=True)
    await database.datasets.add(Transition(quiet))
    sight = Sight("-/T1", frozenset({THREAD.channel_id}))

    async def found() -> list[str]:
        listed = [each.id for each in (await database.datasets.listed(sight, 5)).rows]
        labelled = [each.id for each in await database.datasets.labels(sight)]
        named = [each.id for each in await database.datasets.of_name(sight, "notes.txt")]
        return [*listed, *labelled, *named]

    assert await found() == []
    await database.datasets.change("d1", lambda dataset: Transition(replace(dataset, quiet=False)))
    assert await found() == ["d1", "d1", "d1"]


async def test_versions_count_the_uploads_of_a_name_in_a_channel(database: Database) -> None:
    elsewhere = replace(THREAD, channel_id="C2")
    versions = [
        (await database.datasets.add(Transition(dataset))).version  # type: ignore[union-attr]
        for dataset in (
            samples.dataset("d1"),
            samples.dataset("d2"),
            samples.dataset("d3", name="other.jsonl"),
            samples.dataset("d4", place=elsewhere),
        )
    ]
    assert versions == [1, 2, 1, 1]
    await database.datasets.change("d2", lambda dataset: lifecycle.delete_asked(dataset, "U1", NOW))
    again = await database.datasets.add(Transition(samples.dataset("d5")))
    assert again is not None
    assert again.version == 3


async def test_the_next_version_of_a_file_is_called_as_the_last_one(database: Database) -> None:
    await database.datasets.add(Transition(samples.dataset("d1")))
    await database.datasets.change("d1", lambda dataset: lifecycle.titled(dataset, "Tone"))
    later = await database.datasets.add(Transition(samples.dataset("d2")))
    other = await database.datasets.add(Transition(samples.dataset("d3", name="other.jsonl")))
    assert later is not None
    assert other is not None
    assert (later.label, other.label) == ("Tone", "other.jsonl")


async def test_a_content_is_found_in_its_channel_until_its_dataset_is_deleted(database: Database) -> None:
    elsewhere = replace(CHANNEL, channel_id="C2")
    for number, place in enumerate((CHANNEL, CHANNEL, elsewhere)):
        uploaded_at = NOW - number * HOUR
        read = samples.dataset(f"d{number}", place=place, uploaded_at=uploaded_at, sha256="ab" * 32)
        await database.datasets.add(Transition(read))
    await database.datasets.add(Transition(samples.dataset("d9", sha256="cd" * 32)))
    found = await database.datasets.of_content(CHANNEL, "ab" * 32)
    assert [dataset.id for dataset in found] == ["d1", "d0"]
    await database.datasets.change("d1", lambda dataset: lifecycle.delete_asked(dataset, "U1", NOW))
    assert [dataset.id for dataset in await database.datasets.of_content(CHANNEL, "ab" * 32)] == ["d0"]


async def test_uploads_of_one_name_at_once_get_a_version_each(database: Database, replica: Database) -> None:
    added = await asyncio.gather(
        *(
            store.datasets.add(Transition(samples.dataset(f"d{number}")))
            for number, store in enumerate((database, replica) * 4)
        )
    )
    assert sorted(dataset.version for dataset in added if dataset) == list(range(1, 9))


async def test_a_channel_lists_its_datasets_newest_first_without_deleted_ones(database: Database) -> None:
    for number in range(4):
        uploaded_at = NOW + number * HOUR
        await database.datasets.add(Transition(samples.dataset(f"d{number}", uploaded_at=uploaded_at)))
    await database.datasets.add(Transition(samples.dataset("d9", place=replace(CHANNEL, channel_id="C2"))))
    await database.datasets.change("d2", lambda dataset: lifecycle.delete_asked(dataset, "U1", NOW))
    assert [dataset.id for dataset in await datasets_in(database, looking("U1").sight)] == ["d3", "d1", "d0"]
    newest = await database.datasets.listed(looking("U1").sight, 1)
    assert ([dataset.id for dataset in newest.rows], newest.total) == (["d3"], 3)


async def test_content_is_in_use_until_its_last_dataset_is_deleted(database: Database) -> None:
    for row_id in ("d1", "d2"):
        await database.datasets.add(
            Transition(samples.dataset(row_id, path="ab/x.jsonl", state=DatasetState.READY))
        )
    await database.datasets.change(
        "d1", lambda dataset: Transition(replace(dataset, state=DatasetState.DELETED))
    )
    assert await database.datasets.uses("ab/x.jsonl")
    await database.datasets.change(
        "d2", lambda dataset: Transition(replace(dataset, state=DatasetState.DELETED))
    )
    assert not await database.datasets.uses("ab/x.jsonl")


# ---- errands


async def test_the_same_wish_at_once_is_one_errand(database: Database, replica: Database) -> None:
    wishes = [replace(samples.FULL_TRANSFORM, id=f"e{number}") for number in range(6)]
    saved = await asyncio.gather(
        *(
            store.transforms.add(Transition(wish))
            for store, wish in zip((database, replica) * 3, wishes, strict=True)
        )
    )
    (first,) = [transform for transform, is_new in saved if is_new]
    assert {transform.id for transform, _ in saved} == {first.id}


async def test_the_files_of_a_thread_are_those_that_its_errands_sent(database: Database) -> None:
    elsewhere = replace(THREAD, thread_ts="1.2")
    for row_id, place, file_ids in (
        ("e1", THREAD, ("F1", "F2")),
        ("e2", THREAD, ("F3", None)),
        ("e3", elsewhere, ("F4",)),
    ):
        produced = tuple(
            Produced(f"{number}.jsonl", "", file_id=each) for number, each in enumerate(file_ids)
        )
        produced += (Produced("begun.jsonl", "", begun=True, given=f"given to {row_id}"),)
        transform = replace(
            samples.FULL_TRANSFORM, id=row_id, request_key=row_id, place=place, produced=produced
        )
        await database.transforms.add(Transition(transform))
    assert await database.transforms.files(THREAD) == {"F1", "F2", "F3", "given to e1", "given to e2"}


# ---- jobs


async def test_the_same_form_sent_twice_at_once_is_one_job(database: Database, replica: Database) -> None:
    saved = await asyncio.gather(
        *(
            store.jobs.add(requests.requested(samples.job(f"j{number}", request_key="V1"), NOW))
            for number, store in enumerate((database, replica) * 3)
        )
    )
    assert len({job.id for job in saved}) == 1
    assert await jobs_in(database) == [saved[0]]
    assert sum([len(await database.outbox.of(f"j{number}")) for number in range(6)]) == 1


async def test_jobs_are_listed_newest_first_by_what_is_in_sight(database: Database) -> None:
    elsewhere = Place("-/T1", "C2")
    for row_id, hours, place, state in (
        ("j1", 1, CHANNEL, JobState.RUNNING),
        ("j2", 2, CHANNEL, JobState.SUCCEEDED),
        ("j3", 3, elsewhere, JobState.SUCCEEDED),
        ("j4", 4, Place("-/T2", "C1"), JobState.SUCCEEDED),
    ):
        asked = samples.job(row_id, requested_at=NOW + hours * HOUR, place=place, state=state)
        await database.jobs.add(Transition(asked))

    assert [job.id for job in await jobs_in(database)] == ["j3", "j2", "j1"]
    newest = await database.jobs.listed(WHOLE, 2)
    assert ([job.id for job in newest.rows], newest.total, newest.beyond(2)) == (["j3", "j2"], 3, 1)
    assert [job.id for job in await jobs_in(database, looking("U1").sight)] == ["j2", "j1"]
    assert (await database.jobs.listed(WHOLE, 9, {JobState.PAUSED})).rows == ()
    assert [job.id for job in (await database.jobs.models(WHOLE, 9)).rows] == ["j3", "j2"]
    assert await jobs_in(database, Sight("-/T1")) == []


async def test_only_jobs_under_way_that_nothing_puts_off_are_hastened(database: Database) -> None:
    later = NOW + HOUR
    for row_id, state, fields in (
        ("calm", JobState.QUEUED, {}),
        ("put-off", JobState.RUNNING, {"attempts": 1}),
        ("waiting", JobState.CREATING, {}),
        ("not-named", JobState.RUNNING, {}),
    ):
        await database.jobs.add(Transition(samples.job(row_id, state=state, due_at=later, **fields)))
    await database.jobs.hasten(["calm", "put-off", "waiting"], NOW)
    due = {job.id: job.due_at for job in await jobs_in(database)}
    assert due == {"calm": NOW, "put-off": later, "waiting": later, "not-named": later}
    assert {job.id for job in await database.jobs.followed("openai")} == {"calm", "put-off", "not-named"}
    assert await database.jobs.running("openai") == 2


async def test_a_job_that_is_looked_at_right_now_is_hastened_when_it_is_to_be_seen_again(
    database: Database,
) -> None:
    """Though it is a second try: that one may succeed, with what was so just before."""
    await database.jobs.add(Transition(samples.job("held", state=JobState.QUEUED, due_at=NOW, attempts=1)))
    await database.jobs.claim(NOW, 60.0)
    later = NOW + HOUR
    due = []
    for again in (False, True):
        await database.jobs.hasten(["held"], later, again=again)
        job = await database.jobs.get("held")
        assert job is not None
        due.append(job.due_at)
    assert due == [NOW, later]


# ---- conversations


async def test_the_same_click_twice_at_once_is_one_conversation(
    database: Database, replica: Database
) -> None:
    saved = await asyncio.gather(
        *(
            store.conversations.add(
                chats.started(samples.conversation(f"c{number}", request_key="click"), NOW)
            )
            for number, store in enumerate((database, replica) * 3)
        )
    )
    assert len({conversation.id for conversation in saved}) == 1
    assert len(await database.outbox.of(saved[0].id)) == 1


async def test_a_thread_is_found_through_the_conversations_card(database: Database) -> None:
    begun = await database.conversations.add(chats.started(samples.conversation(), NOW))
    thread = replace(CHANNEL, thread_ts="1700000042.000100")
    assert await database.conversations.in_thread(thread) is None

    await database.outbox.change(
        "conversation:c1:card", lambda post: Transition(replace(post, ts="1700000042.000100"))
    )

    assert await database.conversations.in_thread(thread) == begun
    assert await database.conversations.in_thread(replace(thread, channel_id="C2")) is None
    assert await database.conversations.in_thread(replace(thread, workspace="-/T2")) is None
    assert await database.conversations.in_thread(CHANNEL) is None


async def test_other_posts_of_ours_are_no_conversations(database: Database) -> None:
    await database.conversations.add(Transition(samples.conversation()))
    await database.outbox.add(
        samples.post(kind=MessageKind.CHAT_ENDED, subject_id="c1", ts="1700000042.000100")
    )
    assert await database.conversations.in_thread(replace(CHANNEL, thread_ts="1700000042.000100")) is None


# ---- turns


async def test_the_same_message_told_twice_is_one_turn(database: Database) -> None:
    await database.conversations.add(Transition(samples.conversation()))
    turn = samples.turn("t1", "1700000001.000000")
    assert await database.turns.add(turn)
    assert not await database.turns.add(replace(turn, id="t2"))
    assert await database.turns.of("c1") == [turn]


async def test_a_turn_needs_its_conversation(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.turns.add(samples.turn("t1", "1700000001.000000"))


async def test_turns_of_a_conversation_come_in_the_order_they_were_said(database: Database) -> None:
    await database.conversations.add(Transition(samples.conversation()))
    await database.conversations.add(Transition(samples.conversation("c2")))
    for row_id, ts in (("t2", "1700000002.000000"), ("t1", "1700000001.000000")):
        await database.turns.add(samples.turn(row_id, ts))
    await database.turns.add(samples.turn("t3", "1700000001.500000", "c2"))
    assert [turn.id for turn in await database.turns.of("c1")] == ["t1", "t2"]


async def test_questions_of_one_thread_are_answered_one_after_the_other(database: Database) -> None:
    for conversation_id in ("c1", "c2"):
        await database.conversations.add(Transition(samples.conversation(conversation_id)))
    await database.turns.add(samples.turn("t2", "1700000002.000000", due_at=NOW - HOUR))
    await database.turns.add(samples.turn("t1", "1700000001.000000"))
    await database.turns.add(samples.turn("t3", "1700000003.000000", "c2"))

    async def claimed() -> str | None:
        claim = await database.turns.claim(NOW, LEASE)
        return claim.row.id if claim else None

    assert [await claimed() for _ in range(3)] == ["t1", "t3", None]
    await database.turns.change("t1", lambda turn: _ended(turn, TurnState.FAILED))
    assert [await claimed() for _ in range(2)] == ["t2", None]


async def test_a_question_that_waits_for_another_try_keeps_later_ones_waiting(database: Database) -> None:
    await database.conversations.add(Transition(samples.conversation()))
    await database.turns.add(
        samples.turn("t1", "1700000001.000000", due_at=NOW + HOUR, state=TurnState.ANSWERING)
    )
    await database.turns.add(samples.turn("t2", "1700000002.000000"))
    assert await database.turns.claim(NOW, LEASE) is None
    claim = await database.turns.claim(NOW + HOUR, LEASE)
    assert claim is not None
    assert claim.row.id == "t1"


def _ended(turn: Turn, state: TurnState) -> Transition[Turn]:
    return Transition(replace(turn, state=state, due_at=None))
