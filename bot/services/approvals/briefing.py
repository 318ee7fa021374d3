"""Gathers what an approver has to know of a request: rows of its channel, no file, and the catalog's dates."""

from bot.domain.access import Sight
from bot.domain.briefing import Briefing, LastTraining, briefing
from bot.domain.catalog import Catalog
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.jobs.job import Job
from bot.ports import Storage


async def brief(storage: Storage, catalog: Catalog, job: Job) -> Briefing:
    """As things are now; what is of the request's own channel, for that is where it is shown."""
    here = Sight(job.place.workspace, frozenset({job.place.channel_id}))
    training = await storage.datasets.seen(here, job.dataset_id)
    validation = (
        await storage.datasets.seen(here, job.validation.dataset_id) if job.validation is not None else None
    )
    versions = await storage.datasets.of_name(here, training.name) if training is not None else []
    return briefing(
        training,
        validation,
        _before(training, versions),
        last=await _last(storage, job, versions),
        info=catalog.find(job.estimate.model),
        answered=await storage.jobs.last_answered(job.provider),
    )


def _before(training: Dataset | None, versions: list[Dataset]) -> Dataset | None:
    if training is None:
        return None
    earlier = [each for each in versions if each.version < training.version]
    return next((each for each in earlier if each.state is DatasetState.READY), None)


async def _last(storage: Storage, job: Job, versions: list[Dataset]) -> LastTraining | None:
    trained = await storage.jobs.last_trained({job.dataset_id, *(each.id for each in versions)})
    if trained is None:
        return None
    version = next((each.version for each in versions if each.id == trained.dataset_id), None)
    return LastTraining(trained.title, version, trained.ended_at, trained.cost)
