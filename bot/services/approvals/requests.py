"""Asking for a job: what can be trained here for how much, and the request that somebody then decides on."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.access import Viewer
from bot.domain.approvals import requests
from bot.domain.approvals.requests import ModelChoice, Offer, Wanted
from bot.domain.briefing import cut, refusal
from bot.domain.catalog import ModelInfo
from bot.domain.datasets.lifecycle import Dataset, DatasetState, Label
from bot.domain.datasets.report import Report
from bot.domain.datasets.suggestions import suggest
from bot.domain.decision_basis import JobBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs import hyperparameters
from bot.domain.jobs.job import Hyperparameters, Job, JobState, ValidationDataset, how_it_stands
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotFound, StaleState
from bot.ports import Clock, Logger, Storage
from bot.services.access import AccessService, check_here
from bot.services.approvals.model_choice import ModelChoices, cheapest, named
from bot.services.policies import PolicyService

OFFERED = 100  # datasets of the form, the newest: a menu takes no more
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
    validation: ValidationDataset | None
    wandb_project: str


@dataclass(frozen=True)
class RequestService:
    """`wandb`: the provider reports to Weights & Biases, as its profile says."""

    storage: Storage
    choices: ModelChoices
    wandb: bool
    policies: PolicyService
    access: AccessService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def offer(self, viewer: Viewer, wanted: Wanted, editing: str = "") -> Offer:
        """What the form can offer in this channel for what is chosen so far; `editing`: the request that it changes."""
        check_here(viewer)
        newest = await self.storage.datasets.listed(viewer.here, OFFERED, ready=True)
        known = list(newest.rows)
        ready = [each for each in known if not each.only_validates]
        chosen = next((each for each in ready if each.id == wanted.dataset_id), None)
        if chosen is None and wanted.dataset_id:  # older than what is listed
            other = await self.storage.datasets.seen(viewer.here, wanted.dataset_id)
            if other is not None and other.state is DatasetState.READY:
                requests.check_trains(other)
                chosen = other
                ready.insert(0, other)
        chosen = chosen or (ready[0] if ready else None)
        if chosen is None:
            return Offer((), None, ())
        report = chosen.report
        if report is None or report.format is None:
            return Offer(tuple(ready), chosen, (), closed="This dataset has no report; upload it again.")
        models, more = await self.choices.models(
            report, _lenient(hyperparameters.epochs, wanted.epochs), viewer.common
        )
        if not models:
            return Offer(tuple(ready), chosen, (), closed=self.choices.closed())
        choice = named(models, wanted.model) or cheapest(models)
        validations = tuple(each for each in known if requests.may_validate(each, chosen))
        fitting, notes = requests.fitting(wanted, chosen, choice, validations)
        notes += requests.leakage(
            chosen, next((v for v in validations if v.id == fitting.validation_id), None)
        )
        order, problems = await self._tried(viewer, fitting)
        asked = await self._as_asked(viewer, order, editing) if order else None
        return Offer(
            tuple(ready),
            chosen,
            models,
            choice,
            wanted=fitting,
            notes=(*notes, *requests.left_out(newest.beyond(OFFERED))),
            method=choice.estimate.method,
            validations=validations,
            suggestions=suggest(report.format, report.valid),
            becomes=self.choices.catalog.becomes(
                choice.info, _lenient(hyperparameters.suffix, fitting.suffix) or ""
            ),
            cut=cut(report, choice.info),
            wandb=self.wandb,
            problems=problems,
            more_models=more,
            asked=asked,
            funds=await self.storage.budgets.funds(asked) if asked else (),
            refusal=refusal(await self.storage.jobs.last_answered(self.choices.provider)),
        )

    async def _tried(
        self, viewer: Viewer, wanted: Wanted
    ) -> tuple[_Order | None, tuple[tuple[str, str], ...]]:
        """What would be ordered, or what stands in the way of it."""
        try:
            return await self._order(viewer, wanted), ()
        except BadInput as wrong:
            return None, tuple((each.field, str(each)) for each in wrong.all)

    async def _as_asked(self, viewer: Viewer, order: _Order, editing: str) -> Job:
        """The request as it would be made, in place of the one that is edited, if any: nothing is saved."""
        place = Place(viewer.workspace, viewer.place.channel_id)
        job = self._job(viewer.user_id, place, order, "", await self.policies.of(place))
        before = await self.storage.jobs.seen(viewer.sight, editing) if editing else None
        return job if before is None else replace(job, id=before.id, requested_at=before.requested_at)

    async def check_ask(self, viewer: Viewer) -> None:
        """Raise, before a form is filled in vain, unless this person may ask for a job where they are.

        Where no channel is around, that is the workspace's word.
        """
        if viewer.place.channel_id:
            check_here(viewer)
        policy, known = await self.policies.of_person(viewer.place, viewer.member, asks=True)
        policy.check_request(known)

    async def ready(self, viewer: Viewer, *named: str) -> list[Dataset]:
        """The newest of the channel's datasets that can be trained on, and of older ones those that are `named`."""
        newest = await self.storage.datasets.listed(viewer.here, OFFERED, ready=True)
        found = list(newest.rows)
        if newest.beyond(OFFERED):
            labels = await self.storage.datasets.labels(viewer.here)
            for name in filter(None, named):
                found += await self._older(viewer, labels, name.casefold())
        return found

    async def _older(self, viewer: Viewer, labels: Sequence[Label], name: str) -> list[Dataset]:
        """The newest version that can be trained on of the dataset of this name, if there is one."""
        meant = next(
            (each for each in labels if name in {*each.names, each.name.rpartition(".")[0].casefold()}), None
        )
        versions = await self.storage.datasets.of_name(viewer.here, meant.name) if meant else []
        return [each for each in versions if each.state is DatasetState.READY][:1]

    async def request(self, viewer: Viewer, wanted: Wanted, request_key: str) -> Job:
        """Write down a request for a job; the same `request_key` twice is one job.

        Raises:
            BadInput: a value is off; `field` is dataset, or one of Wanted's names without `_id`.
            NotAllowed: guests, and channels outside the allow-list.
        """
        place, by = Place(viewer.workspace, viewer.place.channel_id), viewer.user_id
        order = await self._checked(viewer, wanted)

        async def save(prepared: Prepared) -> Job:
            job = self._job(by, place, order, request_key, prepared.policy)

            def check(basis: JobBasis) -> None:
                self._may_ask(prepared, basis, by, job)

            return await self.storage.jobs.add(requests.requested(job, job.requested_at), check)

        saved = await self.policies.decide(place, {by}, save, asks=True)
        self.log.info("job requested", job=saved.id, by=by, usd=saved.estimate.usd)
        self.wake()
        return saved

    def _may_ask(self, prepared: Prepared, basis: JobBasis, by: str, job: Job) -> None:
        """Raise unless, as it is saved, this person may ask for it and its datasets are there."""
        self.policies.still(prepared, basis).check_request(prepared.member(by))
        if job.dataset_id not in basis.ready:
            raise BadInput("This dataset was deleted at this moment; pick another one.", "dataset")
        if job.validation is not None and job.validation.dataset_id not in basis.ready:
            raise BadInput("This dataset was deleted at this moment; pick another one.", "validation")

    async def check_edit(self, viewer: Viewer, job_id: str) -> Job:
        """The request, if this person may change it and nobody has decided. Raises NotAllowed, StaleState, NotFound."""
        job = await self.storage.jobs.seen(viewer.sight, job_id)
        if job is None:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_edit(known, job)
        self._check_waits(job)
        return job

    def _check_waits(self, job: Job) -> None:
        if job.state is not JobState.REQUESTED:
            raise StaleState(f"*{plain(job.title)}* {how_it_stands(job)}; ask for another job instead.")
        requests.check_in_time(job, self.clock.now())

    async def edit(self, viewer: Viewer, job_id: str, wanted: Wanted) -> Job:
        """Change a request on which nobody has decided; who approved it has to do so again. Raises as `request`."""
        before, by = await self.check_edit(viewer, job_id), viewer.user_id
        order = await self._checked(await self.access.moved(viewer, before.place), wanted)

        async def save(prepared: Prepared) -> Job:
            new = self._job(before.requested_by, before.place, order, before.request_key, prepared.policy)

            def step(job: Job, basis: JobBasis) -> Transition[Job]:
                prepared.policy.check_edit(viewer.member, job)
                self._check_waits(job)
                self._may_ask(prepared, basis, by, new)
                return requests.edited(job, new, self.clock.now())

            return await self.storage.jobs.decide(job_id, step)

        saved = await self.policies.decide(before.place, {by}, save, asks=True)
        self.log.info("job edited", job=job_id, by=by, usd=saved.estimate.usd)
        self.wake()
        return saved

    async def _checked(self, viewer: Viewer, wanted: Wanted) -> _Order:
        check_here(viewer)
        member, place = viewer.member, viewer.place
        policy, known = await self.policies.of_person(place, member, asks=True)
        policy.check_request(known)
        policy.check_channel(place.channel_id)
        if place.channel_id.startswith("D"):
            raise BadInput("Start it in a channel, so that somebody else can approve it.", "dataset")
        order = await self._order(viewer, wanted)
        await self.choices.check_kept(order.choice, viewer.common)
        return order

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
            provider=self.choices.provider,
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

    async def _order(self, viewer: Viewer, wanted: Wanted) -> _Order:
        """Everything that is wanted, checked. Raises BadInput, for all that was typed and the model at once."""
        dataset, report, sha256 = await self._dataset(wanted.dataset_id, viewer, "dataset")
        requests.check_trains(dataset)
        off: list[BadInput] = []
        suffix = _read("suffix", hyperparameters.suffix, wanted.suffix, off)
        epochs = _read("epochs", hyperparameters.epochs, wanted.epochs, off)
        batch_size = _read("batch", hyperparameters.batch_size, wanted.batch, off)
        multiplier = _read("lr", hyperparameters.learning_rate_multiplier, wanted.lr, off)
        beta = _read("beta", hyperparameters.beta, wanted.beta, off)
        seed = _read("seed", hyperparameters.seed, wanted.seed, off)
        wandb_project = _read("wandb", hyperparameters.project, wanted.wandb, off)
        try:
            choice = await self.choices.choice(
                wanted.model, report, epochs, viewer.common, viewer.place.channel_id
            )
        except BadInput as wrong:
            off.append(wrong)
            raise _together(off) from None
        if off:
            raise _together(off)
        if beta is not None and choice.estimate.method != "preference":
            raise BadInput("Only training on preference pairs has a beta; leave it out.", "beta")
        if wandb_project and not self.wandb:
            raise BadInput(
                f"{self.choices.provider} does not report to Weights & Biases; leave it out.", "wandb"
            )
        return _Order(
            dataset=dataset,
            report=report,
            sha256=sha256,
            choice=choice,
            suffix=suffix or "",
            hyperparameters=Hyperparameters(
                epochs, batch_size, learning_rate_multiplier=multiplier, beta=beta
            ),
            seed=seed,
            validation=await self._validation(wanted.validation_id, viewer, dataset, choice.info),
            wandb_project=wandb_project or "",
        )

    async def _dataset(self, dataset_id: str, viewer: Viewer, field: str) -> tuple[Dataset, Report, str]:
        dataset = await self.storage.datasets.seen(viewer.here, dataset_id)
        if dataset is None:
            raise BadInput("This dataset is not in this channel; pick one from the list.", field)
        if dataset.state is not DatasetState.READY:
            raise BadInput(f"This dataset cannot be trained on: it is {dataset.state}.", field)
        if dataset.report is None or dataset.report.format is None or dataset.sha256 is None:
            raise BadInput("This dataset has no report; upload it again.", field)
        return dataset, dataset.report, dataset.sha256

    async def _validation(
        self, dataset_id: str, viewer: Viewer, training: Dataset, model: ModelInfo
    ) -> ValidationDataset | None:
        if dataset_id in ("", requests.NO_VALIDATION, requests.HOLD_OUT):
            return None
        dataset, report, sha256 = await self._dataset(dataset_id, viewer, "validation")
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
        return ValidationDataset(dataset.id, dataset.label, sha256)


def _read(field: str, reader: Callable[[str], Value], text: str, off: list[BadInput]) -> Value | None:
    """What the reader makes of the text; when that is BadInput it joins what is `off`, and says at which field."""
    try:
        return reader(text)
    except BadInput as wrong:
        off.append(BadInput(str(wrong), field))
        return None


def _together(off: Sequence[BadInput]) -> BadInput:
    """The first one, with the others beside it."""
    first, *others = off
    return BadInput(str(first), first.field, others)


def _lenient(reader: Callable[[str], Value], text: str) -> Value | None:
    """For what is shown while somebody types: what cannot be used counts as not given, and is told in words."""
    try:
        return reader(text)
    except BadInput:
        return None
