"""What people share: files become datasets; their reports and lists, titles and deletion."""

import asyncio
from dataclasses import dataclass, replace

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.datasets.examples import ALL
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.places import Place
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, DELETE, Action, Block, Field, Form
from handlers.slack.files import describe
from handlers.slack.interactions import Click, Event, Submission, Words
from handlers.slack.listeners import Listeners
from handlers.views.blocks import Message, View
from handlers.views.datasets import administration, cards, examples, toolbar

_LOOKS = (0.0, 1.0, 3.0)
"""Seconds before each look at where a file was shared: Slack may tell of a file before it shows its message."""


@dataclass(frozen=True)
class Datasets:
    """Listeners around uploads, and listeners and words around what a channel has already."""

    services: Services
    provider: str

    def register(self, listen: Listeners) -> None:
        """Bind events, buttons, the form and the words. Messages with files come through handlers.messages."""
        listen.notice("file_shared", self.file_shared)
        listen.event("file_deleted", self.file_deleted)
        listen.click(Action.REPORT, self.report)
        listen.click(Action.EXAMPLES, self.look)
        for way in (Action.EXAMPLES_EARLIER, Action.EXAMPLES_LATER):
            listen.click(way, self.look_on)
        listen.form(Form.EXAMPLES, self.look_from)
        listen.click(Action.DELETE, self.delete)
        listen.click(Action.MORE, self.ask_in_form, entry=DELETE)
        listen.form(Form.DELETE, self.confirmed)
        listen.word("datasets", self.asked_list)
        listen.word("dataset", self.asked_dataset)
        listen.word("rename", self.asked_rename)
        listen.word("delete", self.asked_delete)

    async def file_shared(self, event: Event) -> None:
        """The same upload told in another way; does nothing when its message was there before."""
        channel_id, file_id = event.payload["channel_id"], event.payload["file_id"]
        place = Place(event.workspace, channel_id)
        if event.payload.get("user_id") == event.context.bot_user_id:
            return
        for look in _LOOKS:
            await asyncio.sleep(look)
            if await self.services.datasets.knows(place, file_id):
                return
            file = await describe(event.client, file_id)
            if root := file.shares.get(channel_id):
                await self.services.datasets.receive(replace(place, thread_ts=root), file, file.user_id)
                return

    async def file_deleted(self, event: Event) -> None:
        """Gone in Slack, gone here."""
        await self.services.administration.file_deleted(event.workspace, event.payload["file_id"])

    async def report(self, click: Click) -> None:
        """Everything that is known of a dataset."""

        async def content() -> View:
            viewer = await click.viewer()
            dataset = await self.services.datasets.get(viewer, click.value)
            where = await self.services.administration.whereabouts(viewer, dataset.id)
            return cards.report_view(dataset, where, self.provider)

        await click.show("Full report", content)

    async def look(self, click: Click) -> None:
        """The examples as conversations: from the card in a modal, from the report in one above it."""

        async def content() -> View:
            viewer = await click.viewer()
            return examples.view(
                await self.services.examples.page(viewer, *toolbar.read_examples_at(click.value))
            )

        await click.show(examples.TITLE, content, over=click.view is not None)

    async def look_on(self, click: Click) -> None:
        """The ten before or after."""
        viewer = await click.viewer()
        page = await self.services.examples.page(viewer, *toolbar.read_examples_at(click.value))
        await click.redraw(examples.view(page), anyhow=True)

    async def look_from(self, sent: Submission) -> View:
        """The ten from the line that was typed."""
        viewer, line = await sent.viewer(), int(sent.text(Block.LINE, Field.LINE) or 1)
        return examples.view(await self.services.examples.page(viewer, sent.subject, ALL, line))

    async def delete(self, click: Click) -> None:
        """Slack has asked already whether it is meant."""
        viewer = await click.viewer()
        dataset = await self.services.administration.delete(viewer, *stale_buttons.read(click.value))
        await click.replace(Message(administration.deleting(dataset)))

    async def ask_in_form(self, click: Click) -> None:
        """From the menu of a card, whose entries cannot ask themselves."""

        async def content() -> View:
            _, dataset_id = click.chosen
            viewer = await click.viewer()
            dataset = await self.services.administration.check_delete(viewer, dataset_id)
            where = await self.services.administration.whereabouts(viewer, dataset.id)
            return administration.delete_form(dataset, where, self.provider)

        await click.show("Delete dataset", content)

    async def confirmed(self, form: Submission) -> None:
        """The form was sent."""
        await self.services.administration.delete(await form.viewer(), *stale_buttons.read(form.subject))

    async def asked_list(self, words: Words) -> None:
        """The channel's datasets."""
        await words.reply(cards.listing(await self.services.datasets.listed(await words.viewer())))

    async def asked_dataset(self, words: Words) -> None:
        """One dataset with its versions; without a name there is a list."""
        viewer, versions = await self._versions(words, "dataset")
        where = await self.services.administration.whereabouts(viewer, versions[0].id)
        await words.reply(administration.found(versions, where, self.provider))

    async def asked_rename(self, words: Words) -> None:
        """Its name, then what it shall be called."""
        before, dataset = await self.services.administration.rename(await words.viewer(), words.text)
        await words.reply(administration.renamed(before, dataset))

    async def asked_delete(self, words: Words) -> None:
        """Asks once more, with a button."""
        viewer, versions = await self._versions(words, "delete")
        dataset = await self.services.administration.check_delete(viewer, versions[0].id)
        where = await self.services.administration.whereabouts(viewer, dataset.id)
        await words.reply(administration.delete_question(dataset, where, self.provider))

    async def _versions(self, words: Words, word: str) -> tuple[Viewer, list[Dataset]]:
        """Who asked, and every version of the dataset that was named, newest first. Raises BadInput."""
        if not words.text:
            raise BadInput(f"Which dataset? `{COMMAND} {word} NAME`; `{COMMAND} datasets` lists them.")
        viewer = await words.viewer()
        return viewer, await self.services.administration.versions(viewer, words.text)
