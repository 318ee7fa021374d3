"""Who decides: shown to everybody, changed by those who may."""

import json
from dataclasses import dataclass

from bot.domain.policies import CHATS_PER_HOUR
from bot.services import Services
from bot.services.policies import WantedRules
from handlers.escaping import unescape
from handlers.ids import Action, Block, Field, Form
from handlers.slack.interactions import Click, Submission, Words
from handlers.slack.listeners import Listeners
from handlers.views import policies
from handlers.views.blocks import View


@dataclass(frozen=True)
class Policies:
    """Listeners and words around the rules of channels and of the workspace."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the buttons, the form and the word."""
        listen.click(Action.SET_POLICY, self.change)
        listen.click(Action.SET_POLICY_FOR_ALL, self.change)
        listen.form(Form.POLICY, self.changed)
        listen.word("policy", self.asked)

    async def change(self, click: Click) -> None:
        """Opens the form for those who may change the rules."""
        channel_id = click.value if click.action_id == Action.SET_POLICY else ""

        async def content() -> View:
            rules = await self.services.policies.to_change(await click.viewer(channel_id), channel_id)
            return policies.form(rules, await self.services.policies.groups())

        await click.show(policies.TITLE, content)

    async def changed(self, form: Submission) -> View:
        """The form was sent; it then shows what holds from now on."""
        kept = json.loads(form.subject)
        channel_id, read = kept["channel"], kept.get("read", "")
        viewer = await form.viewer(channel_id)
        picked = form.state(Block.RULES, Field.RULES).get("selected_option") or {}
        if picked.get("value") == policies.ABOVE:
            rules = await self.services.policies.take_back(viewer, channel_id, read)
        else:
            rules = await self.services.policies.change(viewer, channel_id, _wanted(form), read)
        return policies.after_saving(rules)

    async def asked(self, words: Words) -> None:
        """The rules that hold here, and buttons for those who may change them."""
        viewer = await words.viewer()
        may_change = await self.services.policies.may_change(viewer)
        await words.reply(policies.shown(await self.services.policies.shown(viewer), may_change=may_change))


def _wanted(form: Submission) -> WantedRules:
    return WantedRules(
        approvers=_people(form, Block.APPROVERS, Field.APPROVERS),
        approver_groups=_groups(form, Block.APPROVER_GROUPS, Field.APPROVER_GROUPS),
        requesters=_people(form, Block.REQUESTERS, Field.REQUESTERS),
        requester_groups=_groups(form, Block.REQUESTER_GROUPS, Field.REQUESTER_GROUPS),
        approvals=unescape(form.text(Block.APPROVALS, Field.APPROVALS)),
        below=unescape(form.text(Block.BELOW, Field.BELOW)),
        hours=unescape(form.text(Block.HOURS, Field.HOURS)),
        chats=unescape(form.text(Block.CHATS, Field.CHATS)) or f"{CHATS_PER_HOUR}",
        self_approval=bool(form.state(Block.SELF, Field.SELF).get("selected_options")),
    )


def _people(form: Submission, block: Block, field: Field) -> frozenset[str]:
    return frozenset(form.state(block, field).get("selected_users") or ())


def _groups(form: Submission, block: Block, field: Field) -> frozenset[str]:
    return frozenset(each["value"] for each in form.state(block, field).get("selected_options") or ())
