"""What people share: files become datasets; their reports and lists, titles and deletion."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import shown
from bot.domain.places import Place
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, DELETE, Action, Form
from handlers.slack import modals, places
from handlers.slack.files import describe
from handlers.slack.places import place_of, thread_root, workspace_of
from handlers.slack.words import Asked
from handlers.views.blocks import View
from handlers.views.datasets import administration, cards

_LOOKS = (0.0, 1.0, 3.0)
"""Seconds before each look at where a file was shared: Slack may tell of a file before it shows its message."""


@dataclass(frozen=True)
class Datasets:
    """Listeners around uploads."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind events and buttons. Messages with files come through handlers.messages."""
        app.event("file_shared")(self.file_shared)
        app.event("file_deleted")(self.file_deleted)
        app.action(Action.REPORT)(self.report)

    async def in_message(self, context: AsyncBoltContext, event: Mapping[str, Any]) -> None:
        """A message with files: the usual way a dataset comes, for it says where its thread is."""
        place = place_of(context, event["channel"], thread_root(dict(event)))
        for file in event.get("files") or ():
            await self._receive(place, file, str(event.get("user") or file.get("user") or ""))

    async def file_shared(
        self, ack: AsyncAck, context: AsyncBoltContext, client: AsyncWebClient, event: dict[str, Any]
    ) -> None:
        """The same upload told in another way; does nothing when its message was there before."""
        await ack()
        place = place_of(context, event["channel_id"])
        if event.get("user_id") == context.bot_user_id:
            return
        for look in _LOOKS:
            await asyncio.sleep(look)
            if await self.services.datasets.knows(place, event["file_id"]):
                return
            file = await describe(client, event["file_id"])
            root = file.shares.get(event["channel_id"])
            if root is not None:
                await self.services.datasets.receive(
                    replace(place, thread_ts=root),
                    file_id=file.id,
                    name=file.name,
                    filetype=file.filetype,
                    mode=file.mode,
                    size=file.size,
                    user_id=file.user_id,
                )
                return

    async def file_deleted(self, ack: AsyncAck, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """Gone in Slack, gone here."""
        await self.services.administration.file_deleted(workspace_of(context), event["file_id"])
        await ack()

    async def report(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Everything that is known of a dataset."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            return cards.report_view(await self.services.datasets.get(viewer, action["value"]), self.provider)

        await modals.show(client, context, body["trigger_id"], "Full report", content)

    async def asked_list(self, asked: Asked) -> None:
        """The channel's datasets."""
        viewer = await places.asking(self.services, asked)
        await asked.reply(cards.listing(await self.services.datasets.listed(viewer)))

    async def _receive(self, place: Place, file: Mapping[str, Any], user_id: str) -> None:
        await self.services.datasets.receive(
            place,
            file_id=file["id"],
            name=str(file.get("name") or ""),
            filetype=str(file.get("filetype") or ""),
            mode=str(file.get("mode") or ""),
            size=int(file.get("size") or 0),
            user_id=user_id,
        )


@dataclass(frozen=True)
class Administration:
    """Listeners and words around what a channel has already."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind the button, the entry of the card's menu, and the form that asks."""
        app.action(Action.DELETE)(self.delete)
        app.action(Action.MORE, matchers=[_is_delete])(self.ask_in_form)
        app.view(Form.DELETE)(self.confirmed)

    async def delete(
        self,
        ack: AsyncAck,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Slack has asked already whether it is meant."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        dataset = await self.services.administration.delete(viewer, *shown.read(action["value"]))
        await respond(text=administration.deleting(dataset), response_type="ephemeral", replace_original=True)

    async def ask_in_form(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """From the menu of a card, whose entries cannot ask themselves."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            _, _, dataset_id = action["selected_option"]["value"].partition(":")
            return administration.delete_form(
                await self.services.administration.check_delete(viewer, dataset_id), self.provider
            )

        await modals.show(client, context, body["trigger_id"], "Delete dataset", content)

    async def confirmed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form was sent."""
        viewer = await places.viewer(self.services, context)
        await self.services.administration.delete(viewer, *shown.read(view["private_metadata"]))
        await ack()

    async def asked_dataset(self, asked: Asked, name: str) -> None:
        """One dataset with its versions; without a name there is a list."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} dataset NAME`; `{COMMAND} datasets` lists them.")
        viewer = await places.asking(self.services, asked)
        versions = await self.services.administration.versions(viewer, name)
        await asked.reply(administration.found(versions, self.provider))

    async def asked_rename(self, asked: Asked, words: str) -> None:
        """Its name, then what it shall be called."""
        viewer = await places.asking(self.services, asked)
        before, dataset = await self.services.administration.rename(viewer, words)
        await asked.reply(administration.renamed(before, dataset))

    async def asked_delete(self, asked: Asked, name: str) -> None:
        """Asks once more, with a button."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} delete NAME`; `{COMMAND} datasets` lists them.")
        viewer = await places.asking(self.services, asked)
        newest = (await self.services.administration.versions(viewer, name))[0]
        dataset = await self.services.administration.check_delete(viewer, newest.id)
        await asked.reply(administration.delete_question(dataset, self.provider))


async def _is_delete(action: dict[str, Any]) -> bool:
    return str(action["selected_option"]["value"]).startswith(f"{DELETE}:")
