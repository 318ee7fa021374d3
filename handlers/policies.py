"""Who decides: shown to everybody, changed by those who may."""

import json
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policies import CHATS_PER_HOUR
from bot.services import Services
from bot.services.policies import WantedRules
from handlers.escape import unescape
from handlers.ids import Action, Field, Form
from handlers.ids import Block as Id
from handlers.slack import modals, places
from handlers.slack.words import Asked
from handlers.views import policies
from handlers.views.blocks import View


@dataclass(frozen=True)
class Policies:
    """Listeners and words around the rules of channels and of the workspace."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the buttons and the form."""
        app.action(Action.SET_POLICY)(self.change)
        app.action(Action.SET_POLICY_FOR_ALL)(self.change)
        app.view(Form.POLICY)(self.changed)

    async def change(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Opens the form for those who may change the rules."""
        await ack()
        for_all = action["action_id"] == Action.SET_POLICY_FOR_ALL

        async def content() -> View:
            channel_id = "" if for_all else str(action["value"])
            viewer = await places.viewer(self.services, context, channel_id)
            rules = await self.services.policies.to_change(viewer, channel_id)
            return policies.form(rules, await self.services.policies.groups())

        await modals.show(client, context, body["trigger_id"], policies.TITLE, content)

    async def changed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form was sent; it then shows what holds from now on."""
        kept = json.loads(view["private_metadata"])
        channel_id, read = kept["channel"], kept.get("read", "")
        viewer = await places.viewer(self.services, context, channel_id)
        if _picked(view, Id.RULES, Field.RULES) == policies.ABOVE:
            rules = await self.services.policies.take_back(viewer, channel_id, read)
        else:
            rules = await self.services.policies.change(viewer, channel_id, _wanted(view), read)
        await ack(response_action="update", view=policies.after_saving(rules))

    async def asked(self, asked: Asked) -> None:
        """The rules that hold here, and buttons for those who may change them."""
        viewer = await places.asking(self.services, asked)
        may_change = await self.services.policies.may_change(viewer)
        await asked.reply(policies.shown(await self.services.policies.shown(viewer), may_change=may_change))


def _wanted(view: View) -> WantedRules:
    return WantedRules(
        approvers=_people(view, Id.APPROVERS, Field.APPROVERS),
        approver_groups=_groups(view, Id.APPROVER_GROUPS, Field.APPROVER_GROUPS),
        requesters=_people(view, Id.REQUESTERS, Field.REQUESTERS),
        requester_groups=_groups(view, Id.REQUESTER_GROUPS, Field.REQUESTER_GROUPS),
        approvals=_text(view, Id.APPROVALS, Field.APPROVALS),
        below=_text(view, Id.BELOW, Field.BELOW),
        hours=_text(view, Id.HOURS, Field.HOURS),
        chats=_text(view, Id.CHATS, Field.CHATS) or f"{CHATS_PER_HOUR}",
        self_approval=bool(_state(view, Id.SELF, Field.SELF).get("selected_options")),
    )


def _state(view: View, block: Id, field: Field) -> dict[str, Any]:
    """The value of an input; empty when the form did not show it."""
    return dict(view["state"]["values"].get(block, {}).get(field) or {})


def _text(view: View, block: Id, field: Field) -> str:
    return unescape(_state(view, block, field).get("value") or "")


def _people(view: View, block: Id, field: Field) -> frozenset[str]:
    return frozenset(_state(view, block, field).get("selected_users") or ())


def _groups(view: View, block: Id, field: Field) -> frozenset[str]:
    return frozenset(each["value"] for each in _state(view, block, field).get("selected_options") or ())


def _picked(view: View, block: Id, field: Field) -> str:
    return str((_state(view, block, field).get("selected_option") or {}).get("value") or "")
