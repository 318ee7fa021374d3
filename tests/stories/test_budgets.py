"""Money: a budget is reached, gone beyond and settled; and who did what can be had as a table."""

import csv
import io
from pathlib import Path
from typing import Any

from tests.stories.driver import People, shown
from tests.stories.talking import Talk, taught
from tests.stories.test_decisions import asks, created, told_alone, working

JONAS, INES = "U0JONASWBR", "U0INESDRTE"


async def test_beyond_a_budget_only_whoever_is_named_approves_and_the_end_says_what_is_left(
    tmp_path: Path,
) -> None:
    """The first approver is refused, the second goes beyond it; everybody reads by how much."""
    async with working(tmp_path, FINETUNE_APPROVERS=f"{JONAS},{INES}") as talk:
        mina, jonas, ines = talk.people.mina, talk.people.jonas, talk.people.ines
        await jonas.commands(talk.channel, f"budget 0 <@{INES}>")
        saved = await jonas.sees(talk.channel, "Saved.")
        assert "$0.00 left of $0.00" in shown(saved)
        assert f"May approve beyond it: <@{INES}>" in shown(saved)

        request = await asks(talk, mina)
        assert "over the budget of" in shown(request)
        assert f"Only <@{INES}> may approve it" in shown(request)
        await jonas.clicks(request, "job_approve")
        await told_alone(talk, jonas, f"Only <@{INES}> may approve beyond it")
        assert await created(talk) == 0

        await ines.clicks(request, "job_approve")
        end = await mina.sees(talk.channel, "is ready")
        assert "over the limit of $0.00" in shown(end)
        await mina.commands(talk.channel, "budget")
        sheet = await mina.sees(talk.channel, "What training may cost in")
        assert "*tone*: spent" in shown(sheet)
        assert "reserved $0.00" in shown(sheet)
        assert "budget_set" not in str(sheet["blocks"])


async def test_a_budget_set_in_the_form_shows_on_a_waiting_card_and_a_withdrawal_gives_its_money_back(
    team: People,
) -> None:
    talk = Talk(team)
    first = await talk.asks_for(suffix="first")
    await team.jonas.commands(talk.channel, "budget")
    sheet = await team.jonas.sees(talk.channel, "What training may cost in")
    assert "no limit" in shown(sheet)
    await team.jonas.clicks(sheet, "budget_set", value=talk.channel)
    form = await team.jonas.form("budget_form")
    wrong = await team.jonas.submits(form, filled("lots"))
    assert "amount of US dollars" in wrong["errors"]["limit"]
    assert (await team.jonas.submits(form, filled("0.02")))["ok"]
    await team.jonas.modal_with("Saved.")

    redrawn = await team.mina.sees(talk.channel, "Leaves under $0.01 of the $0.02")
    assert redrawn["ts"] == first["ts"]
    second = await talk.asks_for(suffix="second")
    assert "Nobody is named who may approve it" in shown(second)
    await team.jonas.clicks(second, "job_approve")
    await told_alone(talk, team.jonas, "Nobody is named who may approve beyond it")

    await team.mina.clicks(first, "job_cancel")

    async def fits() -> bool | None:
        return "Leaves" in shown(await team.mina.finds(talk.channel, second["ts"])) or None

    await team.until(fits, "the second request to fit")
    await team.jonas.clicks(await team.mina.finds(talk.channel, second["ts"]), "job_approve")
    await team.mina.sees(talk.channel, "second* is ready")


async def test_an_approver_gets_the_audit_as_a_table_and_nobody_else_does(team: People) -> None:
    talk = Talk(team)
    mina, jonas = team.mina, team.jonas
    await talk.trains(suffix="tone")
    await jonas.commands(talk.channel, "budget workspace 500")
    await jonas.sees(talk.channel, "Saved.")

    await mina.commands(talk.channel, "audit")
    await told_alone(talk, mina, f"Only approvers can read the audit: <@{JONAS}>.")
    await jonas.commands(talk.channel, "audit all")
    await jonas.sees(talk.channel, "in our direct messages")

    async def sent() -> str | None:
        messages = await jonas.reads(f"D{jonas.id[1:]}")
        return next((file["id"] for m in messages for file in m.get("files", ())), None)

    content = await team.content(await team.until(sent, "the table"))
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["what"] for row in rows] == [
        "requested",
        "approved",
        "created at provider",
        "ended",
        "budget changed",
    ]
    jonas_is = next(row["who"] for row in rows if row["who_id"] == JONAS)
    assert "jonas" in jonas_is.lower()
    provider = "the provider"
    assert [row["who"] for row in rows][2:] == [provider, provider, jonas_is]
    assert [row["who_id"] for row in rows] == [mina.id, JONAS, "provider", "provider", JONAS]
    assert {(row["channel"], row["about"]) for row in rows[:4]} == {("#ft-support", "tone")}
    assert rows[4]["channel"] == "the workspace"
    assert float(rows[3]["amount"]) > 0
    assert rows[3]["currency"] == "USD"
    assert "state: succeeded" in rows[3]["details"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert next(iter(rows[0])).startswith("time (Europe/")


async def test_the_audit_is_a_page_with_filters_and_sends_itself_as_a_table(team: People) -> None:
    talk = Talk(team)
    jonas = team.jonas
    await talk.asks_for(suffix="tone")
    await jonas.commands(talk.channel, "budget workspace 500")
    await jonas.sees(talk.channel, "Saved.")
    await jonas.commands(talk.channel, "audit")
    page = await jonas.modal_with(f"<@{team.mina.id}> asked for *tone*")
    assert "changed the budget" in str(page["blocks"])
    chosen = {"text": {"type": "plain_text", "text": "Requested"}, "value": "requested"}
    await jonas.picks(page, "audit_what", type="static_select", selected_option=chosen)

    async def fewer() -> dict[str, Any] | None:
        view = await jonas.modal()
        return view if view and "changed the budget" not in str(view["blocks"]) else None

    page = await team.until(fewer, "the filtered page")
    assert "asked for *tone*" in str(page["blocks"])
    await jonas.picks(page, "audit_as_csv")
    await jonas.modal_with("in our direct messages")


def filled(limit: str) -> dict[str, dict[str, dict[str, object]]]:
    """The form's values with this limit, and nobody who may go beyond it."""
    return {
        "limit": {"limit": {"type": "plain_text_input", "value": limit}},
        "overriders": {"overriders": {"type": "multi_users_select", "selected_users": []}},
    }


async def test_paused_spending_stops_jobs_and_answers_until_an_approver_lets_it_go_on(team: People) -> None:
    """Whoever has no right to it is told so; the request can be approved, and its job waits."""
    talk = Talk(team)
    end = await talk.trains(taught(("Why?", "So.")), "first")
    thread = await talk.opens(end)
    await team.mina.commands(talk.channel, "pause-spending on")
    await told_alone(talk, team.mina, "can pause spending")
    await team.jonas.commands(talk.channel, "pause-spending on")
    await told_alone(talk, team.jonas, "has paused all spending")

    await team.mina.writes(talk.channel, "Why?", thread)
    await talk.hears(thread, ending="by whom it was paused.")
    assert await talk.asked() == []
    before = await created(talk)
    request = await talk.asks_for(suffix="second")
    await team.jonas.clicks(request, "job_approve")
    await team.mina.sees(talk.channel, "Waiting: All spending is paused")
    assert await created(talk) == before

    await team.jonas.commands(talk.channel, "pause-spending off")
    await team.mina.sees(talk.channel, "second* is ready")
    await team.mina.writes(talk.channel, "And now?", thread)
    await talk.hears(thread, count=2)
    await team.mina.commands(talk.channel, "budget")
    sheet = await team.mina.sees(talk.channel, "for chats")
    assert "$0.00 for chats" not in shown(sheet)
