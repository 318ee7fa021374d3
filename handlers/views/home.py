"""The App Home: what waits for the person first, then what goes on and what there is; takes values, asks nobody."""

from collections.abc import Callable

from bot.domain.budgets import Funded
from bot.domain.home import Home, Listed
from bot.domain.jobs.job import Job
from handlers.ids import COMMAND
from handlers.views import blocks
from handlers.views.approvals import requests
from handlers.views.blocks import Block, View, actions, context, divider, header, section
from handlers.views.budgets import standing
from handlers.views.datasets.cards import start_button
from handlers.views.figures import number
from handlers.views.funds import month
from handlers.views.jobs.cards import model_row, row

WAITING = 10  # requests with their buttons; of the others their cards are in the channels
_HOW = (
    "1. Drop a JSONL file into a channel I am in. I check it and say what training would cost.\n"
    "2. Press *Start fine-tuning*. Somebody else approves.\n"
    "3. I follow the job, tell the channel when it ends, and open a thread to talk to the new model."
)


def view(of: Home) -> View:
    """All of it, in the order in which somebody needs it."""
    shown: list[Block] = []
    if of.waiting:
        shown += [header("Waiting for you"), *_waiting(of.waiting), divider()]
    if of.begins:
        shown += [header("Fine-tune with your team"), section(_HOW)]
    else:
        shown += [
            header("Under way"),
            *_rows(of.under_way, row, "Nothing is training. *Start fine-tuning* asks for a job."),
            *_more(of.under_way.more, f"under way; `{COMMAND} jobs` lists those of a channel"),
            divider(),
            header("Recent"),
            *_rows(of.recent, row, "No job has ended yet. Finished jobs appear here."),
            *_more(of.recent.more, f"older; `{COMMAND} status JOB` shows one by its name or its id"),
        ]
    shown += [
        actions(start_button()),
        divider(),
        header("Models"),
        *_rows(of.models, model_row, "Finished models appear here."),
        *_more(of.models.more, f"more; `{COMMAND} models` lists all of them"),
    ]
    if of.budgets:
        shown += [
            divider(),
            header(f"Budget for {month(of.month)}"),
            *(section(standing(each)) for each in of.budgets),
        ]
        if all(each.budget.limit is None for each in of.budgets):
            shown.append(context(f"`{COMMAND} budget 200` in a channel sets a limit for it."))
    return blocks.home([*shown, context(f"`{COMMAND} help` says what else I can do.")])


def _waiting(waiting: tuple[Funded, ...]) -> list[Block]:
    found = [block for each in waiting[:WAITING] for block in requests.waiting(each)]
    return [*found, *_more(len(waiting[WAITING:]), "waiting; their cards are in the channels")]


def _rows(listed: Listed, shown: Callable[[Job], Block], empty: str) -> list[Block]:
    return [shown(each) for each in listed.jobs] or [section(empty)]


def _more(count: int, words: str) -> list[Block]:
    """What a list leaves out, and how to reach it."""
    return [context(f"And {number(count)} {words}.")] if count else []
