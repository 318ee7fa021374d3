"""What budgets leave and what took it, and the form that sets one; takes values, asks nobody."""

import json
from collections.abc import Iterator

from bot.domain import stale_buttons
from bot.domain.budgets import Standing, capital, mentions, taken
from bot.domain.decision_basis import Pause
from bot.domain.jobs.job import Job
from bot.domain.money import dollars, in_dollars
from bot.domain.spending import Sheet
from handlers.ids import COMMAND, NOTHING, Action, Field, Form
from handlers.ids import Block as Id
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    header,
    modal,
    plain,
    question,
    section,
)
from handlers.views.figures import bar, number, when
from handlers.views.funds import left, month
from handlers.views.jobs import cards

_RULE = (
    "A job counts in the month in which it was asked for, in UTC: what it is expected to cost from then on, what it "
    "really cost from its end on. An answer in a chat counts with the most it may cost until its tokens are known."
)


def sheet(budgets: Sheet, *, may_set: bool) -> Message:
    """The answer to `budget`."""
    first = f"What training may cost in {month(budgets.month)}"
    blocks: list[Block] = [header(first)]
    if budgets.paused is not None:
        blocks.append(section(f"⏸️ {_paused(budgets.paused)}"))
    blocks += [section(standing(each)) for each in (budgets.channel, budgets.workspace) if each is not None]
    if budgets.jobs:
        blocks.append(section("\n".join(["*The newest jobs behind it*", *map(_job, budgets.jobs)])))
    if budgets.more:
        blocks.append(context(f"And {number(budgets.more)} more; `{COMMAND} jobs` lists those of a channel."))
    blocks.append(context(_RULE))
    if may_set:
        blocks.append(actions(*_buttons(budgets)))
    return Message(first, blocks)


def _buttons(budgets: Sheet) -> Iterator[Block]:
    if budgets.channel is not None:
        yield button("Change this channel's…", Action.SET_BUDGET, budgets.channel.budget.channel_id)
    yield button("Change the workspace's…", Action.SET_BUDGET_FOR_ALL, NOTHING)


def standing(of: Standing) -> str:
    """A budget with what is taken of it, in two or three lines."""
    budget = of.budget
    spent = (
        f"spent {dollars(of.spent)} · reserved {dollars(of.reserved)} for training · "
        f"{dollars(of.chats)} for chats"
    )
    if budget.limit is None:
        return f"*{capital(budget.where)}*: no limit\n{capital(spent)}"
    beyond = mentions(budget.overriders)
    share = (of.spent + of.reserved + of.chats) / budget.limit if budget.limit else 1.0
    return "\n".join(
        [
            f"*{capital(budget.where)}*: {left(of)}",
            f"{bar(share)} · {spent}",
            f"May approve beyond it: {beyond}" if beyond else "Nobody is named who may approve beyond it.",
        ]
    )


def _job(job: Job) -> str:
    amount = taken(job)
    what = f"spent {dollars(amount.spent)}" if amount.spent else f"reserved {dollars(amount.reserved)}"
    return f"{cards.sign(job)} {cards.name(job)}: {what}, {cards.words(job)}"


def _paused(pause: Pause) -> str:
    return (
        f"<@{pause.by}> has paused all spending {when(pause.since)}: no job is created and no model answers until "
        f"`{COMMAND} pause-spending off`."
    )


def spending(pause: Pause | None) -> Message:
    """After `pause-spending on` or `off`."""
    text = _paused(pause) if pause is not None else "Spending goes on: jobs that waited are created now."
    return Message(text, [section(text)])


def saved(of: Standing) -> Message:
    """After a budget was set in words."""
    text = f"Saved. {standing(of)}"
    return Message(text, [section(text)])


def form(of: Standing) -> View:
    """Asks for the limit of a month, and who may approve beyond it."""
    budget = of.budget
    limit: Block = {
        "type": "plain_text_input",
        "action_id": Field.LIMIT,
        "max_length": 20,
        "placeholder": plain("no limit"),
    }
    if budget.limit is not None:
        limit["initial_value"] = f"{in_dollars(budget.limit):.2f}".removesuffix(".00")
    people: Block = {
        "type": "multi_users_select",
        "action_id": Field.OVERRIDERS,
        "placeholder": plain("Nobody"),
        "max_selected_items": 20,
    }
    if budget.overriders:
        people["initial_users"] = sorted(budget.overriders)
    return modal(
        "Budget of a month",
        [
            section(standing(of)),
            question(
                Id.LIMIT,
                "US dollars a month",
                limit,
                hint="Such as 200. Leave it empty for no limit.",
                optional=True,
            ),
            question(
                Id.OVERRIDERS,
                "Who may approve beyond it",
                people,
                hint="Of those who may approve at all. Nobody else can approve a job that does not fit.",
                optional=True,
            ),
            context(_RULE),
        ],
        callback_id=Form.BUDGET,
        submit="Save",
        close="Cancel",
        private_metadata=json.dumps({"channel": budget.channel_id, "read": stale_buttons.budget(budget)}),
    )


def after_saving(of: Standing) -> View:
    """Stands where the form stood."""
    return modal("Budget of a month", [section(f"Saved.\n{standing(of)}")])
