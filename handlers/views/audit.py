"""The audit as a page that approvers read, with what can be picked to see less of it; takes values, asks nobody."""

from collections.abc import Iterator

from bot.domain.audit import NOBODY, AuditPage, Did, Entry, Names
from bot.domain.money import dollars, of_dollars
from handlers import escaping
from handlers.ids import Action
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    modal,
    option,
    section,
    select,
)
from handlers.views.figures import count, number, when
from handlers.views.funds import month

TITLE = "Audit"
ANY, WORKSPACE, ALL = "any", "workspace", "all"
"""What a menu holds for whatever it is, for what is of no channel, and for every month."""
PAGE = 10  # entries: each takes two of the 100 blocks of a modal
SAID = {
    Did.REQUESTED: "{who} asked for {about}",
    Did.EDITED: "{who} changed the request for {about}",
    Did.APPROVED: "{who} approved {about}",
    Did.OVERRIDDEN: "{who} approved {about} beyond the budget",
    Did.REJECTED: "{who} rejected {about}",
    Did.WITHDRAWN: "{who} withdrew the request for {about}",
    Did.EXPIRED: "Nobody decided on {about} in time",
    Did.REPRICED: "The price of {about} moved",
    Did.CANCEL_ASKED: "{who} cancelled {about}",
    Did.PAUSE_ASKED: "{who} paused {about}",
    Did.RESUME_ASKED: "{who} resumed {about}",
    Did.CREATED: "{about} was created at the provider",
    Did.ENDED: "{about} ended",
    Did.POLICY_CHANGED: "{who} changed who decides",
    Did.BUDGET_CHANGED: "{who} changed the budget",
    Did.SPENDING_PAUSED: "{who} paused all spending",
    Did.SPENDING_RESUMED: "{who} let spending go on",
    Did.MODEL_RENAMED: "{who} renamed a model, now {about}",
    Did.MODEL_DELETED: "{who} deleted the model {about}",
    Did.MODEL_SHARED: "{who} shared the model {about}",
    Did.MODEL_UNSHARED: "{who} took back the model {about}",
    Did.DATASET_DELETED: "{who} deleted the dataset {about}",
    Did.FILE_DELETED: "{who} deleted the provider's copy of {about}",
    Did.AUDIT_READ: "{who} read the audit",
    Did.AUDIT_EXPORTED: "{who} took the audit as a table",
    Did.APP_REMOVED: "The app was removed from the workspace",
}
"""What each entry says; `about` is a job, a model or a dataset."""


def page(shown: AuditPage) -> View:
    """One page, below the menus that say of what."""
    blocks = [actions(*_menus(shown))]
    for each in shown.entries:
        blocks += [section(_entry(each, shown.names)), context(_facts(each, shown.names))]
    if not shown.entries:
        blocks.append(section("Nothing was done that fits this. Pick another month, or less of the rest."))
    end = shown.first + len(shown.entries)
    if len(shown.entries) < shown.total:
        blocks.append(
            context(f"{number(shown.first + 1)} to {number(end)} of {number(shown.total)}, newest first.")
        )
    blocks.append(actions(*_buttons(shown, end)))
    return modal(TITLE, blocks)


def sent(entries: int, what: str) -> Message:
    """After the audit was sent."""
    table = f"is in our direct messages as a table: {count(entries, 'entry', 'entries')}."
    text = f"The whole audit {table}" if what == ALL else f"The audit of {month(what)} {table}"
    return Message(text, [section(text)])


def _menus(shown: AuditPage) -> Iterator[Block]:
    wanted, names, choices = shown.wanted, shown.names, shown.choices
    months = [option("All months", ALL), *(option(month(each), each) for each in choices.months)]
    yield select(Action.AUDIT_MONTH, "Month", months, wanted.month)
    people = [option("Everybody", ANY), *(option(names.who(each), each) for each in choices.who)]
    yield select(Action.AUDIT_WHO, "Who", people, wanted.who or ANY)
    deeds = [option("Everything", ANY), *(option(each.value.capitalize(), each) for each in choices.what)]
    yield select(Action.AUDIT_WHAT, "What", deeds, wanted.what or ANY)
    places = [option(names.channels.get(each, each), each or WORKSPACE) for each in choices.channels]
    chosen = ANY if wanted.channel_id is None else wanted.channel_id or WORKSPACE
    yield select(Action.AUDIT_CHANNEL, "Where", [option("Everywhere", ANY), *places], chosen)


def _buttons(shown: AuditPage, end: int) -> Iterator[Block]:
    if shown.first:
        yield button("Newer", Action.AUDIT_NEWER, str(max(0, shown.first - PAGE)))
    if end < shown.total:
        yield button("Older", Action.AUDIT_OLDER, str(end))
    yield button("Send as CSV", Action.AUDIT_AS_CSV, shown.wanted.month)


def _entry(entry: Entry, names: Names) -> str:
    who = _capital(NOBODY.get(entry.who, f"<@{entry.who}>"))
    known = names.subjects.get(entry.subject)
    about = f"*{escaping.name(known)}*" if known else escaping.code(entry.subject or "-")
    return SAID[entry.what].format(who=who, about=about)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _facts(entry: Entry, names: Names) -> str:
    """When, where, for how much, and the rest."""
    details = dict(entry.details)
    usd = details.pop("usd", None)
    where = names.channels.get(entry.channel_id, "")
    facts = [
        when(entry.at),
        escaping.name(where) if where else "",
        dollars(of_dollars(usd)) if isinstance(usd, int | float) else "",
        *(f"{key.replace('_', ' ')}: {escaping.name(names.told(value))}" for key, value in details.items()),
    ]
    return " · ".join(fact for fact in facts if fact)
