"""The rules on who may ask and who decides, and the form that changes them; takes values, asks nobody."""

import json
from collections.abc import Collection, Iterator, Sequence

from bot.domain.money import Money, dollars, in_dollars
from bot.domain.policies import MOST_APPROVALS, MOST_CHATS, MOST_HOURS, Policy, Rules, Source
from bot.domain.stale_buttons import rules as rules_read
from bot.ports import UserGroup
from handlers.ids import Action, Field, Form
from handlers.ids import Block as Id
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    header,
    modal,
    option,
    plain,
    question,
    section,
)
from handlers.views.figures import count

TITLE = "Who decides"
OWN, ABOVE = "own", "above"
"""The choices between rules of one's own and those above."""
_GUESTS = "Guests and people of other organisations never ask or decide."


def shown(rules: Rules, *, may_change: bool) -> Message:
    """The answer to `policy`."""
    where = f"in <#{rules.channel_id}>" if rules.channel_id else "in this workspace"
    first = f"Who decides on jobs {where}"
    blocks = [
        header(TITLE),
        section("\n".join([f"*{first}*", *_lines(rules.policy)])),
        context(_origin(rules), _GUESTS),
    ]
    if may_change:
        blocks.append(actions(*_buttons(rules)))
    return Message(first, blocks)


def _buttons(rules: Rules) -> Iterator[Block]:
    if rules.channel_id:
        yield button("Change this channel's…", Action.SET_POLICY, rules.channel_id)
    yield button("Change the workspace's…", Action.SET_POLICY_FOR_ALL, Action.SET_POLICY_FOR_ALL)


def _lines(policy: Policy) -> Iterator[str]:
    asks = _people(policy.requesters, policy.requester_groups)
    yield f"• Ask for a job: {asks or 'any full member'}"
    needed = f", {policy.approvals} of them" if policy.approvals > 1 else ""
    yield f"• Approve it: {policy.people()}{needed}"
    if policy.names_approvers or policy.self_approval:
        yield f"• One's own request: {'may' if policy.self_approval else 'cannot'} be approved by oneself"
    if policy.automatic_below is not None:
        amount = dollars(policy.automatic_below)
        yield f"• Below {amount} a person and day nobody is asked, as long as the budget allows it"
    yield f"• One person is given {count(policy.chats_per_hour, 'answer')} of models within an hour"
    yield f"• A request ends after {count(policy.expires_hours, 'hour')} without a decision"


def _people(people: Collection[str], groups: Collection[str]) -> str:
    return ", ".join(
        [f"<@{each}>" for each in sorted(people)] + [f"<!subteam^{each}>" for each in sorted(groups)]
    )


def _origin(rules: Rules) -> str:
    match rules.source:
        case Source.CHANNEL:
            return "These are this channel's own rules."
        case Source.WORKSPACE:
            return "These are the workspace's rules." + (
                " This channel has none of its own." if rules.channel_id else ""
            )
        case Source.SETTINGS:
            return "Nobody has made rules here: these come from the settings the bot was started with."


def form(rules: Rules, groups: Sequence[UserGroup]) -> View:
    """Asks for the rules of a channel or of the workspace; `groups` are the user groups that can be named."""
    policy = rules.policy
    scope = (
        f"For <#{rules.channel_id}> alone."
        if rules.channel_id
        else "For every channel without rules of its own."
    )
    blocks = [
        section(f"{scope} {_origin(rules)}"),
        *_whose(rules),
        question(
            Id.APPROVERS,
            "Who approves",
            _users(Field.APPROVERS, policy.approvers),
            hint="Nobody named here and no group: any full member but the requester.",
            optional=True,
        ),
        *_group_question(
            Id.APPROVER_GROUPS, Field.APPROVER_GROUPS, "Groups that approve", groups, policy.approver_groups
        ),
        question(
            Id.APPROVALS,
            "Approvals needed",
            _text(Field.APPROVALS, str(policy.approvals)),
            hint=f"By different people, 1 to {MOST_APPROVALS}. One no is enough to reject.",
        ),
        question(Id.SELF, "One's own requests", _self(policy), optional=True),
        question(
            Id.BELOW,
            "US dollars below which nobody is asked",
            _text(Field.BELOW, _amount(policy.automatic_below), "ask always"),
            hint="Such as 2.50, counted per person over 24 hours; empty: somebody is always asked, as for a job whose "
            "price is unknown.",
            optional=True,
        ),
        question(
            Id.HOURS,
            "Hours after which a request ends",
            _text(Field.HOURS, str(policy.expires_hours)),
            hint=f"1 to {MOST_HOURS}. Those who can approve are reminded once before.",
        ),
        question(
            Id.CHATS,
            "Answers of models per person and hour",
            _text(Field.CHATS, str(policy.chats_per_hour)),
            hint=f"0 to {MOST_CHATS:,}. Every answer is paid for; both of a comparison count.",
        ),
        question(
            Id.REQUESTERS,
            "Who may ask",
            _users(Field.REQUESTERS, policy.requesters),
            hint="Nobody named here and no group: any full member.",
            optional=True,
        ),
        *_group_question(
            Id.REQUESTER_GROUPS,
            Field.REQUESTER_GROUPS,
            "Groups that may ask",
            groups,
            policy.requester_groups,
        ),
        context(_GUESTS),
    ]
    return modal(
        TITLE,
        blocks,
        callback_id=Form.POLICY,
        submit="Save",
        close="Cancel",
        private_metadata=json.dumps({"channel": rules.channel_id, "read": rules_read(policy)}),
    )


def after_saving(rules: Rules) -> View:
    """Stands where the form stood."""
    return modal(TITLE, [section("\n".join(["Saved.", *_lines(rules.policy)])), context(_origin(rules))])


def _whose(rules: Rules) -> list[Block]:
    """Rules of one's own can be taken back where there are some."""
    owned = rules.source is (Source.CHANNEL if rules.channel_id else Source.WORKSPACE)
    if not owned:
        return []
    above = "The workspace's rules instead" if rules.channel_id else "The settings' rules instead"
    choices = [option("The rules below", OWN), option(above, ABOVE)]
    element: Block = {
        "type": "radio_buttons",
        "action_id": Field.RULES,
        "options": choices,
        "initial_option": choices[0],
    }
    return [question(Id.RULES, "What holds", element)]


def _users(field: Field, chosen: Collection[str]) -> Block:
    element: Block = {"type": "multi_users_select", "action_id": field, "placeholder": plain("People")}
    return element | {"initial_users": sorted(chosen)} if chosen else element


def _group_question(
    block_id: Id, field: Field, label: str, groups: Sequence[UserGroup], chosen: Collection[str]
) -> list[Block]:
    known = [option(f"@{group.handle}", group.id) for group in groups[:100]]
    missing = [option(each, each) for each in sorted(chosen) if each not in {group.id for group in groups}]
    options = [*missing, *known][:100]
    if not options:
        return []
    element: Block = {
        "type": "multi_static_select",
        "action_id": field,
        "placeholder": plain("User groups"),
        "options": options,
    }
    initial = [each for each in options if each["value"] in chosen]
    return [
        question(block_id, label, element | ({"initial_options": initial} if initial else {}), optional=True)
    ]


def _self(policy: Policy) -> Block:
    allowed = [option("Who approves may approve their own, too", "yes")]
    element: Block = {"type": "checkboxes", "action_id": Field.SELF, "options": allowed}
    return element | {"initial_options": allowed} if policy.self_approval else element


def _text(field: Field, value: str, placeholder: str = "") -> Block:
    element: Block = {"type": "plain_text_input", "action_id": field, "max_length": 20}
    if placeholder:
        element["placeholder"] = plain(placeholder)
    return element | {"initial_value": value} if value else element


def _amount(amount: Money | None) -> str:
    return "" if amount is None else f"{in_dollars(amount):.2f}"
