"""Looking at the examples of a dataset, ten at a time, or at those that its report names."""

from dataclasses import dataclass

from bot.domain import worker_tasks
from bot.domain.access import Viewer
from bot.domain.datasets.examples import ALL, TEN, ExamplesPage
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.escaping import plain
from bot.errors import StaleState
from bot.ports import Workers
from bot.services.datasets.contents import Fetching
from bot.services.datasets.service import DatasetService


@dataclass(frozen=True)
class ExampleService:
    """Reads contents in worker processes, as strangers made them."""

    datasets: DatasetService
    workers: Workers
    fetching: Fetching

    async def page(self, viewer: Viewer, dataset_id: str, what: str, begin: int) -> ExamplesPage:
        """What stands from `begin` on: a line of the file, or a place among the lines that the report names.

        Raises:
            NotFound: the dataset is not in sight.
            StaleState: it was deleted, or what its report named was forgotten.
            UnusableFile: its content is nowhere to be had any more.
        """
        dataset = await self.datasets.get(viewer, dataset_id)
        if dataset.path is None or dataset.sha256 is None:
            raise StaleState(
                f"*{plain(dataset.label)}* was deleted, and my copy with it. Drop it here again."
            )
        path = await self.fetching.path(dataset.file_id, dataset.sha256)
        if what == ALL:
            first = max(1, begin)
            found = await self.workers.run(worker_tasks.ShowExamples(path, first=first, most=TEN))
            earlier = max(1, first - TEN) if first > 1 else None
            return ExamplesPage(dataset, what, found.shown, earlier, found.later)
        lines = _named(dataset, what)
        some = lines[begin : begin + TEN]
        found = await self.workers.run(worker_tasks.ShowExamples(path, lines=some))
        return ExamplesPage(
            dataset,
            what,
            found.shown,
            begin - TEN if begin >= TEN else None,
            begin + TEN if begin + TEN < len(lines) else None,
            len(lines),
        )


def _named(dataset: Dataset, what: str) -> tuple[int, ...]:
    """The lines that an entry of the report names."""
    kind, _, index = what.partition("-")
    report = dataset.report
    entries = (report.advice if kind == "advice" else report.problems) if report else ()
    lines: tuple[int, ...] = ()
    if index.isdigit() and int(index) < len(entries):
        entry = entries[int(index)]
        lines = tuple(line for line in entry.lines or (getattr(entry, "line", 0),) if line > 0)
    if not lines:
        raise StaleState(
            "The report no longer names these lines: I forgot what it said line by line. *Look at examples* shows all."
        )
    return lines
