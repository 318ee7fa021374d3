"""The audit's page: whole sentences with names, within what Slack takes."""

from dataclasses import replace

import pytest

from bot.domain.audit import AuditPage, Choices, Did, Entry, Filter, Names
from handlers.views import audit
from tests.handlers.samples import HOSTILE, NOW

ENTRY = Entry(NOW, "-/T1", "C1", "U1ABCDE", Did.APPROVED, "j1", {"usd": 1.5, "model": HOSTILE})
NAMES = Names({"U1ABCDE": "Mina"}, {"C1": "#ft-support", "": "the workspace"}, {"j1": HOSTILE})
FEW = Choices(("2026-11",), ("U1ABCDE",), (Did.APPROVED,), ("", "C1"))


def shown(*entries: Entry, first: int = 0, total: int = 1) -> str:
    page = AuditPage(Filter("2026-11"), entries, NAMES, first, total, FEW)
    return str(audit.page(page))


@pytest.mark.parametrize("what", list(Did))
def test_every_entry_is_a_sentence_in_which_nothing_is_active(what: Did) -> None:
    said = shown(replace(ENTRY, what=what))
    assert "<!channel>" not in said
    assert "{" + "about}" not in said
    assert "$1.50" in said
    assert "#ft-support" in said


def test_who_did_it_comes_first_and_what_was_named_is_called_so() -> None:
    page = AuditPage(Filter("2026-11"), (ENTRY,), replace(NAMES, subjects={"j1": "tone"}), 0, 1, FEW)
    assert "<@U1ABCDE> approved *tone*" in str(audit.page(page))
    assert "The policy approved" in shown(replace(ENTRY, who="policy"))


def test_pages_are_turned_both_ways_and_fit_into_a_modal() -> None:
    first = audit.page(AuditPage(Filter("all"), (ENTRY,) * audit.PAGE, NAMES, 0, 25, FEW))
    assert "audit_older" in str(first)
    assert "audit_newer" not in str(first)
    assert len(first["blocks"]) <= 100
    last = shown(*(ENTRY,) * 5, first=20, total=25)
    assert "21 to 25 of 25" in last
    assert "audit_newer" in last
    assert "audit_older" not in last


def test_a_month_without_entries_says_what_to_do() -> None:
    assert "Pick another month" in shown(total=0)
