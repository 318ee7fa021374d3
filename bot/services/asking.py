"""Asking for a job: what can be trained here for how much, and the request that somebody then decides on."""

import difflib
import math
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from bot.domain import request_steps, typed
from bot.domain.catalog import METHOD_OF, Catalog, Method, ModelInfo
from bot.domain.dataset.lifecycle import Dataset, DatasetState
from bot.domain.dataset.prints import shared
from bot.domain.dataset.report import Report
from bot.domain.dataset.suggestions import suggest
from bot.domain.jobs import Hyperparameters, Job, JobState, Validation
from bot.domain.policy import Member, Policy
from bot.domain.pricing import Estimate, estimate
from bot.domain.training import Curve
from bot.domain.wording import plain
from bot.domain.work import Place
from bot.errors import BadInput, NotFound, StaleState, UnknownName
from bot.ports import Clock, Reporter, Storage
from bot.services.kept import Kept
from bot.services.offers import ModelChoice, Offer, Wanted, going_on
from bot.services.policies import PolicyService
from bot.services.speakers import Speaker, Speakers

MAX_TUNED = 40  # tuned models offered to go on from: the newest
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Order:
    """What is wanted, once every value was found good; `report` is the training dataset's, `sha256` its content."""

    dataset: Dataset
    report: Report
    sha256: str
    choice: ModelChoice
    suffix: str
    hyperparameters: Hyperparameters
    seed: int | None
    validation: Validation | None
    wandb_project: str


@dataclass(frozen=True)
class AskingService:
    """`provider` is its name in our rows; `methods` and `wandb` are what it can do, as its profile says."""

    storage: Storage
    provider: str
    methods: Collection[Method]
    wandb: bool
    catalog: Catalog
    policies: PolicyService
    speakers: Speakers
    kept: Kept
    clock: Clock
    log: Reporter
    wake: Callable[[], None]

    async def offer(self, place: Place, wanted: Wanted) -> Offer:
        """What the form can offer in this channel for what is chosen so far."""
        ready = await self.ready(place)
        chosen = next((each for each in ready if each.id == wanted.dataset_id), None)
        if chosen is None and wanted.dataset_id:  # older than what is listed
            other = await self.storage.datasets.get(wanted.dataset_id)
            if other is not None and other.state is DatasetState.READY and _same_channel(other, place):
                chosen = other
                ready.insert(0, other)
        chosen = chosen or (ready[0] if ready else None)
        if chosen is None:
            return Offer((), None, ())
        report = chosen.report
        if report is None or report.format is None:
            return Offer(tuple(ready), chosen, (), closed="This dataset has no report; upload it again.")
        models = await self._models(report, _lenient_epochs(wanted.epochs), place.workspace)
        if not models:
            return Offer(tuple(ready), chosen, (), closed=self._closed())
        choice = _named(models, wanted.model) or _cheapest(models)
        validations = tuple(each for each in ready if _may_validate(each, chosen))
        fitting, notes = _fitting(wanted, chosen, choice, validations)
        notes += _leakage(chosen, next((v for v in validations if v.id == fitting.validation_id), None))
        return Offer(
            tuple(ready),
            chosen,
            models,
            choice,
            wanted=fitting,
            notes=(*notes, *await self._refused_lately()),
            method=choice.estimate.method,
            validations=validations,
            suggestions=suggest(report),
            becomes=self.catalog.becomes(choice.info, fitting.suffix.strip()),
            cut=max(0, report.tokens.total - report.billable_tokens(choice.info.max_example_tokens)),
            wandb=self.wandb,
            problem=await self._problem(place, fitting),
        )

    async def _refused_lately(self) -> tuple[str, ...]:
        """A sentence, when the last job that was asked for at the provider was refused: it trains no more for us."""
        for job in await self.storage.jobs.listed(limit=20):
            if job.provider == self.provider and job.state is JobState.CLOSED:
                return (f"{job.advice} It said so last on {job.ended_at:%Y-%m-%d}; a new job asks again.",)
            if job.provider == self.provider and job.provider_job_id is not None:
                break
        return ()

    async def _problem(self, place: Place, wanted: Wanted) -> str:
        try:
            await self._order(place, wanted)
        except BadInput as wrong:
            return str(wrong)
        return ""

    async def ready(self, place: Place) -> list[Dataset]:
        """The channel's datasets that can be trained on, newest first."""
        listed = await self.storage.datasets.listed(place, limit=100)
        return [dataset for dataset in listed if dataset.state is DatasetState.READY]

    async def request(self, member: Member, place: Place, wanted: Wanted, request_key: str) -> Job:
        """Write down a request for a job; the same `request_key` twice is one job.

        Raises:
            BadInput: a value is off; `field` is dataset, or one of Wanted's names without `_id`.
            NotAllowed: guests, and channels outside the allow-list.
        """
        place = Place(place.workspace, place.channel_id)
        order, policy = await self._checked(member, place, wanted)
        job = self._job(member.user_id, place, order, request_key, policy)
        saved = await self.storage.jobs.add(request_steps.requested(job, job.requested_at))
        self.log.info("job requested", job=saved.id, by=member.user_id, usd=job.estimate.usd)
        self.wake()
        return saved

    async def check_edit(self, member: Member, job_id: str) -> Job:
        """The request, if this person may change it and nobody has decided. Raises NotAllowed, StaleState, NotFound."""
        job = await self.storage.jobs.get(job_id)
        if job is None:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        (await self.policies.of(job.place)).check_edit(member, job)
        if job.state is not JobState.REQUESTED:
            raise StaleState(
                f"*{plain(job.title)}* is {job.state.value} already; ask for another job instead."
            )
        return job

    async def edit(self, member: Member, job_id: str, wanted: Wanted) -> Job:
        """Change a request on which nobody has decided; who approved it has to do so again. Raises as `request`."""
        before = await self.check_edit(member, job_id)
        order, policy = await self._checked(member, before.place, wanted)
        new = self._job(before.requested_by, before.place, order, before.request_key, policy)
        saved = await self.storage.jobs.change(
            job_id, lambda job: request_steps.edited(job, new, new.requested_at)
        )
        self.log.info("job edited", job=job_id, by=member.user_id, usd=new.estimate.usd)
        self.wake()
        return saved

    async def price(self, job: Job) -> Estimate | None:
        """What the job would cost if it were asked for now; None when its dataset is gone. Raises BadInput: closed."""
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is None or dataset.report is None:
            return None
        choice = await self._choice(
            job.model, dataset.report, job.hyperparameters.n_epochs, job.place.workspace
        )
        return choice.estimate

    async def _checked(self, member: Member, place: Place, wanted: Wanted) -> tuple[_Order, Policy]:
        policy, known = await self.policies.of_person(place, member, asks=True)
        policy.check_request(known)
        policy.check_channel(place.channel_id)
        if place.channel_id.startswith("D"):
            raise BadInput("Start it in a channel, so that somebody else can approve it.", "dataset")
        order = await self._order(place, wanted)
        await self._check_kept(order.choice, place.workspace)
        return order, policy

    def _job(self, user_id: str, place: Place, order: _Order, request_key: str, policy: Policy) -> Job:
        """A request for what was ordered, from this moment on."""
        now = self.clock.now()
        price = order.choice.estimate
        return Job(
            id="".join(secrets.choice(_ID_LETTERS) for _ in range(6)),
            request_key=request_key,
            place=place,
            requested_by=user_id,
            requested_at=now,
            expires_at=now + policy.expires_after,
            dataset_id=order.dataset.id,
            dataset_name=order.dataset.label,
            dataset_sha256=order.sha256,
            provider=self.provider,
            model=order.choice.trained,
            method=price.method,
            suffix=order.suffix,
            estimate=price,
            hyperparameters=order.hyperparameters,
            seed=order.seed,
            validation=order.validation,
            wandb_project=order.wandb_project,
            went_on_from=order.choice.name if order.choice.tuned else "",
        )

    async def _order(self, place: Place, wanted: Wanted) -> _Order:
        """Everything that is wanted, checked. Raises BadInput at the first value that is off."""
        dataset, report, sha256 = await self._dataset(wanted.dataset_id, place, "dataset")
        suffix = _read("suffix", typed.suffix, wanted.suffix)
        epochs = _read("epochs", typed.epochs, wanted.epochs)
        choice = await self._choice(wanted.model, report, epochs, place.workspace)
        beta = _read("beta", typed.beta, wanted.beta)
        if beta is not None and choice.estimate.method != "preference":
            raise BadInput("Only training on preference pairs has a beta; leave it out.", "beta")
        wandb_project = _read("wandb", typed.project, wanted.wandb)
        if wandb_project and not self.wandb:
            raise BadInput(f"{self.provider} does not report to Weights & Biases; leave it out.", "wandb")
        return _Order(
            dataset=dataset,
            report=report,
            sha256=sha256,
            choice=choice,
            suffix=suffix,
            hyperparameters=Hyperparameters(
                n_epochs=epochs,
                batch_size=_read("batch", typed.batch_size, wanted.batch),
                learning_rate_multiplier=_read("lr", typed.learning_rate_multiplier, wanted.lr),
                beta=beta,
            ),
            seed=_read("seed", typed.seed, wanted.seed),
            validation=await self._validation(wanted.validation_id, place, dataset, choice.info),
            wandb_project=wandb_project,
        )

    async def _dataset(self, dataset_id: str, place: Place, field: str) -> tuple[Dataset, Report, str]:
        dataset = await self.storage.datasets.get(dataset_id)
        if dataset is None or not _same_channel(dataset, place):
            raise BadInput("This dataset is not in this channel; pick one from the list.", field)
        if dataset.state is not DatasetState.READY:
            raise BadInput(f"This dataset cannot be trained on: it is {dataset.state}.", field)
        if dataset.report is None or dataset.report.format is None or dataset.sha256 is None:
            raise BadInput("This dataset has no report; upload it again.", field)
        return dataset, dataset.report, dataset.sha256

    async def _choice(self, wanted: str, report: Report, epochs: int | None, workspace: str) -> ModelChoice:
        bases = self._bases(report, epochs)
        choice = _named(list(bases.values()), wanted)
        if choice is not None:
            return choice
        known = self.catalog.find(wanted)
        if known is not None:  # says what keeps it from training on this
            estimate(report, known, epochs, self._today())
        if not bases:
            raise BadInput(self._closed(), "model")
        try:
            speaker = await self.speakers.speaker(workspace, wanted)
        except UnknownName:
            models = await self._models(report, epochs, workspace)
            near = difflib.get_close_matches(wanted.lower(), [each.name for each in models], n=1, cutoff=0.4)
            nearest = near[0] if near else _cheapest(models).name
            raise BadInput(
                f"I know no model of this name; the nearest is {plain(nearest)}.", "model"
            ) from None
        except NotFound as gone:
            raise BadInput(str(gone), "model") from None
        return await self._tuned(speaker, bases, report, epochs)

    async def _tuned(
        self, speaker: Speaker, bases: Mapping[str, ModelChoice], report: Report, epochs: int | None
    ) -> ModelChoice:
        """A model of one's own, trained further. Raises BadInput when its base does not train on this."""
        job = speaker.job
        if job.provider != self.provider:
            raise BadInput(
                f"{plain(job.title)} was trained at {job.provider}, not at {self.provider}, and can only go on "
                "there.",
                "model",
            )
        base = bases.get(job.estimate.model)
        if base is None:
            info = self.speakers.base(job)
            if info is not None:
                estimate(report, info, epochs, self._today())
            raise BadInput(
                f"{plain(job.title)} comes from {plain(job.estimate.model)}, which does not train on this.",
                "model",
            )
        further = going_on(job, base, await self.storage.curves.get(job.id))
        return next(each for each in further if each.trained == speaker.model)

    async def _check_kept(self, choice: ModelChoice, workspace: str) -> None:
        if not choice.checkpoint:
            return
        try:
            await self.kept.check(await self.speakers.speaker(workspace, choice.key))
        except NotFound:
            raise BadInput(
                f"The provider no longer keeps the checkpoint {plain(choice.name)}; choose another model.",
                "model",
            ) from None

    async def _validation(
        self, dataset_id: str, place: Place, training: Dataset, model: ModelInfo
    ) -> Validation | None:
        if not dataset_id:
            return None
        dataset, report, sha256 = await self._dataset(dataset_id, place, "validation")
        trained_on = training.report.format if training.report else None
        if report.format != trained_on:
            raise BadInput(
                f"It is in {report.format} format and the training data in {trained_on} format; "
                "both have to be alike.",
                "validation",
            )
        if sha256 == training.sha256:
            raise BadInput(
                "It has the same content as the training data, so it would prove nothing. "
                "Split the dataset, or pick another one.",
                "validation",
            )
        if report.images and not model.vision:
            raise BadInput(f"It holds images, on which {model.name} does not train.", "validation")
        return Validation(dataset.id, dataset.label, sha256)

    async def _models(self, report: Report, epochs: int | None, workspace: str) -> tuple[ModelChoice, ...]:
        """The base models for a dataset with prices, then the tuned ones that can go on, newest first."""
        bases = self._bases(report, epochs)
        jobs = [
            (job, base)
            for job in await self.storage.jobs.tuned(workspace, limit=MAX_TUNED)
            if job.provider == self.provider
            and job.fine_tuned_model
            and job.model_deletion is None
            and (base := bases.get(job.estimate.model))
        ]
        curves = await self.storage.curves.of([job.id for job, _ in jobs])
        tuned = [each for job, base in jobs for each in going_on(job, base, curves.get(job.id, Curve()))]
        return (*bases.values(), *tuned)

    def _bases(self, report: Report, epochs: int | None) -> dict[str, ModelChoice]:
        """The base models that train on such a dataset here, by their ids; none when nothing does."""
        if report.format is None or METHOD_OF[report.format] not in self.methods:
            return {}
        today = self._today()
        return {
            info.id: ModelChoice(info.id, info.name, info.id, info, estimate(report, info, epochs, today))
            for info in self.catalog.trainable(today, report.format, images=report.images > 0)
        }

    def _closed(self) -> str:
        """Why nothing can be trained."""
        last = max((m.trainable_until for m in self.catalog.models if m.trainable_until), default=None)
        if last is not None and last <= self._today():
            return f"{self.catalog.provider} takes no new training jobs since {last.isoformat()}."
        return f"No model of {self.catalog.provider} trains on this kind of data any more."

    def _today(self) -> date:
        return self.clock.now().date()


def _read(field: str, reader: Callable[[str], Value], text: str) -> Value:
    """What the reader makes of the text; its BadInput then says at which field."""
    try:
        return reader(text)
    except BadInput as wrong:
        raise BadInput(str(wrong), field) from None


def _lenient_epochs(text: str) -> int | None:
    """For the price shown: what is no number of epochs counts as none given, and is told in words."""
    try:
        return typed.epochs(text)
    except BadInput:
        return None


def _fitting(
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
    if validation_id and validation_id not in (each.id for each in validations):
        notes.append("The validation dataset does not go with this dataset; none is chosen now.")
        validation_id = ""
    beta = wanted.beta if choice.estimate.method == "preference" else ""
    fitting = replace(wanted, dataset_id=dataset.id, model=choice.key, validation_id=validation_id, beta=beta)
    return fitting, tuple(notes)


def _leakage(training: Dataset, validation: Dataset | None) -> tuple[str, ...]:
    """A sentence on prompts that both datasets hold, as their reports tell."""
    if training.report is None or validation is None or validation.report is None:
        return ()
    found, compared = shared(training.report.prints, validation.report.prints)
    if not found:
        return ()
    prompts = f"validation prompt{'' if compared == 1 else 's'}"
    sampled = " in a sample" if compared < validation.report.valid else ""
    sentence = (
        f"{found:,} of {compared:,} {prompts}{sampled} {'is' if found == 1 else 'are'} also in the training data: "
        "what was learned by heart looks like skill there."
    )
    return (sentence,)


def _named(models: Sequence[ModelChoice], wanted: str) -> ModelChoice | None:
    return next((each for each in models if wanted.strip().lower() in each.names), None)


def _cheapest(models: Sequence[ModelChoice]) -> ModelChoice:
    """Of the base models: money is not spent by oversight."""
    bases = [each for each in models if not each.tuned]
    return min(bases, key=lambda each: math.inf if each.estimate.usd is None else each.estimate.usd)


def _may_validate(dataset: Dataset, training: Dataset) -> bool:
    """Whether it is another content in the same format."""
    if dataset.report is None or training.report is None or dataset.sha256 == training.sha256:
        return False
    return dataset.report.format == training.report.format


def _same_channel(dataset: Dataset, place: Place) -> bool:
    return (dataset.place.workspace, dataset.place.channel_id) == (place.workspace, place.channel_id)
