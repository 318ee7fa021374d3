"""The weekly digest of a channel, and what is said of turning it on and off; takes values."""

from datetime import datetime

from bot.domain.digests import BudgetLine, Digest
from bot.domain.money import dollars, of_dollars
from handlers import escaping
from handlers.ids import COMMAND
from handlers.views.blocks import Message, context, header, section
from handlers.views.figures import count, deadline
from handlers.views.funds import month

_HOW = {
    "succeeded": "✅ trained",
    "failed": "❌ failed",
    "cancelled": "🛑 was cancelled",
    "closed": "🔒 was not trained: training is closed",
    "lost": "❓ got lost at the provider",
}


def week(digest: Digest) -> Message:
    """What a channel is told on Monday; nobody is mentioned."""
    days = f"{digest.begin.date().isoformat()} to {digest.end.date().isoformat()}"
    first = f"Fine-tuning here, {days}: {count(digest.ended_count, 'job')} ended"
    blocks = [header("Fine-tuning this week")]
    if digest.ended_count:
        lines = [f"*Ended* · together {dollars(digest.spent)}"]
        lines += [_ended(each.title, each.state, each.usd) for each in digest.ended]
        blocks.append(section("\n".join([*lines, *_more(digest.ended_count, len(digest.ended))])))
    if digest.waiting_count:
        lines = ["*Waiting for somebody to decide*"]
        lines += [f"🙋 *{escaping.name(each.title)}*{_price(each.usd)}" for each in digest.waiting]
        blocks.append(section("\n".join([*lines, *_more(digest.waiting_count, len(digest.waiting))])))
    if digest.retiring_count:
        lines = ["*Retiring within 30 days*"]
        lines += [
            f"🌙 *{escaping.name(each.title)}*: {count(each.days, 'day')} left, no longer answers from {each.on} on"
            for each in digest.retiring
        ]
        blocks.append(section("\n".join([*lines, *_more(digest.retiring_count, len(digest.retiring))])))
    if digest.budgets:
        blocks.append(section("\n".join(_budget(each) for each in digest.budgets)))
    blocks.append(context(f"{days}, Mondays at 09:00 UTC. `{COMMAND} digest off` ends it."))
    return Message(first, blocks)


def told(due_at: datetime | None) -> Message:
    """The answer to `digest`, `digest on` and `digest off`."""
    if due_at is None:
        text = (
            f"This channel gets no weekly digest. `{COMMAND} digest on` turns it on: every Monday at 09:00 UTC, and "
            "only after a week in which something happened."
        )
    else:
        text = (
            f"This channel gets a digest every Monday at 09:00 UTC if there is something to tell. Next: "
            f"{deadline(due_at)}. `{COMMAND} digest off` ends it."
        )
    return Message(text, [section(text)])


def _ended(title: str, state: str, usd: float | None) -> str:
    cost = f" for {dollars(of_dollars(usd))}" if usd is not None else ""
    return f"*{escaping.name(title)}* {_HOW.get(state, state)}{cost}"


def _price(usd: float | None) -> str:
    return " · price unknown" if usd is None else f" · about {dollars(of_dollars(usd))}"


def _budget(each: BudgetLine) -> str:
    where = f"<#{each.channel_id}>" if each.channel_id else "the workspace"
    return f"Budget of {where} for {month(each.month)}: {dollars(each.taken)} of {dollars(each.limit)} taken"


def _more(total: int, shown: int) -> list[str]:
    return [f"and {total - shown} more"] if total > shown else []
