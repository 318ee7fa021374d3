"""The audit for people: a month of it as a table that spreadsheets open, sent to whoever may read it."""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.domain.access import Viewer
from bot.domain.audit import Detail, Did, Entry
from bot.errors import BadInput, room
from bot.ports import Clock, DirectMessages, Logger, Storage
from bot.services.access import AccessService
from bot.services.policies import PolicyService

COLUMNS = ("number", "time_utc", "channel", "who", "what", "subject", "usd", "details")
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Export:
    """What was sent: `what` names the time it covers, as in "2026-11" or "all"."""

    what: str
    entries: int


@dataclass(frozen=True)
class AuditService:
    """Reading the audit is itself written down; writing it down is done with each change, see Transition.entries."""

    storage: Storage
    direct_messages: DirectMessages
    policies: PolicyService
    access: AccessService
    clock: Clock
    log: Logger

    async def export(self, viewer: Viewer, words: str) -> Export:
        """Send the audit of a month ("2026-11", or this one), or all of it, to this person alone.

        It holds what concerns the whole workspace, and what was done in those channels that exist for them.

        Nothing is owed when this breaks off: whoever asked is told, and asks again. That it was asked for is written
        down before the file leaves, so that nobody reads the audit unseen, whatever dies in between.

        Raises:
            NotAllowed: this person may not read it.
            BadInput: `words` name no month.
            SlackUnavailable, SlackRefused: it could not be sent.
        """
        member, place = viewer.member, viewer.place
        await self.policies.check_manage(member, place.workspace, "read the audit")
        now = self.clock.now()
        what, begin, end = _span(words, now)
        channels = await self.storage.audit.places(place.workspace)
        known = {each for each in channels if not each.startswith("D")} | viewer.sight.channels
        sight = (await self.access.among(member, place, known)).sight
        entries = await self.storage.audit.listed(sight, begin, end)
        title = "Audit, everything" if begin is None else f"Audit of {what}"
        await self.storage.audit.add(
            Entry(
                at=now,
                workspace=place.workspace,
                channel_id=place.channel_id,
                who=member.user_id,
                what=Did.AUDIT_EXPORTED,
                subject=place.channel_id,
                details={"month": what, "entries": len(entries)},
            )
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "audit.csv"
            with room():
                await asyncio.to_thread(path.write_text, table(entries), "utf-8", newline="")
            await self.direct_messages.send_privately(
                member.user_id,
                path,
                name=f"finetune-audit-{what}.csv",
                title=title,
                comment=f"{title} (UTC): {len(entries):,} entries. People and channels stand by their ids.",
            )
        self.log.info("audit exported", by=member.user_id, month=what, entries=len(entries))
        return Export(what, len(entries))


def table(entries: Iterable[Entry]) -> str:
    """The entries as CSV (RFC 4180), a line each below a line of names; no cell can become a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        details = dict(entry.details)
        row = (
            entry.number,
            entry.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            entry.channel_id,
            entry.who,
            entry.what.value,
            entry.subject,
            details.pop("usd", None),
            msgspec.json.encode(details).decode() if details else "",
        )
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Detail) -> str:
    """As spreadsheets may show it: what they would take for a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _span(words: str, now: datetime) -> tuple[str, datetime | None, datetime | None]:
    """The time that is asked for, in words, from when and until before when."""
    wanted = words.strip().lower() or now.astimezone(UTC).strftime("%Y-%m")
    if wanted == "all":
        return wanted, None, None
    found = _MONTH.fullmatch(wanted)
    if found is None:
        raise BadInput("Which month? `/finetune audit 2026-11`, or `/finetune audit all`.")
    year, month = int(found[1]), int(found[2])
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return wanted, datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)
