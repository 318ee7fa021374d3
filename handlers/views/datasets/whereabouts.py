"""Where a dataset's content is, and what deleting it takes away; each sentence is made of what was really done."""

from collections.abc import Iterable, Sequence

from bot.domain.datasets.whereabouts import Sent, Whereabouts
from handlers import escaping
from handlers.views.figures import count, day

_NAMED = 5


def where_it_is(where: Whereabouts, provider: str) -> str:
    """What has left the workspace, for what, and how long it stays there; `provider` is what people call ours."""
    title = escaping.name(provider)
    if not where.sent:
        return (
            f"No job of this channel has used this file yet. When one is approved, the whole file goes to {title} for "
            "training. Delete the dataset, and both copies go."
        )
    return " ".join(sentence for sent in where.sent for sentence in _told(sent, where, title))


def _told(sent: Sent, where: Whereabouts, title: str) -> Iterable[str]:
    ours = sent.provider == where.provider
    called = title if ours else escaping.name(sent.provider)
    yield f"Sent to {called} on {day(sent.at)} for {names(sent.jobs)}."
    if sent.gone_at is not None:
        yield f"Deleted there on {day(sent.gone_at)}."
        if ours:
            yield "Another job would send it again."
    elif not ours:
        yield f"I no longer work with {called}: delete that copy in its console."
    elif where.days:
        yield (
            f"I delete that copy {count(where.days, 'day')} after the last job that used it, or at once when the "
            "dataset is deleted."
        )
    else:
        yield "That copy stays there until the dataset is deleted."


def what_goes(where: Whereabouts, provider: str) -> str:
    """What a deletion takes away, and what it leaves."""
    title = escaping.name(provider)
    ours = [sent for sent in where.sent if sent.provider == where.provider]
    if not ours:
        first = "My copy goes."
    elif (gone_at := ours[0].gone_at) is not None:
        first = f"My copy goes; the one at {title} went on {day(gone_at)}."
    else:
        first = f"My copy goes, and the one at {title}."
    models = " Models trained on it stay." if where.sent else ""
    return f"{first} In Slack a file that I made goes too; one that somebody shared stays until they delete it.{models}"


def names(titles: Sequence[str]) -> str:
    """Jobs by their titles: "*a*, *b* and *c*"."""
    shown = [f"*{escaping.name(title, 60)}*" for title in titles[:_NAMED]]
    if len(titles) > _NAMED:
        shown.append(count(len(titles) - _NAMED, "more job"))
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
