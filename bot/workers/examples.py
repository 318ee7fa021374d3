"""Finds examples in a file by their lines; knows not how they are shown."""

from itertools import islice

from bot.domain.datasets.examples import shown
from bot.domain.worker_tasks import Examples, ShowExamples
from bot.workers.reader import filled


def read_examples(task: ShowExamples) -> Examples:
    """The lines that a task names, or the next ones that hold something; reads no further than it has to.

    Raises:
        OSError: the file cannot be read.
    """
    lines = filled(task.path)
    if task.lines:
        wanted, last = frozenset(task.lines), max(task.lines)
        up_to = (each for each in lines if each[0] in wanted or each[0] >= last)
        found = [each for each in islice(up_to, len(wanted)) if each[0] in wanted]
        return Examples(tuple(shown(*each) for each in found))
    found = list(islice((each for each in lines if each[0] >= task.first), task.most + 1))
    later = found[task.most][0] if len(found) > task.most else None
    return Examples(tuple(shown(*each) for each in found[: task.most]), later)
