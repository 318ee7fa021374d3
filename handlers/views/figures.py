"""Numbers, money, sizes and times as people read them; knows nothing of what they measure."""

import calendar
from datetime import date, datetime, timedelta

_CELLS = 16


def number(value: float) -> str:
    """With separators: 458,301."""
    return f"{value:,.0f}"


def count(value: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 example", "2 examples"."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def size(octets: int) -> str:
    """Bytes in the largest unit that leaves something before the point, as Slack shows them: 1 KB is 1,024."""
    amount = float(octets)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1_024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1_024
    return f"{amount:.1f} GB"


def duration(span: timedelta) -> str:
    """Roughly, in words: "less than a minute", "about 12 minutes", "about 2 hours"."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 45:
        return "less than a minute"
    for unit, length, upto in (("minute", 60, 90), ("hour", 3_600, 36), ("day", 86_400, 10**6)):
        amount = round(seconds / length)
        if amount < upto:
            return f"about {count(max(1, amount), unit)}"
    raise AssertionError("days always fit")


def when(moment: datetime) -> str:
    """A moment in the reader's own zone; other clients read it in UTC."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def deadline(moment: datetime) -> str:
    """A moment that lies ahead: said by its date, so that what is read later never says "until yesterday"."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short}} {{time}}|{fallback}>"


def day(moment: datetime) -> str:
    """Its day in the reader's own zone; other clients read it in UTC."""
    fallback = f"{moment:%b} {moment.day}, {moment.year}"
    return f"<!date^{int(moment.timestamp())}^{{date_short}}|{fallback}>"


def calendar_day(on: date) -> str:
    """A day as people write it, the same everywhere: "11 Jan 2027"."""
    return f"{on.day} {calendar.month_abbr[on.month]} {on.year}"


def bar(share: float) -> str:
    """A share of 0…1 as a bar, with the percentage in words beside it."""
    share = min(1.0, max(0.0, share))
    full = int(share * _CELLS)
    return f"{'▰' * full}{'▱' * (_CELLS - full)} {share:.0%}"
