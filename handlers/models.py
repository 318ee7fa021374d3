"""Looking after tuned models: the list and its pages, one by name, renaming, sharing and deleting."""

import re
from dataclasses import dataclass

from bot.domain import stale_buttons
from bot.domain.access import NOWHERE, Viewer
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action, Block, Field, Form
from handlers.slack.interactions import Click, Submission, Words
from handlers.slack.listeners import Listeners
from handlers.views import models
from handlers.views.blocks import Message, View
from handlers.views.jobs import details

_CHANNEL = re.compile(r"<#([CG][A-Z0-9]{1,30})(?:\|[^<>]{0,100})?>")


@dataclass(frozen=True)
class Models:
    """Listeners and words around tuned models; talking with them is handlers.chats."""

    services: Services
    provider: str

    def register(self, listen: Listeners) -> None:
        """Bind the pages, the menu of a model, its forms and its words."""
        listen.click(Action.MODELS_NEWER, self.turned)
        listen.click(Action.MODELS_OLDER, self.turned)
        listen.click(Action.MODEL_MORE, self.more)
        listen.form(Form.ALIAS, self.named)
        listen.form(Form.DELETE_MODEL, self.confirmed)
        listen.click(Action.SHARE, self.ask_with_whom)
        listen.click(Action.UNSHARE, self.take_back)
        listen.form(Form.SHARE, self.shared)
        listen.word("models", self.asked_list)
        listen.word("model", self.asked_model)
        listen.word("alias", self.asked_alias)
        listen.word("share", self.asked_share)
        listen.word("unshare", self.asked_unshare)

    async def opener(self, click: Click) -> Viewer:
        """Who opens a thread with the model on a button, and where: in the App Home, at the model's own channel.

        Raises BadInput where we are not.
        """
        viewer = await click.viewer()
        if viewer.place.channel_id == NOWHERE:
            home = await self.services.models.home_of(viewer, click.value)
            viewer = await self.services.access.moved(viewer, home)
        await click.check_member(viewer.place.channel_id)
        return viewer

    async def turned(self, click: Click) -> None:
        """Another page of the list, in place of the one that is shown."""
        await click.replace(await self._page(await click.viewer(), int(click.value)))

    async def more(self, click: Click) -> None:
        """*Rename…* or *Delete…*: opens the form for those who may; *Use it from code*: shows how."""
        wish, job_id = click.chosen
        if wish == models.FROM_CODE:
            await self._from_code(click, job_id)
            return
        renames = wish == "rename"

        async def content() -> View:
            model = await self.services.models.check_change(await click.viewer(), job_id)
            return models.rename_form(model) if renames else models.delete_form(model, self.provider)

        await click.show("Rename model" if renames else "Delete model", content)

    async def _from_code(self, click: Click, job_id: str) -> None:
        async def content() -> View:
            return models.from_code(await self.services.models.from_code(await click.viewer(), job_id))

        await click.show(models.USE_IT, content)

    async def named(self, form: Submission) -> None:
        """An alias was given, or taken away."""
        typed = form.text(Block.ALIAS, Field.ALIAS)
        await self.services.models.rename(await form.viewer(), form.subject, typed)

    async def confirmed(self, form: Submission) -> None:
        """It is meant: the job's card says when the model is gone."""
        await self.services.models.delete(await form.viewer(), *stale_buttons.read(form.subject))

    async def ask_with_whom(self, click: Click) -> None:
        """*Share…* in a job's details: asks with which channel, of those who may."""
        job = await self.services.models.check_share(await click.viewer(), click.value)
        await click.push(models.share_form(job))

    async def shared(self, form: Submission) -> None:
        """A channel was picked: both channels are told."""
        channel_id = form.state(Block.CHANNEL, Field.SHARE_WITH).get("selected_conversation") or ""
        viewer = await form.viewer(channel_id)
        await form.check_member(channel_id)
        await self.services.models.share(viewer, form.subject, channel_id, on=True)

    async def take_back(self, click: Click) -> None:
        """*Take back* beside a channel in a job's details, which then show the rest."""
        job_id, _, channel_id = click.value.partition(":")
        viewer = await click.viewer(channel_id)
        await self.services.models.share(viewer, job_id, channel_id, on=False)
        job = await self.services.jobs.get(viewer, job_id)
        shares = await self.services.models.shared(viewer, job_id)
        can_pause = self.services.jobs.can_pause
        await click.redraw(details.details(job, self.provider, can_pause=can_pause, shares=shares))

    async def asked_share(self, words: Words) -> None:
        """A model's name and the channel that may use it from now on."""
        await self._asked_share(words, on=True)

    async def asked_unshare(self, words: Words) -> None:
        """The same taken back."""
        await self._asked_share(words, on=False)

    async def _asked_share(self, words: Words, *, on: bool) -> None:
        model, channel_id = _model_and_channel(words.text)
        viewer = await words.viewer()
        if on:
            await words.check_member(channel_id)
        job = await self.services.models.share(viewer, model, channel_id, on=on)
        await words.reply(models.shared(job, channel_id, on=on))

    async def asked_list(self, words: Words) -> None:
        """The tuned models that exist for this person."""
        await words.reply(await self.first_page(await words.viewer()))

    async def asked_model(self, words: Words) -> None:
        """One model; without a name there is the list."""
        if not words.text:
            await self.asked_list(words)
            return
        await words.reply(models.one(await self.services.models.find(await words.viewer(), words.name)))

    async def asked_alias(self, words: Words) -> None:
        """A model's name, then what it shall be called."""
        if not words.text:
            raise BadInput(f"Which model, and what shall it be called? `{COMMAND} alias MODEL NAME`.")
        before, job = await self.services.models.rename_in_words(await words.viewer(), words.text)
        await words.reply(models.renamed(before, job))

    async def first_page(self, viewer: Viewer) -> Message:
        """The newest tuned models that exist for this person."""
        return await self._page(viewer, 0)

    async def _page(self, viewer: Viewer, begin: int) -> Message:
        page, total = await self.services.models.listed(viewer, begin, models.PAGE)
        return models.listing(page, begin, total)


def _model_and_channel(words: str) -> tuple[str, str]:
    """From "MODEL #channel" as Slack sends it, the two in any order. Raises BadInput."""
    found = _CHANNEL.search(words)
    if found is None:
        raise BadInput(
            "Which model, and with which channel? "
            f"`{COMMAND} share MODEL #channel`: pick the channel from the list that Slack shows after the #."
        )
    rest = f"{words[: found.start()]} {words[found.end() :]}".split()
    names = [word for word in rest if word.lower() not in ("with", "in", "from")]
    if len(names) != 1:
        raise BadInput(f"Which model? `{COMMAND} share MODEL #channel`; `{COMMAND} models` lists them.")
    return names[0].strip("`*"), found[1]
