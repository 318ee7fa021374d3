"""Budgets set in words by those who may, and the audit as a table that no spreadsheet takes for formulas."""

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from bot.domain.approvals import requests
from bot.domain.audit import Did, Entry, Filter, Names
from bot.domain.budgets import within
from bot.domain.jobs.job import JobState
from bot.domain.money import NO_MONEY, Money, of_dollars
from bot.domain.policies import Member, Policy
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, OverBudget, SlackUnavailable
from bot.services.access import NOT_HERE
from bot.services.audit import AuditService, table, zone_of
from bot.services.budgets import BudgetService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL, NOW
from tests.viewers import WHOLE, Open, access_to, looking

MINA, JONAS = Member("UMINA", "Mina"), Member("UJONAS", "Jonas")
POLICY = Policy(approvers=frozenset({"UJONAS"}))
DIRECT = replace(CHANNEL, channel_id="D1")
ENTRY = Entry(NOW, "-/T1", "C1", "U1", Did.APPROVED, "j1", {"usd": 1.5, "model": "gpt"})


@dataclass
class DirectMessages:
    """Keeps what was sent, by its name; `fault` is raised instead."""

    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    fault: Exception | None = None

    async def send_privately(self, user_id: str, path: Path, *, name: str, title: str, comment: str) -> str:
        if self.fault:
            raise self.fault
        assert title
        assert comment
        self.sent[name] = (user_id, path.read_bytes().decode())  # noqa: ASYNC240  a small file
        return "F1"


@pytest.fixture
def service(database: Database, clock: SetClock) -> BudgetService:
    return BudgetService(
        storage=database, policies=rules(database, clock, POLICY), clock=clock, log=Log(), wake=lambda: None
    )


@pytest.fixture
def audit(database: Database, clock: SetClock) -> AuditService:
    return AuditService(
        access=access_to(database),
        storage=database,
        direct_messages=DirectMessages(),
        policies=rules(database, clock, POLICY),
        clock=clock,
        log=Log(),
    )


# ---- budgets


@pytest.mark.parametrize(
    ("words", "channel_id", "limit", "beyond"),
    [
        ("200", "C1", 200_000_000, set()),
        ("$1,000 <@UINES|ines> <@UJONAS>", "C1", 1_000_000_000, {"UINES", "UJONAS"}),
        ("workspace 5.50 <@UINES>", "", 5_500_000, {"UINES"}),
        ("Workspace off", "", None, set()),
    ],
)
async def test_a_budget_is_set_in_words(
    service: BudgetService, words: str, channel_id: str, limit: int | None, beyond: set[str]
) -> None:
    standing = await service.set_in_words(looking(JONAS), words)
    assert (standing.budget.channel_id, standing.budget.limit) == (channel_id, limit)
    assert standing.budget.overriders == beyond


async def test_another_amount_leaves_those_who_may_go_beyond_it(service: BudgetService) -> None:
    await service.set_in_words(looking(JONAS), "5 <@UINES>")
    standing = await service.set_in_words(looking(JONAS), "7")
    assert standing.budget.overriders == {"UINES"}
    cleared = await service.set(looking(JONAS), "C1", "7", ())
    assert cleared.budget.overriders == frozenset()


async def test_whoever_is_no_approver_reads_budgets_and_sets_none(service: BudgetService) -> None:
    with pytest.raises(NotAllowed, match="Only approvers can set budgets: <@UJONAS>"):
        await service.set_in_words(looking(MINA), "200")
    with pytest.raises(NotAllowed):
        await service.to_change(looking(MINA), "C1")
    sheet = await service.sheet(looking("U1"))
    assert sheet.channel is not None
    assert sheet.channel.budget.limit is None
    assert await service.may_set(looking(JONAS))
    assert not await service.may_set(looking(MINA))


async def test_a_guest_reads_the_channels_budget_and_not_the_workspaces(service: BudgetService) -> None:
    await service.set_in_words(looking(JONAS), "200")
    await service.set_in_words(looking(JONAS), "workspace 5000")
    sheet = await service.sheet(looking(Member("UPRIYA", "Priya", is_guest=True)))
    assert (sheet.channel and sheet.channel.budget.limit, sheet.workspace) == (of_dollars(200), None)
    full = (await service.sheet(looking(MINA))).workspace
    assert full is not None
    assert full.budget.limit == of_dollars(5_000)


async def test_whoever_looks_at_budgets_sees_that_spending_is_paused_and_by_whom(
    service: BudgetService,
) -> None:
    assert (await service.sheet(looking(MINA))).paused is None
    await service.pause(looking(JONAS), on=True)
    paused = (await service.sheet(looking(MINA))).paused
    assert paused is not None
    assert paused.by == "UJONAS"


async def test_the_budget_of_a_channel_that_somebody_does_not_see_is_neither_told_nor_set(
    service: BudgetService,
) -> None:
    """It reads the same as where the bot is not."""
    for asked in (
        service.to_change(looking(JONAS), "C7"),
        service.set(looking(JONAS), "C7", "5", None),
    ):
        with pytest.raises(BadInput) as refused:
            await asked
        assert str(refused.value) == NOT_HERE


async def test_the_form_begins_with_the_budget_that_it_changes(service: BudgetService) -> None:
    await service.set_in_words(looking(JONAS), "200")
    await service.set_in_words(looking(JONAS), "workspace 5000")
    for channel_id, dollars in (("C1", 200), ("", 5_000)):
        standing = await service.to_change(looking(JONAS), channel_id)
        assert (standing.budget.channel_id, standing.budget.limit) == (channel_id, of_dollars(dollars))


async def test_work_that_waited_goes_on_as_soon_as_spending_does(service: BudgetService) -> None:
    """The loop is woken; else people would wait for its next round."""
    woken: list[str] = []
    service = replace(service, wake=lambda: woken.append("now"))
    await service.pause(looking(JONAS), on=True)
    woken.clear()
    await service.pause(looking(JONAS), on=False)
    assert woken == ["now"]


async def test_a_direct_message_has_the_workspaces_budget_only(
    service: BudgetService, database: Database
) -> None:
    await database.jobs.add(Transition(samples.job()))
    with pytest.raises(BadInput, match="A direct message has no budget"):
        await service.set_in_words(looking(JONAS, place=DIRECT), "200")
    assert (await service.set_in_words(looking(JONAS, place=DIRECT), "workspace 200")).budget.channel_id == ""
    sheet = await service.sheet(looking("U1", "C1", place=DIRECT))
    assert sheet.channel is None
    assert [job.id for job in sheet.jobs] == ["j1"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("workspace", "Which amount"),
        ("<@UINES>", "Which amount"),
        ("a lot", "Type an amount"),
        ("-5", "Type an amount"),
    ],
)
async def test_words_without_an_amount_are_told_so(service: BudgetService, words: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        await service.set_in_words(looking(JONAS), words)


async def test_what_a_policy_approves_by_itself_stays_within_the_budget(
    service: BudgetService, database: Database
) -> None:
    await service.set_in_words(looking(JONAS), "0 <@UINES>")
    await database.jobs.add(Transition(samples.job()))
    with pytest.raises(OverBudget):
        await database.jobs.decide(
            "j1",
            lambda job, basis: within(
                requests.approved_by_policy(job, Money(10**9), NO_MONEY, NOW), basis.funds, (), NOW
            ),
        )
    job = await database.jobs.get("j1")
    assert job is not None
    assert job.state is JobState.REQUESTED


# ---- the audit


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_table_can_become_a_formula(text: str) -> None:
    entry = replace(ENTRY, who=text, subject=text)
    (row,) = csv.DictReader(io.StringIO(table([entry], Names(), UTC), newline=""))
    assert (row["who"], row["about_id"]) == (f"'{text}", f"'{text}")


def test_the_table_holds_an_entry_in_each_line() -> None:
    """As people know them, at their own time; the ids behind it are for programs."""
    names = Names({"U1ABCDE": "Mina"}, {"C1": "#ft-support"}, {"j1": "support-tone"})
    entry = replace(ENTRY, number=7, who="U1ABCDE", details={"usd": 1.5, "approvers": "U1ABCDE U9XYZAB"})
    (row,) = csv.DictReader(io.StringIO(table([entry], names, zone_of("Europe/Berlin"))))
    assert row == {
        "time (Europe/Berlin, UTC+01:00)": "2026-11-22 13:00:00",
        "who": "Mina",
        "what": "approved",
        "about": "support-tone",
        "channel": "#ft-support",
        "amount": "1.5",
        "currency": "USD",
        "details": "approvers: Mina U9XYZAB",
        "id": "7",
        "time_utc": "2026-11-22T12:00:00Z",
        "who_id": "U1ABCDE",
        "about_id": "j1",
        "channel_id": "C1",
    }


def test_an_unknown_time_zone_is_read_as_utc() -> None:
    assert zone_of("Mars/Olympus") is UTC
    assert zone_of("") is UTC


async def test_the_export_is_of_a_month_in_utc_and_is_itself_written_down(
    audit: AuditService, database: Database
) -> None:
    for days in (-30, 0, 10):
        await database.audit.add(replace(ENTRY, at=NOW + timedelta(days=days)))
    direct_messages = audit.direct_messages
    assert isinstance(direct_messages, DirectMessages)
    sent = await audit.export(looking(JONAS), "")
    assert (sent.what, sent.entries) == ("2026-11", 1)
    assert (await audit.export(looking(JONAS), "2026-12")).entries == 1
    assert (await audit.export(looking(JONAS), "ALL")).entries == 5
    assert set(direct_messages.sent) == {
        f"finetune-audit-{what}.csv" for what in ("2026-11", "2026-12", "all")
    }
    who, content = direct_messages.sent["finetune-audit-all.csv"]
    assert who == "UJONAS"
    assert content.count("audit exported") == 2


async def test_an_approvers_audit_holds_nothing_of_a_private_channel_they_are_not_in(
    audit: AuditService, database: Database
) -> None:
    audit = replace(audit, access=access_to(database, Open(C8=set(), C9={"UJONAS"}, D1={"UMINA"})))
    for channel_id in ("C1", "C8", "C9", "D1", ""):
        await database.audit.add(replace(ENTRY, channel_id=channel_id, subject=f"of {channel_id}"))
    await audit.export(looking(JONAS), "all")
    direct_messages = audit.direct_messages
    assert isinstance(direct_messages, DirectMessages)
    (_, table) = direct_messages.sent["finetune-audit-all.csv"]
    assert [row["about_id"] for row in csv.DictReader(io.StringIO(table))] == ["of C1", "of C9", "of "]


async def test_only_approvers_have_the_audit(audit: AuditService, database: Database) -> None:
    with pytest.raises(NotAllowed, match="Only approvers can read the audit"):
        await audit.export(looking(MINA), "all")
    assert await database.audit.listed(WHOLE) == []


@pytest.mark.parametrize("words", ["november", "2026-13", "2026", "2026-11-01", "1999-01"])
async def test_what_is_no_month_is_told_so(audit: AuditService, words: str) -> None:
    with pytest.raises(BadInput, match="Which month"):
        await audit.export(looking(JONAS), words)


async def test_an_export_is_written_down_before_it_leaves(audit: AuditService, database: Database) -> None:
    """Where the bot dies or Slack does not answer, the file may have arrived all the same."""
    direct_messages = audit.direct_messages
    assert isinstance(direct_messages, DirectMessages)
    direct_messages.fault = SlackUnavailable("away")
    with pytest.raises(SlackUnavailable):
        await audit.export(looking(JONAS), "all")
    [entry] = await database.audit.listed(WHOLE)
    assert (entry.who, entry.what) == ("UJONAS", Did.AUDIT_EXPORTED)


async def test_a_page_of_the_audit_holds_what_was_picked_newest_first_and_reading_is_kept(
    audit: AuditService, database: Database
) -> None:
    audit = replace(audit, access=access_to(database, Open(C8=set())))
    for minute in range(12):
        await database.audit.add(replace(ENTRY, at=NOW + timedelta(minutes=minute), subject=f"j{minute}"))
    await database.audit.add(replace(ENTRY, at=NOW, who="U2", what=Did.REJECTED))
    await database.audit.add(replace(ENTRY, at=NOW, channel_id="C8", who="U8"))
    opened = await audit.open(looking(JONAS), 10)
    assert (opened.total, len(opened.entries), opened.entries[0].what) == (14, 10, Did.AUDIT_READ)
    assert "U8" not in opened.choices.who
    assert "C8" not in opened.choices.channels
    assert opened.choices.months[:2] == ("2026-11", "2026-10")
    older = await audit.page(looking(JONAS), opened.wanted, 10, 10)
    assert [each.number for each in older.entries] == [4, 3, 2, 1][: len(older.entries)]
    picked = await audit.page(
        looking(JONAS), Filter("all", who="U2", what=Did.REJECTED, channel_id="C1"), 0, 10
    )
    assert [(each.who, each.what) for each in picked.entries] == [("U2", Did.REJECTED)]
    none = await audit.page(looking(JONAS), Filter("2025-01", who="U2"), 0, 10)
    assert (none.total, none.choices.who) == (0, ("U2",)), "what is picked stays in its menu"
    for read in (audit.open(looking(MINA), 10), audit.page(looking(MINA), opened.wanted, 0, 10)):
        with pytest.raises(NotAllowed, match="Only approvers can read the audit"):
            await read
