"""Rules that a team makes for itself: two who have to agree, a group that approves, requests that change or run out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stories.conftest import at_work, workspace
from tests.stories.driver import Message, People, Person, dataset, shown
from tests.stories.talking import Talk
from tests.stories.test_decisions import created, told_alone

JONAS, INES = "U0JONASWBR", "U0INESDRTE"
LEADS = "S0MLLEADS0"  # Jonas and Ines


async def opens_rules(talk: Talk, person: Person) -> dict[str, Any]:
    """This person asks for the channel's rules and presses the button that changes them; gives the form."""
    await person.commands(talk.channel, "policy")
    told = await person.sees(talk.channel, "Who decides on jobs in")
    await person.clicks(told, "policy_set", value=talk.channel)
    return await person.form("policy_form")


def rules(form: dict[str, Any], people: list[str] | None = None, group: str = "", **typed: str) -> Any:
    """The form's values with these approvers, and these inputs typed over."""
    values = Person.filled(form, **typed)
    if people is not None:
        values["approvers"] = {"approvers": {"type": "multi_users_select", "selected_users": people}}
    if group:
        chosen = {"text": {"type": "plain_text", "text": "@ml-leads"}, "value": group}
        element = {"type": "multi_static_select", "selected_options": [chosen]}
        values["approver_groups"] = {"approver_groups": element}
    return values


async def makes_rules(talk: Talk, **wanted: Any) -> None:
    """Jonas changes the channel's rules."""
    form = await opens_rules(talk, talk.people.jonas)
    assert (await talk.people.jonas.submits(form, rules(form, **wanted)))["ok"]
    await talk.people.jonas.closes(await talk.people.jonas.modal_with("Saved."))


async def card_shows(talk: Talk, request: Message, words: str) -> Message:
    """The card itself, once it shows these words."""
    card = await talk.people.mina.sees(talk.channel, words)
    assert card["ts"] == request["ts"]
    return card


async def test_rules_changed_in_the_form_hold_and_two_people_have_to_agree(team: People) -> None:
    """Faults are told at their fields; a second yes by the same person is none; the workspace's rules come back."""
    talk = Talk(team)
    await team.mina.commands(talk.channel, "policy")
    told = await team.mina.sees(talk.channel, "Who decides on jobs in")
    assert "policy_set" not in str(told["blocks"])

    form = await opens_rules(talk, team.jonas)
    for field, typed in (("approvals", "6"), ("hours", "soon"), ("below", "a lot")):
        refused = await team.jonas.submits(form, rules(form, None, "", **{field: typed}))
        assert list(refused["errors"]) == [field]
        Person.filled(form, approvals="2", hours="72", below="")
    alone = await team.jonas.submits(form, rules(form, people=[JONAS]))
    assert "only 1 person may approve" in alone["errors"]["approvals"]
    assert (await team.jonas.submits(form, rules(form, people=[JONAS, INES])))["ok"]
    await team.jonas.closes(await team.jonas.modal_with("Saved."))

    request = await talk.asks_for()
    assert "0 of 2 approvals" in shown(request)
    await team.jonas.clicks(request, "job_approve")
    await card_shows(talk, request, f"1 of 2 approvals*: <@{JONAS}>")
    await team.jonas.clicks(request, "job_approve")
    await told_alone(
        talk, team.jonas, "You have approved *tone* already; somebody else's yes is still needed"
    )
    assert await created(talk) == 0
    await team.ines.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "is ready")
    assert await created(talk) == 1

    form = await opens_rules(talk, team.jonas)
    above = {"text": {"type": "plain_text", "text": "The workspace's rules instead"}, "value": "above"}
    values = rules(form) | {"rules": {"rules": {"type": "radio_buttons", "selected_option": above}}}
    assert (await team.jonas.submits(form, values))["ok"]
    saved = await team.jonas.modal_with("Saved.")
    assert f"Approve it: <@{JONAS}>" in shown(saved)
    assert INES not in shown(saved)


async def test_a_changed_request_is_the_same_job_and_approvals_begin_anew(team: People) -> None:
    """Only the requester changes it; whoever had approved is told in the card's thread."""
    talk = Talk(team)
    await makes_rules(talk, people=[JONAS, INES], approvals="2")
    request = await talk.asks_for()
    await team.jonas.clicks(request, "job_approve")
    await card_shows(talk, request, "1 of 2 approvals")

    await team.ines.clicks(request, "job_edit")
    refused = await team.ines.modal_with("can change the request")
    await team.ines.closes(refused)
    await team.mina.clicks(request, "job_edit")
    form = await team.mina.form("start_form")
    assert form["state"]["values"]["suffix"]["suffix"]["value"] == "tone"
    await team.fault("slack", "chat.update", "429", times=-1, retry_after=1)
    assert (await team.mina.submits(form, Person.filled(form, suffix="warmer")))["ok"]
    await team.ines.clicks(request, "job_approve")  # the card still shows what was asked for before
    await told_alone(talk, team.ines, "changed since you read it")
    await team.faults_off()
    card = await card_shows(talk, request, "warmer* waits for approval")
    assert "0 of 2 approvals" in shown(card)
    assert f"Changed by <@{team.mina.id}>" in shown(card)
    note = await team.jonas.sees(talk.channel, "Your approval was for", thread_ts=request["ts"])
    assert f"<@{JONAS}>" in shown(note)

    for person in (team.jonas, team.ines):
        await person.clicks(card, "job_approve")
    await team.mina.sees(talk.channel, "warmer* is ready")
    orders = await team.calls("POST /fine_tuning/jobs")
    assert [order["request"]["body"]["suffix"] for order in orders] == ["warmer"]


async def test_a_group_approves_if_slack_tells_that_it_has_enough_people(team: People) -> None:
    """Below the amount nobody is asked at all."""
    talk = Talk(team)
    form = await opens_rules(talk, team.jonas)
    few = await team.jonas.submits(form, rules(form, people=[], group=LEADS, approvals="3"))
    assert "only 2 people may approve" in few["errors"]["approvals"]
    await team.jonas.closes(form)
    await makes_rules(talk, people=[], group=LEADS)
    request = await talk.asks_for(suffix="first")
    assert f"Who can approve: <!subteam^{LEADS}>" in shown(request)
    await team.ines.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "first* is ready")

    await makes_rules(talk, below="5")
    shared = await team.mina.uploads(talk.channel, "cheap.jsonl", dataset(note="cheap"))
    report = await team.mina.sees(talk.channel, "Start fine-tuning", thread_ts=shared)
    await team.mina.clicks(report, "start_open")
    form = await team.mina.form("start_form")
    await team.mina.submits(form, Person.filled(form, suffix="cheap", epochs="1"))
    await team.mina.sees(talk.channel, "cheap* is ready")
    await team.mina.sees(talk.channel, "approved by itself")


async def test_a_request_that_nobody_decides_is_reminded_of_once_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app is down in between, and its clock jumps."""
    async with workspace() as (sandbox, people):
        talk, mina = Talk(people), people.mina
        async with at_work(sandbox, tmp_path):
            request = await talk.asks_for()
        for hours in (49, 50):
            monkeypatch.setattr("bot.app.SystemClock", clock_ahead(hours))
            async with at_work(sandbox, tmp_path):
                told = await mina.sees(talk.channel, "still waits for a decision", thread_ts=request["ts"])
                await people.all_done()
            assert f"<@{JONAS}>" in shown(told)
        monkeypatch.setattr("bot.app.SystemClock", clock_ahead(73))
        async with at_work(sandbox, tmp_path):
            end = await mina.sees(talk.channel, "Nobody decided on *tone* in time")
            assert f"<@{mina.id}>" in shown(end)
            await card_shows(talk, request, "tone*: nobody decided in time")
        thread = [shown(m) for m in await mina.reads(talk.channel, request["ts"])]
        assert sum("still waits" in said or "decided on meanwhile" in said for said in thread) == 1
        assert await created(talk) == 0


def clock_ahead(hours: float) -> type:
    """A clock that is so far ahead."""

    class Ahead:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(hours=hours)

    return Ahead
