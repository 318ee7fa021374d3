"""The audit for people: a month of it as a table that spreadsheets open, sent to whoever may read it."""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.access import Sight, Viewer
from bot.domain.audit import BOT, NOBODY, USER, AuditPage, Choices, Detail, Did, Entry, Filter, Names
from bot.domain.budgets import month_of
from bot.errors import BadInput, NotFound, room
from bot.ports import Clock, DirectMessages, Logger, Storage
from bot.services.access import AccessService
from bot.services.policies import PolicyService

COLUMNS = ("who", "what", "about", "channel", "amount", "currency", "details")
"""What people read, behind the time in their own zone."""
IDS = ("id", "time_utc", "who_id", "about_id", "channel_id")
"""What programs read: these stay the same, whatever people and things are called."""
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

    async def check_read(self, viewer: Viewer) -> None:
        """Raise NotAllowed unless this person may read the audit."""
        await self.policies.check_manage(viewer.member, viewer.workspace, "read the audit")

    async def open(self, viewer: Viewer, most: int) -> AuditPage:
        """The newest entries of this month; that somebody reads is written down first. Raises NotAllowed."""
        await self.check_read(viewer)
        await self._keep(viewer, Did.AUDIT_READ)
        return await self.page(viewer, Filter(month_of(self.clock.now())), 0, most)

    async def page(self, viewer: Viewer, wanted: Filter, first: int, most: int) -> AuditPage:
        """At most so many entries, newest first, from the one with this number on, of what exists for this person.

        Raises:
            NotAllowed: this person may not read it.
        """
        await self.check_read(viewer)
        now = self.clock.now()
        _, begin, end = _span(wanted.month, now)
        sight = await self._sight(viewer)
        entries = await self.storage.audit.listed(sight, begin, end)
        found = [each for each in reversed(entries) if wanted.takes(each)]
        shown = found[first : first + most]
        names = await self._names(sight, shown, {each.who for each in entries} | ({wanted.who or BOT}))
        return AuditPage(wanted, tuple(shown), names, first, len(found), Choices.of(entries, wanted, now))

    async def _sight(self, viewer: Viewer) -> Sight:
        """Every channel of which there are entries, and which exists for this person; no other's direct messages."""
        channels = await self.storage.audit.places(viewer.workspace)
        known = {each for each in channels if not each.startswith("D")} | viewer.sight.channels
        return (await self.access.among(viewer.member, viewer.place, known)).sight

    async def _keep(self, viewer: Viewer, what: Did, **details: Detail) -> None:
        """Write down that somebody reads."""
        channel_id = viewer.place.channel_id
        await self.storage.audit.add(
            Entry(self.clock.now(), viewer.workspace, channel_id, viewer.user_id, what, channel_id, details)
        )

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
        member = viewer.member
        await self.check_read(viewer)
        what, begin, end = _span(words, self.clock.now())
        sight = await self._sight(viewer)
        entries = await self.storage.audit.listed(sight, begin, end)
        written = table(entries, await self._names(sight, entries), zone_of(member.tz))
        title = "Audit, everything" if begin is None else f"Audit of {what}"
        await self._keep(viewer, Did.AUDIT_EXPORTED, month=what, entries=len(entries))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "audit.csv"
            with room():
                await asyncio.to_thread(path.write_text, written, "utf-8", newline="")
            await self.direct_messages.send_privately(
                member.user_id,
                path,
                name=f"finetune-audit-{what}.csv",
                title=title,
                comment=f"{title}, in your time zone; the ids for programs are in the last columns.",
            )
        self.log.info("audit exported", by=member.user_id, month=what, entries=len(entries))
        return Export(what, len(entries))

    async def _names(self, sight: Sight, entries: Sequence[Entry], besides: Collection[str] = ()) -> Names:
        """Of what is in sight alone; of anything else nothing but its id is known."""
        told = " ".join(str(value) for each in entries for value in each.details.values())
        acted = {each.who for each in entries}.union(besides) - set(NOBODY)
        people = acted | set(USER.findall(told))
        subjects = {each.subject for each in entries}
        return Names(
            {each: await self._person(each) for each in sorted(people)},
            {each: await self._channel(each) for each in sorted(sight.channels)} | {"": "the workspace"},
            {each: await self._subject(sight, each) for each in sorted(subjects)},
        )

    async def _person(self, user_id: str) -> str:
        try:
            return (await self.access.people.member(user_id)).name
        except NotFound:
            return user_id

    async def _channel(self, channel_id: str) -> str:
        if channel_id.startswith("D"):
            return "a direct message"
        name = (await self.access.channels.about(channel_id)).name
        return f"#{name}" if name else channel_id

    async def _subject(self, sight: Sight, subject: str) -> str:
        """A job or model by its title, a dataset by its label, a channel by its name."""
        job = await self.storage.jobs.seen(sight, subject) or await self.storage.jobs.model(sight, subject)
        if job is not None:
            return job.title
        dataset = await self.storage.datasets.seen(sight, subject)
        if dataset is not None:
            return dataset.label
        return await self._channel(subject) if subject in sight.channels else ""


def zone_of(name: str) -> tzinfo:
    """A time zone by its name; UTC where this machine knows it not."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def table(entries: Sequence[Entry], names: Names, zone: tzinfo) -> str:
    """The entries as CSV (RFC 4180), a line each below a line of names; no cell can become a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([f"time ({_offset(entries, zone)})", *COLUMNS, *IDS])
    for entry in entries:
        details = dict(entry.details)
        usd = details.pop("usd", None)
        row = (
            entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            names.who(entry.who),
            entry.what.value,
            names.subjects.get(entry.subject, ""),
            names.channels.get(entry.channel_id, ""),
            usd,
            "" if usd is None else "USD",
            "; ".join(f"{key.replace('_', ' ')}: {names.told(value)}" for key, value in details.items()),
            entry.number,
            entry.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            entry.who,
            entry.subject,
            entry.channel_id,
        )
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _offset(entries: Sequence[Entry], zone: tzinfo) -> str:
    """Which zone, and how far it is from UTC: twice where that changed meanwhile."""
    offsets = {f"UTC{each.at.astimezone(zone):%z}": None for each in entries} or {"UTC+0000": None}
    return f"{zone}, {' and '.join(each[:-2] + ':' + each[-2:] for each in offsets)}"


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
