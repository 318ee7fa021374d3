"""A request for a job: its card while people decide, and what its thread is told; takes values, asks nobody."""

from collections.abc import Mapping
from typing import Any

from bot.domain import stale_buttons
from bot.domain.budgets import Funded, Funds
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import CENT, dollars
from handlers import escaping
from handlers.ids import COMMAND, Action
from handlers.views import funds
from handlers.views.approvals import briefing
from handlers.views.blocks import Block, Message, actions, button, confirm, context, section
from handlers.views.figures import deadline, when
from handlers.views.jobs.cards import name, price, sign, subject
from handlers.views.jobs.details import chosen


def card(request: Funded) -> Message:
    """What is asked for, what it costs, and whose turn it is."""
    job, policy = request.job, request.policy
    first = f"{sign(job)} {name(job)} waits for approval: <@{job.requested_by}> asks to spend {price(job)}"
    said = [_approvals(request)] if policy.approvals > 1 or job.approvals else []
    if request.short:
        said.append(f"⚠️ {request.short}. `{COMMAND} policy` changes that.")
    settings = chosen(job)
    over = funds.warnings(job, request.funds)  # these say themselves who may approve
    edited = (
        [f"Changed by <@{job.requested_by}> {when(job.edited_at)}, approvals began anew."]
        if job.edited_at
        else []
    )
    return Message(
        first,
        [
            section("\n".join([first, subject(job), *said, *briefing.warnings(request)])),
            context(
                escaping.told(job.estimate.sentence),
                *([f"Chosen: {' · '.join(settings)}"] if settings else []),
                *edited,
                *([_over(job)] if over else [f"Who can approve: {policy.turn(job)}{_until(job)}."]),
                *funds.effects(job, request.funds),
                *briefing.facts(request),
            ),
            actions(*_buttons(job, request.funds)),
        ],
    )


def waiting(request: Funded) -> list[Block]:
    """A request in the Home of somebody whose word it waits for: what there is to know, and the decision."""
    job = request.job
    first = (
        f"{sign(job)} {name(job)} · {price(job)} · <@{job.requested_by}> asks in <#{job.place.channel_id}>"
    )
    grey = [*briefing.facts(request), *funds.effects(job, request.funds)]
    said = [_approvals(request)] if request.policy.approvals > 1 else []
    return [
        section("\n".join([first, subject(job), *said, *briefing.warnings(request)])),
        *([context(*grey)] if grey else []),
        actions(
            *_decide(job, request.funds),
            button("Open", Action.DETAILS, job.id),
        ),
    ]


def _until(job: Job) -> str:
    return f", until {deadline(job.expires_at)}" if job.expires_at else ""


def _over(job: Job) -> str:
    return f"It needs somebody who may go beyond the budget{_until(job)}."


def _approvals(request: Funded) -> str:
    job, needed = request.job, request.policy.approvals
    people = ", ".join(f"<@{approval.by}>" for approval in job.approvals)
    return f"*{len(job.approvals)} of {needed} approvals*" + (f": {people}" if people else "")


def _buttons(job: Job, under: Funds) -> list[Block]:
    return [
        *_decide(job, under),
        button("Details", Action.DETAILS, job.id),
        button("Edit…", Action.EDIT, job.id),
        button("Withdraw", Action.CANCEL, stale_buttons.value(job.id, stale_buttons.stopping(job))),
    ]


def _decide(job: Job, under: Funds) -> list[Block]:
    """Yes, to what is shown here and nothing else, or no."""
    return [
        button(
            "Approve",
            Action.APPROVE,
            stale_buttons.value(job.id, stale_buttons.request(job, under)),
            style="primary",
            confirm=_sure_to_approve(job, under),
        ),
        button("Reject", Action.REJECT, job.id),
    ]


def _sure_to_approve(job: Job, under: Funds) -> Block:
    over = funds.warnings(job, under)
    what = f"*{escaping.name(job.title)}* is trained on {escaping.name(job.went_on_from or job.model, 40)}."
    return confirm(
        f"Approve {escaping.title(job.title, 50)} for {_amount(job)}{', beyond the budget' if over else ''}?",
        " ".join([*over, what, "The whole dataset then goes to the provider."]),
        "Approve",
        "Not yet",
    )


def _amount(job: Job) -> str:
    """As in "for about $4.12"."""
    cost = job.estimate.price
    if cost is None:
        return "an unknown price"
    return f"about {dollars(cost)}" if cost >= CENT else dollars(cost)


def note(told: Job | Funded, data: Mapping[str, Any]) -> Message:
    """A sentence in the thread of a job's card; `data` says which."""
    job = told.job if isinstance(told, Funded) else told
    people = ", ".join(f"<@{user_id}>" for user_id in data.get("people", ()))
    match data.get("what"):
        case "reminder":
            text = _reminder(told)
        case "unsupported":
            asked = f"{people}: " if people else ""
            text = f"⚠️ {asked}{escaping.sentence(str(data.get('why', '')))} {name(job)} goes on as before."
        case "expired":  # an earlier version asked for it, and it was not posted before the update
            text = f"⌛ Nobody decided on {name(job)} in time, <@{job.requested_by}>."
        case "edited":
            text = f"✏️ <@{job.requested_by}> changed {name(job)}. Your approval was for what it was before. cc {people}"
        case _:
            text = (
                f"💲 {name(job)} now costs {price(job)}. Your approval was for the price before, so it no longer "
                f"counts. cc {people}"
            )
    return Message(text, [section(text)])


def _reminder(told: Job | Funded) -> str:
    if not isinstance(told, Funded) or told.job.state is not JobState.REQUESTED:
        return "⏰ This request has been decided on meanwhile."
    job, policy = told.job, told.policy
    until = f" It ends {deadline(job.expires_at)}." if job.expires_at else ""
    return f"⏰ {name(job)} still waits for a decision by {policy.turn(job)}.{until}"
