"""What an approver has to know of a request, in sentences: the same on its card, in the Home and in the form."""

from datetime import date

from bot.domain.briefing import Change, LastTraining
from bot.domain.budgets import Funded
from bot.domain.money import dollars
from handlers import escaping
from handlers.views import funds
from handlers.views.figures import calendar_day, count, number, when
from handlers.views.retirement import retirement


def warnings(request: Funded) -> list[str]:
    """What speaks against it, the money first; what the form warned of is all here."""
    told = request.briefing
    said = funds.warnings(request.job, request.funds)
    said += [f"⚠️ {told.overlap.sentence}"] if told.overlap else []
    said += [cut(told.cut, told.cut_limit)] if told.cut else []
    said += [refused(told.refusal.advice, told.refusal.on)] if told.refusal else []
    return said


def facts(request: Funded) -> list[str]:
    """What else there is to know: what is new in the data, what was trained on it last, until when it makes sense."""
    told, dataset = request.briefing, escaping.name(request.job.dataset_name)
    said = [_changed(told.change, dataset)] if told.change else []
    said += [_last(told.last, dataset)] if told.last else []
    said += [retirement(told.trainable_until, told.serves_until)] if told.trainable_until else []
    return said


def cut(tokens: int, limit: int) -> str:
    """That long examples are not read to their end."""
    taken = f"{number(limit)} tokens of an example"
    return f"⚠️ The model takes {taken}: {number(tokens)} tokens of longer ones are cut off."


def refused(advice: str, on: date | None) -> str:
    """That the provider refused the last job that was asked for, and that a new one asks again."""
    at = f" It said so last on {calendar_day(on)}; a new job asks again." if on else ""
    return f"⚠️ {escaping.told(advice)}{at}"


def _changed(change: Change, dataset: str) -> str:
    examples = count(change.examples, "example")
    more = change.examples - change.examples_before
    if more > 0:
        against = f"{number(more)} more than version {change.before}"
    elif more < 0:
        against = f"{number(-more)} fewer than version {change.before}"
    else:
        against = f"as many as version {change.before}"
    first = f"{dataset}, version {change.version}: {examples}, {against}"
    if not change.compared:
        return f"{first}."
    new = "no prompt is new" if not change.new_prompts else f"{count(change.new_prompts, 'new prompt')}"
    of = f" of {number(change.compared)}" if change.new_prompts else ""
    return f"{first}; {new}{of}."


def _last(last: LastTraining, dataset: str) -> str:
    what = dataset if last.version is None else f"{dataset}, version {last.version},"
    at = f" {when(last.at)}" if last.at else ""
    cost = f", for {dollars(last.cost)}" if last.cost is not None else ""
    return f"Last trained: {what} as *{escaping.name(last.title)}*{at}{cost}."
