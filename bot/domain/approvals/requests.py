"""A request for a job: what can be asked for, what is asked, and its steps until somebody decided on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import BOT, POLICY, Did, Entry
from bot.domain.briefing import Refusal, overlap
from bot.domain.budgets import Funds
from bot.domain.catalog import Method, ModelInfo
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.suggestions import Suggestions
from bot.domain.escaping import plain
from bot.domain.jobs.job import Approval, Job, S, how_it_stands
from bot.domain.jobs.training import Curve
from bot.domain.jobs.transitions import announcement, become, cancel_asked, entry_of, note
from bot.domain.money import Money, in_dollars
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.pricing import Estimate
from bot.domain.stale_buttons import Changed
from bot.domain.transforms.lifecycle import may_hold_out
from bot.domain.work_queue import Transition
from bot.errors import BadInput, StaleState

NO_VALIDATION = "-"
HOLD_OUT = "hold-out"
"""Nothing validates, or a part of the dataset that is still to be held out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants trained, as typed: numbers are text, empty or "auto" where the server shall choose.

    `model` is a ModelChoice's key, or any name of a model. `suffix` and `wandb` empty: none. `validation_id` may be
    NO_VALIDATION or HOLD_OUT; empty, nobody has chosen.
    """

    dataset_id: str = ""
    model: str = ""
    suffix: str = ""
    epochs: str = ""
    validation_id: str = ""
    batch: str = ""
    lr: str = ""
    beta: str = ""
    seed: str = ""
    wandb: str = ""


def again(job: Job) -> Wanted:
    """What was wanted for this job, to begin another one with."""
    given = job.hyperparameters
    return Wanted(
        dataset_id=job.dataset_id,
        model=job.model,
        suffix=job.suffix,
        epochs=_text(given.n_epochs),
        validation_id=job.validation.dataset_id if job.validation else NO_VALIDATION,
        batch=_text(given.batch_size),
        lr=_text(given.learning_rate_multiplier),
        beta=_text(given.beta),
        seed=_text(job.seed),
        wandb=job.wandb_project,
    )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value}"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be trained on the chosen dataset, with what that would cost.

    `key` stands for it in forms, `name` is what people call it. `trained` is the name the provider knows: of a base
    model, or of a tuned one that is trained further; `info` is about the base model either way.
    """

    key: str
    name: str
    trained: str
    info: ModelInfo
    estimate: Estimate

    @property
    def tuned(self) -> bool:
        """Whether it is a tuned model that goes on."""
        return self.trained != self.info.id

    @property
    def checkpoint(self) -> bool:
        """Whether it is a model from the middle of a training."""
        return "@" in self.key

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be called, in lower case."""
        called = {self.key, self.name, self.trained} | (set() if self.tuned else set(self.info.aliases))
        return frozenset(each.lower() for each in called)


def going_on(job: Job, base: ModelChoice, curve: Curve) -> list[ModelChoice]:
    """The tuned model of a job and the checkpoints before it, latest first, each trained further as its `base` is."""
    kept = [
        replace(
            base, key=checkpoint.name_in(job.id), name=checkpoint.name_in(job.title), trained=checkpoint.model
        )
        for checkpoint in reversed(curve.named)
        if checkpoint.model != job.fine_tuned_model
    ]
    return [replace(base, key=job.id, name=job.title, trained=job.fine_tuned_model or ""), *kept]


NOTHING_WANTED = Wanted()
NOTHING_SUGGESTED = Suggestions((), ())


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen now, for what is wanted so far.

    `datasets` are the channel's ready ones, newest first; `dataset` is the chosen one, None when there is none.
    `models` are those that train on it, `chosen` is one of them; when there is none, `closed` says why.
    `wanted` is what was wanted as far as it still fits, and `notes` say what did not. `validations` may go with
    the dataset. `becomes` is the name the model will get, with a made-up end. `cut` counts the tokens of the
    dataset that the chosen model does not take. `wandb`: the provider reports there. `problems` say what stands
    in the way of asking for this, each with one of Wanted's names without `_id`, or "" for the whole.
    `more_models`: so many tuned models can be named that are not among them. `asked` is the request as it would be
    made, once all of it is good, and `funds` are its budgets. `refusal`: the provider refused the last job.
    """

    datasets: tuple[Dataset, ...]
    dataset: Dataset | None
    models: tuple[ModelChoice, ...]
    chosen: ModelChoice | None = None
    closed: str = ""
    wanted: Wanted = NOTHING_WANTED
    notes: tuple[str, ...] = ()
    method: Method = "supervised"
    validations: tuple[Dataset, ...] = ()
    suggestions: Suggestions = NOTHING_SUGGESTED
    becomes: str = ""
    cut: int = 0
    wandb: bool = False
    problems: tuple[tuple[str, str], ...] = ()
    more_models: int = 0
    asked: Job | None = None
    funds: Funds = ()
    refusal: Refusal | None = None


def fitting(
    wanted: Wanted, dataset: Dataset, choice: ModelChoice, validations: Sequence[Dataset]
) -> tuple[Wanted, tuple[str, ...]]:
    """What is wanted with what the form shows instead of what does not fit, and a sentence on each such thing."""
    notes: list[str] = []
    if wanted.dataset_id not in ("", dataset.id):
        notes.append(f"The dataset you began with is no longer here; {plain(dataset.label)} is the newest.")
    if wanted.model and wanted.model.strip().lower() not in choice.names:
        notes.append(
            f"The model you had chosen does not train on this; {plain(choice.name)} is the cheapest."
        )
    validation_id = wanted.validation_id
    known = (
        {each.id for each in validations} | {NO_VALIDATION} | ({HOLD_OUT} if may_hold_out(dataset) else set())
    )
    if validation_id and validation_id not in known:
        notes.append("The validation dataset does not go with this dataset; none is chosen now.")
        validation_id = ""
    if not validation_id:
        validation_id = next((each.id for each in validations if each.goes_with(dataset)), "")
    beta = wanted.beta if choice.estimate.method == "preference" else ""
    fitting = replace(wanted, dataset_id=dataset.id, model=choice.key, validation_id=validation_id, beta=beta)
    return fitting, tuple(notes)


def left_out(older: int) -> tuple[str, ...]:
    """A sentence on datasets that the form cannot list, and how to ask for one of them."""
    if not older:
        return ()
    what = "one older dataset is" if older == 1 else f"{older:,} older datasets are"
    return (f"Besides these {what} ready here: `/finetune start FILE model=MODEL` takes one by its name.",)


def leakage(training: Dataset, validation: Dataset | None) -> tuple[str, ...]:
    """A sentence on prompts that both datasets hold, as their reports tell."""
    found = overlap(training, validation)
    return (found.sentence,) if found else ()


def check_trains(dataset: Dataset) -> None:
    """Raise BadInput for what was held out from training."""
    if dataset.half is not None and dataset.only_validates:
        raise BadInput(
            f"*{plain(dataset.label)}* was held out to validate, so nothing trains on it. Train on "
            f"*{plain(dataset.half.other)}*, and choose this one as its validation dataset.",
            "dataset",
        )


def may_validate(dataset: Dataset, training: Dataset) -> bool:
    """Whether it is another content in the same format."""
    if dataset.report is None or training.report is None or dataset.sha256 == training.sha256:
        return False
    return dataset.report.format == training.report.format


def requested(job: Job, now: datetime) -> Transition[Job]:
    """A new request: its card goes to the channel and waits for a decision."""
    card = OutboxMessage(
        id=job.card_id, kind=MessageKind.JOB_CARD, place=job.place, subject_id=job.id, due_at=now
    )
    entry = entry_of(job, Did.REQUESTED, job.requested_by, now, model=job.model, usd=job.estimate.usd)
    return Transition(replace(job, state_since=now, due_at=now), (card,), (entry,))


def approved(job: Job, by: str, needed: int, now: datetime) -> Transition[Job]:
    """Somebody whom the policy allows said yes; when so many as are `needed` have, the work begins at once."""
    entry = entry_of(job, Did.APPROVED, by, now, model=job.model, usd=job.estimate.usd)
    approvals = (*(each for each in job.approvals if each.by != by), Approval(by, now))
    if len(approvals) < needed:
        return Transition(replace(_waiting(job), approvals=approvals), entries=(entry,))
    job = replace(become(job, S.APPROVED, now), approvals=approvals)
    return Transition(replace(job, decided_by=by, decided_at=now, due_at=now), entries=(entry,))


def approved_by_policy(job: Job, below: Money, lately: Money, now: datetime) -> Transition[Job]:
    """It costs less than what the policy approves by itself: the work begins at once.

    `below` and `lately`: the amount, and what was approved so for the same person within a day, since
    many small requests are one big one.
    """
    if job.estimate.price is None or job.estimate.price + lately >= below:
        raise StaleState("This job is not approved by itself any more.")
    entry = entry_of(job, Did.APPROVED, POLICY, now, usd=job.estimate.usd, below_usd=in_dollars(below))
    return Transition(
        replace(become(job, S.APPROVED, now), decided_by=POLICY, decided_at=now, due_at=now), entries=(entry,)
    )


def waits(job: Job, due_at: datetime | None) -> Transition[Job]:
    """Nobody decided yet: it is looked at again then."""
    return Transition(replace(_waiting(job), due_at=due_at))


def reminded(job: Job, now: datetime) -> Transition[Job]:
    """Those whose turn it is are reminded, once, in the card's thread; it is looked at again when it ends."""
    again = f"{job.edited_at.timestamp():.0f}" if job.edited_at else ""  # another request by then
    message = note(job, "reminder", now, again)
    return Transition(replace(_waiting(job), reminded_at=now, due_at=job.expires_at), (message,))


def check_in_time(job: Job, now: datetime) -> None:
    """Raise Changed once its time is over: its card may still offer what nobody can do any more."""
    if job.state is S.REQUESTED and job.expires_at is not None and now >= job.expires_at:
        raise Changed(
            job.id,
            f"Nobody decided on *{plain(job.title)}* in time, so the request has ended and nothing was done. "
            "Its card has a button that asks again.",
        )


def expired(job: Job, now: datetime) -> Transition[Job]:
    """Nobody decided in time: the requester is told in the channel."""
    entry = entry_of(job, Did.EXPIRED, BOT, now, usd=job.estimate.usd)
    ended = replace(become(job, S.EXPIRED, now), due_at=None)
    return Transition(ended, (announcement(job, MessageKind.JOB_ENDED, now),), (entry,))


def edited(job: Job, new: Job, now: datetime) -> Transition[Job]:
    """The requester wants something else: what `new` is asked with holds, and whoever said yes has to do so again."""
    entry = entry_of(job, Did.EDITED, job.requested_by, now, model=new.model, usd=new.estimate.usd)
    asked = replace(
        _waiting(job),
        dataset_id=new.dataset_id,
        dataset_name=new.dataset_name,
        dataset_sha256=new.dataset_sha256,
        model=new.model,
        method=new.method,
        suffix=new.suffix,
        estimate=new.estimate,
        hyperparameters=new.hyperparameters,
        seed=new.seed,
        validation=new.validation,
        wandb_project=new.wandb_project,
        went_on_from=new.went_on_from,
        expires_at=new.expires_at,
        edited_at=now,
        reminded_at=None,
        due_at=now,
    )
    return _begun_anew(asked, "edited", entry, now)


def repriced(job: Job, estimate: Estimate, now: datetime) -> Transition[Job]:
    """What it costs has moved since it was asked for: whoever said yes did so to another price."""
    entry = entry_of(
        job, Did.REPRICED, BOT, now, model=job.model, usd=estimate.usd, before_usd=job.estimate.usd
    )
    return _begun_anew(replace(_waiting(job), estimate=estimate), "repriced", entry, now)


def _begun_anew(job: Job, what: str, entry: Entry, now: datetime) -> Transition[Job]:
    """Approvals count no longer; whoever gave one is told in the card's thread."""
    if not job.approvals:
        return Transition(job, entries=(entry,))
    people = [approval.by for approval in job.approvals]
    message = note(job, what, now, f"{now.timestamp():.0f}", people=people)
    return Transition(replace(job, approvals=()), (message,), (entry,))


def rejected(job: Job, by: str, reason: str, now: datetime) -> Transition[Job]:
    """Somebody whom the policy allows said no, and why; the requester is told in the card's thread."""
    message = announcement(job, MessageKind.JOB_REJECTED, now)
    entry = entry_of(job, Did.REJECTED, by, now)
    ended = replace(become(job, S.REJECTED, now), decided_by=by, decided_at=now, reason=reason, due_at=None)
    return Transition(ended, (message,), (entry,))


def withdrawn(job: Job, by: str, now: datetime) -> Transition[Job]:
    """The requester took the request back before it was decided."""
    ended = replace(become(job, S.WITHDRAWN, now), due_at=None)
    return Transition(ended, entries=(entry_of(job, Did.WITHDRAWN, by, now),))


def stopped(job: Job, by: str, now: datetime) -> Transition[Job]:
    """Somebody wants it no more: a request is withdrawn, a job is cancelled. Raises StaleState when it has ended."""
    return withdrawn(job, by, now) if job.state is S.REQUESTED else cancel_asked(job, by, now)


def _waiting(job: Job) -> Job:
    if job.state is not S.REQUESTED:
        raise StaleState(f"This job {how_it_stands(job)}; nobody has to decide on it.")
    return replace(job, attempts=0, fault="")
