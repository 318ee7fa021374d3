"""Which model a job trains: the bases that train on a dataset now, and tuned ones to go on from; takes no request."""

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.access import Sight
from bot.domain.approvals.requests import ModelChoice, going_on
from bot.domain.catalog import METHOD_OF, Catalog, Method
from bot.domain.datasets.report import Report
from bot.domain.escaping import plain
from bot.domain.jobs.job import Job
from bot.domain.jobs.training import Curve
from bot.domain.pricing import Estimate, estimate
from bot.errors import BadInput, NotFound, UnknownName
from bot.ports import Clock, Storage
from bot.services.access import AccessService
from bot.services.models.resolver import CheckpointCheck, ModelResolver, ResolvedModel

MAX_TUNED = 100  # tuned models offered to go on from, the newest: a menu takes no more


@dataclass(frozen=True)
class ModelChoices:
    """`provider` is its name in our rows; `methods` is what it can do, as its profile says."""

    storage: Storage
    provider: str
    methods: Collection[Method]
    catalog: Catalog
    resolver: ModelResolver
    kept: CheckpointCheck
    access: AccessService
    clock: Clock

    async def price(self, job: Job) -> Estimate | None:
        """What the job would cost if it were asked for now; None when its dataset is gone. Raises BadInput: closed."""
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is None or dataset.report is None:
            return None
        sight = await self.access.at(job.place)
        return (await self.choice(job.model, dataset.report, job.hyperparameters.n_epochs, sight)).estimate

    async def choice(
        self, wanted: str, report: Report, epochs: int | None, sight: Sight, near: str = ""
    ) -> ModelChoice:
        """The model of this key or name, priced for this data; a tuned one if it is in sight.

        Raises BadInput: why not, or the nearest name.
        """
        bases = self._bases(report, epochs)
        choice = named(list(bases.values()), wanted)
        if choice is not None:
            return choice
        known = self.catalog.find(wanted)
        if known is not None:  # says what keeps it from training on this
            estimate(report, known, epochs, self._today())
        if not bases:
            raise BadInput(self.closed(), "model")
        try:
            resolved = await self.resolver.resolve(sight, wanted, near)
        except UnknownName:
            models, _ = await self.models(report, epochs, sight)
            close = difflib.get_close_matches(wanted.lower(), [each.name for each in models], n=1, cutoff=0.4)
            nearest = close[0] if close else cheapest(models).name
            raise BadInput(
                f"I know no model of this name; the nearest is {plain(nearest)}.", "model"
            ) from None
        except NotFound as gone:
            raise BadInput(str(gone), "model") from None
        return await self._tuned(resolved, bases, report, epochs)

    async def _tuned(
        self, resolved: ResolvedModel, bases: Mapping[str, ModelChoice], report: Report, epochs: int | None
    ) -> ModelChoice:
        """A model of one's own, trained further. Raises BadInput when its base does not train on this."""
        job = resolved.job
        if job.provider != self.provider:
            raise BadInput(
                f"{plain(job.title)} was trained at {job.provider}, not at {self.provider}, and can only go on "
                "there.",
                "model",
            )
        base = bases.get(job.estimate.model)
        if base is None:
            info = self.resolver.base(job)
            if info is not None:
                estimate(report, info, epochs, self._today())
            raise BadInput(
                f"{plain(job.title)} comes from {plain(job.estimate.model)}, which does not train on this.",
                "model",
            )
        further = going_on(job, base, await self.storage.curves.get(job.id))
        return next(each for each in further if each.trained == resolved.model)

    async def check_kept(self, choice: ModelChoice, sight: Sight) -> None:
        """Raise BadInput when the provider lets go of this checkpoint meanwhile."""
        if not choice.checkpoint:
            return
        try:
            await self.kept.check(await self.resolver.resolve(sight, choice.key))
        except NotFound:
            raise BadInput(
                f"The provider no longer keeps the checkpoint {plain(choice.name)}; choose another model.",
                "model",
            ) from None

    async def models(
        self, report: Report, epochs: int | None, sight: Sight
    ) -> tuple[tuple[ModelChoice, ...], int]:
        """The base models for a dataset with prices, then the newest tuned ones in sight that can go on.

        And how many of these are left out.
        """
        bases = self._bases(report, epochs)
        page = await self.storage.jobs.models(
            sight, MAX_TUNED, there=True, provider=self.provider, bases=tuple(bases)
        )
        curves = await self.storage.curves.of([job.id for job in page.rows])
        tuned = [
            each
            for job in page.rows
            for each in going_on(job, bases[job.estimate.model], curves.get(job.id, Curve()))
        ]
        return (*bases.values(), *tuned), page.beyond(MAX_TUNED)

    def _bases(self, report: Report, epochs: int | None) -> dict[str, ModelChoice]:
        """The base models that train on such a dataset here, by their ids; none when nothing does."""
        if report.format is None or METHOD_OF[report.format] not in self.methods:
            return {}
        today = self._today()
        return {
            info.id: ModelChoice(info.id, info.name, info.id, info, estimate(report, info, epochs, today))
            for info in self.catalog.trainable(today, report.format, images=report.images > 0)
        }

    def closed(self) -> str:
        """Why nothing can be trained."""
        last = max((m.trainable_until for m in self.catalog.models if m.trainable_until), default=None)
        if last is not None and last <= self._today():
            return f"{self.catalog.provider} takes no new training jobs since {last.isoformat()}."
        return f"No model of {self.catalog.provider} trains on this kind of data any more."

    def _today(self) -> date:
        return self.clock.now().date()


def named(models: Sequence[ModelChoice], wanted: str) -> ModelChoice | None:
    """The one that people, forms or the provider call so."""
    return next((each for each in models if wanted.strip().lower() in each.names), None)


def cheapest(models: Sequence[ModelChoice]) -> ModelChoice:
    """Of the base models: money is not spent by oversight."""
    bases = [each for each in models if not each.tuned]
    return min(bases, key=lambda each: math.inf if each.estimate.usd is None else each.estimate.usd)
