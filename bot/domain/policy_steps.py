"""How the rules of a channel or a workspace change, and what of them cannot be; knows nobody who is there."""

from datetime import datetime

from bot.domain.audit import Detail, Did, Entry
from bot.domain.money import Money, in_dollars, read_limit
from bot.domain.outbox import Moved, Place
from bot.domain.policies import Policy
from bot.errors import BadInput

MOST_APPROVALS = 5
MOST_HOURS = 24 * 30
MOST_CHATS = 10_000
MOST_NAMED = 50


def read_approvals(text: str) -> int:
    """How many people have to say yes. Raises BadInput."""
    return _whole(text, 1, MOST_APPROVALS, "approvals")


def read_hours(text: str) -> int:
    """After how many hours a request ends. Raises BadInput."""
    return _whole(text, 1, MOST_HOURS, "hours")


def read_chats(text: str) -> int:
    """How many answers of models one person is given within an hour. Raises BadInput."""
    return _whole(text, 0, MOST_CHATS, "chats")


def read_below(text: str) -> Money | None:
    """Below how many dollars nobody is asked; None from an empty text. Raises BadInput."""
    if not text.strip():
        return None
    try:
        return read_limit(text) or None
    except BadInput:
        raise BadInput(
            "Type an amount of US dollars, such as 5 or 2.50, or leave it empty.", "below"
        ) from None


def checked(policy: Policy) -> Policy:
    """The policy, if it names no more than can be looked up. Raises BadInput at what cannot be."""
    for name, field in (
        (policy.approvers, "approvers"),
        (policy.requesters, "requesters"),
    ):
        if len(name) > MOST_NAMED:
            raise BadInput(f"Name up to {MOST_NAMED} people, or a user group.", field)
    return policy


def changed(
    place: Place, before: Policy | None, after: Policy | None, by: str, now: datetime
) -> Moved[Policy | None]:
    """Other rules for a channel, or with no `channel_id` for the workspace; None: those above it hold again."""
    entry = Entry(
        at=now,
        workspace=place.workspace,
        channel_id=place.channel_id,
        who=by,
        what=Did.POLICY_CHANGED,
        subject=place.channel_id,
        details={**_told(after), **{f"{name}_before": value for name, value in _told(before).items()}},
    )
    return Moved(after, entries=(entry,) if after != before else ())


def _told(policy: Policy | None) -> dict[str, Detail]:
    if policy is None:
        return {"rules": "those above"}
    return {
        "approvers": " ".join(sorted(policy.approvers | policy.approver_groups)),
        "requesters": " ".join(sorted(policy.requesters | policy.requester_groups)),
        "approvals": policy.approvals,
        "self_approval": "yes" if policy.self_approval else "no",
        "automatic_below_usd": None if policy.automatic_below is None else in_dollars(policy.automatic_below),
        "expires_hours": policy.expires_hours,
        "chats_per_hour": policy.chats_per_hour,
    }


def _whole(text: str, least: int, most: int, field: str) -> int:
    typed = text.strip()
    if typed.isdecimal() and typed.isascii() and len(typed) < 6 and least <= int(typed) <= most:
        return int(typed)
    raise BadInput(f"A whole number from {least} to {most}.", field)
