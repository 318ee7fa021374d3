"""Rules as people read and change them: the word, the buttons and the form, over the real rules."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.money import of_dollars
from bot.domain.places import Place
from bot.domain.policies import Policy, Source
from bot.domain.work_queue import Transition
from bot.services.policies import PolicyService
from handlers.ids import Action
from storage.database import Database
from tests.handlers.conftest import Desk
from tests.services.rules import Groups, rules
from tests.storage.conftest import SetClock

MINA, JONAS, INES, LEADS = "U0MINAPARK", "U0JONASWBR", "U0INESDRTE", "S0MLLEADS0"


@pytest.fixture
async def policies(tmp_path: Path) -> AsyncIterator[PolicyService]:
    """Jonas approves, as the settings say; the leads are Jonas and Ines."""
    database = Database(f"sqlite:///{tmp_path}/bot.db", SetClock())
    await database.upgrade()
    settings = Policy(approvers=frozenset({JONAS}))
    yield rules(database, SetClock(), settings, Groups(**{LEADS: {JONAS, INES}}))
    await database.close()


@pytest.fixture
def real(policies: PolicyService) -> dict[str, Any]:
    return {"policies": policies}


async def place(desk: Desk, channel: str = "ft-support") -> Place:
    """A channel, or with no name the workspace."""
    team = (await desk.get("world"))["team"]["id"]
    return Place(f"-/{team}", desk.channels[channel] if channel else "")


async def opens(desk: Desk, action_id: str) -> dict[str, Any]:
    """The form behind a button of the rules."""
    await desk.command("policy", who="jonas")
    told = await desk.sees("Who decides on jobs", who="jonas")
    where = {"channel": desk.channels["ft-support"], "ts": told["ts"]}
    assert (await desk.act("click", "jonas", **where, action={"action_id": action_id}))["ok"]
    return await desk.modal("Who approves", "jonas")


async def sends(desk: Desk, form: dict[str, Any], **values: dict[str, Any]) -> dict[str, Any]:
    """Send the form as it stands, with other values for these blocks."""
    changed = {block_id: {block_id: value} for block_id, value in values.items()}
    return await desk.act("submit", "jonas", view_id=form["id"], values=form["state"]["values"] | changed)


def text(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value or None}


def people(*user_ids: str) -> dict[str, Any]:
    return {"type": "multi_users_select", "selected_users": list(user_ids)}


def option(value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def groups(*group_ids: str) -> dict[str, Any]:
    return {"type": "multi_static_select", "selected_options": [option(each) for each in group_ids]}


async def test_only_whoever_may_change_the_rules_is_given_buttons_for_it(desk: Desk) -> None:
    for who, there in (("jonas", True), ("mina", False)):
        await desk.command("policy", who=who)
        told = await desk.sees(f"Who decides on jobs in <#{desk.channels['ft-support']}>", who=who)
        assert (Action.SET_POLICY in str(told["blocks"])) is there


@pytest.mark.parametrize(
    ("action_id", "channel", "source"),
    [(Action.SET_POLICY, "ft-support", Source.CHANNEL), (Action.SET_POLICY_FOR_ALL, "", Source.WORKSPACE)],
)
async def test_everything_that_the_form_says_holds_where_its_button_said(
    desk: Desk, policies: PolicyService, action_id: str, channel: str, source: Source
) -> None:
    form = await opens(desk, action_id)
    own = {"type": "checkboxes", "selected_options": [option("yes")]}
    assert (
        await sends(
            desk,
            form,
            approvers=people(JONAS, MINA),
            approver_groups=groups(LEADS),
            requesters=people(INES),
            requester_groups=groups(LEADS),
            approvals=text("2"),
            below=text("2.50"),
            hours=text("7"),
            chats=text("9"),
            self=own,
        )
    )["ok"]
    await desk.modal("Saved.", "jonas")
    made = await policies.rules(await place(desk, channel))
    assert made.source is source
    assert made.policy == Policy(
        approvers=frozenset({JONAS, MINA}),
        approver_groups=frozenset({LEADS}),
        requesters=frozenset({INES}),
        requester_groups=frozenset({LEADS}),
        approvals=2,
        automatic_below=of_dollars(2.5),
        expires_hours=7,
        chats_per_hour=9,
        self_approval=True,
    )
    assert (await policies.rules(await place(desk))).source is source


async def test_a_form_sent_as_it_opened_makes_the_rules_that_it_showed(
    desk: Desk, policies: PolicyService
) -> None:
    """Nobody is named by it who was not, and nobody may approve their own request."""
    form = await opens(desk, Action.SET_POLICY)
    assert (await sends(desk, form))["ok"]
    await desk.modal("Saved.", "jonas")
    made = await policies.rules(await place(desk))
    assert (made.source, made.policy) == (Source.CHANNEL, policies.settings)


async def test_a_form_without_the_number_of_answers_leaves_the_usual_one(
    desk: Desk, policies: PolicyService
) -> None:
    """A form that was opened before the bot was updated knows nothing of it."""
    form = await opens(desk, Action.SET_POLICY)
    del form["state"]["values"]["chats"]
    assert (await sends(desk, form))["ok"]
    await desk.modal("60 answers", "jonas")
    assert (await policies.rules(await place(desk))).source is Source.CHANNEL


@pytest.mark.parametrize("field", ["approvals", "below", "hours", "chats"])
async def test_a_figure_that_is_none_is_told_at_its_field(
    desk: Desk, policies: PolicyService, field: str
) -> None:
    form = await opens(desk, Action.SET_POLICY)
    said = await sends(desk, form, **{field: text("<soon>")})
    assert list(said["errors"]) == [field]
    assert (await policies.rules(await place(desk))).source is Source.SETTINGS


async def test_rules_of_ones_own_are_given_up_for_those_above(desk: Desk, policies: PolicyService) -> None:
    form = await opens(desk, Action.SET_POLICY)
    await sends(desk, form, hours=text("7"))
    await desk.act("close", "jonas", view_id=(await desk.modal("Saved.", "jonas"))["id"])
    form = await opens(desk, Action.SET_POLICY)
    above = {"type": "radio_buttons", "selected_option": option("above")}
    assert (await sends(desk, form, hours=text("9"), rules=above))["ok"]
    await desk.modal("Saved.", "jonas")
    assert (await policies.rules(await place(desk))).source is Source.SETTINGS


@pytest.mark.parametrize("gives_up", [False, True])
async def test_a_form_that_others_were_faster_than_saves_nothing(
    desk: Desk, policies: PolicyService, gives_up: bool
) -> None:
    here = await place(desk)
    await policies.storage.policies.change(here, lambda _, __: Transition(Policy(expires_hours=7)))
    form = await opens(desk, Action.SET_POLICY)
    await policies.storage.policies.change(here, lambda _, __: Transition(Policy(expires_hours=8)))
    chosen = {"type": "radio_buttons", "selected_option": option("above" if gives_up else "own")}
    await sends(desk, form, hours=text("9"), rules=chosen)
    await desk.modal("changed since you read it", "jonas")
    assert (await policies.of(here)).expires_hours == 8
