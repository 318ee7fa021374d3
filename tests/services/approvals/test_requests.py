"""What can be asked for, what keeps a request from being made, and what is written down of one."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.approvals.requests import NO_VALIDATION, Wanted, again
from bot.domain.briefing import Refusal
from bot.domain.datasets.fingerprints import fingerprint_of, sketched
from bot.domain.datasets.lifecycle import Dataset, DatasetState, Half
from bot.domain.datasets.report import Billable, Report
from bot.domain.jobs.job import Hyperparameters, JobState, ValidationDataset
from bot.domain.policies import Member
from bot.domain.work_queue import Transition
from bot.errors import BadInput
from bot.services.approvals.requests import RequestService
from storage.database import Database
from tests.handlers import samples
from tests.handlers.samples import CHANNEL
from tests.services.rules import requests_of
from tests.storage.conftest import SetClock
from tests.viewers import jobs_in, looking

if TYPE_CHECKING:
    from bot.domain.catalog import Method

MINA = Member("U1", "Mina")
MODEL = "gpt-4o-mini-2024-07-18"
GOOD = Wanted(dataset_id="support", model=MODEL)


def ready(name: str, report: Report | None = None, **changes: object) -> Dataset:
    """A dataset of the channel that can be trained on; its content is its own."""
    made = samples.dataset(
        id=name,
        file_id=name,
        name=f"{name}.jsonl",
        sha256=name.ljust(64, "0"),
        report=report or samples.report(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
async def requests(database: Database, clock: SetClock) -> RequestService:
    """The service over a channel with four datasets, the newest of which is `support`."""
    pairs = samples.report(format="preference")
    seen = samples.report(images=3)
    for age, dataset in enumerate(
        (
            ready("support"),
            ready("other"),
            ready("copy", sha256="support".ljust(64, "0")),
            ready("pairs", pairs),
            ready("seen", seen),
            ready("broken", state=DatasetState.REJECTED),
            ready("elsewhere", place=replace(CHANNEL, channel_id="C2")),
        )
    ):
        await database.datasets.add(
            Transition(replace(dataset, uploaded_at=dataset.uploaded_at - timedelta(hours=age)))
        )
    return requests_of(database, clock)


async def trained(database: Database, job_id: str, base: str, **changes: object) -> None:
    """A job that has made a model of this base."""
    job = samples.succeeded(
        id=job_id,
        request_key=job_id,
        suffix=job_id,
        estimate=samples.estimate(model=base),
        fine_tuned_model=f"ft:{base}:acme:{job_id}:abc",
        **changes,
    )
    await database.jobs.add(Transition(job))


async def test_the_newest_dataset_and_the_cheapest_model_are_chosen_first(requests: RequestService) -> None:
    offer = await requests.offer(looking("U1"), Wanted())
    assert [each.id for each in offer.datasets] == ["support", "other", "copy", "pairs", "seen"]
    assert (offer.wanted.dataset_id, offer.wanted.model) == ("support", MODEL)
    assert [each.name for each in offer.models] == ["gpt-4.1", "gpt-4.1-mini", "gpt-4o-mini", "gpt-4o"]
    assert (offer.problems, offer.notes, offer.method) == ((), (), "supervised")


async def test_a_hundred_newer_files_that_were_rejected_hide_none_that_is_ready(
    requests: RequestService, database: Database
) -> None:
    for n in range(101):
        broken = ready(f"broken-{n}", state=DatasetState.REJECTED)
        later = broken.uploaded_at + timedelta(hours=1 + n)
        await database.datasets.add(Transition(replace(broken, uploaded_at=later)))
    offer = await requests.offer(looking("U1"), Wanted())
    assert [each.id for each in offer.datasets][:2] == ["support", "other"]


async def test_only_another_content_in_the_same_format_is_offered_to_validate_on(
    requests: RequestService,
) -> None:
    offer = await requests.offer(looking("U1"), GOOD)
    assert [each.id for each in offer.validations] == ["other", "seen"]


async def test_prompts_that_the_validation_dataset_shares_with_the_training_data_are_told(
    requests: RequestService, database: Database
) -> None:
    def asks(*questions: str) -> Report:
        prints = sketched((fingerprint_of(each, each) for each in questions), 1, cut=False)
        return samples.report(prints=prints, valid=len(questions))

    for name, questions in (("learned", "abcd"), ("leaking", "cdefg"), ("apart", "xyz")):
        await database.datasets.add(Transition(ready(name, asks(*questions))))
    told = await requests.offer(looking("U1"), Wanted(dataset_id="learned", validation_id="leaking"))
    assert [note.partition(":")[0] for note in told.notes] == [
        "2 of 5 validation prompts are also in the training data"
    ]
    assert (
        await requests.offer(looking("U1"), Wanted(dataset_id="learned", validation_id="apart"))
    ).notes == ()
    assert (await requests.offer(looking("U1"), Wanted(dataset_id="learned"))).notes == ()


async def test_tuned_models_are_offered_as_long_as_their_base_is_trained_here(
    requests: RequestService, database: Database
) -> None:
    await trained(database, "tone", MODEL)
    await trained(database, "old", "gpt-4.1-nano-2025-04-14")
    await trained(database, "foreign", MODEL, provider="another")
    offer = await requests.offer(looking("U1"), GOOD)
    assert [(each.key, each.trained) for each in offer.models if each.tuned] == [
        ("tone", f"ft:{MODEL}:acme:tone:abc")
    ]
    for name in ("tone", f"ft:{MODEL}:acme:tone:abc", "TONE"):
        job = await requests.request(looking(MINA), replace(GOOD, model=name), f"as {name}")
        assert (job.model, job.estimate.model) == (f"ft:{MODEL}:acme:tone:abc", MODEL)


async def test_what_no_longer_fits_is_replaced_and_said(requests: RequestService) -> None:
    """As after choosing another dataset, or beginning with what an old job had."""
    old = Wanted(dataset_id="pairs", model=MODEL, validation_id="other", beta="0.1", epochs="2")
    offer = await requests.offer(looking("U1"), old)
    assert offer.wanted == replace(old, model="gpt-4.1-mini-2025-04-14", validation_id="")
    assert [note.partition(";")[0] for note in offer.notes] == [
        "The model you had chosen does not train on this",
        "The validation dataset does not go with this dataset",
    ]
    offer = await requests.offer(looking("U1"), Wanted(dataset_id="gone", beta="0.1"))
    assert "no longer here; support.jsonl is the newest" in offer.notes[0]
    assert offer.wanted.beta == ""


async def test_the_form_is_told_what_is_off_before_it_is_sent(requests: RequestService) -> None:
    offer = await requests.offer(looking("U1"), replace(GOOD, epochs="99"))
    assert offer.problems == (("epochs", "A whole number from 1 to 50, or auto."),)
    assert offer.chosen
    assert offer.chosen.estimate.epochs_source == "default"


async def test_the_price_follows_the_epochs_and_the_name_the_suffix(requests: RequestService) -> None:
    offer = await requests.offer(looking("U1"), replace(GOOD, epochs="2", suffix="tone"))
    assert offer.chosen
    assert offer.chosen.estimate.billed_tokens == 2 * 458_301
    assert offer.becomes == f"ft:{MODEL}:your-org:tone:xxxxxxxx"


async def test_tokens_that_the_model_does_not_take_are_counted(
    requests: RequestService, database: Database
) -> None:
    long = samples.report(billable=(Billable(65_536, 400_000),))
    await database.datasets.add(Transition(ready("long", long)))
    assert (await requests.offer(looking("U1"), replace(GOOD, dataset_id="long"))).cut == 58_301


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"dataset_id": "gone"}, "dataset", "not in this channel"),
        ({"dataset_id": "elsewhere"}, "dataset", "not in this channel"),
        ({"dataset_id": "broken"}, "dataset", "cannot be trained on"),
        ({"model": "gpt4o-mini"}, "model", "the nearest is gpt-4o-mini"),
        ({"model": "gpt-4.1-nano"}, "model", "takes no training jobs since 2026-10-23"),
        ({"model": MODEL, "dataset_id": "pairs"}, "model", "does not train on preference data"),
        ({"model": MODEL, "dataset_id": "seen"}, "model", "does not train on images"),
        ({"suffix": "two words"}, "suffix", "no spaces"),
        ({"epochs": "51"}, "epochs", "from 1 to 50"),
        ({"batch": "0"}, "batch", "from 1 to 256"),
        ({"lr": "0"}, "lr", "above 0"),
        ({"beta": "0.1"}, "beta", "Only training on preference pairs has a beta"),
        ({"seed": "-1"}, "seed", "from 0"),
        ({"wandb": "a/b"}, "wandb", "none of"),
        ({"validation_id": "gone"}, "validation", "not in this channel"),
        ({"validation_id": "support"}, "validation", "the same content"),
        ({"validation_id": "copy"}, "validation", "the same content"),
        ({"validation_id": "pairs"}, "validation", "It is in preference format"),
        ({"validation_id": "seen"}, "validation", "It holds images"),
    ],
)
async def test_what_cannot_be_is_told_at_its_field_and_nothing_is_asked(
    requests: RequestService, database: Database, changes: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(BadInput) as told:
        await requests.request(looking(MINA), replace(GOOD, **changes), "key")
    assert told.value.field == field
    assert words in str(told.value)
    assert await jobs_in(database) == []


async def test_all_that_is_off_is_told_at_once(requests: RequestService) -> None:
    wrong = replace(GOOD, suffix="two words", epochs="51", seed="-1", model="gpt4o-mini")
    with pytest.raises(BadInput) as told:
        await requests.request(looking(MINA), wrong, "key")
    assert [each.field for each in told.value.all] == ["suffix", "epochs", "seed", "model"]
    assert [field for field, _ in (await requests.offer(looking("U1"), wrong)).problems] == [
        "suffix",
        "epochs",
        "seed",
    ]


async def test_a_name_that_cannot_be_is_not_shown_in_the_models_name(requests: RequestService) -> None:
    offer = await requests.offer(looking("U1"), replace(GOOD, suffix="two words"))
    assert offer.becomes == f"ft:{MODEL}:your-org::xxxxxxxx"


async def test_a_request_holds_everything_that_was_typed_and_the_same_again_is_one_job(
    requests: RequestService,
) -> None:
    wanted = Wanted("pairs", "gpt-4.1-mini", "tone", "2", "", "8", "1.5", "0.1", "7", "curves")
    job = await requests.request(looking(MINA), wanted, "key")
    assert job.hyperparameters == Hyperparameters(2, 8, 1.5, 0.1)
    assert (job.method, job.seed, job.wandb_project, job.state) == (
        "preference",
        7,
        "curves",
        JobState.REQUESTED,
    )
    assert (await requests.request(looking(MINA), replace(wanted, suffix="other"), "key")).id == job.id
    asked = replace(wanted, model="gpt-4.1-mini-2025-04-14", validation_id=NO_VALIDATION)
    assert again(job) == asked


async def test_a_validation_dataset_is_kept_by_its_content(requests: RequestService) -> None:
    job = await requests.request(looking(MINA), replace(GOOD, validation_id="other"), "key")
    assert job.validation == ValidationDataset("other", "other.jsonl", "other".ljust(64, "0"))


async def test_when_nobody_can_train_any_more_the_form_says_since_when(
    requests: RequestService, clock: SetClock
) -> None:
    clock.pass_seconds(60 * 24 * 3600)
    offer = await requests.offer(looking("U1"), GOOD)
    assert (offer.chosen, offer.models) == (None, ())
    assert offer.closed == "openai takes no new training jobs since 2027-01-06."


async def test_what_the_provider_cannot_do_is_not_offered(requests: RequestService) -> None:
    methods: tuple[Method, ...] = ("supervised",)
    plain = replace(requests, choices=replace(requests.choices, methods=methods), wandb=False)
    assert (await plain.offer(looking("U1"), Wanted(dataset_id="pairs"))).models == ()
    assert not (await plain.offer(looking("U1"), GOOD)).wandb
    with pytest.raises(BadInput, match="does not report"):
        await plain.request(looking(MINA), replace(GOOD, wandb="curves"), "key")


async def test_a_dataset_older_than_what_the_form_can_list_is_asked_for_by_its_name(
    database: Database, clock: SetClock
) -> None:
    for number in range(102):
        uploaded_at = samples.NOW + timedelta(minutes=number)
        made = samples.dataset(
            id=f"d{number}",
            file_id=f"F{number}",
            name=f"n{number}.jsonl",
            uploaded_at=uploaded_at,
            report=samples.report(),
            sha256=f"{number:064x}",
        )
        await database.datasets.add(Transition(made))
    requests, viewer = requests_of(database, clock), looking("U1")
    listed = [each.id for each in await requests.ready(viewer)]
    assert (len(listed), listed[0], "d0" in listed) == (100, "d101", False)
    assert [each.id for each in await requests.ready(viewer, "N0", "never-was")][100:] == ["d0"]
    offer = await requests.offer(viewer, Wanted())
    assert any("2 older datasets are ready here" in note for note in offer.notes)


async def test_a_job_is_asked_for_in_a_channel_where_somebody_else_can_approve_it(
    requests: RequestService, database: Database
) -> None:
    direct = replace(CHANNEL, channel_id="D1")
    await database.datasets.add(Transition(ready("mine", place=direct)))
    with pytest.raises(BadInput, match="Start it in a channel") as told:
        await requests.request(looking(MINA, place=direct), replace(GOOD, dataset_id="mine"), "key")
    assert told.value.field == "dataset"


@pytest.mark.parametrize("field", ["dataset_id", "validation_id"])
async def test_a_dataset_without_a_report_is_uploaded_again(
    requests: RequestService, database: Database, field: str
) -> None:
    await database.datasets.add(Transition(replace(ready("unread"), report=None)))
    with pytest.raises(BadInput, match="has no report; upload it again") as told:
        await requests.request(looking(MINA), replace(GOOD, **{field: "unread"}), "key")
    assert f"{told.value.field}_id" == field
    if field == "dataset_id":
        offer = await requests.offer(looking("U1"), Wanted(dataset_id="unread"))
        assert (offer.closed, offer.models) == ("This dataset has no report; upload it again.", ())


async def test_the_form_says_when_the_provider_refused_the_last_job(
    requests: RequestService, database: Database
) -> None:
    """Until one is made again: it may have been a passing trouble."""
    closed = samples.job(
        JobState.CLOSED, id="j1", request_key="1", advice="It trains no more.", ended_at=samples.NOW
    )
    await database.jobs.add(Transition(closed))
    refusal = Refusal("It trains no more.", samples.NOW.date())
    assert (await requests.offer(looking("U1"), GOOD)).refusal == refusal
    later = samples.NOW + timedelta(minutes=1)
    made = samples.job(
        JobState.RUNNING, id="j2", request_key="2", provider_job_id="ftjob-2", requested_at=later
    )
    await database.jobs.add(Transition(made))
    assert (await requests.offer(looking("U1"), GOOD)).refusal is None


async def test_a_dataset_older_than_the_list_stays_chosen_in_the_form(
    database: Database, clock: SetClock
) -> None:
    """The form was opened from its card; that newer ones fill the list changes nothing about it."""
    for number in range(101):
        uploaded_at = samples.NOW + timedelta(minutes=number)
        await database.datasets.add(Transition(ready(f"d{number}", uploaded_at=uploaded_at)))
    offer = await requests_of(database, clock).offer(looking("U1"), Wanted(dataset_id="d0"))
    assert (offer.dataset and offer.dataset.id, offer.wanted.dataset_id) == ("d0", "d0")
    assert [each.id for each in offer.datasets][:2] == ["d0", "d100"]


async def test_two_jobs_have_two_ids_that_can_be_read_aloud(requests: RequestService) -> None:
    """Nothing in them reads like something else."""
    ids = {(await requests.request(looking(MINA), GOOD, f"{number}")).id for number in range(3)}
    assert len(ids) == 3
    assert all(len(each) == 6 for each in ids)
    assert not set("".join(ids)) & set("il1o0")


def halves() -> tuple[Dataset, Dataset]:
    """What a split made: to train on, and held out."""
    training = ready("tone-train", half=Half("s1", validates=False, other="tone-validation.jsonl"))
    held = ready("tone-held", half=Half("s1", validates=True, other="tone-train.jsonl"))
    return training, held


@pytest.fixture
async def split(requests: RequestService, database: Database) -> RequestService:
    for each in halves():
        await database.datasets.add(Transition(each))
    return requests


async def test_the_form_for_a_training_half_has_its_validation_half_chosen_until_somebody_chooses(
    split: RequestService,
) -> None:
    begun = Wanted(dataset_id="tone-train")
    assert (await split.offer(looking("U1"), begun)).wanted.validation_id == "tone-held"
    for chosen in ("other", NO_VALIDATION):
        offer = await split.offer(looking("U1"), replace(begun, validation_id=chosen))
        assert offer.wanted.validation_id == chosen
        assert offer.problems == ()


async def test_what_was_held_out_is_offered_to_validate_and_never_to_train_on(split: RequestService) -> None:
    offer = await split.offer(looking("U1"), Wanted(dataset_id="tone-train"))
    assert "tone-held" not in [each.id for each in offer.datasets]
    assert "tone-held" in [each.id for each in offer.validations]
    with pytest.raises(BadInput, match=r"Train on \*tone-train.jsonl\*"):
        await split.offer(looking("U1"), Wanted(dataset_id="tone-held"))
    with pytest.raises(BadInput, match="held out to validate"):
        await split.request(looking(MINA), replace(GOOD, dataset_id="tone-held"), "key")


async def test_a_request_without_validation_is_filled_in_again_without_one(split: RequestService) -> None:
    job = await split.request(looking(MINA), replace(GOOD, validation_id=NO_VALIDATION), "key")
    assert job.validation is None
    assert again(job).validation_id == NO_VALIDATION
